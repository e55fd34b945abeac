"""When a certificate ends, read from its file: Python's ``ssl`` tells that of others' certificates only.

Of the form (RFC 5280, 4.1) only what stands before the end of the validity is walked through.

May import: the standard library; ``ssl`` lazily.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VERSION, _UTC_TIME = 0xA0, 0x17
"""Tags: of the field that may stand first, and of a time whose year has two digits."""


def ends(file: Path) -> datetime | None:
    """Give when a chain ends, with the first of its certificates that does; ``None`` where the file does not say."""
    from ssl import PEM_cert_to_DER_cert

    try:
        chain = [PEM_cert_to_DER_cert(pem) for pem in _PEM.findall(file.read_text(encoding="ascii", errors="replace"))]
        return min((_not_after(der) for der in chain), default=None)
    except (OSError, ValueError, IndexError):
        return None


def _not_after(der: bytes) -> datetime:
    _, at, _ = _field(der, 0)  # the certificate
    _, at, _ = _field(der, at)  # what is signed of it
    tag, _, after = _field(der, at)
    at = after if tag == _VERSION else at
    for _ in ("serial number", "signature", "issuer"):
        at = _field(der, at)[2]
    _, at, _ = _field(der, at)  # the validity
    at = _field(der, at)[2]  # not before
    tag, at, after = _field(der, at)
    text = der[at:after].decode("ascii")
    if tag == _UTC_TIME:
        text = ("20" if text < "5" else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _field(der: bytes, at: int) -> tuple[int, int, int]:
    """Give the tag of a field, where its value begins, and where the next field does."""
    tag, length, begins = der[at], der[at + 1], at + 2
    if length & 0x80:
        more = length & 0x7F
        length, begins = int.from_bytes(der[begins : begins + more]), begins + more
    return tag, begins, begins + length
