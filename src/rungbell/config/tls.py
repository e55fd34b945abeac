"""From the names of files to contexts of Python's ``ssl``: what listening needs, and what clients share with it.

Rules
-----
* A key that is encrypted is refused: nobody is there to type its password.
* What cannot be used is said with the file it stands in.

May import: ``findings``, ``mistakes``, ``domain.errors`` and the standard library; ``ssl`` lazily.
"""

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path as Place
from rungbell.domain.errors import ConfigError
from rungbell.domain.values import dataclass

if TYPE_CHECKING:
    import ssl

CIPHERS = {
    f"TLS_ECDHE_{key}_WITH_{suite}": f"ECDHE-{key}-{name}"
    for key in ("ECDSA", "RSA")
    for suite, name in (
        ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
        ("AES_128_CBC_SHA", "AES128-SHA"),
        ("AES_256_CBC_SHA", "AES256-SHA"),
    )
}
"""Cipher suites of TLS 1.2 by their registered names, as OpenSSL calls them; those of TLS 1.3 cannot be chosen."""
_VERSIONS = {"TLS12": "TLSv1_2", "TLS13": "TLSv1_3"}


class UnusableError(ConfigError):
    """A file that TLS needs cannot be used; ``field`` is the key of the file that names it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def no_password() -> NoReturn:
    """Stand where OpenSSL would ask the terminal for the password of a key."""
    raise ValueError("the key is encrypted, and nobody is there to type its password")


def load_pair(context: "ssl.SSLContext", cert_file: Path, key_file: Path) -> None:
    """Give a context a certificate and the key that belongs to it; raises ``UnusableError``."""
    from ssl import SSLError

    for field, file in (("cert_file", cert_file), ("key_file", key_file)):
        readable(field, file)
    try:
        context.load_cert_chain(cert_file, key_file, no_password)
    except SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UnusableError("key_file", f"{key_file} is not the key of {cert_file}") from None
        why = error.reason or "no PEM"
        raise UnusableError("cert_file", f"{cert_file} and {key_file} cannot be used: {why}") from None
    except (ValueError, OSError) as error:
        raise UnusableError("key_file", f"{key_file}: {error}") from None


def load_authorities(context: "ssl.SSLContext", field: str, file: Path) -> None:
    """Let only the authorities of a file count; raises ``UnusableError``."""
    from ssl import SSLError

    readable(field, file)
    try:
        context.load_verify_locations(file)
    except (SSLError, OSError):
        raise UnusableError(field, f"{file} holds no certificates (PEM)") from None


def trusting(ca_file: Path | None) -> "ssl.SSLContext":
    """Give what clients connect with, trusting only a file's authorities or the system's; raises ``UnusableError``."""
    import ssl

    if ca_file is None:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    load_authorities(context, "ca_file", ca_file)
    return context


def readable(field: str, file: Path) -> None:
    """Raise ``UnusableError`` where a file cannot be read."""
    try:
        with file.open("rb") as opened:
            opened.read(1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UnusableError(field, f"{file} cannot be read: {reason}") from None


@dataclass(frozen=True, slots=True)
class ServerTls:
    """How to listen with TLS."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None
    client_certificates: Literal["optional", "required"]
    """What is wanted of clients, where there is a ``client_ca_file``."""
    client_allowed_sans: frozenset[str]
    """The only names a client's certificate may be for; all, where there are none."""
    min_version: str
    max_version: str
    cipher_suites: tuple[str, ...]
    prefer_own_order: bool

    @property
    def files(self) -> tuple[Path, ...]:
        """What to read again when it changes."""
        return tuple(file for file in (self.cert_file, self.key_file, self.client_ca_file) if file is not None)

    def context(self) -> "ssl.SSLContext":
        """Read the files; raises ``UnusableError``."""
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion[_VERSIONS[self.min_version]]
        context.maximum_version = ssl.TLSVersion[_VERSIONS[self.max_version]]
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["http/1.1"])
        if self.cipher_suites:
            context.set_ciphers(":".join(CIPHERS[name] for name in self.cipher_suites))
        if not self.prefer_own_order:
            context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
        load_pair(context, self.cert_file, self.key_file)
        if self.client_ca_file is not None:
            load_authorities(context, "client_ca_file", self.client_ca_file)
            required = self.client_certificates == "required"
            context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        return context


def check_files(tls: ServerTls, place: Place, findings: Findings) -> None:
    """Note what is wrong with the files of a section that stands at ``place``."""
    try:
        tls.context()
    except UnusableError as error:
        findings.wrong(
            (*place, error.field), str(error), f"relative paths start at {Path(findings.file).parent.absolute()}"
        )
        return
    if tls.key_file.stat().st_mode & stat.S_IROTH:
        warning = f"{tls.key_file} can be read by everybody on this machine"
        findings.warn("open-secret", (*place, "key_file"), warning, f"chmod 600 {tls.key_file}")
