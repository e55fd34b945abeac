"""What the texts to others are written from: each field of the playbook's templates, from the facts of an incident.

Rules
-----
* All facts are words: lines of plain text that nothing can disturb, or a few of them. What nobody has stated is empty;
  the template says so in its words, and ``missing`` (a module) names it to whoever reviews the text.
* A recipient's facts hold what that audience may know and no more, whatever a template asks for: clients get no
  technical cause, no business, no room and no timeline; of a restricted incident they get no details at all before the
  incident commander has released it (A28).
* The next update is due when the clock of its obligation says so, counted from this text (52).

May import: the value modules of the core, ``plain_text``, ``communication.progress``, ``communication.owing`` and
``communication.times``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, fields, replace
from datetime import datetime
from typing import Any

from rungbell.domain.book import Book
from rungbell.domain.command.record import Assignment, Role
from rungbell.domain.command.war_room import bridge_of, channel_of
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.kinds import Recipient
from rungbell.domain.communication.owing import (
    client_notification,
    escalation,
    next_update,
    postmortem_due,
    service_level,
)
from rungbell.domain.communication.progress import actions, client_progress, stands, validations, work_status
from rungbell.domain.communication.times import lasted, moment
from rungbell.domain.incident import Incident
from rungbell.domain.plain_text import plain
from rungbell.domain.policy import Policy, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import Entry
from rungbell.domain.values import dataclass

LINE_LENGTH = 600
"""Characters of one fact, or of one line of it, at most."""
MOST_LINES = 30


def _says(about: str) -> Any:  # noqa: ANN401 -- as ``dataclasses.field`` has it
    return field(default="", metadata={"about": about})


def _lists(about: str) -> Any:  # noqa: ANN401 -- as ``dataclasses.field`` has it
    return field(default=(), metadata={"about": about})


def _answers(about: str) -> Any:  # noqa: ANN401 -- as ``dataclasses.field`` has it
    return field(default=False, metadata={"about": about})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFacts:
    """Everything that a template may name; ``ABOUT`` says what each means."""

    recipient: str = _says("the name of who gets it: a client, an executive, a room")
    product: str = _says("how clients know what they use")
    incident: str = _says("`INC-20251104-1030`; `#7` where it has no name")
    title: str = _says("what it is about, in a few words; for clients what does not work, where that is stated")
    summary: str = _says("more of it, from the alert or whoever opened it")
    severity: str = _says("`P0` to `P3`")
    severity_word: str = _says("`Critical`, `High`, `Medium`, `Low`")
    icon: str = _says("a coloured dot for the severity")
    status: str = _says("where the work stands: `INVESTIGATING`, `IDENTIFIED`, `MONITORING` …")
    status_sentence: str = _says("the same as a sentence for clients")
    detected: str = _says("when it was detected: `2025-11-04 10:30 UTC`")
    resolved: str = _says("when it was resolved, likewise")
    duration: str = _says("how long it lasts so far, or lasted, from the detection: `2 hours 15 minutes`")
    commander: str = _says("the incident commander with role: `Jane Doe (Senior support engineer)`")
    commander_mention: str = _says("the incident commander as chats call people: `@jane`")
    scope: str = _says("partial or complete")
    clients_affected: str = _says("how many clients are affected, or who")
    functionality: str = _says("what does not work")
    metric: str = _says("the error rate, the queue depth, or what else tells how bad it is")
    business: str = _says("what it costs, as far as that is known")
    sla: str = _says("how the promise to clients stands")
    actions: tuple[str, ...] = _lists("what was done so far, oldest first")
    containment: str = _says("what holds it back")
    workaround: str = _says("what people can do meanwhile; empty: nothing")
    expected_resolution: str = _says("when it is expected to be over; empty: that is being worked out")
    progress: tuple[str, ...] = _lists("what clients may see of its course: `[10:30 UTC] …`")
    news: str = _says("the latest of `progress`, without its time")
    cause: str = _says("the cause as far as it is known; for clients in plain words")
    resolution: str = _says("how it was mended")
    validations: tuple[str, ...] = _lists("what somebody attested after the repair")
    next_steps: str = _says("what will be done so that it does not happen again")
    postmortem_due: bool = _answers("whether a postmortem follows")
    next_update: str = _says("when this audience hears more: `within 30 minutes (by 11:00 UTC)`; empty: at a change")
    client_notification: str = _says("when clients were told: `sent at 10:45 UTC`, `not yet sent, due 11:00 UTC`")
    escalation: str = _says("what would need executives to act")
    engineers: str = _says("how the engineers on call are called in chat, and who they are")
    war_room: str = _says("the room where it is fought: `#incident-20251104-1030`")
    bridge: str = _says("the call in which it is fought")
    timeline: str = _says("the link to its timeline")
    support_email: str = _says("where clients write to")
    support_phone: str = _says("where clients call")
    sign_off: str = _says("who signs")
    restricted: bool = _answers("whether nothing may be told to clients before it is released")


ABOUT: Mapping[str, str] = {one.name: one.metadata["about"] for one in fields(TextFacts)}
"""What each fact means, by its name."""
LISTS = frozenset(one.name for one in fields(TextFacts) if one.default == ())
"""The facts that are several lines; loops go over these."""

_FOR_CLIENTS = (
    "product", "incident", "title", "severity", "severity_word", "icon", "status", "status_sentence", "detected",
    "resolved", "duration", "clients_affected", "functionality", "containment", "workaround", "expected_resolution",
    "progress", "news", "cause", "resolution", "validations", "next_steps", "postmortem_due", "next_update",
    "support_email", "support_phone", "sign_off", "recipient", "restricted",
)  # fmt: skip
_DETAILS = (
    "clients_affected", "functionality", "containment", "workaround", "expected_resolution", "progress", "cause",
    "resolution", "validations", "next_steps",
)  # fmt: skip
_ICONS = {Severity.P0: "🔴", Severity.P1: "🟠", Severity.P2: "🟡", Severity.P3: "🟢"}
NEUTRAL = "service problem"
"""What a restricted incident is called before it is released."""
NEUTRAL_SENTENCE = "Our team is at work on it."


def harmless(facts: TextFacts) -> TextFacts:
    """Make every word fit for a line, whoever wrote it, and cut what is long."""
    changes: dict[str, Any] = {}
    for one in fields(TextFacts):
        value = getattr(facts, one.name)
        if isinstance(value, str):
            changes[one.name] = plain(value, LINE_LENGTH)
        elif isinstance(value, tuple):
            changes[one.name] = tuple(_lines(value))
    return replace(facts, **changes)


def _lines(values: Iterable[str]) -> list[str]:
    return [line for line in (plain(value, LINE_LENGTH) for value in values) if line][-MOST_LINES:]


def for_clients(facts: TextFacts) -> TextFacts:
    """Leave what clients may know."""
    if facts.restricted:
        nothing: dict[str, Any] = {name: () if name in LISTS else "" for name in _DETAILS}
        facts = replace(
            facts,
            title=NEUTRAL,
            status="RESOLVED" if facts.resolved else "INVESTIGATING",
            status_sentence=NEUTRAL_SENTENCE,
            news=NEUTRAL_SENTENCE,
            **nothing,
        )
    return TextFacts(**{name: getattr(facts, name) for name in _FOR_CLIENTS})


def text_facts(
    incident: Incident,
    policy: Policy,
    book: Book,
    entries: Sequence[Entry],
    recipient: Recipient,
    now: datetime,
    *,
    url: str = "",
) -> TextFacts:
    """Give what a recipient may be told of an incident at ``now``.

    ``policy`` is the incident's own, ``entries`` its timeline; ``url`` is where this rungbell is reached, for links.
    """
    for_them = recipient.audience is Audience.CLIENTS
    command, impact, plan = incident.command, incident.command.impact, book.communication
    commander = command.roles.get(Role.INCIDENT_COMMANDER)
    progress = client_progress(incident, entries)
    facts = TextFacts(
        recipient=recipient.name,
        product=plan.product,
        incident=incident.name or f"#{incident.number}",
        title=(impact.functionality if for_them else "") or incident.title,
        summary=incident.summary,
        severity=incident.severity,
        severity_word=incident.severity.word,
        icon=_ICONS[incident.severity],
        status=work_status(incident).value.replace("_", " ").upper(),
        status_sentence=stands(incident),
        detected=moment(incident.detected_at),
        resolved=moment(incident.resolved_at) if incident.resolved_at else "",
        duration=lasted((incident.resolved_at or now) - incident.detected_at),
        commander=_named(commander, policy, book) if commander else "",
        commander_mention=f"@{commander.person}" if commander else "",
        scope=impact.scope,
        clients_affected=impact.clients_affected or _clients(incident, book),
        functionality=impact.functionality,
        metric=impact.metric,
        business=impact.business,
        sla=impact.sla or service_level(incident, policy, now),
        actions=actions(incident, entries, now),
        containment=impact.containment,
        workaround=impact.workaround,
        expected_resolution=impact.expected_resolution,
        progress=progress,
        news=progress[-1].partition("] ")[2] if progress else "",
        cause=impact.plain_cause if for_them else impact.cause or impact.plain_cause,
        resolution=impact.resolution,
        validations=validations(incident),
        next_steps=impact.next_steps,
        postmortem_due=postmortem_due(incident, policy, now),
        next_update=next_update(incident, policy, recipient.audience, now),
        client_notification=client_notification(incident, policy, now),
        escalation=(impact.condition or escalation(incident, policy, now)) if incident.open else "",
        engineers=_engineers(incident, policy, book, now),
        war_room=channel_of(incident) or "",
        bridge=bridge_of(incident, policy) or "",
        timeline=f"{url.rstrip('/')}/api/v1/incidents/{incident.number}/timeline" if url else "",
        support_email=plan.support_email,
        support_phone=plan.support_phone,
        sign_off=plan.sign_off,
        restricted=command.restricted and command.released_at is None,
    )
    return harmless(for_clients(facts) if for_them else facts)


def _named(commander: Assignment, policy: Policy, book: Book) -> str:
    person = book.roster.people.get(commander.person)
    tier = policy.tiers.get(commander.tier)
    name = person.name if person else commander.person
    return f"{name} ({tier.role})" if tier else name


def _clients(incident: Incident, book: Book) -> str:
    known = book.communication.clients
    return ", ".join(known[one].name if one in known else one for one in incident.command.impact.clients)


def _engineers(incident: Incident, policy: Policy, book: Book, now: datetime) -> str:
    tier = policy.tiers.get(Tier.L3)
    standing = book.roster.on_tier(tier, now, incident.round_robin) if tier else ()
    people = ", ".join(f"@{person}" for person, _ in standing)
    called = book.communication.engineers or (tier.role if tier and people else "")
    return f"{called} ({people})" if called and people else called
