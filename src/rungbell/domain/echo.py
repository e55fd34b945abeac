"""Echoes: the places that were told of an incident hear what became of it.

Rules
-----
* An echo is a row of the outbox, written with the decision it tells of: an acknowledgement that is committed reaches
  every place that rang, also through a crash.
* It is due to the channels that *follow* (they edit a message, acknowledge at a provider, end a silence) and through
  which the incident has paged, and to the ``followers`` of the file, which hear of every incident from its opening on.
* It tells what is true when it leaves. So of one incident and channel only the newest waits: it takes the place of
  those before it; and it waits while its channel is just telling of the incident, or of what was so before.
* It asks nobody to act, stops no clock, and leaves after every page; no ladder goes on because of one that fails. It is
  tried again as pages are, then every few minutes for a day: a provider that was away for an hour must not ring on for
  what is over. What is refused for good is given up at once.
* Followers hear nothing of a restricted incident (A28); where it was paged, it is known already.
* A source may have a follower of its own: its Alertmanager, which is silent about what somebody holds, with all that
  was merged into it, from whichever source that came. It hears when an acknowledgement begins, changes or ends, when
  something is merged into what is held or leaves it, and nothing else; nobody is paged through it.

May import: ``attempt``, ``decision``, ``incident``, ``page``, ``book``, ``severity`` and the standard library's pure
parts.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rungbell.domain import attempt
from rungbell.domain.book import Book
from rungbell.domain.decision import Decision, Delivery
from rungbell.domain.incident import Incident
from rungbell.domain.page import ATTEMPTS, Echo, PageState
from rungbell.domain.values import dataclass

ECHO_AGAIN = timedelta(minutes=5)
"""The pause once the attempts of a page are used up."""
ECHO_ATTEMPTS = ATTEMPTS + timedelta(days=1) // ECHO_AGAIN
_ALERTMANAGER = "alertmanager:"


@dataclass(frozen=True, slots=True)
class SentEcho:
    """An echo as the outbox knows it."""

    echo: Echo
    state: PageState
    attempts: int
    created_at: datetime
    last_failure: str | None = None

    @property
    def intent(self) -> str:
        """The key of its row."""
        return self.echo.intent


def echoed(before: Incident | None, decision: Decision, book: Book, now: datetime) -> Decision:
    """Give the decision with the echoes of what it changes."""
    after = decision.incident
    if after is None:
        return decision
    same = before is not None and _face(before) == _face(after)
    channels = set[str]() if same else _following(before, after, book)
    if not (same and before is not None and before.parts.keys() == after.parts.keys()):
        channels |= {silencing(source) for source in _silent(before, after, book)}
    if not channels:
        return decision
    version = after.version + 1
    echoes = (Echo(after.id, name, after.cycle, version, after.severity, now) for name in sorted(channels))
    return replace(decision, echoes=tuple(echoes))


def _following(before: Incident | None, after: Incident, book: Book) -> set[str]:
    channels = set() if after.command.restricted else set(book.followers)
    if before is not None:
        channels |= before.told & after.told
    return channels & {name for name, channel in book.roster.channels.items() if channel.follows}


def _silent(before: Incident | None, after: Incident, book: Book) -> set[str]:
    """Give the sources whose Alertmanagers are, or were, silent about it; what was merged into it may be of any."""
    if not book.silenced or not (after.holder or (before and before.holder)):
        return set()
    parts = after.parts or (before is not None and before.parts)
    return set(book.silenced) if parts else {after.source} & set(book.silenced)


def refused(
    sent: SentEcho, reason: str, now: datetime, *, permanent: bool, retry_after: timedelta | None = None
) -> Delivery:
    """Give what becomes of an echo that its place did not take."""
    delivery = attempt.refused(sent, reason, now, permanent=permanent, retry_after=retry_after)
    if permanent or delivery.state is PageState.WAITING or sent.attempts >= ECHO_ATTEMPTS:
        return delivery
    return replace(delivery, state=PageState.WAITING, due_at=now + max(ECHO_AGAIN, retry_after or timedelta()))


def silencing(source: str) -> str:
    """Give the channel through which the Alertmanager of a source hears; no name of the file holds a colon."""
    return f"{_ALERTMANAGER}{source}"


def silenced_source(channel: str) -> str | None:
    """Give the source whose Alertmanager hears through a channel; ``None``: none does."""
    return channel.removeprefix(_ALERTMANAGER) if channel.startswith(_ALERTMANAGER) else None


def _face(incident: Incident) -> tuple[object, ...]:
    """What places show of an incident."""
    holder = incident.holder
    return (
        incident.status,
        incident.severity,
        incident.cycle,
        incident.merged_into,
        incident.name,
        holder and (holder.by, holder.at, holder.ends_at),
    )
