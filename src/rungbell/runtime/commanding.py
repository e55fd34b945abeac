"""Commands that people type into any chat, and the answers in a few lines of plain text.

Rules
-----
* What is asked for here is done by the same events as over the API and on the command line (``spoken_commands``).
* Without a number the incident of the message that was answered is meant, else the only one that is open.
* Of a restricted incident only those hear who were paged for it, or have a role in it (A28).
* A command has the identity that its provider gives it: told again, it has no second effect.

May import: ``config``, ``domain``, ``store`` (the port), ``notifiers`` (the port), ``clock``, the rest of ``runtime``.
"""

import hashlib
from datetime import datetime

from rungbell.clock import Clock
from rungbell.config.mistakes import did_you_mean
from rungbell.domain.events import Act, Declared, Via
from rungbell.domain.incident import Incident
from rungbell.domain.opening import TITLE_LENGTH
from rungbell.domain.plain_text import plain
from rungbell.domain.policy import Book
from rungbell.domain.values import dataclass
from rungbell.notifiers.answering import Came, Told
from rungbell.runtime.incident_handler import Handled, IncidentHandler
from rungbell.runtime.spoken_commands import (
    OTHER_NAMES,
    VERBS,
    Facts,
    MisspokenError,
    reference,
    severity_of,
    word,
)
from rungbell.runtime.wording import MessageWriter
from rungbell.store import Store, Transaction

LISTED = 20
LOOKED_THROUGH = 200
"""Incidents that are looked through for those that are open."""
QUESTIONS = {
    "list": "the open incidents",
    "show": "INCIDENT — how it stands",
    "oncall": "[SCHEDULE] — who is on call now",
    "help": "[VERB] — this",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody typed."""

    words: str
    by: str
    via: Via
    about: str
    """The identity of the incident whose message was answered; empty: none."""
    once: str


class Commanding:
    """Does what people type."""

    def __init__(self, *, store: Store, clock: Clock, handler: IncidentHandler, writer: MessageWriter) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._writer = writer

    async def say(self, said: Said) -> Told | Handled:
        """Do it, and give what came of it; raises ``StoreError`` where nothing could be recorded."""
        verb, rest = word(said.words)
        verb = OTHER_NAMES.get(verb.lower(), verb.lower())
        try:
            if verb in QUESTIONS:
                return Told(Came.DONE, await self._asked(verb, rest, said), said.by)
            if verb == "declare" and (opening := _opening(rest, said)) is not None:
                return await self._handler.handle(opening, once=said.once)
            return await self._act(verb, rest, said)
        except MisspokenError as error:
            return Told(Came.REFUSED, f"{error}; nothing was changed", said.by)

    async def _act(self, verb: str, rest: str, said: Said) -> Handled:
        if verb not in VERBS:
            raise MisspokenError(f"{verb[:40]!r} is not known{_near(verb)} `help` says what is")
        book, now = self._handler.book, self._clock.now()

        def work(transaction: Transaction) -> Act:
            incident, words = _meant(transaction, rest, said)
            act = {"incident": incident.id, "by": said.by, "via": said.via}
            try:
                return VERBS[verb].make(words, Facts(act, now, book.zone))
            except MisspokenError as error:
                raise MisspokenError(f"{error}. It is `{_form(verb)}`") from None

        return await self._handler.handle(await self._store.read(work), once=said.once)

    # -- questions ----------------------------------------------------------------------------------------------

    async def _asked(self, verb: str, rest: str, said: Said) -> str:
        if verb == "help":
            return _help(rest)
        if verb == "oncall":
            return _oncall(self._handler.book, rest, self._clock.now())
        if verb == "show":
            return await self._store.read(lambda transaction: self._shown(transaction, rest, said))
        return await self._store.read(lambda transaction: self._list(transaction, said))

    def _shown(self, transaction: Transaction, rest: str, said: Said) -> str:
        incident, _ = _meant(transaction, rest, said)
        last = transaction.timeline(incident.id)[-3:]
        entries = [f"{entry.at:%H:%M} {plain(entry.text, 200)}" for entry in last]
        return "\n".join([self._writer.standing(incident), *entries, self._writer.view(incident).url])

    def _list(self, transaction: Transaction, said: Said) -> str:
        found = _open(transaction, said.by)
        if not found:
            return "no incident is open"
        lines = [_line(incident) for incident in found[:LISTED]]
        more = len(found) - LISTED
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)


def _opening(rest: str, said: Said) -> Declared | None:
    """Understand ``declare P1 what happened``; ``None`` where an incident that is there is meant."""
    first, title = word(rest)
    severity = severity_of(first)
    if severity is None or not title or title.lower().startswith("commander "):
        return None
    identity = hashlib.sha256(said.once.encode()).hexdigest()[:32]
    return Declared(incident=identity, by=said.by, via=said.via, title=plain(title, TITLE_LENGTH), severity=severity)


def _meant(transaction: Transaction, rest: str, said: Said) -> tuple[Incident, str]:
    """Give the incident that is meant, and the other words."""
    named, words = reference(rest)
    if named or said.about:
        incident = transaction.incident(named or said.about)
        if incident is None or not _may_know(incident, said.by):
            raise MisspokenError(f"there is no incident {named}; `list` shows those that are open")
        return incident, words
    found = _open(transaction, said.by)
    if len(found) != 1:
        many = ", ".join(f"#{one.number}" for one in found[:LISTED]) or "none is open"
        raise MisspokenError(f"which incident, by its number? {many}")
    return found[0], words


def _open(transaction: Transaction, person: str) -> list[Incident]:
    return [one for one in transaction.incidents(limit=LOOKED_THROUGH) if one.open and _may_know(one, person)]


def _may_know(incident: Incident, person: str) -> bool:
    command = incident.command
    if not command.withheld:
        return True
    return person in incident.paged or any(person == role.person for role in command.roles.values())


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


def _near(verb: str) -> str:
    hint = did_you_mean(verb, (*VERBS, *QUESTIONS))
    return f", {hint}" if hint.startswith("did you mean") else ";"


def _form(verb: str) -> str:
    return f"{verb} INCIDENT {VERBS[verb].form}".rstrip()


def _help(verb: str) -> str:
    verb = OTHER_NAMES.get(verb.lower(), verb.lower()) if verb else ""
    if verb in VERBS:
        return f"{_form(verb)}: {VERBS[verb].text}"
    lines = [f"{_form(name)}: {one.text}" for name, one in VERBS.items()]
    asked = [f"{name} {text}" for name, text in QUESTIONS.items()]
    return "\n".join([*asked, *lines, "INCIDENT is a number, and may be left out where only one is open."])
