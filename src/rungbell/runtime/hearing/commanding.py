"""Commands that people type into any chat, done; what they ask is answered by ``spoken_questions``.

Rules
-----
* What is asked for here is done by the same events as over the API and on the command line (``spoken_commands``).
* Who reviews a text is shown every word of it first, and gives back the seal of what they were shown (``reviewing``).
* A command has the identity that its provider gives it: told again, it has no second effect.

May import: ``domain``, ``store`` (the port), ``notifiers`` (the port), ``clock``, the rest of ``runtime``.
"""

import hashlib
from dataclasses import replace

from rungbell.clock import Clock
from rungbell.domain.communication.events import CommunicationReviewed
from rungbell.domain.events import Act, Declared
from rungbell.domain.incident import Incident
from rungbell.domain.lifecycle.events import Merged
from rungbell.domain.opening import TITLE_LENGTH
from rungbell.domain.plain_text import plain
from rungbell.notifiers.answering import Came, Told
from rungbell.runtime.hearing.referring import Said, known, meant, pass_over_no_number
from rungbell.runtime.hearing.speaking import Facts, MisspokenError, number_of, severity_of, word
from rungbell.runtime.hearing.spoken_commands import VERBS
from rungbell.runtime.hearing.spoken_oncall import FORMS, Asked, OnCallWords
from rungbell.runtime.hearing.spoken_questions import Questions
from rungbell.runtime.hearing.vocabulary import QUESTIONS, form, near, verb_in
from rungbell.runtime.incident_handler import Handled, IncidentHandler
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.runtime.wording.reviewing import Reading, elsewhere, read_at, reading, seal, sealed_at, to_read, worded
from rungbell.store import Store, Transaction

READ_TOGETHER = 20
"""Texts of one communication that a chat shows at most."""


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
        self._questions = Questions(store=store, clock=clock, handler=handler, writer=writer)

    async def say(self, said: Said) -> Told | Handled:
        """Do it, and give what came of it; raises ``StoreError`` where nothing could be recorded."""
        verb, rest = verb_in(said.words)
        try:
            if verb in QUESTIONS:
                return Told(Came.DONE, await self._questions.answer(verb, rest, said), said.by)
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
            raise MisspokenError(f"{verb[:40]!r} is not known{near(verb)} `help` says what is")
        book, now = self._handler.book, self._clock.now()

        def work(transaction: Transaction) -> Act:
            incident, words = meant(transaction, rest, said)
            facts = {"incident": incident.id, "by": said.by, "via": said.via}
            try:
                pass_over_no_number(verb, rest)
                act = VERBS[verb].make(words, Facts(facts, now, book.zone))
            except MisspokenError as error:
                raise MisspokenError(f"{error}. It is `{form(verb)}`") from None
            if isinstance(act, Merged):
                known(transaction, act.into, said.by, act.into)
            return act

        return await self._handler.handle(await self._store.read(work), once=said.once, delivered=True)

    async def _say_of_on_call(self, verb: str, rest: str, said: Said) -> Told:
        try:
            told = await self._on_call.say(verb, Asked(rest, said.by, said.once))
        except MisspokenError as error:
            raise MisspokenError(f"{error}. It is `{form(verb)}`") from None
        return replace(told, text=self._writer.nameless().sentence(told.text))

    async def _review(self, rest: str, said: Said) -> Told | Handled:
        """Show a text to whoever is to stand for it, or let them stand for what they were shown."""
        book, now = self._handler.book, self._clock.now()

        def work(transaction: Transaction) -> tuple[Reading, str]:
            incident, words = meant(transaction, rest, said)
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


def _only_draft(transaction: Transaction, incident: Incident) -> int:
    """Give the number of the one text that waits, where no other does."""
    waiting = [one.number for one in transaction.communications(incident.id) if one.open]
    if len(waiting) != 1:
        numbers = ", ".join(map(str, waiting)) or "none waits"
        raise MisspokenError(f"which text, by its number? {numbers}")
    return waiting[0]


def _opening(rest: str, said: Said) -> Declared | None:
    """Understand ``declare P1 what happened``; ``None`` where an incident that is there is meant."""
    first, title = word(rest)
    severity = severity_of(first)
    if severity is None or not title or title.lower().startswith("commander "):
        return None
    identity = hashlib.sha256(said.once.encode()).hexdigest()[:32]
    return Declared(incident=identity, by=said.by, via=said.via, title=plain(title, TITLE_LENGTH), severity=severity)
