"""How people are reached: the port that a channel implements, and the registry of channel types.

A notifier is one small file: a settings model and ``send``. Retries, deadlines, leases and redaction are not its
business; it says what happened, and the core decides what follows. Third parties bring their own through the entry
point group ``rungbell.notifiers`` (name = the ``type`` written in the configuration)::

    [project.entry-points."rungbell.notifiers"]
    carrier_pigeon = "pigeons.notifier:PigeonNotifier"

Rules
-----
* Success is the provider's explicit word, never the absence of an exception.
* A failure is ``SendFailed`` with a reason of the closed list and whether trying again makes sense; an exception of any
  other kind is counted as a fault of the notifier and tried again.
* Destinations come from the configuration only, never from an alert.
* A channel that nobody elsewhere hears of says so by a true ``stays_here`` of its settings: only then may the links of
  pages lead to loopback. Channels over HTTP take proxy and TLS from ``config.http``.
* A channel that reaches only some numbers or addresses says why not by ``refuses(contact)`` of its settings, an empty
  text where it does: ``check config`` names who will not hear of a page.
* A channel whose provider keeps its own record of each incident says ``one_by_one = True``: its pages never leave
  together as a ``bundle``.
* A channel that rings a telephone says ``calls = True``, or its settings do: news, which ask for no answer, go another
  way to whoever has one.
* A channel that people can answer through brings ``receive`` or ``listen`` (see ``answering``), one whose provider
  hears what becomes of an incident ``follow`` (see ``following``).
* A type of rungbell's own stands in ``OURS`` as it does in pyproject; its name is not to be had by another.
* A provider's library is imported when something is sent: a command that only reads the configuration starts fast.

May import: ``domain``, ``config``, ``clock``, pydantic; aiohttp, and each notifier its own provider's library, lazily.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache, cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import BaseModel

from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.errors import ConfigError
from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind, Place
from rungbell.domain.policy import Tier
from rungbell.domain.roster import Person
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    import aiohttp

GROUP = "rungbell.notifiers"
OURS: Mapping[str, str] = {
    "apprise": "rungbell.notifiers.apprise:AppriseNotifier",
    "console": "rungbell.notifiers.console:ConsoleNotifier",
    "discord": "rungbell.notifiers.discord:DiscordNotifier",
    "email": "rungbell.notifiers.email:EmailNotifier",
    "mattermost": "rungbell.notifiers.mattermost:MattermostNotifier",
    "ntfy": "rungbell.notifiers.ntfy:NtfyNotifier",
    "pagerduty": "rungbell.notifiers.pagerduty:PagerDutyNotifier",
    "slack": "rungbell.notifiers.slack:SlackNotifier",
    "teams": "rungbell.notifiers.teams:TeamsNotifier",
    "telegram": "rungbell.notifiers.telegram:TelegramNotifier",
    "twilio_sms": "rungbell.notifiers.twilio.sms:TwilioSmsNotifier",
    "twilio_voice": "rungbell.notifiers.twilio.voice:TwilioVoiceNotifier",
    "webhook": "rungbell.notifiers.webhook:WebhookNotifier",
}
"""Rungbell's own, as pyproject announces them; for these nobody need ask all that is installed."""


@dataclass(frozen=True, slots=True)
class IncidentView:
    """What a message tells of its incident."""

    id: str
    number: int
    title: str
    severity: Severity
    status: str
    url: str
    cycle: int = 1
    version: int = 0
    """Grows with every change: what is worded from a lower one is older."""
    open: bool = True
    holder: str = ""
    """Who holds it, by the id of the configuration; empty: nobody."""
    held_until: datetime | None = None
    resolved_by: str = ""
    """Who ended it; ``window``: it ended by itself."""
    policy: str = ""
    restricted: bool = False
    """Nobody but those paged for it may hear of it."""
    war_room: str = ""
    """The name of the room in which it is fought, without ``#``; empty: it has none."""


@dataclass(frozen=True, slots=True)
class CopyView:
    """What a message is a copy of: a text to clients, executives or the team, with its own subject."""

    kind: CommunicationKind
    subject: str
    thread: str
    """What belongs together: the identity of the incident and the recipient."""
    sender: str = ""
    """In whose name it is sent; empty: rungbell's."""
    reply_to: str = ""
    """Where an answer goes."""


@dataclass(frozen=True, slots=True)
class Message:
    """One page, notification or copy of a text, ready to be put into a provider's form."""

    kind: PageKind
    intent: str
    """The unique key: the same for every attempt, so that a provider or receiver can fold repeats."""
    incident: IncidentView | None
    """``None``: it is about a shift of ``schedule``, a ``copy`` for a client, a ``bundle`` or a ``test``; then there is
    no ``tier`` either."""
    tier: Tier | None
    person: Person
    """Whom it is for; of a copy also a client, or a room."""
    text: str
    """Plain text, a few lines; the first line stands alone."""
    acknowledge_url: str
    sent_at: datetime
    attempt: int = 1
    schedule: str | None = None
    copy: CopyView | None = None
    ticket: str = ""
    """What a button of this message carries, at most 40 characters of ``[0-9A-Za-z_.-]``: it says which incident and
    which cycle, and is signed; who presses it is known by the channel. Empty: it asks for no answer."""
    code: str = ""
    """Five digits by which the person can answer where nothing longer can be typed."""
    places: tuple[Place, ...] = ()
    """For a channel that follows: where it has told of this incident before, the oldest first."""
    answers_url: str = ""
    """Where the channel's provider can call us, see ``answering``; empty where nobody is asked to answer."""
    useful_for: timedelta | None = None
    """So long after it leaves somebody else is rung: a provider that holds it longer need not deliver it."""
    first: bool = False
    """It is among the first that are heard of an incident, or of its being worse: no limit holds that of a P0 back."""
    bundle: tuple[IncidentView, ...] = ()
    """What it asks for at once, the worst first: pages that were held back; then there is no ``incident``, and one
    acknowledgement is for all of them."""
    test: bool = False
    """A test page: it is about nothing, and only asks whether this channel reaches the person."""
    mark: str = ""
    """32 digits that stand for ``intent`` where others read them, and that nobody else can work out: what answers this
    message names it by them. Empty: it is sent once, and nobody answers."""
    thread_mark: str = ""
    """The same for ``thread``."""

    @property
    def about(self) -> str:
        """Whose tier, which schedule or which text it is about, in a word."""
        other = "test" if self.test else "bundle" if self.bundle else ""
        return self.tier or self.schedule or (self.copy.kind if self.copy else other)

    @property
    def severity(self) -> Severity | None:
        """How bad what it asks for is; ``None``: it asks for nothing."""
        if self.kind is not PageKind.PAGE:
            return None
        about = (self.incident,) if self.incident is not None else self.bundle
        return min((one.severity for one in about), default=None)

    @property
    def thread(self) -> str:
        """What belongs together: the identity of the incident, else the schedule."""
        if self.copy is not None:
            return self.copy.thread
        if self.test or self.bundle:
            return self.intent
        return self.incident.id if self.incident else f"schedule {self.schedule}"

    @property
    def subject(self) -> str:
        """What it is about, on one line."""
        if self.copy is not None:
            return self.copy.subject
        if self.incident is None:
            return self.text.partition("\n")[0]
        return f"{self.incident.severity} #{self.incident.number} {self.incident.title}"


class SendFailed(Exception):
    """The provider did not take the message."""

    def __init__(
        self,
        reason: FailureReason,
        detail: str = "",
        *,
        permanent: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.permanent = permanent
        self.retry_after = retry_after


class Notifier(Protocol):
    """A channel type."""

    settings: ClassVar[type[BaseModel]]
    """What the configuration may say about a channel of this type."""
    needs: ClassVar[str | None]
    """The contact of a person it needs (``email``, ``phone`` …), if any; settings with ``needs`` say it themselves."""

    def __init__(self, settings: Any, session: "aiohttp.ClientSession") -> None:  # noqa: ANN401 -- of type ``settings``
        ...

    async def send(self, message: Message) -> str:
        """Hand the message to the provider and give its reference, or an empty text.

        Raises:
            SendFailed: it was not taken.
        """
        ...


class Installed(Mapping[str, type[Notifier]]):
    """The channel types that are installed, by name; one is imported when it is asked for, and only then.

    ``ours`` says where each of rungbell's own is; ``others`` gives what else is installed, and is asked once, when a
    name is not among ``ours``.
    """

    def __init__(self, ours: Mapping[str, str], others: "Callable[[], Iterable[EntryPoint]]") -> None:
        self._ours = ours
        self._others = others
        self._imported: dict[str, type[Notifier]] = {}

    def __getitem__(self, name: str) -> type[Notifier]:
        """Give a channel type.

        Raises:
            KeyError: it is not installed.
            ConfigError: it is, and cannot be imported.
        """
        if name not in self._imported:
            self._imported[name] = self._import(name)
        return self._imported[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._ours, **self._points})

    def __len__(self) -> int:
        return len({**self._ours, **self._points})

    def __contains__(self, name: object) -> bool:
        return name in self._ours or name in self._points

    @cached_property
    def _points(self) -> "dict[str, EntryPoint]":
        return {point.name: point for point in self._others()}

    def _import(self, name: str) -> type[Notifier]:
        if name in self._ours:
            return _imported(name, self._ours[name], partial(_own, self._ours[name]))
        point = self._points[name]
        return _imported(name, point.value, point.load)


def _own(target: str) -> Any:  # noqa: ANN401 -- a channel type, or what stands in its place
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def _imported(name: str, target: str, load: Callable[[], Any]) -> type[Notifier]:
    try:
        notifier: type[Notifier] = load()
    except Exception as error:
        raise ConfigError(f"the channel type {name!r} ({target}) cannot be imported: {error}") from error
    if not all(hasattr(notifier, part) for part in ("settings", "needs", "send")):
        raise ConfigError(f"the channel type {name!r} ({target}) is no notifier: see rungbell.notifiers")
    return notifier


def _announced() -> "Iterable[EntryPoint]":
    from importlib.metadata import entry_points  # reads mail's headers, and asks every distribution there is

    return entry_points(group=GROUP)


@cache
def registry() -> Installed:
    """Every channel type that is installed, by the name the configuration uses."""
    return Installed(OURS, _announced)
