"""How people answer through a channel: the third part of the port, for notifiers whose provider talks back.

A provider calls us (``receive``: webhooks, buttons, key presses), or we ask it (``listen``: sockets, long polls).
Either way a notifier makes a ``Heard`` of what came and hands it to ``hear``; it never touches an incident itself.

Rules
-----
* A caller proves who it is before anything is parsed: signatures are computed over the raw bytes and compared in
  constant time as bytes. A missing, repeated or odd header is a plain 401 (integrations 0).
* ``hear`` answers after the commit is on disk, so a provider hears of success only what is durable. Where the store is
  away it raises ``StoreError``: let the provider come back where it does (503), else say that nothing was recorded.
* ``once`` is the provider's own identity of what was said, the same on each redelivery: told again, it has no second
  effect and gets the same answer.
* Who answers is known by a contact of the configuration, or by a ticket that only they were sent; nobody else acts.
* What comes is data of strangers: no address in it is ever called except where the provider's own hosts are checked.

May import: ``domain``, ``notifiers`` (the port), multidict (types).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rungbell.domain.events import FailureReason, Via
from rungbell.domain.language import Language
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass
from rungbell.notifiers import IncidentView

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy, MultiMapping


class Wish(StrEnum):
    """What somebody wants with an answer."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    ESCALATE = "escalate"
    RESOLVE = "resolve"
    SAY = "say"
    """Whatever ``words`` say, as on a command line: ``ack 42``, ``note 42 the disk is full``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One answer of one person."""

    wish: Wish
    once: str
    """The provider's identity of it; unique within the channel."""
    via: Via
    contact: tuple[str, str] | None = None
    """By which contact the person is known: its kind and what it says, such as ``("slack", "U0ALICE")``."""
    ticket: str = ""
    """``Message.ticket`` of the message that was answered."""
    link: str = ""
    """The token of the message's ``acknowledge_url``: it names the person too."""
    code: str = ""
    """``Message.code``, where that is all there is; ``contact`` must be given."""
    reference: str = ""
    """What the provider calls the message that was answered, as ``send`` gave it."""
    incident: str = ""
    """The number or the identity of the incident, where the provider keeps it and is believed; with ``cycle``."""
    cycle: int | None = None
    said_at: datetime | None = None
    """When they said it, by the clock of the provider, where it may be told long after, or in more than one way."""
    words: str = ""
    room: int = 1_500
    """How long an answer may be that is read whole, in UTF-16 units and with what the channel escapes."""
    reason: str = ""
    too_light_for: frozenset[Severity] = frozenset()
    """Where it does not count, for it is easily done by mistake; whoever says it is told what does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """The provider says afterwards that what it had taken reached nobody; ``intent`` or ``reference`` says what."""

    once: str
    reason: FailureReason
    detail: str = ""
    intent: str = ""
    reference: str = ""


class Came(StrEnum):
    """What an answer came to."""

    DONE = "done"
    ALREADY = "already"
    """It was so before, or this was told before."""
    REFUSED = "refused"
    """Not by this person, or not as things stand: ``text`` says why."""
    STRANGER = "stranger"
    """Nobody of the configuration is known by that contact."""
    UNKNOWN = "unknown"
    """Nothing here is meant by it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What whoever answered is told: what is true now."""

    came: Came
    text: str
    person: str = ""
    """Who was understood to answer."""
    incident: IncidentView | None = None
    ticket: str = ""
    """For buttons of the answer."""
    language: Language = Language.EN
    """Of ``text``: what the core says is English."""
    reader: Language = Language.EN
    """Of whoever answered."""


Hear = Callable[[Heard | Undelivered], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class Callback:
    """A request of a provider."""

    method: str
    what: str
    """The rest of the path behind the name of the channel: ``""``, ``"status"`` …"""
    url: str
    """As the provider calls it: by the external address of the daemon, with the query as it came."""
    query: "MultiMapping[str]"
    headers: "CIMultiDictProxy[str]"
    body: bytes = field(repr=False)
    at: datetime

    def header(self, name: str) -> str:
        """The value of a header that came exactly once; else an empty text."""
        found = self.headers.getall(name, [])
        return found[0] if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider is answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    alarm: str = ""
    """Why the operator must hear of it: a signature that does not hold can silence a channel."""


@runtime_checkable
class Receiving(Protocol):
    """A notifier whose provider calls ``/answers/<channel>``."""

    async def receive(self, callback: Callback, hear: Hear) -> Answer:
        """Understand a request, let ``hear`` decide, and word the answer; raises nothing but ``StoreError``."""
        ...


@runtime_checkable
class Listening(Protocol):
    """A notifier that asks its provider for answers."""

    async def listen(self, hear: Hear) -> None:
        """Hear until cancelled; it is started again when it fails, and left alone when it returns.

        Raises:
            SendFailed: the provider cannot be reached, or refuses us.
        """
        ...
