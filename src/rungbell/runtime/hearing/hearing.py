"""What somebody answers through a channel, made an act of a person on an incident, and let in by the door.

Rules
-----
* Who answers, and what is meant, is found by what the answer brings with it (``meaning``). One that means another cycle
  is answered with what is true now, and changes nothing.
* Pages that left together are acknowledged together, each for itself; nothing else can be said of them as a whole.
* An answer has the identity that its provider gives it, so a redelivery has no second effect (reliability row 41), and
  none where the first had none: what was refused, or so already, does not count later. That is kept in the store, for
  providers redeliver after a restart too. What is a stranger's or means nothing here leaves nothing behind.
* The answer to a test page acts on nothing: it shows that the channel reaches whoever answers. So does one to a page.
* What is said here is said in the language of whoever answers; what the core says stays English.
* Half a character in what a provider says becomes U+FFFD: no store takes it, and nobody there could mend it.
* Failures after acceptance (a bounce, a busy line) come the same way, and let the ladder take the next one.

May import: ``domain``, ``store`` (the port), ``notifiers`` (the port), ``clock``, ``words``, the rest of ``runtime``,
structlog.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from rungbell.clock import Clock
from rungbell.domain.decision import Outcome, Reply
from rungbell.domain.events import Acknowledged, Act, Escalated, PageUndelivered, Resolved, Unacknowledged
from rungbell.domain.incident import Incident
from rungbell.domain.language import Language
from rungbell.domain.page import Asked
from rungbell.domain.roster import Person
from rungbell.notifiers.answering import Came, Heard, Told, Undelivered, Wish
from rungbell.notifiers.whole_text import whole_answer
from rungbell.runtime.answered_before import given_again, had_effect, kept
from rungbell.runtime.books.contacts import ContactBook
from rungbell.runtime.books.overrides import OverrideBook
from rungbell.runtime.hearing.acknowledging import acknowledge_together
from rungbell.runtime.hearing.commanding import Commanding
from rungbell.runtime.hearing.meaning import Meaning, one_of
from rungbell.runtime.hearing.referring import Said
from rungbell.runtime.hearing.spoken_oncall import OnCallWords
from rungbell.runtime.incident_handler import Handled, IncidentHandler
from rungbell.runtime.link_tokens import LinkSigner
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.store import Store, Transaction
from rungbell.words import words_of

log = structlog.get_logger()

MANY = "more than one person is known by this; nothing was changed"
CAME = {Outcome.DONE: Came.DONE, Outcome.ALREADY: Came.ALREADY}
"""What the answers of the core come to; every other one is a refusal."""

EVENTS: Mapping[Wish, Callable[..., Act]] = {
    Wish.ACKNOWLEDGE: Acknowledged,
    Wish.UNACKNOWLEDGE: Unacknowledged,
    Wish.ESCALATE: Escalated,
    Wish.RESOLVE: Resolved,
}
SAID_AS = {Wish.ESCALATE: "note", Wish.RESOLVE: "reason"}
"""What the event calls the words that come with a wish."""


class Hearing:
    """Understands answers, whichever channel they come through."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        handler: IncidentHandler,
        signer: LinkSigner,
        writer: MessageWriter,
        copies: CopyWriter,
        contacts: ContactBook,
        overrides: OverrideBook,
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._signer = signer
        self._writer = writer
        self._contacts = contacts
        self._meaning = Meaning(clock=clock, handler=handler, signer=signer, contacts=contacts)
        on_call = OnCallWords(store=store, clock=clock, handler=handler, overrides=overrides, contacts=contacts)
        self._commanding = Commanding(
            store=store, clock=clock, handler=handler, writer=writer, copies=copies, on_call=on_call
        )

    async def hear(self, channel: str, heard: Heard | Undelivered) -> Told:
        """Let one answer in, and give what is true then; raises ``StoreError`` where nothing could be recorded."""
        if isinstance(heard, Undelivered):
            return await self._undelivered(channel, whole_answer(heard))
        heard = whole_answer(heard)
        people = self._meaning.people(heard)
        told = await self._heard(channel, heard, people)
        return replace(told, reader=self._language(told.person or one_of(people, "")))

    async def _heard(self, channel: str, heard: Heard, people: list[Person]) -> Told:
        if heard.contact is not None and not people:
            return Told(Came.STRANGER, "nobody of the configuration is known by this; nothing was changed")
        tried, asked, used = await self._store.read(
            lambda transaction: (
                self._meaning.tried(transaction, channel, heard, people),
                self._meaning.asked(transaction, channel, heard, people),
                transaction.applied(_identity(channel, heard)),
            )
        )
        if used is not None and (heard.wish is not Wish.SAY or not had_effect(used[1])):  # else words say it better
            return await self._again(given_again(*used), people, asked)
        if tried and (heard.contact is None or tried in {person.id for person in people}):
            await self._contacts.reached((tried, channel))
            language = self._language(tried)
            text = words_of(language).heard.tried.format(channel=channel, person=tried)
            return Told(Came.DONE, text, tried, language=language)
        return await self._act(channel, heard, people, asked)

    async def _again(self, reply: Reply, people: list[Person], asked: Asked | None) -> Told:
        """Answer what was answered before, and change nothing."""
        incident = asked.incident if asked is not None else ""
        found = await self._store.read(lambda transaction: transaction.incident(incident)) if incident else None
        person = one_of(people, asked.person if asked is not None else "") or (asked.person if asked else "")
        if found is None:
            return Told(CAME.get(reply.outcome, Came.REFUSED), self._writer.nameless().sentence(reply.text), person)
        return self._told(Handled(reply, found), person)

    async def _refused(self, channel: str, heard: Heard, told: Told) -> Told:
        """Remember a refusal that nothing else leaves a trace of."""
        reply, now = Reply(Outcome.REFUSED, told.text), self._clock.now()
        once = _identity(channel, heard)
        await self._store.write(lambda transaction: transaction.apply_once(once, now, kept(reply)), reserved=True)
        return told

    async def _act(self, channel: str, heard: Heard, people: list[Person], asked: Asked | None) -> Told:
        if heard.wish is Wish.SAY:
            return await self._say(channel, heard, people, asked)
        if asked is None:
            return self._unknown(one_of(people, ""))
        person = one_of(people, asked.person) if heard.contact is not None else asked.person
        if not person:
            return Told(Came.STRANGER, MANY)
        return await self._let_in(channel, heard, asked, person)

    async def _let_in(self, channel: str, heard: Heard, asked: Asked, person: str) -> Told:
        if asked.bundle:
            return await self._together(channel, heard, asked.bundle, person)
        if (refused := await self._too_light(heard, asked, person)) is not None:
            return await self._refused(channel, heard, refused)
        event = _event(heard, asked, person)
        if event is None:
            return Told(Came.UNKNOWN, "that cannot be said here; nothing was changed", person)
        handled = await self._handler.handle(event, once=_identity(channel, heard), delivered=True)
        told = self._told(handled, person)
        if told.came in {Came.DONE, Came.ALREADY} and (heard.link or heard.ticket or heard.code or heard.reference):
            await self._contacts.answered(person, channel)
        log.info("heard", channel=channel, wish=str(heard.wish), person=person, came=str(told.came))
        return told

    async def _together(self, channel: str, heard: Heard, bundle: str, person: str) -> Told:
        """Take on everything that left together, but for what the answer is too light for."""
        language = self._language(person)
        words = words_of(language).heard
        if heard.wish is not Wish.ACKNOWLEDGE:
            refused = Told(Came.REFUSED, words.only_together, person, language=language)
            return await self._refused(channel, heard, refused)
        asked = await self._store.read(lambda transaction: of_weight(transaction, heard, bundle))
        if not asked:
            return await self._refused(channel, heard, self._unknown(person))
        once = _identity(channel, heard)
        came = await acknowledge_together(self._handler, asked, by=person, via=heard.via, once=once, delivered=True)
        await self._contacts.answered(person, channel)
        log.info("heard", channel=channel, wish=str(heard.wish), person=person, bundle=bundle, done=came.done)
        return Told(Came.DONE if came.done else Came.ALREADY, came.text(words), person, language=language)

    def _unknown(self, person: str) -> Told:
        language = self._language(person)
        return Told(Came.UNKNOWN, words_of(language).heard.unknown, person, language=language)

    def _language(self, person: str) -> Language:
        known = self._handler.book.roster.people.get(person)
        return known.language if known is not None else Language.EN

    async def _say(self, channel: str, heard: Heard, people: list[Person], asked: Asked | None) -> Told:
        """Do what was said in words; the message that was answered, if any, says which incident is meant."""
        person = one_of(people, asked.person if asked is not None else "")
        if not person:
            return Told(Came.STRANGER, MANY)
        about = asked.incident if asked is not None else ""
        once = _identity(channel, heard)
        said = Said(heard.words, by=person, via=heard.via, about=about, once=once, room=heard.room)
        told = await self._commanding.say(said)
        if isinstance(told, Handled):
            told = self._told(told, person)
        elif told.came is Came.REFUSED:
            told = await self._refused(channel, heard, told)
        log.info("heard", channel=channel, wish=str(heard.wish), person=person, came=str(told.came))
        return told

    async def _too_light(self, heard: Heard, asked: Asked, person: str) -> Told | None:
        if not heard.too_light_for:
            return None
        incident = await self._store.read(lambda transaction: transaction.incident(asked.incident))
        if incident is None or not _weighs_more(incident, heard):
            return None
        text = f"a {incident.severity} is not acknowledged like that: press the button"
        return Told(Came.REFUSED, text, person, self._writer.view(incident), self._ticket(incident))

    def _told(self, handled: Handled, person: str) -> Told:
        came = CAME.get(handled.reply.outcome, Came.REFUSED)
        incident, text = handled.incident, self._writer.nameless().sentence(handled.reply.text)
        if incident is None:
            return Told(Came.UNKNOWN, text, person)
        text = text or self._writer.standing(incident)
        return Told(came, text, person, self._writer.view(incident), self._ticket(incident))

    def _ticket(self, incident: Incident) -> str:
        return self._signer.ticket(incident.number, incident.cycle) if incident.open else ""

    async def _undelivered(self, channel: str, heard: Undelivered) -> Told:
        def incidents_of(transaction: Transaction) -> dict[str, str]:
            """Give the incident of each page that left in the message, by intent."""
            intent = heard.intent or transaction.intent_of(channel, heard.reference)
            bundle = _bundle_of(intent) or transaction.bundle_of(intent)
            intents = transaction.bundle(bundle) if bundle else (intent,)
            pages = [sent.page for key in intents if key for sent in transaction.page(key)]
            return {page.intent: page.incident for page in pages if page.channel == channel}

        found = await self._store.read(incidents_of)
        if not found and await self._contacts.take_back(channel, heard.intent, heard.reference, heard.reason):
            return Told(Came.DONE, "a test page reached nobody")
        if not found:
            return Told(Came.UNKNOWN, "no page is known by this")
        once, told = _identity(channel, heard), None
        for intent, incident in found.items():
            event = PageUndelivered(incident=incident, intent=intent, reason=heard.reason, detail=heard.detail)
            single = f"{once}:{intent}" if len(found) > 1 else once
            handled = await self._handler.handle(event, once=single, delivered=True)
            log.warning("a page reached nobody", channel=channel, intent=intent, reason=str(heard.reason))
            told = told or self._told(handled, "")
        return told or Told(Came.UNKNOWN, "no page is known by this")


def _identity(channel: str, heard: Heard | Undelivered) -> str:
    return f"answer:{channel}:{heard.once}"


def of_weight(transaction: Transaction, heard: Heard, bundle: str) -> list[Asked]:
    """Give what left together, but for what an answer is too light for."""
    found = list(transaction.bundle(bundle).values())
    if not heard.too_light_for:
        return found
    transaction.read_together([one.incident for one in found])
    about = [(one, transaction.incident(one.incident)) for one in found]
    return [one for one, incident in about if incident is None or not _weighs_more(incident, heard)]


def _weighs_more(incident: Incident, heard: Heard) -> bool:
    return incident.open and incident.severity in heard.too_light_for


def _event(heard: Heard, asked: Asked, person: str) -> Act | None:
    make = EVENTS.get(heard.wish)
    if make is None:
        return None
    said = {said: heard.reason} if (said := SAID_AS.get(heard.wish)) and heard.reason else {}
    return make(incident=asked.incident, by=person, via=heard.via, cycle=asked.cycle, said_at=heard.said_at, **said)


def _bundle_of(intent: str) -> str:
    """Give which bundle a message was, by its key; empty: it was none."""
    kind, _, rest = intent.partition(":")
    return rest.partition(":")[0] if kind == "bundle" else ""
