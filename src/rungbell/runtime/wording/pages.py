"""The words of a page: plain text, a few lines, the first of which stands alone.

Rules
-----
* Text of alerts is data, and goes through ``plain``.
* A page is worded when it leaves, so it tells what is true then; one that leaves at once, while it is committed.
* Its fixed words are those of the reader's language; times are UTC, and beside it by the reader's own clocks.

May import: ``domain``, ``notifiers`` (the port), ``runtime.lanes.lane`` (types), ``runtime.link_tokens``,
``words``.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rungbell.domain.calendar import zone_named
from rungbell.domain.command.record import Role
from rungbell.domain.command.war_room import channel_of
from rungbell.domain.contacts import TRIAL, Trial
from rungbell.domain.echo import SentEcho
from rungbell.domain.incident import Incident, Status
from rungbell.domain.nameless import NOBODY, Nameless
from rungbell.domain.page import FIRST_PAGES, PageKind, Place, SentPage
from rungbell.domain.plain_text import plain
from rungbell.domain.roster import Person
from rungbell.domain.shift_notice import SentNotice
from rungbell.notifiers import IncidentView, Message
from rungbell.notifiers.following import Change
from rungbell.runtime.link_tokens import LIFE, TRIAL_TICKET, BundleToken, LinkSigner, LinkToken, TrialToken
from rungbell.words import words_of
from rungbell.words.words import Words

if TYPE_CHECKING:
    from rungbell.runtime.lanes.lane import LeasedPage

LINE_LENGTH = 300
SUMMARY_LENGTH = 1_000
WORST = 10
"""Incidents of a bundle that are named; the others are counted."""
WORST_LENGTH = 100


class MessageWriter:
    """Words messages, with links to where this daemon is reached."""

    def __init__(
        self, *, external_url: str, signer: LinkSigner, nameless: Callable[[], Nameless] = lambda: NOBODY
    ) -> None:
        self._external_url = external_url.rstrip("/")
        self._signer = signer
        self.nameless = nameless
        """Who is forgotten now, and what they are called instead."""

    def write(
        self,
        sent: SentPage,
        incident: Incident,
        person: Person,
        now: datetime,
        places: tuple[Place, ...] = (),
        useful_for: timedelta | None = None,
    ) -> Message:
        """Word one page or notification."""
        page = sent.page
        view = self.view(incident)
        link = ticket = code = answers = ""
        if page.kind is PageKind.PAGE:
            token = LinkToken(incident.id, page.cycle, page.person, page.round, now + LIFE, page.channel)
            link = f"{self._external_url}/a/{self._signer.sign(token)}"
            ticket = self._signer.ticket(incident.number, page.cycle)
            code = self._signer.code(incident.id, page.cycle, page.person)
            answers = f"{self._external_url}/answers/{page.channel}"
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
            ticket=ticket,
            code=code,
            places=places,
            answers_url=answers,
            useful_for=useful_for,
            first=page.purpose in FIRST_PAGES,
        )

    def bundle(self, name: str, pages: Sequence["LeasedPage"], person: Person, now: datetime) -> Message:
        """Word pages that leave together: how many are held back, the worst of them, and how to take them all on."""
        channel = pages[0].sent.page.channel
        about = {one.incident.id: one.incident for one in pages}
        views = tuple(map(self.view, sorted(about.values(), key=lambda one: (one.severity, one.number))))
        token = BundleToken(name, person.id, channel, now + LIFE)
        return Message(
            kind=PageKind.PAGE,
            intent=f"bundle:{name}:{person.id}:{channel}",
            incident=None,
            tier=None,
            person=person,
            text=_together(views, words_of(person.language)),
            acknowledge_url=f"{self._external_url}/a/{self._signer.sign_bundle(token)}",
            sent_at=now,
            attempt=max(one.sent.attempts for one in pages),
            ticket=self._signer.bundle_ticket(name),
            code=self._signer.code(name, 0, person.id),
            answers_url=f"{self._external_url}/answers/{channel}",
            useful_for=min((one.useful_for for one in pages if one.useful_for is not None), default=None),
            bundle=views,
        )

    def change(
        self,
        sent: SentEcho,
        incident: Incident,
        places: tuple[Place, ...],
        now: datetime,
        firing: tuple[Mapping[str, str], ...] = (),
    ) -> Change:
        """Word what became of an incident."""
        return Change(
            intent=sent.intent,
            incident=self.view(incident),
            places=places,
            text=self.standing(incident),
            ticket=self._signer.ticket(incident.number, incident.cycle) if incident.open else "",
            sent_at=now,
            attempt=sent.attempts,
            firing=firing,
        )

    def marked(self, message: Message) -> Message:
        """Give the message with what it may be called where others read it."""
        mark = self._signer.mark
        return replace(message, mark=mark(message.intent), thread_mark=mark(message.thread))

    def view(self, incident: Incident) -> IncidentView:
        """Give what a message tells of its incident."""
        incident = self.nameless().incident(incident)
        holder = incident.holder
        return IncidentView(
            id=incident.id,
            number=incident.number,
            title=plain(incident.title, LINE_LENGTH),
            severity=incident.severity,
            status=incident.status.value,
            url=f"{self._external_url}/api/v1/incidents/{incident.number}",
            cycle=incident.cycle,
            version=incident.version,
            open=incident.open,
            holder=holder.by if holder is not None else "",
            held_until=holder.ends_at if holder is not None else None,
            resolved_by=(incident.resolved_by or "") if not incident.open else "",
            policy=incident.policy_name,
            restricted=incident.command.withheld,
            war_room=(channel_of(incident) or "").removeprefix("#"),
        )

    def standing(self, incident: Incident) -> str:
        """Say in two lines how an incident stands."""
        first = f"{incident.severity} #{incident.number} {plain(incident.title, LINE_LENGTH)}"
        return f"{first}\n{_stands(self.nameless().incident(incident))}"

    def trial(self, sent: SentNotice, trial: Trial, person: Person, mark: str, now: datetime) -> Message:
        """Word a test page; ``mark`` is that of the contact through which it leaves."""
        words = words_of(person.language)
        token = TrialToken(trial.person, trial.channel, mark, now)
        at = words.since.format(at=told_at(trial.at, person.zone))
        first = words.test.format(by=self.nameless().name(trial.by), channel=trial.channel)
        return Message(
            kind=PageKind.PAGE,
            intent=sent.intent,
            incident=None,
            tier=None,
            person=person,
            text=f"{first}\n{words.test_answer} ({at})",
            acknowledge_url=f"{self._external_url}/a/{self._signer.sign_trial(token)}",
            sent_at=now,
            attempt=sent.attempts,
            ticket=self._signer.ticket(*TRIAL_TICKET),
            code=self._signer.code(TRIAL, 0, trial.person),
            answers_url=f"{self._external_url}/answers/{trial.channel}",
            test=True,
        )

    def _text(self, sent: SentPage, incident: Incident, view: IncidentView, person: Person) -> str:
        words, gone = words_of(person.language), self.nameless()
        incident = gone.incident(incident)
        guessed = f" ({words.guessed})" if incident.guessed else ""
        lines = [f"{incident.severity}{guessed} #{incident.number} {view.title}"]
        if incident.summary and plain(incident.summary, SUMMARY_LENGTH) not in view.title:
            lines.append(plain(incident.summary, SUMMARY_LENGTH))
        since = words.since.format(at=told_at(incident.detected_at, person.zone))
        counted = words.firing.format(firing=incident.firing_count, alerts=incident.alert_count)
        lines.append(f"{counted if incident.alert_count else incident.severity_rule} {since}")
        if why := words.why[sent.page.purpose]:
            about = f": {plain(gone.sentence(sent.page.about), LINE_LENGTH)}" if sent.page.about else ""
            lines.append(f"{sent.page.tier}: {why}{about}")
        if sent.page.kind is PageKind.PAGE:
            lines.extend(f"{name}: {link}" for name, link in incident.links.items())
        if (holder := incident.holder) is not None:
            lines.append(words.held.format(person=holder.by, at=told_at(holder.at, person.zone, day=False)))
        if (commander := incident.command.roles.get(Role.INCIDENT_COMMANDER)) is not None:
            at = told_at(commander.since, person.zone, day=False)
            lines.append(words.commanded.format(person=commander.person, at=at))
        return "\n".join(lines)


def _together(views: Sequence[IncidentView], words: Words) -> str:
    counts = Counter(view.severity for view in views)
    by_severity = ", ".join(f"{counts[severity]} {severity}" for severity in sorted(counts))
    lines = [words.held_back.format(pages=len(views), severities=by_severity)]
    lines += [f"{view.severity} #{view.number} {plain(view.title, WORST_LENGTH)}" for view in views[:WORST]]
    if len(views) > WORST:
        lines.append(words.more.format(more=len(views) - WORST))
    return "\n".join([*lines, words.together])


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


def _stands(incident: Incident) -> str:
    """Say on one line who does what about it, or how it ended."""
    if not incident.open:
        at = f" at {incident.resolved_at:%Y-%m-%d %H:%M} UTC" if incident.resolved_at is not None else ""
        by = "" if incident.resolved_by in {None, "window"} else f" by {incident.resolved_by}"
        return f"{incident.status.value.replace('_', ' ')}{by}{at}"
    if (holder := incident.holder) is not None:
        until = f"{holder.by} holds it since {holder.at:%H:%M} UTC, until {holder.ends_at:%Y-%m-%d %H:%M} UTC"
        return f"{incident.status.value.replace('_', ' ')}: {until}"
    if incident.status is Status.MONITORING:
        return "monitoring: no alert fires; it is watched for a while"
    return f"{incident.status.value.replace('_', ' ')}: nobody holds it"
