"""Who answers, and which message they mean: found by what an answer brings with it.

Rules
-----
* Who answers is found by the contact that the channel knows them by, else by the link that only they were sent. A
  contact that two people share names nobody, unless the message that was answered went to one of them.
* What is meant is found by the link, the ticket, the code or the reference of the message, and says which cycle of
  which incident it was about, or which bundle; else by the incident that is named.
* A test page is found by the same four, and is about nothing.

May import: ``domain``, ``store`` (the port), ``notifiers`` (the port), ``clock``, ``runtime.books.contacts``,
``runtime.incident_handler``, ``runtime.link_tokens``.
"""

from datetime import timedelta

from rungbell.clock import Clock
from rungbell.domain.contacts import TRIAL
from rungbell.domain.page import Asked
from rungbell.domain.roster import Person
from rungbell.notifiers.answering import Heard
from rungbell.runtime.books.contacts import ContactBook
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.link_tokens import TRIAL_LIFE, TRIAL_TICKET, LinkSigner
from rungbell.store import Transaction

CODES_LAST = timedelta(days=1)
"""A code of five digits is good for pages of that time."""


class Meaning:
    """Finds who is meant by what an answer brings with it, and what."""

    def __init__(self, *, clock: Clock, handler: IncidentHandler, signer: LinkSigner, contacts: ContactBook) -> None:
        self._clock = clock
        self._handler = handler
        self._signer = signer
        self._contacts = contacts

    def people(self, heard: Heard) -> list[Person]:
        """Give the people who are known by the contact it came from; none where it came from a link."""
        if heard.contact is None:
            return []
        kind, value = heard.contact
        people = self._handler.book.roster.people.values()
        return [one for one in people if value and _plain(kind, one.contacts.get(kind, "")) == _plain(kind, value)]

    def asked(self, transaction: Transaction, channel: str, heard: Heard, people: list[Person]) -> Asked | None:
        """Give which cycle of which incident is meant, and whom the message went to, where it says so."""
        if heard.link:
            return self._linked(heard.link)
        if heard.ticket:
            return self._ticketed(transaction, heard.ticket)
        if heard.code:
            return self._coded(transaction, channel, heard.code, people)
        if heard.reference:
            asked = transaction.of_reference(channel, heard.reference)
            return Asked("", 0, asked.person, asked.bundle) if asked is not None and asked.bundle else asked
        incident = transaction.incident(heard.incident) if heard.incident else None
        return Asked(incident.id, heard.cycle or incident.cycle, "") if incident is not None else None

    def tried(self, transaction: Transaction, channel: str, heard: Heard, people: list[Person]) -> str:
        """Give whom a test page was sent to that is answered; empty where it is none."""
        if heard.link:
            trial = self._signer.read_trial(heard.link)
            live = trial is not None and trial.channel == channel and self._clock.now() < trial.expires_at
            return trial.person if trial is not None and live and self._contacts.is_current(trial) else ""
        if heard.ticket:
            return one_of(people, "") if self._signer.read_ticket(heard.ticket) == TRIAL_TICKET else ""
        if heard.code:
            since = self._clock.now() - TRIAL_LIFE
            asked = {one.notice.person for one in transaction.trials() if one.created_at >= since}
            return one_of([one for one in people if one.id in asked and self._is_trial(heard.code, one)], "")
        return transaction.tried_by(channel, heard.reference) if heard.reference else ""

    def _linked(self, text: str) -> Asked | None:
        now = self._clock.now()
        if (link := self._signer.read(text)) is not None:
            return Asked(link.incident, link.cycle, link.person) if now < link.expires_at else None
        bundle = self._signer.read_bundle(text)
        return Asked("", 0, bundle.person, bundle.bundle) if bundle is not None and now < bundle.expires_at else None

    def _ticketed(self, transaction: Transaction, text: str) -> Asked | None:
        if (bundle := self._signer.read_bundle_ticket(text)) is not None:
            return next((Asked("", 0, one.person, bundle) for one in transaction.bundle(bundle).values()), None)
        ticket = self._signer.read_ticket(text)
        incident = transaction.incident(str(ticket[0])) if ticket is not None else None
        return Asked(incident.id, ticket[1], "") if ticket is not None and incident is not None else None

    def _coded(self, transaction: Transaction, channel: str, code: str, people: list[Person]) -> Asked | None:
        since = self._clock.now() - CODES_LAST
        found = [
            asked
            for person in people
            for asked in transaction.asked_since(person.id, channel, since)
            if self._signer.is_code(code, asked.incident, asked.cycle, asked.person)
        ]
        found += [
            Asked("", 0, person.id, bundle)
            for person in people
            for bundle in transaction.bundles_since(person.id, channel, since)
            if self._signer.is_code(code, bundle, 0, person.id)
        ]
        return found[0] if len(found) == 1 else None

    def _is_trial(self, code: str, person: Person) -> bool:
        return self._signer.is_code(code, TRIAL, 0, person.id)


def one_of(people: list[Person], asked: str) -> str:
    """Give the only one of them, or whom the message went to where that is one of them; empty where neither is so."""
    if len(people) == 1:
        return people[0].id
    return asked if asked in {person.id for person in people} else ""


def _plain(kind: str, contact: str) -> str:
    """A contact without what makes no difference: capitals; of a telephone number, what people write to read it."""
    return "".join(char for char in contact if kind != "phone" or char not in " -().").casefold()
