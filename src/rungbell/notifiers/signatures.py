"""Signatures of providers, computed over the raw bytes and compared in constant time.

Rules
-----
* Bytes are compared, never texts: ``compare_digest`` raises for a text that is not ASCII.
* Several secrets may count at once, so that one can be changed without losing an answer.
* What cannot be a signature is none: nothing here raises for what a stranger sends.

May import: pydantic (types), the standard library.
"""

import hashlib
import hmac
from collections.abc import Iterable

from pydantic import SecretStr


def any_matches(secrets: Iterable[SecretStr], signed: bytes, given: Iterable[bytes], prefix: bytes = b"") -> bool:
    """Whether one of ``given`` is ``prefix`` and the hexadecimal HMAC-SHA256 of ``signed`` by one of ``secrets``."""
    found = False
    candidates = list(given)
    for secret in secrets:
        wanted = prefix + hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest().encode()
        for one in candidates:
            found |= hmac.compare_digest(wanted, one)
    return found
