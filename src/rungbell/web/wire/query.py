"""What requests say beside their bodies: numbers of the query, and ``Idempotency-Key``.

Rules
-----
* A request with an ``Idempotency-Key`` has its effect once, however often it arrives.

May import: ``domain``, ``route``, aiohttp.
"""

from aiohttp import web

from rungbell.domain.errors import MalformedInput
from rungbell.web.wire.route import Parameter

KEY_LENGTH = 200
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key", "header", "The same key, act and incident have one effect, however often they arrive.",
    {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]+$"},
)  # fmt: skip


def number_in(request: web.Request, name: str, default: int, lowest: int, highest: int) -> int:
    """Give a number of the query.

    Raises:
        MalformedInput: it is none, or out of its bounds.
    """
    value = request.query.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 20) or not lowest <= int(value) <= highest:
        raise MalformedInput(f"`{name}` must be a number from {lowest} to {highest}")
    return int(value)


def idempotency(request: web.Request, by: str) -> str | None:
    """Give the identity of a request that carries an ``Idempotency-Key``: the same key and act have one effect."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (key.isascii() and key.isprintable() and " " not in key and 0 < len(key) <= KEY_LENGTH):
        raise MalformedInput(f"Idempotency-Key must be 1 to {KEY_LENGTH} printable ASCII characters without blanks")
    return f"key:{by}:{request.path}:{key}"
