"""The words of a page: plain text, a few lines, the first of which stands alone.

Rules
-----
* Text of alerts is data, and goes through ``plain``.
* A page is worded when it leaves, so it tells what is true then.

May import: ``domain``, ``notifiers`` (the port), ``runtime.link_tokens``.
"""

from datetime import datetime

from rungbell.domain.command.record import Role
from rungbell.domain.incident import Incident
from rungbell.domain.page import PageKind, Purpose, SentPage
from rungbell.domain.plain_text import plain
from rungbell.domain.policy import Person
from rungbell.notifiers import IncidentView, Message
from rungbell.runtime.link_tokens import LIFE, LinkSigner, LinkToken

LINE_LENGTH = 300
SUMMARY_LENGTH = 1_000

WHY = {
    Purpose.AT_ONCE: "",
    Purpose.UPGRADE: "the severity was raised",
    Purpose.LAPSE: "nobody has acknowledged so far",
    Purpose.REPEAT: "nobody has acknowledged so far; you were paged before",
    Purpose.ENGAGEMENT: "engineering has not acknowledged in time",
    Purpose.UNRESOLVED: "it is still not resolved",
    Purpose.EXHAUSTED: "every tier was paged and nobody has acknowledged",
    Purpose.TIER_EMPTY: "nobody on the tier below you can be reached",
    Purpose.MANUAL: "somebody asks for you",
    Purpose.ACKNOWLEDGEMENT_ENDED: "your acknowledgement has ended and it is not resolved",
    Purpose.RESOLUTION: "it has been stable for its whole window: resolve it, or say why not",
    Purpose.NEWS: "for your information; nothing to do",
    Purpose.REMINDER: "a reminder",
}


class MessageWriter:
    """Words messages, with links to where this daemon is reached."""

    def __init__(self, *, external_url: str, signer: LinkSigner) -> None:
        self._external_url = external_url.rstrip("/")
        self._signer = signer

    def write(self, sent: SentPage, incident: Incident, person: Person, now: datetime) -> Message:
        """Word one page or notification."""
        page = sent.page
        view = IncidentView(
            id=incident.id,
            number=incident.number,
            title=plain(incident.title, LINE_LENGTH),
            severity=incident.severity,
            status=incident.status.value,
            url=f"{self._external_url}/api/v1/incidents/{incident.number}",
        )
        link = ""
        if page.kind is PageKind.PAGE:
            token = LinkToken(incident.id, page.cycle, page.person, page.round, now + LIFE)
            link = f"{self._external_url}/a/{self._signer.sign(token)}"
        return Message(
            kind=page.kind,
            intent=page.intent,
            incident=view,
            tier=page.tier,
            person=person,
            text=self._text(sent, incident, view),
            acknowledge_url=link,
            sent_at=now,
            attempt=sent.attempts,
        )

    @staticmethod
    def _text(sent: SentPage, incident: Incident, view: IncidentView) -> str:
        guessed = " (guessed)" if incident.guessed else ""
        lines = [f"{incident.severity}{guessed} #{incident.number} {view.title}"]
        if incident.summary and plain(incident.summary, SUMMARY_LENGTH) not in view.title:
            lines.append(plain(incident.summary, SUMMARY_LENGTH))
        since = f"since {incident.detected_at:%Y-%m-%d %H:%M} UTC"
        counted = f"{incident.firing_count} of {incident.alert_count} alerts firing"
        lines.append(f"{counted if incident.alert_count else incident.severity_rule} {since}")
        if why := WHY[sent.page.purpose]:
            about = f": {plain(sent.page.about, LINE_LENGTH)}" if sent.page.about else ""
            lines.append(f"{sent.page.tier}: {why}{about}")
        if sent.page.kind is PageKind.PAGE:
            lines.extend(f"{name}: {link}" for name, link in incident.links.items())
        if incident.holder is not None:
            lines.append(f"held by {incident.holder.by} since {incident.holder.at:%H:%M} UTC")
        if (commander := incident.command.roles.get(Role.INCIDENT_COMMANDER)) is not None:
            lines.append(f"commanded by {commander.person} since {commander.since:%H:%M} UTC")
        return "\n".join(lines)
