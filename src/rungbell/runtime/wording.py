"""The words of a page: plain text, a few lines, the first of which stands alone.

Rules
-----
* Text of alerts is data, and goes through ``plain``.
* A page is worded when it leaves, so it tells what is true then.
* Its fixed words are those of the reader's language; times are UTC, and beside it by the reader's own clocks.

May import: ``domain``, ``notifiers`` (the port), ``runtime.link_tokens``, ``runtime.words``.
"""

from datetime import datetime

from rungbell.domain.calendar import zone_named
from rungbell.domain.command.record import Role
from rungbell.domain.incident import Incident
from rungbell.domain.page import PageKind, SentPage
from rungbell.domain.plain_text import plain
from rungbell.domain.policy import Person
from rungbell.notifiers import IncidentView, Message
from rungbell.runtime.link_tokens import LIFE, LinkSigner, LinkToken
from rungbell.runtime.words import words_of

LINE_LENGTH = 300
SUMMARY_LENGTH = 1_000


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
            text=self._text(sent, incident, view, person),
            acknowledge_url=link,
            sent_at=now,
            attempt=sent.attempts,
        )

    @staticmethod
    def _text(sent: SentPage, incident: Incident, view: IncidentView, person: Person) -> str:
        words = words_of(person.language)
        guessed = f" ({words.guessed})" if incident.guessed else ""
        lines = [f"{incident.severity}{guessed} #{incident.number} {view.title}"]
        if incident.summary and plain(incident.summary, SUMMARY_LENGTH) not in view.title:
            lines.append(plain(incident.summary, SUMMARY_LENGTH))
        since = words.since.format(at=told_at(incident.detected_at, person.zone))
        counted = words.firing.format(firing=incident.firing_count, alerts=incident.alert_count)
        lines.append(f"{counted if incident.alert_count else incident.severity_rule} {since}")
        if why := words.why[sent.page.purpose]:
            about = f": {plain(sent.page.about, LINE_LENGTH)}" if sent.page.about else ""
            lines.append(f"{sent.page.tier}: {why}{about}")
        if sent.page.kind is PageKind.PAGE:
            lines.extend(f"{name}: {link}" for name, link in incident.links.items())
        if (holder := incident.holder) is not None:
            lines.append(words.held.format(person=holder.by, at=told_at(holder.at, person.zone, day=False)))
        if (commander := incident.command.roles.get(Role.INCIDENT_COMMANDER)) is not None:
            at = told_at(commander.since, person.zone, day=False)
            lines.append(words.commanded.format(person=commander.person, at=at))
        return "\n".join(lines)


def told_at(at: datetime, zone: str | None, *, day: bool = True) -> str:
    """Tell a time in UTC, and beside it by the clocks of ``zone`` where these show another one."""
    utc = f"{at:%Y-%m-%d %H:%M} UTC" if day else f"{at:%H:%M} UTC"
    local = at if zone is None else at.astimezone(zone_named(zone))
    if zone is None or not local.utcoffset():
        return utc
    there = f"{local:%H:%M}" if local.date() == at.date() else f"{local:%Y-%m-%d %H:%M}"
    return f"{utc} ({there} {place_of(zone)})"


def place_of(zone: str) -> str:
    """Give the place that a zone is named for: ``New York`` of ``America/New_York``."""
    return zone.rpartition("/")[2].replace("_", " ")
