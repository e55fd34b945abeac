"""Reading what a daemon is told: both files, held against each other and against the flags.

May import: ``config``, ``notifiers``, ``telemetry``, ``domain``, ``app.credentials``, ``app.options``.
"""

from rungbell.app.credentials import require_credentials
from rungbell.app.options import Options
from rungbell.config import Settings, load
from rungbell.config.web_file import WebSettings, load_web
from rungbell.domain.errors import ConfigError
from rungbell.domain.values import dataclass
from rungbell.notifiers import registry
from rungbell.telemetry import hide, mask


@dataclass(frozen=True, slots=True)
class Inputs:
    """What may be used."""

    settings: Settings
    web: WebSettings


def read(options: Options, before: WebSettings | None = None) -> Inputs:
    """Read everything; ``before`` is what a running daemon already listens with.

    Raises:
        ConfigError: something cannot be used.
    """
    web = load_web(options.web_config_file) if options.web_config_file else WebSettings()
    if before is not None and (before.tls is None) != (web.tls is None):
        raise ConfigError(
            f"{options.web_config_file}: `tls_server_config` cannot come or go while rungbell runs; start it again"
        )
    settings = load(options.config_file, registry(), options.reached_at(tls=web.tls is not None))
    hide(settings.secrets)
    mask(settings.contacts)
    for host, _ in options.listen:
        require_credentials(settings, host)
    return Inputs(settings, web)
