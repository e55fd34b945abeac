"""Pages and notifications: what leaves rungbell, to whom, in what order, and how long it is tried.

Rules
-----
* Each has a unique **intent** key (incident, cycle, round, tier, person, channel, purpose); the store refuses a second
  row with the same key, so a decision that is made twice rings once.
* One page per person and channel in a commit, even if the person stands on two tiers: the higher tier names it
  (requirements 3.11 rule 14).
* First pages of new incidents leave before everything else, P0 before P3, notifications last.
* An acknowledgement withdraws what is still unsent of lapse pages and repeats; never the first page of an at-once tier,
  an engagement page or an unresolved page (rule 5).
* A failed attempt is tried again while that makes sense; a permanent refusal, or the last attempt, is a failure.

May import: ``policy``, ``preference``, ``severity`` and the standard library's pure parts.
"""

from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from rungbell.domain.policy import Tier
from rungbell.domain.preference import Through
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass


class PageKind(StrEnum):
    """Whether somebody is asked to act, or told something."""

    PAGE = "page"
    NOTIFICATION = "notification"


class Purpose(StrEnum):
    """Why it is sent."""

    AT_ONCE = "at_once"
    UPGRADE = "upgrade"
    LAPSE = "lapse"
    """A tier is entered because nobody acknowledged."""
    REPEAT = "repeat"
    """A tier that stayed silent is rung again."""
    ENGAGEMENT = "engagement"
    UNRESOLVED = "unresolved"
    EXHAUSTED = "exhausted"
    TIER_EMPTY = "tier_empty"
    """The tier below had nobody to reach."""
    MANUAL = "manual"
    ACKNOWLEDGEMENT_ENDED = "acknowledgement_ended"
    RESOLUTION = "resolution"
    """The stability window is over and somebody has to resolve (rule 11)."""
    NEWS = "news"
    """Nothing to do, good to know."""
    REMINDER = "reminder"
    """Something is owed, or will be soon; what it is stands in ``Page.about``."""


WITHDRAWN_BY_ACKNOWLEDGEMENT = frozenset(
    {Purpose.LAPSE, Purpose.REPEAT, Purpose.EXHAUSTED, Purpose.ACKNOWLEDGEMENT_ENDED}
)
"""What an acknowledgement makes pointless (rule 5)."""

SEVERITIES = tuple(Severity)
FIRST_PAGES = frozenset({Purpose.AT_ONCE, Purpose.UPGRADE})
RUNG_BEFORE = frozenset({Purpose.REPEAT, Purpose.EXHAUSTED, Purpose.RESOLUTION})
PERSISTENT_PURPOSES = frozenset(Purpose) - WITHDRAWN_BY_ACKNOWLEDGEMENT
NOTIFICATIONS = frozenset({Purpose.NEWS, Purpose.REMINDER})
EVERY_PAGE = frozenset(Purpose) - NOTIFICATIONS


@dataclass(frozen=True, slots=True)
class Page:
    """One intent to reach one person through one channel."""

    incident: str
    cycle: int
    round: int
    tier: Tier
    person: str
    channel: str
    purpose: Purpose
    kind: PageKind
    severity: Severity
    send_after: datetime
    about: str = ""
    """What it tells beside the incident, in the core's words."""
    intent: str = field(init=False, repr=False, compare=False)
    """The unique key, readable in logs and at the provider."""

    def __post_init__(self) -> None:
        parts = (self.incident, str(self.cycle), str(self.round), self.tier, self.person, self.channel, self.purpose)
        object.__setattr__(self, "intent", ":".join(parts))

    @property
    def may_wait(self) -> bool:
        """Whether a budget may hold it back: of a P0 only what rings again whom it has rung before."""
        return self.severity is not Severity.P0 or self.purpose in RUNG_BEFORE

    @property
    def priority(self) -> int:
        """Lower leaves first."""
        lane = 0 if self.purpose in FIRST_PAGES else 1
        if self.kind is PageKind.NOTIFICATION:
            lane = 2
        return lane * 10 + SEVERITIES.index(self.severity)


class PageState(StrEnum):
    """Where a page stands in the outbox."""

    WAITING = "waiting"
    """Unsent: for its time, or for the next attempt."""
    LEASED = "leased"
    """A sender has it; the lease ends at ``due_at``."""
    ACCEPTED = "accepted"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page as the outbox knows it."""

    page: Page
    state: PageState
    attempts: int
    created_at: datetime
    last_failure: str | None = None

    @property
    def intent(self) -> str:
        """The key of its row."""
        return self.page.intent

    @property
    def alive(self) -> bool:
        """Whether it may still reach somebody, or has."""
        return self.state in {PageState.WAITING, PageState.LEASED, PageState.ACCEPTED}


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The wish to ring a tier, before anybody looked who stands on it."""

    tier: Tier
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Echo:
    """One intent to tell a place what became of an incident; see ``echo``."""

    incident: str
    channel: str
    cycle: int
    version: int
    severity: Severity
    send_after: datetime

    @property
    def intent(self) -> str:
        """The unique key, readable in logs and at the provider."""
        return f"{self.incident}:{self.cycle}:echo:{self.version}:{self.channel}"

    @property
    def priority(self) -> int:
        """Lower leaves first."""
        return ECHO_LANE + SEVERITIES.index(self.severity)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a provider has put a page or a notification."""

    reference: str
    """What the provider calls it."""
    person: str
    cycle: int
    intent: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asked, and whom."""

    incident: str
    """Empty where ``bundle`` is meant as a whole."""
    cycle: int
    person: str
    bundle: str = ""
    """With which others it left as one message."""


ECHO_LANE = 40
"""After every page, every notification and every copy."""

ATTEMPTS = 8
"""Attempts before a page counts as failed; with the pauses below about two minutes."""
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
LONGEST_RETRY_AFTER = timedelta(minutes=2)
"""A provider that asks for a longer pause has failed as far as a page is concerned: another channel is faster."""
LEASE = timedelta(seconds=20)
"""Longer than a notifier may take (``SEND_DEADLINE``) by a margin for a slow store."""
SEND_DEADLINE = timedelta(seconds=10)
"""No provider call lasts longer (reliability row 32)."""


def next_attempt(attempts: int, permanent: bool, retry_after: timedelta | None, now: datetime) -> datetime | None:
    """When to try again after attempt number ``attempts`` failed, or ``None`` when that was the last one.

    The pause doubles from one second to thirty; the provider's own ``Retry-After`` is kept to where it is longer.
    """
    if permanent or attempts >= ATTEMPTS or (retry_after and retry_after > LONGEST_RETRY_AFTER):
        return None
    pause: timedelta = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    return now + max(pause, retry_after or timedelta())


def merge_ways(
    wanted: list[tuple[PageRequest, str, tuple[Through, ...]]],
) -> list[tuple[PageRequest, str, Through]]:
    """Fold wishes into one per person and channel; the highest tier names it, the earliest time stands."""
    chosen: dict[tuple[str, str], tuple[PageRequest, Through]] = {}
    for request, person, ways in sorted(wanted, key=lambda wish: wish[0].tier, reverse=True):
        for way in ways:
            before = chosen.get((person, way.channel))
            if before is None:
                chosen[person, way.channel] = (request, way)
            elif way.after < before[1].after:
                chosen[person, way.channel] = (before[0], way)
    return [(request, person, way) for (person, _), (request, way) in chosen.items()]
