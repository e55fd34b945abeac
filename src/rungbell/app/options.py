"""What the command line says.

May import: ``web``, ``runtime``.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from rungbell.domain.values import dataclass
from rungbell.runtime.watching.housekeeping import RETENTION
from rungbell.web.serving.listening import Address, spelled


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    config_file: Path
    storage_path: Path
    listen: tuple[Address, ...]
    external_url: str = ""
    """Where people reach it; empty for the first address it listens on."""
    web_config_file: Path | None = None
    route_prefix: str | None = None
    """The path below which everything is served; ``None`` for that of the external URL."""
    stub_notifiers: bool = False
    retention: timedelta = RETENTION
    """How long resolved incidents are kept."""

    auto_reload: timedelta | None = None
    """How often to look whether a file of the configuration has changed; ``None`` for never."""

    @property
    def prefix(self) -> str:
        """The path below which everything is served, without a slash at its end: nothing, or such as ``/rungbell``."""
        given = urlsplit(self.external_url).path if self.route_prefix is None else self.route_prefix
        path = given.strip("/")
        return f"/{path}" if path else ""

    def reached_at(self, *, tls: bool, port: int | None = None) -> str:
        """Give where links begin; ``port`` is that of the first address, where the system chose it."""
        if self.external_url:
            return self.external_url.rstrip("/")
        host, wanted = self.listen[0]
        scheme = "https" if tls else "http"
        return f"{scheme}://{spelled(host or 'localhost', port or wanted)}{self.prefix}"
