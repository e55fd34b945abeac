"""Signed links: who may acknowledge which cycle of which incident, for a limited time; and who may see a calendar.

Rules
-----
* A token is bound to incident, cycle, round and person, and is used once; only a POST acts on it (integrations 9).
* A ticket, for buttons, names a cycle of an incident and no person: who presses it is known by the channel.
* The token and the ticket of a bundle name it; which pages left with it is known by the store.
* The token of a test page says that somebody can be reached, and nothing else.
* A calendar's token names a schedule and a person, or all of them, and changes nothing; it is good as long as its key.
* The keys stand in a file of mode 0600 beside the store, one a line: the first signs, all of them verify. To rotate,
  put a new line first and drop the last one after ``LIFE``.

May import: ``domain``, itsdangerous, the standard library.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

from rungbell.domain.errors import ConfigError
from rungbell.domain.values import dataclass

LIFE = timedelta(days=7)
"""Longer than a page matters; a newer page carries a newer link."""
TRIAL_LIFE = timedelta(days=1)
"""How long a test page may be answered."""
TRIAL_TICKET = (0, 0)
"""What the buttons of test pages carry: no incident has this number."""
KEY_BYTES = 32
_TICKET = re.compile(r"([0-9]{1,12})\.([0-9]{1,6})\.([A-Za-z0-9_-]{22})", re.ASCII)

_BUNDLE_TICKET = re.compile(r"b\.([0-9a-f]{12})\.([A-Za-z0-9_-]{22})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a link says."""

    incident: str
    cycle: int
    person: str
    round: int
    expires_at: datetime
    channel: str = ""
    """Through which it was sent; empty in links of older versions."""


@dataclass(frozen=True, slots=True)
class TrialToken:
    """What the link of a test page says: through which channel it was sent to whom, and what contact that had."""

    person: str
    channel: str
    mark: str
    sent_at: datetime
    """In whole seconds."""

    @property
    def expires_at(self) -> datetime:
        """Until when it may be answered."""
        return self.sent_at + TRIAL_LIFE


@dataclass(frozen=True, slots=True)
class BundleToken:
    """What the link of pages that left together says."""

    bundle: str
    person: str
    channel: str
    expires_at: datetime


class LinkSigner:
    """Signs and reads tokens with the keys it was given, the signing one first."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys
        # itsdangerous signs with the last key of its list and verifies with all of them.
        self._serializer, self._calendars, self._trials, self._bundles = (
            URLSafeSerializer(keys[::-1], salt=f"rungbell.{purpose}", signer_kwargs={"digest_method": hashlib.sha256})
            for purpose in ("acknowledge", "calendar", "test page", "bundle")
        )

    def sign(self, token: LinkToken) -> str:
        """Give the token as URL-safe text."""
        expires = int(token.expires_at.timestamp())
        text: str = self._serializer.dumps(
            [token.incident, token.cycle, token.round, token.person, expires, token.channel]
        )
        return text

    def read(self, text: str) -> LinkToken | None:
        """Read a token, expired or not; ``None`` where nobody here has signed it."""
        try:
            incident, cycle, round_, person, expires, *rest = self._serializer.loads(text)
            return LinkToken(incident, cycle, person, round_, datetime.fromtimestamp(expires, UTC), *rest[:1])
        except (BadData, ValueError, TypeError, OverflowError):
            return None

    def sign_trial(self, token: TrialToken) -> str:
        """Give the token of a test page as URL-safe text."""
        sent = int(token.sent_at.timestamp())
        text: str = self._trials.dumps([token.person, token.channel, token.mark, sent])
        return text

    def read_trial(self, text: str) -> TrialToken | None:
        """Read the token of a test page, expired or not; ``None`` where nobody here has signed it."""
        try:
            person, channel, mark, sent = self._trials.loads(text)
            return TrialToken(person, channel, mark, datetime.fromtimestamp(sent, UTC))
        except (BadData, ValueError, TypeError, OverflowError):
            return None

    def sign_bundle(self, token: BundleToken) -> str:
        """Give the token of pages that leave together as URL-safe text."""
        expires = int(token.expires_at.timestamp())
        text: str = self._bundles.dumps([token.bundle, token.person, token.channel, expires])
        return text

    def read_bundle(self, text: str) -> BundleToken | None:
        """Read the token of pages that left together, expired or not; ``None`` where nobody here has signed it."""
        try:
            bundle, person, channel, expires = self._bundles.loads(text)
            return BundleToken(bundle, person, channel, datetime.fromtimestamp(expires, UTC))
        except (BadData, ValueError, TypeError, OverflowError):
            return None

    def bundle_ticket(self, bundle: str) -> str:
        """Give what the button of pages that leave together carries, in at most 40 characters."""
        return f"b.{bundle}.{_mac(self._keys[0], f'bundle {bundle}')}"

    def read_bundle_ticket(self, text: str) -> str | None:
        """Read which bundle is meant; ``None`` where nobody here has signed it."""
        found = _BUNDLE_TICKET.fullmatch(text)
        if found is None:
            return None
        bundle, mac = found[1], found[2].encode()
        same = any(hmac.compare_digest(_mac(key, f"bundle {bundle}").encode(), mac) for key in self._keys)
        return bundle if same else None

    def ticket(self, incident: int, cycle: int) -> str:
        """Give what a button carries: the number of an incident and a cycle, signed, in at most 40 characters."""
        return f"{incident}.{cycle}.{_mac(self._keys[0], f'ticket {incident} {cycle}')}"

    def read_ticket(self, text: str) -> tuple[int, int] | None:
        """Read number and cycle; ``None`` where nobody here has signed it."""
        found = _TICKET.fullmatch(text)
        if found is None:
            return None
        incident, cycle, mac = int(found[1]), int(found[2]), found[3].encode()
        told = f"ticket {incident} {cycle}"
        same = any(hmac.compare_digest(_mac(key, told).encode(), mac) for key in self._keys)
        return (incident, cycle) if same else None

    def code(self, incident: str, cycle: int, person: str) -> str:
        """Give the five digits by which a person answers for a cycle of an incident where they can type nothing longer.

        They are worth something only together with where they come from: the person's own telephone.
        """
        return _code(self._keys[0], incident, cycle, person)

    def is_code(self, text: str, incident: str, cycle: int, person: str) -> bool:
        """Whether these are the digits that a person was sent for a cycle of an incident."""
        return any(hmac.compare_digest(_code(key, incident, cycle, person), text) for key in self._keys)

    def mark(self, text: str) -> str:
        """Give 32 digits that stand for a text and that nobody else can work out."""
        return hmac.digest(self._keys[0].encode(), f"mark {text}".encode(), "sha256")[:16].hex()

    def sign_calendar(self, schedule: str | None, person: str | None, days: int) -> str:
        """Give as URL-safe text what a calendar shows: a schedule or all, a person or everybody, so many days ahead."""
        text: str = self._calendars.dumps([schedule, person, days])
        return text

    def read_calendar(self, text: str) -> tuple[str | None, str | None, int] | None:
        """Read schedule, person and days; ``None`` where nobody here has signed it."""
        try:
            schedule, person, days = self._calendars.loads(text)
        except (BadData, ValueError, TypeError):
            return None
        return schedule, person, days


def _mac(key: str, told: str) -> str:
    """128 bits of HMAC-SHA-256, as text that is safe in URLs."""
    digest = hmac.digest(key.encode(), told.encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _code(key: str, incident: str, cycle: int, person: str) -> str:
    digest = hmac.digest(key.encode(), f"code {incident} {cycle} {person}".encode(), "sha256")
    return f"{int.from_bytes(digest[:8]) % 100_000:05}"


def load_keys(path: Path) -> list[str]:
    """Read the key file, making it with a first key where it is missing.

    Raises:
        ConfigError: it holds no usable key, or others may read it.
    """
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"{path}: others may read the signing keys; mend it with: chmod 600 {path}")
    keys = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    if not keys or min(len(key) for key in keys) < KEY_BYTES:
        raise ConfigError(f"{path}: each line must be a key of at least {KEY_BYTES} characters; or remove the file")
    return keys


def _make_key(path: Path) -> None:
    """Write a first key so that a crash leaves either all of it or nothing."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def link_identity(token: LinkToken) -> str:
    """The identity under which the use of a link is remembered: what it says, however its text is spelled."""
    return f"link:{token.incident}:{token.cycle}:{token.round}:{token.person}"
