"""The file of ``--web.config.file``: TLS, headers and passwords before everything that is served.

The format is that of Prometheus' exporter-toolkit, and what rungbell cannot do of it is refused, never passed over.

Rules
-----
* Relative paths start at the folder of the file.
* Python's ``ssl`` verifies every certificate that it asks a client for: ``RequestClientCert`` and
  ``RequireAnyClientCert``, which would not, are refused. So is what is broken: TLS below 1.2 (RFC 8996).
* ``rate_limit`` is refused where it limits: its answer is 429, after which Alertmanager does not send again
  (conventions 0.1).

May import: the other modules of this package, pydantic and the standard library.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, SecretStr, model_validator

from rungbell.config.findings import Findings
from rungbell.config.mistakes import ConfigMistake, InvalidConfigError, wrong
from rungbell.config.reading import read_file
from rungbell.config.section import Section
from rungbell.config.tls import CIPHERS, ServerTls, check_files
from rungbell.config.validate import validated
from rungbell.domain.values import dataclass

DEAREST = 18
"""The highest cost of a bcrypt hash that is taken: at 18 one check takes many seconds, and each step doubles it."""
_HASH = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
_TEXT = re.compile(r"[\t\x20-\x7e]*")


def _hash(value: SecretStr) -> SecretStr:
    found = _HASH.fullmatch(value.get_secret_value())
    if found is None:
        raise wrong("must be a bcrypt hash, not a password", "htpasswd -nBC 10 \"\" | tr -d ':\\n'")
    if not 4 <= int(found[1]) <= DEAREST:
        raise wrong(f"has a cost of {int(found[1])}; 4 to {DEAREST} are taken", "10 is usual")
    return value


def _user(value: str) -> str:
    if not value or ":" in value or not value.isprintable():
        raise wrong("cannot be the name of a user", "printable, and without `:`")
    return value


def _http2(value: bool) -> bool:
    if value:
        raise wrong("rungbell speaks HTTP/1.1 only", "write `http2: false`, or leave it out")
    return value


def _client_auth(value: object) -> object:
    if value in {"RequestClientCert", "RequireAnyClientCert"}:
        raise wrong(
            f"{value} would let in certificates that nobody verified, which rungbell cannot",
            "VerifyClientCertIfGiven, or RequireAndVerifyClientCert",
        )
    return value


def _version(value: object) -> object:
    if value in {"TLS10", "TLS11"}:
        raise wrong(f"{value} is broken, and not spoken here (RFC 8996)", "TLS12 or TLS13")
    return value


def _ciphers(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in value if name not in CIPHERS]
    if unknown:
        raise wrong(f"{unknown[0][:60]!r} is not offered", f"of TLS 1.2: {', '.join(CIPHERS)}")
    return value


def _rate_limit(value: object) -> None:
    if isinstance(value, dict) and value.get("interval") in (0, "0", "0s") and value.keys() <= {"interval", "burst"}:
        return  # the toolkit's word for none
    raise wrong("is refused: it answers 429, and Alertmanager does not send again after that", "leave it out")


def _header(*words: str) -> AfterValidator:
    def check(value: str) -> str:
        if not _TEXT.fullmatch(value):
            raise wrong("must be one line of ASCII")
        if words and value and value.lower() not in words:
            raise wrong(f"{value[:40]!r} is not {' or '.join(words)}")
        return value

    return AfterValidator(check)


Version = Annotated[Literal["TLS12", "TLS13"], BeforeValidator(_version)]
AnyText = Annotated[str, _header()]


class TlsServerSection(Section):
    """``tls_server_config``: with whose certificate rungbell listens, and whose it wants to see."""

    cert_file: Annotated[str, Field(min_length=1)]
    key_file: Annotated[str, Field(min_length=1)]
    client_auth_type: Annotated[
        Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"], BeforeValidator(_client_auth)
    ] = "NoClientCert"
    client_ca_file: Annotated[str, Field(min_length=1)] | None = None
    client_allowed_sans: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: Annotated[tuple[str, ...], AfterValidator(_ciphers)] = ()
    prefer_server_cipher_suites: bool = True

    @model_validator(mode="after")
    def _fits_together(self) -> "TlsServerSection":
        verifies = self.client_auth_type != "NoClientCert"
        if verifies and self.client_ca_file is None:
            raise wrong(f"{self.client_auth_type} needs `client_ca_file`", "whose certificates count")
        if self.client_ca_file is not None and not verifies:
            raise wrong("`client_ca_file` has no effect", "client_auth_type: RequireAndVerifyClientCert")
        if self.client_allowed_sans and self.client_auth_type != "RequireAndVerifyClientCert":
            raise wrong("`client_allowed_sans` needs client_auth_type: RequireAndVerifyClientCert")
        if self.min_version > self.max_version:
            raise wrong("`min_version` is above `max_version`")
        return self


class HeadersSection(Section):
    """``http_server_config.headers``: the toolkit's closed list; a blank one is not sent."""

    content_security_policy: AnyText = Field("", alias="Content-Security-Policy")
    x_frame_options: Annotated[str, _header("deny", "sameorigin")] = Field("", alias="X-Frame-Options")
    x_content_type_options: Annotated[str, _header("nosniff")] = Field("", alias="X-Content-Type-Options")
    x_xss_protection: AnyText = Field("", alias="X-XSS-Protection")
    strict_transport_security: AnyText = Field("", alias="Strict-Transport-Security")


class HttpServerSection(Section):
    """``http_server_config``."""

    http2: Annotated[bool, AfterValidator(_http2)] = False
    headers: HeadersSection = HeadersSection.model_construct()


class WebFileSection(Section):
    """The whole file."""

    tls_server_config: TlsServerSection | None = None
    http_server_config: HttpServerSection = HttpServerSection.model_construct()
    basic_auth_users: dict[Annotated[str, AfterValidator(_user)], Annotated[SecretStr, AfterValidator(_hash)]] = Field(
        default_factory=dict
    )
    rate_limit: Annotated[object, PlainValidator(_rate_limit)] = None


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What stands before everything that is served; without a file, nothing."""

    tls: ServerTls | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, SecretStr] = field(default_factory=dict)
    """The bcrypt hash of a password by the name of a user."""
    warnings: tuple[ConfigMistake, ...] = ()
    hash: str = ""
    """SHA-256 of the file's bytes, in hexadecimal."""


def load_web(path: Path | str) -> WebSettings:
    """Read the file at ``path``, and the certificates it names.

    Raises ``InvalidConfigError`` with every mistake.
    """
    reading = read_file(path)
    findings = reading.findings
    given = findings.document.data.items()
    data = {key: value for key, value in given if value is not None or key not in WebFileSection.model_fields}
    section = validated(WebFileSection, data, (), findings)
    tls = None if findings.mistakes else _tls(section.tls_server_config, reading.folder, findings)
    if findings.mistakes:
        raise InvalidConfigError(findings.mistakes)
    headers = section.http_server_config.headers.model_dump(by_alias=True)
    return WebSettings(
        tls=tls,
        headers={name: value for name, value in headers.items() if value},
        users=section.basic_auth_users,
        warnings=findings.warnings,
        hash=reading.hash,
    )


def _tls(section: TlsServerSection | None, folder: Path, findings: Findings) -> ServerTls | None:
    if section is None:
        return None
    tls = ServerTls(
        cert_file=folder / section.cert_file,
        key_file=folder / section.key_file,
        client_ca_file=folder / section.client_ca_file if section.client_ca_file else None,
        client_certificates="required" if section.client_auth_type == "RequireAndVerifyClientCert" else "optional",
        client_allowed_sans=frozenset(section.client_allowed_sans),
        min_version=section.min_version,
        max_version=section.max_version,
        cipher_suites=section.cipher_suites,
        prefer_own_order=section.prefer_server_cipher_suites,
    )
    check_files(tls, ("tls_server_config",), findings)
    return tls
