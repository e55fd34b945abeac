"""What people ask in a chat, and the answers in a few lines of plain text: ``list``, ``show 42``, ``drafts``.

Rules
-----
* Nothing is changed by a question, and nobody hears of what they may not know (``referring``).

May import: ``config`` (mistakes), ``domain``, ``store`` (the port), ``clock``, the rest of ``runtime``.
"""

from datetime import datetime

from rungbell.clock import Clock
from rungbell.config.mistakes import did_you_mean
from rungbell.domain.book import Book
from rungbell.domain.incident import Incident
from rungbell.domain.nameless import Nameless
from rungbell.domain.plain_text import plain
from rungbell.runtime.hearing.referring import LISTED, Said, may_know, meant, open_incidents
from rungbell.runtime.hearing.speaking import MisspokenError
from rungbell.runtime.hearing.spoken_postmortem import standing
from rungbell.runtime.hearing.vocabulary import help_on
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.store import Store, Transaction


class Questions:
    """Answers what people ask."""

    def __init__(self, *, store: Store, clock: Clock, handler: IncidentHandler, writer: MessageWriter) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._writer = writer

    async def answer(self, verb: str, rest: str, said: Said) -> str:
        """Answer a question; raises ``MisspokenError`` where it cannot be understood."""
        if verb == "help":
            return help_on(rest)
        if verb == "oncall":
            return _oncall(self._handler.book, rest, self._clock.now())
        if verb == "show":
            return await self._store.read(lambda transaction: self._shown(transaction, rest, said))
        if verb == "postmortem show":
            return await self._store.read(
                lambda transaction: standing(self._writer.nameless().incident(meant(transaction, rest, said)[0]))
            )
        if verb == "drafts":
            return await self._store.read(lambda transaction: _drafts(transaction, said.by, self._writer.nameless()))
        return await self._store.read(lambda transaction: self._list(transaction, said))

    def _shown(self, transaction: Transaction, rest: str, said: Said) -> str:
        incident, _ = meant(transaction, rest, said)
        last = self._writer.nameless().entries(transaction.timeline(incident.id)[-3:])
        entries = [f"{entry.at:%H:%M} {plain(entry.text, 200)}" for entry in last]
        return "\n".join([self._writer.standing(incident), *entries, self._writer.view(incident).url])

    def _list(self, transaction: Transaction, said: Said) -> str:
        found = open_incidents(transaction, said.by)
        if not found:
            return "no incident is open"
        gone = self._writer.nameless()
        lines = [_line(gone.incident(incident)) for incident in found[:LISTED]]
        more = len(found) - LISTED
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)


def _drafts(transaction: Transaction, person: str, gone: Nameless) -> str:
    lines = []
    for number, one in transaction.open_communications(LISTED):
        incident = transaction.incident(str(number))
        if incident is not None and may_know(incident, person):
            whom = plain(", ".join(map(gone.name, one.recipients)), 100) or "nobody"
            what = f"{one.kind.replace('_', ' ')}, {one.state}, to {whom}"
            lines.append(f"#{number} text {one.number}: {what}")
    return "\n".join(lines) or "no text waits"


def _line(incident: Incident) -> str:
    holder = f"{incident.holder.by} holds it" if incident.holder is not None else "nobody holds it"
    return f"#{incident.number} {incident.severity} {incident.status.value}, {holder}: {plain(incident.title, 100)}"


def _oncall(book: Book, name: str, now: datetime) -> str:
    schedules = book.roster.schedules
    if name and name not in schedules:
        raise MisspokenError(f"there is no schedule {name[:40]!r}; {did_you_mean(name, schedules)}")
    chosen = {name: schedules[name]} if name else schedules
    lines = [f"{one}: {', '.join(schedule.on_call(now)) or 'nobody'}" for one, schedule in chosen.items()]
    return "\n".join(lines) or "there are no schedules"
