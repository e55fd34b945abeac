"""What requests say beside their bodies: numbers of the query, and ``Idempotency-Key``.

Rules
-----
* A request with an ``Idempotency-Key`` has its effect once, however often it arrives. The key with another body is
  refused with 422, as IETF's draft on that header asks.

May import: ``domain``, ``store`` (the port), ``services``, ``route``, aiohttp.
"""

from hashlib import sha256

from aiohttp import web

from rungbell.domain.errors import MalformedInput, Refusal
from rungbell.store import Transaction
from rungbell.web.services import SERVICES
from rungbell.web.wire.route import Parameter

KEY_LENGTH = 200
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key", "header", "The same key, act and body have one effect, however often they arrive.",
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


async def idempotency(request: web.Request, by: str) -> str | None:
    """Give the identity of a request that carries an ``Idempotency-Key``: the same key, act and body have one effect.

    Raises:
        MalformedInput: the key is none.
        Refusal: it came with another body before: whoever counts on it would lose this one in silence.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (key.isascii() and key.isprintable() and " " not in key and 0 < len(key) <= KEY_LENGTH):
        raise MalformedInput(f"Idempotency-Key must be 1 to {KEY_LENGTH} printable ASCII characters without blanks")
    before = f"key:{by}:{request.path}:{key} "
    once = before + sha256(await request.read()).hexdigest()

    def reused(transaction: Transaction) -> bool:
        return transaction.applied(once) is None and transaction.applied_below(before)

    if await request.app[SERVICES].store.read(reused):
        raise Refusal("this Idempotency-Key came with another body before, and that was done; give this one its own")
    return once
