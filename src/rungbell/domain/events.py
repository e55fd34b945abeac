"""What can happen to an incident, in the past tense: the only way in.

Here is what starts, pages and ends an incident; the events of its command, of communication and of the postmortem stand
in ``command.events``, ``communication.events`` and ``postmortem.events``.

Acts of people carry who, through what, and optionally the version they had seen (``as_of``), so that a stale button is
a no-op instead of a surprise.

May import: ``alert``, ``incident``, ``severity``, ``policy``, ``timeline`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from rungbell.domain.alert import AlertGroup
from rungbell.domain.incident import Detection
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import NoteKind
from rungbell.domain.values import dataclass


class Via(StrEnum):
    """Where an act of a person came from."""

    API = "api"
    LINK = "link"
    CHAT = "chat"
    CALL = "call"
    SMS = "sms"
    MAIL = "mail"
    PUSH = "push"
    PROVIDER = "provider"
    """In the provider's own application."""


class Reason(StrEnum):
    """Why a person escalates by hand: one code for each line of the playbook's triggers that only a person can see.

    Requirement 58 counts nine and names ten lines; there are as many codes as lines, for none stands for two. Each
    leads to the tier of its list, where the person names none.
    """

    CLIENT_COMMUNICATION = "client_communication"
    """L2: clients have to be told (L630)."""
    CAUSE_UNCLEAR = "cause_unclear"
    """L2: the first diagnosis found no cause (L631)."""
    CODE_FIX = "code_fix"
    """L3: the code has to be changed (L635)."""
    INFRASTRUCTURE_CHANGE = "infrastructure_change"
    """L3: infrastructure or a database has to be changed (L636)."""
    VENDOR = "vendor"
    """L4: a provider has to act (L641)."""
    MORE_ENGINEERS = "more_engineers"
    """L4: the engineers at hand are too few (L642)."""
    CLIENT_EXECUTIVE = "client_executive"
    """L4: somebody above the client's staff is about to call (L643)."""
    CLIENT_RELATIONSHIP = "client_relationship"
    """L5: an important client may leave (L647)."""
    SECURITY_BREACH = "security_breach"
    """L5, at once and whatever tier is named: it is P0 and restricted from then on (L648, A28)."""
    PRESS = "press"
    """L5: the public takes notice (L649)."""

    @property
    def leads_to(self) -> Tier:
        """The tier whose list names it."""
        return next(tier for tier, reasons in LEADS_TO.items() if self in reasons)


LEADS_TO: Mapping[Tier, frozenset[Reason]] = {
    Tier.L2: frozenset({Reason.CLIENT_COMMUNICATION, Reason.CAUSE_UNCLEAR}),
    Tier.L3: frozenset({Reason.CODE_FIX, Reason.INFRASTRUCTURE_CHANGE}),
    Tier.L4: frozenset({Reason.VENDOR, Reason.MORE_ENGINEERS, Reason.CLIENT_EXECUTIVE}),
    Tier.L5: frozenset({Reason.CLIENT_RELATIONSHIP, Reason.SECURITY_BREACH, Reason.PRESS}),
}
"""The tier that a reason leads to by itself (playbook L627-649)."""


class FailureReason(StrEnum):
    """Why a page did not leave: the closed list, used in the timeline and as a metric label."""

    REFUSED = "refused"
    """The provider will never take this message (4xx)."""
    UNAUTHORIZED = "unauthorized"
    """Our credentials are not accepted."""
    RATE_LIMITED = "rate_limited"
    PROVIDER_ERROR = "provider_error"
    """The provider is in trouble (5xx), or says something that is not its protocol."""
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    """No connection could be made or kept."""
    RECIPIENT_GONE = "recipient_gone"
    """The person, or the contact the channel needs, is no longer in the configuration."""
    CHANNEL_GONE = "channel_gone"
    INTERNAL = "internal"
    """A fault of the notifier itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; ``decide`` answers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent(Event):
    """Something that happened to one incident."""

    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsReceived(Event):
    """A source sent a message about one alert group."""

    group: AlertGroup
    new_id: str
    """The identity to use should this open an incident; drawn by the shell, since the core draws nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(IncidentEvent):
    """What every act of a person has in common."""

    by: str
    via: Via = Via.API
    as_of: int | None = None
    """The version of the incident the person had seen, where known."""
    cycle: int | None = None
    """The cycle the person was paged for, where known."""
    said_at: datetime | None = None
    """When they did it, where it may be told long after or more than once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Act):
    """Somebody declares an incident; one that is not there yet is opened by hand under the identity ``incident``."""

    title: str = ""
    """Of a new one."""
    severity: Severity | None = None
    """How bad it is; a new one needs it, an old one keeps what it has."""
    commander: str | None = None
    """Who leads; ``None``: whoever the playbook's rule names (A7)."""
    detection: Detection = Detection.INTERNAL_DISCOVERY
    """How a new one was found."""
    summary: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What policies and filters are matched against, as an alert group's labels are."""
    policy: str | None = None
    """The name of the policy to follow; without one the first whose matchers hold for ``labels``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(Act):
    """Somebody takes it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledged(Act):
    """The holder, or somebody for them, gives it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(Act):
    """Somebody asks for a higher tier by hand.

    ``to`` defaults to the tier that the reason leads to, and without one to the next that is not paged yet.
    """

    to: Tier | None = None
    reason: Reason | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(Act):
    """Somebody says it is over; ``reason`` is needed where something speaks against it (``lifecycle.ending``)."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded(Act):
    """Somebody writes something down.

    A plain note may be one of the commander's sentences (``spoken``), and then it is what they say.
    """

    text: str
    kind: NoteKind = NoteKind.NOTE
    client_visible: bool = False
    """Clients may read it, as a line of an update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveritySet(Act):
    """Somebody says how bad it really is: the only way down (A21)."""

    severity: Severity
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDue(IncidentEvent):
    """The watcher found a clock of the incident due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAccepted(IncidentEvent):
    """A provider took a page; that is acceptance, not an answer by a human."""

    intent: str
    attempt: int
    """Number of the attempt: the fencing token of its lease."""
    reference: str = ""
    """What the provider calls it."""
    together: int = 1
    """How many pages left as one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFailed(IncidentEvent):
    """An attempt to send a page failed."""

    intent: str
    attempt: int
    reason: FailureReason
    permanent: bool
    detail: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageUndelivered(IncidentEvent):
    """A provider that had taken a page says afterwards that it reached nobody: a bounce, a busy line."""

    intent: str
    reason: FailureReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionSeen(IncidentEvent):
    """Alertmanager says why it sends nothing about what still fires."""

    by: str
    """What silences or inhibits all of its firing alerts, in words; empty: nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagingHeld(IncidentEvent):
    """rungbell was away for too long to replay old ladders (rule 20)."""

    away_since: datetime


class TroubleKind(StrEnum):
    """rungbell's own troubles, each the name of an alert of the operator's incident (rule 19)."""

    WEBHOOK_UNREADABLE = "RungbellWebhookUnreadable"
    WATCHDOG_SILENT = "RungbellWatchdogSilent"
    LADDER_EXHAUSTED = "RungbellLadderExhausted"
    PAGING_HELD = "RungbellPagingHeld"
    STORE_REPAIRED = "RungbellStoreRepaired"
    """What the store held did not follow from its own facts, and was set right."""
    STORE_UNWRITABLE = "RungbellStoreUnwritable"
    """For a while nothing could be written, so nothing was taken and nobody was paged."""
    NOBODY_ON_CALL = "RungbellNobodyOnCall"
    """Somebody was to be on call for a schedule who is not in the configuration any more, or a calendar says nobody."""
    CALENDAR_STALE = "RungbellCalendarStale"
    """A calendar that says who is on call could not be read for long; what it said last counts."""
    ANSWERS_REFUSED = "RungbellAnswersRefused"
    """Somebody called for a channel and could not prove to be its provider; or our secret is not the provider's."""
    STANDING_STILL = "RungbellStandingStill"
    """A clock or a page is long overdue although the store works."""
    INCIDENT_STUCK = "RungbellIncidentStuck"
    """The store holds an incident that cannot be read or served; its clocks stand still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something is wrong with rungbell or what feeds it; ``over`` says that it no longer is."""

    kind: TroubleKind
    source: str
    text: str
    about: str = ""
    """Tells troubles of one kind and source apart, for example an incident's identity."""
    over: bool = False
