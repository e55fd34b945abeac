"""The words of a copy: what a review has fixed, else what is true when it leaves.

Rules
-----
* A text that cannot be written by its template is written down without one: no copy is lost for it.
* Clients get no link to rungbell and nothing of its own words; the answer of a client goes to the support.

May import: ``domain``, ``notifiers`` (the port), ``texts``.
"""

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime

from rungbell.domain.book import Book
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.communication.facts import TextFacts, text_facts
from rungbell.domain.communication.kinds import CommunicationKind, Recipient, Text
from rungbell.domain.communication.recipients import recipient, rooms_for
from rungbell.domain.communication.record import BODY_LENGTH, SUBJECT_LENGTH
from rungbell.domain.events import FailureReason
from rungbell.domain.incident import Incident
from rungbell.domain.nameless import NOBODY, Nameless
from rungbell.domain.page import PageKind
from rungbell.domain.policy import Policy
from rungbell.domain.roster import Person
from rungbell.domain.timeline import Entry
from rungbell.notifiers import CopyView, IncidentView, Message, SendFailed
from rungbell.texts import Texts


class CopyWriter:
    """Words copies, and texts for whoever reviews them."""

    def __init__(
        self, *, external_url: str, texts: Texts | None = None, nameless: Callable[[], Nameless] = lambda: NOBODY
    ) -> None:
        self._external_url = external_url.rstrip("/")
        self.texts = texts or Texts()
        """Replaced by a reload."""
        self._nameless = nameless

    def text(
        self,
        kind: CommunicationKind,
        incident: Incident,
        policy: Policy,
        book: Book,
        entries: Sequence[Entry],
        who: Recipient,
        now: datetime,
    ) -> Text:
        """Write the text of a kind for one recipient, as things stand at ``now``; ``entries`` is the timeline."""
        return harmless(self.texts.write(kind, self.facts(incident, policy, book, entries, who, now)))

    def facts(
        self, incident: Incident, policy: Policy, book: Book, entries: Sequence[Entry], who: Recipient, now: datetime
    ) -> TextFacts:
        """Give what a recipient may be told, without the ids of those who were forgotten."""
        gone = self._nameless()
        incident, told = gone.incident(incident), gone.entries(entries)
        return text_facts(incident, policy, book, told, who, now, url=self._external_url)

    def write(
        self,
        sent: SentCopy,
        incident: Incident,
        policy: Policy,
        entries: Sequence[Entry],
        book: Book,
        now: datetime,
    ) -> Message:
        """Word one copy.

        Raises:
            SendFailed: the recipient is not in the configuration any more, or must not hear of it any more.
        """
        copy = sent.copy
        audience, plan = copy.kind.audience, book.communication
        who = recipient(copy.recipient, audience, book)
        if who is None:
            detail = f"{copy.recipient} is not in the configuration"
            raise SendFailed(FailureReason.RECIPIENT_GONE, detail, permanent=True)
        if audience is Audience.INTERNAL and copy.recipient not in rooms_for(incident, plan):
            detail = f"the incident is restricted: {copy.recipient} must not hear of it"
            raise SendFailed(FailureReason.RECIPIENT_GONE, detail, permanent=True)
        text = copy.text or self.text(copy.kind, incident, policy, book, entries, who, now)
        clients = audience is Audience.CLIENTS
        return Message(
            kind=PageKind.NOTIFICATION,
            intent=sent.intent,
            incident=None if clients else self._view(incident),
            tier=None,
            person=Person(who.id, who.name, who.contacts),
            text=text.body,
            acknowledge_url="",
            sent_at=now,
            attempt=sent.attempts,
            copy=CopyView(
                kind=copy.kind,
                subject=text.subject,
                thread=f"{incident.id} {copy.recipient}",
                sender=plan.sign_off if clients else "",
                reply_to=plan.support_email if clients else "",
            ),
        )

    def _view(self, incident: Incident) -> IncidentView:
        return IncidentView(
            id=incident.id,
            number=incident.number,
            title=incident.title,
            severity=incident.severity,
            status=incident.status.value,
            url=f"{self._external_url}/api/v1/incidents/{incident.number}",
        )


def harmless(text: Text) -> Text:
    """Take out what could disturb lines or turn their direction, and cut what is too long."""
    subject = " ".join("".join(char if _harmless(char) else " " for char in text.subject).split())
    lines = ("".join(char for char in line if _harmless(char)).rstrip() for line in text.body.splitlines())
    return Text(_cut(subject, SUBJECT_LENGTH), _cut("\n".join(lines), BODY_LENGTH))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _harmless(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
