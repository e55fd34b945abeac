"""Commands that people type into any chat, and the answers in a few lines of plain text.

Rules
-----
* What is asked for here is done by the same events as over the API and on the command line (``spoken_commands``).
* Without a number the incident of the message that was answered is meant, else the only one that is open. Where a verb
  stands alone, a number behind it that names none is not passed over.
* Of a restricted incident only those hear who were paged for it, or have a role in it (A28); to others it is not there,
  also where another is to be merged into it.
* Who reviews a text is shown every word of it first, and gives back the seal of what they were shown (``reviewing``).
* A command has the identity that its provider gives it: told again, it has no second effect.

May import: ``config``, ``domain``, ``store`` (the port), ``notifiers`` (the port), ``clock``, the rest of ``runtime``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from rungbell.clock import Clock
from rungbell.config.mistakes import did_you_mean
from rungbell.domain.book import Book
from rungbell.domain.communication.events import CommunicationReviewed
from rungbell.domain.events import Act, Declared, Via
from rungbell.domain.incident import Incident
from rungbell.domain.lifecycle.events import Merged
from rungbell.domain.nameless import Nameless
from rungbell.domain.opening import TITLE_LENGTH
from rungbell.domain.plain_text import plain
from rungbell.domain.values import dataclass
from rungbell.notifiers.answering import Came, Told
from rungbell.runtime.hearing.speaking import Facts, MisspokenError, number_of, reference, severity_of, word
from rungbell.runtime.hearing.spoken_commands import OTHER_NAMES, VERBS
from rungbell.runtime.hearing.spoken_oncall import FORMS, Asked, OnCallWords
from rungbell.runtime.hearing.spoken_postmortem import standing
from rungbell.runtime.incident_handler import Handled, IncidentHandler
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.runtime.wording.reviewing import Reading, elsewhere, read_at, reading, seal, sealed_at, to_read, worded
from rungbell.store import Store, Transaction

LISTED = 20
LOOKED_THROUGH = 200
"""Incidents that are looked through for those that are open."""
QUESTIONS = {
    "list": "the open incidents",
    "show": "INCIDENT — how it stands",
    "drafts": "the texts that wait to be reviewed or sent",
    "postmortem show": "INCIDENT — how its postmortem stands, and what is to be done",
    "oncall": "[SCHEDULE] — who is on call now",
    "help": "[VERB] — this",
}

ACTS: Mapping[str, tuple[str, str]] = {
    **{name: (f"INCIDENT {verb.form}".rstrip(), verb.text) for name, verb in VERBS.items()},
    "review": ("INCIDENT [NUMBER]", "read a text, and stand for it"),
    **FORMS,
}
"""Every verb that does something, with what follows it and what it does."""
READ_TOGETHER = 20
"""Texts of one communication that a chat shows at most."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody typed."""

    words: str
    by: str
    via: Via
    about: str
    """The identity of the incident whose message was answered; empty: none."""
    once: str
    room: int = 1_500
    """``Heard.room``."""


class Commanding:
    """Does what people type."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        handler: IncidentHandler,
        writer: MessageWriter,
        copies: CopyWriter,
        on_call: OnCallWords,
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._writer = writer
        self._copies = copies
        self._on_call = on_call

    async def say(self, said: Said) -> Told | Handled:
        """Do it, and give what came of it; raises ``StoreError`` where nothing could be recorded."""
        verb, rest = _verb(said.words)
        try:
            if verb in QUESTIONS:
                return Told(Came.DONE, await self._asked(verb, rest, said), said.by)
            if verb == "declare" and (opening := _opening(rest, said)) is not None:
                return await self._handler.handle(opening, once=said.once, delivered=True)
            if verb == "review":
                return await self._review(rest, said)
            if verb in FORMS:
                return await self._say_of_on_call(verb, rest, said)
            return await self._act(verb, rest, said)
        except MisspokenError as error:
            return Told(Came.REFUSED, f"{error}; nothing was changed", said.by)

    async def _act(self, verb: str, rest: str, said: Said) -> Handled:
        if verb not in VERBS:
            raise MisspokenError(f"{verb[:40]!r} is not known{_near(verb)} `help` says what is")
        book, now = self._handler.book, self._clock.now()

        def work(transaction: Transaction) -> Act:
            incident, words = _meant(transaction, rest, said)
            facts = {"incident": incident.id, "by": said.by, "via": said.via}
            try:
                _pass_over_no_number(verb, rest)
                act = VERBS[verb].make(words, Facts(facts, now, book.zone))
            except MisspokenError as error:
                raise MisspokenError(f"{error}. It is `{_form(verb)}`") from None
            if isinstance(act, Merged):
                _known(transaction, act.into, said.by, act.into)
            return act

        return await self._handler.handle(await self._store.read(work), once=said.once, delivered=True)

    async def _say_of_on_call(self, verb: str, rest: str, said: Said) -> Told:
        try:
            told = await self._on_call.say(verb, Asked(rest, said.by, said.once))
        except MisspokenError as error:
            raise MisspokenError(f"{error}. It is `{_form(verb)}`") from None
        return replace(told, text=self._writer.nameless().sentence(told.text))

    async def _review(self, rest: str, said: Said) -> Told | Handled:
        """Show a text to whoever is to stand for it, or let them stand for what they were shown."""
        book, now = self._handler.book, self._clock.now()

        def work(transaction: Transaction) -> tuple[Reading, str]:
            incident, words = _meant(transaction, rest, said)
            number, given = number_of(words, "text") if words else (_only_draft(transaction, incident), "")
            found = reading(transaction, incident, number, book, now)
            if found is None:
                raise MisspokenError(f"#{incident.number} has no text {number}")
            return found, given

        found, given = await self._store.read(work)
        one = found.communication
        if len(one.recipients) > READ_TOGETHER:
            return Told(Came.DONE, elsewhere(found), said.by)
        if (seconds := sealed_at(one, given, now)) is not None:
            texts = worded(found, self._copies, book, seconds)
            if seal(one, texts, said.by, seconds) == given:
                event = CommunicationReviewed(
                    incident=found.incident.id, by=said.by, via=said.via, communication=one.number, texts=texts
                )
                return await self._handler.handle(event, once=said.once, delivered=True)
        at = read_at(one, now)
        texts = worded(found, self._copies, book, at)
        return Told(
            Came.REFUSED if given else Came.DONE,
            to_read(found, texts, self._writer.nameless(), by=said.by, at=at, room=said.room, again=bool(given)),
            said.by,
        )

    # -- questions ----------------------------------------------------------------------------------------------

    async def _asked(self, verb: str, rest: str, said: Said) -> str:
        if verb == "help":
            return _help(rest)
        if verb == "oncall":
            return _oncall(self._handler.book, rest, self._clock.now())
        if verb == "show":
            return await self._store.read(lambda transaction: self._shown(transaction, rest, said))
        if verb == "postmortem show":
            return await self._store.read(
                lambda transaction: standing(self._writer.nameless().incident(_meant(transaction, rest, said)[0]))
            )
        if verb == "drafts":
            return await self._store.read(lambda transaction: _drafts(transaction, said.by, self._writer.nameless()))
        return await self._store.read(lambda transaction: self._list(transaction, said))

    def _shown(self, transaction: Transaction, rest: str, said: Said) -> str:
        incident, _ = _meant(transaction, rest, said)
        last = self._writer.nameless().entries(transaction.timeline(incident.id)[-3:])
        entries = [f"{entry.at:%H:%M} {plain(entry.text, 200)}" for entry in last]
        return "\n".join([self._writer.standing(incident), *entries, self._writer.view(incident).url])

    def _list(self, transaction: Transaction, said: Said) -> str:
        found = _open(transaction, said.by)
        if not found:
            return "no incident is open"
        gone = self._writer.nameless()
        lines = [_line(gone.incident(incident)) for incident in found[:LISTED]]
        more = len(found) - LISTED
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)


def _verb(words: str) -> tuple[str, str]:
    """Give the verb, which may be two words, and the rest."""
    first, rest = word(words)
    verb = OTHER_NAMES.get(first.lower(), first.lower())
    second, after = word(rest)
    both = f"{verb} {second.lower()}"
    return (both, after) if both in ACTS or both in QUESTIONS else (verb, rest)


def _only_draft(transaction: Transaction, incident: Incident) -> int:
    """Give the number of the one text that waits, where no other does."""
    waiting = [one.number for one in transaction.communications(incident.id) if one.open]
    if len(waiting) != 1:
        known = ", ".join(map(str, waiting)) or "none waits"
        raise MisspokenError(f"which text, by its number? {known}")
    return waiting[0]


def _drafts(transaction: Transaction, person: str, gone: Nameless) -> str:
    lines = []
    for number, one in transaction.open_communications(LISTED):
        incident = transaction.incident(str(number))
        if incident is not None and _may_know(incident, person):
            whom = plain(", ".join(map(gone.name, one.recipients)), 100) or "nobody"
            what = f"{one.kind.replace('_', ' ')}, {one.state}, to {whom}"
            lines.append(f"#{number} text {one.number}: {what}")
    return "\n".join(lines) or "no text waits"


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
        called = named or "of that message"
        return _known(transaction, named or said.about, said.by, called), words
    found = _open(transaction, said.by)
    if len(found) != 1:
        many = ", ".join(f"#{one.number}" for one in found[:LISTED]) or "none is open"
        raise MisspokenError(f"which incident, by its number? {many}")
    return found[0], words


def _known(transaction: Transaction, reference: str, person: str, called: str) -> Incident:
    """Find an incident; one of which the person may not know is answered as one that is not there."""
    incident = transaction.incident(reference)
    if incident is None or not _may_know(incident, person):
        raise MisspokenError(f"there is no incident {called}; `list` shows those that are open")
    return incident


def _pass_over_no_number(verb: str, rest: str) -> None:
    if not VERBS[verb].form and not reference(rest)[0] and any(map(str.isdigit, rest)):
        raise MisspokenError(f"{rest[:40]!r} names no incident")


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
    if group := [one for one in (*ACTS, *QUESTIONS) if one.startswith(f"{verb} ")]:
        return f" alone: say {', '.join(f'`{one}`' for one in group)};"
    hint = did_you_mean(verb, (*ACTS, *QUESTIONS))
    return f", {hint}" if hint.startswith("did you mean") else ";"


def _form(verb: str) -> str:
    return f"{verb} {ACTS[verb][0]}"


def _help(about: str) -> str:
    verb, _ = _verb(about)
    if about and verb in ACTS:
        return f"{_form(verb)}: {ACTS[verb][1]}"
    chosen = [name for name in ACTS if not about or name.startswith(f"{verb} ")]
    if about and chosen:
        return "\n".join(f"{_form(name)}: {ACTS[name][1]}" for name in chosen)
    lines = [f"{_form(name)}: {text}" for name, (_, text) in ACTS.items()]
    asked = [f"{name} {text}" for name, text in QUESTIONS.items()]
    return "\n".join([*asked, *lines, "INCIDENT is a number, and may be left out where only one is open."])
