"""Passwords of ``basic_auth_users``, checked against their bcrypt hashes.

Rules
-----
* bcrypt is slow by intent (some 70 ms at a cost of 10), so it runs in a thread of its own, and what was right once is
  remembered by a digest under a key of this process. Wrong ones cost their time every time.
* An unknown user costs as much time as the known one with the dearest hash.
* No more than ``WAITING`` checks wait, so that a flood of guesses takes no memory. While it lasts, whoever was let in
  before still is, and others are asked to come again.

May import: pydantic, bcrypt (lazily) and the standard library.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from pydantic import SecretStr

WAITING = 32
REMEMBERED = 100
LONGEST = 72
"""Bytes of a password that bcrypt reads; longer ones are never right, rather than right whatever follows."""


class TooManyError(Exception):
    """So many passwords wait to be checked that no other is taken."""


class Passwords:
    """The users of one configuration."""

    def __init__(self, users: Mapping[str, SecretStr]) -> None:
        import bcrypt

        self._hashes = {name: given.get_secret_value().encode() for name, given in users.items()}
        cost = max((int(one[4:6]) for one in self._hashes.values()), default=4)
        self._nobody = bcrypt.gensalt(cost) + b"." * 31
        self._check = bcrypt.checkpw
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, None] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="passwords")
        self._waiting = 0

    async def are(self, user: str, password: bytes) -> bool:
        """Whether that is the password of that user; raises ``TooManyError``."""
        known = self._hashes.get(user)
        usable = known is not None and len(password) <= LONGEST and b"\0" not in password
        expected = known if known is not None and usable else self._nobody
        digest = hmac.digest(self._key, b"\0".join((user.encode(), expected, password)), hashlib.sha256)
        if digest in self._right:
            return True
        if self._waiting >= WAITING:
            raise TooManyError
        self._waiting += 1
        try:
            given = password if usable else b""
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._thread, self._check, given, expected) and usable
        finally:
            self._waiting -= 1
        if right:
            while len(self._right) >= REMEMBERED:
                del self._right[next(iter(self._right))]
            self._right[digest] = None
        return right

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)
