"""How others are reached over HTTP: through which proxy, and whose certificates are trusted.

The settings of a channel or a calendar get the keys by inheriting ``HttpSettings``; requests go by
``settings.way_to(url)``::

    async with session.post(url, data=body, **self._way.arguments) as response:

Rules
-----
* Keys and their meaning are those of Prometheus' ``http_config``, but paths are absolute. As there,
  ``proxy_from_environment`` reads ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY``, in either case, and never sends
  loopback through a proxy.
* A proxy may be spoken to in TLS. Then ``tls_config`` holds for it too, as in Prometheus, but for ``server_name``.
* Files are read when the configuration is, so a reload reads them again.
* A proxy's password is shown nowhere.

May import: ``domain.errors``, ``hosts``, ``mistakes``, ``readers``, ``tls``, pydantic and the standard library.
"""

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, model_validator

from rungbell.config.hosts import is_loopback
from rungbell.config.mistakes import wrong
from rungbell.config.readers import After
from rungbell.config.tls import UnusableError, load_pair, trusting
from rungbell.domain.errors import ConfigError
from rungbell.domain.values import dataclass

if TYPE_CHECKING:
    import ssl


PROXIES = ("http", "https")
"""How a proxy may be spoken to."""


def _absolute(file: Path) -> Path:
    if not file.is_absolute():
        raise wrong("must be an absolute path")
    return file


def _proxy(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.scheme not in PROXIES or url.path not in {None, "/"} or url.query or url.fragment:
        raise wrong(
            "must be an HTTP proxy", "http://host:port, or http://user:password@host:port; https:// for one in TLS"
        )
    return url


File = Annotated[Path, After(_absolute)]


class TlsSettings(BaseModel):
    """``tls_config``: whom to trust, and as whom to come."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    ca_file: File | None = None
    """The only authorities that count; without it the system's do."""
    cert_file: File | None = None
    key_file: File | None = None
    server_name: Annotated[str, Field(min_length=1)] | None = None
    """Whose certificate is expected, where that is not the host of the URL."""
    insecure_skip_verify: bool = False

    @model_validator(mode="after")
    def _usable(self) -> "TlsSettings":
        if (self.cert_file is None) != (self.key_file is None):
            raise wrong("needs `cert_file` and `key_file` together, or neither")
        try:
            self.context()
        except UnusableError as error:
            raise wrong(f"{error.field}: {error}") from None
        return self

    def context(self) -> "ssl.SSLContext":
        """Read the files; raises ``UnusableError``."""
        context = trusting(self.ca_file)
        if self.cert_file is not None and self.key_file is not None:
            load_pair(context, self.cert_file, self.key_file)
        if self.insecure_skip_verify:
            from ssl import CERT_NONE

            context.check_hostname = False
            context.verify_mode = CERT_NONE
        return context


@dataclass(frozen=True, slots=True)
class Way:
    """How to one URL: what aiohttp's requests take for it."""

    arguments: dict[str, Any] = field(repr=False)


class HttpSettings(BaseModel):
    """The keys that all have which are reached over HTTP."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    proxy_url: Annotated[AnyHttpUrl, After(_proxy)] | None = Field(default=None, repr=False)
    proxy_from_environment: bool = False
    tls_config: TlsSettings | None = None

    @model_validator(mode="after")
    def _one_proxy(self) -> "HttpSettings":
        if self.proxy_url is not None and self.proxy_from_environment:
            raise wrong("`proxy_url` and `proxy_from_environment` exclude each other")
        return self

    def way_to(self, url: str) -> Way:
        """Say how to reach ``url``; reads the files of ``tls_config``.

        Raises:
            ConfigError: a file cannot be used any more, or the environment names a proxy of another kind.
        """
        arguments: dict[str, Any] = {}
        if self.tls_config is not None:
            arguments["ssl"] = self.tls_config.context()
            if self.tls_config.server_name is not None:
                arguments["server_hostname"] = self.tls_config.server_name
        proxy = str(self.proxy_url) if self.proxy_url else _from_environment(url) if self.proxy_from_environment else ""
        if proxy:
            arguments["proxy"] = proxy  # aiohttp takes its login out, and sends it to the proxy alone
        return Way(arguments)


def _from_environment(url: str) -> str:
    import urllib.request

    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    found = urllib.request.getproxies().get(parts.scheme, "")
    if not found:
        return ""
    kind, separator, _ = found.partition("://")
    if separator and kind.lower() not in PROXIES:
        raise ConfigError(f"{parts.scheme.upper()}_PROXY of the environment is no HTTP proxy, but {kind[:20]}")
    return found if separator else f"http://{found}"
