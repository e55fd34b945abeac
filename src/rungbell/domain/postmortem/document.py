"""The draft of a postmortem, in Markdown: what is known stands there, what people must say is asked for.

Rules
-----
* Every section of the playbook's document is there (L803-958), in its order. What rungbell knows is filled in: header,
  timeline, figures, action items, what happened before. What only people know is a line in italics that asks for it.
* Blameless: roles are named before people, and nobody beside what was owed and late (playbook L35).
* It is worded from the facts whenever it is asked for; rungbell keeps no document.

May import: the value modules of the core, ``obligation_dues``, ``postmortem.figures``, ``postmortem.items`` and
``timeline_table``.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from rungbell.domain.command.record import Role
from rungbell.domain.command.war_room import channel_of
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.times import in_words
from rungbell.domain.incident import Incident
from rungbell.domain.obligation_dues import draft_due, publication_due, review_due
from rungbell.domain.policy import Policy
from rungbell.domain.postmortem.figures import CAUSE_EXPECTED, Figures, figures
from rungbell.domain.postmortem.record import ActionItem, Postmortem
from rungbell.domain.roster import Person
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.domain.timeline_table import cell, table

DELIVERY = frozenset(
    {
        EntryKind.PAGE_ACCEPTED,
        EntryKind.PAGE_RETRIED,
        EntryKind.COPY_ACCEPTED,
        EntryKind.COPY_RETRIED,
        EntryKind.DRAFTED,
        EntryKind.WITHDRAWN,
        EntryKind.NOTIFIED,
        EntryKind.REMINDED,
    }
)
"""What a reader of a postmortem is spared."""


def document(
    incident: Incident, policy: Policy, entries: Sequence[Entry], people: Mapping[str, Person], url: str
) -> str:
    """Word the draft; ``people`` gives names to ids, ``url`` is where the incident is shown."""
    measured = figures(incident, entries)
    parts = (
        _header(incident, entries, people),
        _summary(incident),
        _timeline(entries, people),
        _impact(incident),
        _cause(incident),
        _went(incident, policy, measured),
        _items(incident.postmortem),
        _lessons(),
        _follow_up(incident, policy),
        _appendix(incident, url),
    )
    return "\n".join(line for part in parts for line in (*part, ""))


def named(people: Mapping[str, Person], person: str) -> str:
    """Give a person's name, or the id where nobody of today has it."""
    return people[person].name if person in people else person


def _ask(text: str) -> str:
    return f"_{text}_"


def _known(text: str, ask: str) -> str:
    return text or _ask(ask)


def _header(incident: Incident, entries: Sequence[Entry], people: Mapping[str, Person]) -> Iterator[str]:
    commander = incident.command.roles.get(Role.INCIDENT_COMMANDER)
    actors = sorted({named(people, entry.actor) for entry in entries if entry.actor in people})
    duration = in_words(incident.resolved_at - incident.detected_at) if incident.resolved_at else "not over yet"
    yield f"# Postmortem: {cell(incident.title)}"
    yield ""
    yield f"- **Incident:** {incident.name or f'#{incident.number}'}"
    yield f"- **Date:** {incident.detected_at:%Y-%m-%d}"
    yield f"- **Severity:** {incident.worst} ({incident.worst.word})"
    yield f"- **Duration:** {duration}"
    yield f"- **Incident commander:** {named(people, commander.person) if commander else 'nobody'}"
    yield f"- **Participants:** {', '.join(actors) or 'nobody'}"
    yield f"- **Status:** {str(incident.status).upper()}"


def _summary(incident: Incident) -> Iterator[str]:
    impact = incident.command.impact
    yield "## Summary"
    yield ""
    until = f" until {incident.resolved_at:%H:%M} UTC" if incident.resolved_at else ""
    affected = f", affecting {impact.clients_affected}" if impact.clients_affected else ""
    yield f"From {incident.detected_at:%Y-%m-%d %H:%M} UTC{until}: {cell(incident.title)}{affected}."
    yield _known(impact.cause and f"The cause: {impact.cause}", "What was the cause, in one sentence?")
    yield _known(impact.resolution and f"What ended it: {impact.resolution}", "What ended it, in one sentence?")


def _timeline(entries: Sequence[Entry], people: Mapping[str, Person]) -> Iterator[str]:
    yield "## Timeline"
    yield ""
    yield from table((entry for entry in entries if entry.kind not in DELIVERY), people)


def _impact(incident: Incident) -> Iterator[str]:
    impact = incident.command.impact
    yield "## Impact"
    yield ""
    yield f"- **Clients:** {_known(impact.clients_affected or ', '.join(impact.clients), 'How many, and who?')}"
    yield f"- **Technicians:** {_known(impact.technicians, 'How many could not work?')}"
    yield f"- **Functionality:** {_known(impact.functionality, 'What did not work?')}"
    yield f"- **Measured:** {_known(impact.metric, 'What was missed or failed, in numbers?')}"
    yield f"- **Promises to clients:** {_known(impact.sla, 'Was one broken?')} {_budget(incident)}"
    yield f"- **Business:** {_known(impact.business, 'Revenue, contracts: an estimate.')}"
    yield f"- **Engineering:** {_ask('Person-hours.')}"
    yield f"- **Support:** {_ask('Person-hours.')}"


def _budget(incident: Incident) -> str:
    """How much of a month's 99.5 % the duration takes: 3.65 h of 730 (playbook L855)."""
    if incident.resolved_at is None:
        return ""
    share = (incident.resolved_at - incident.detected_at) / timedelta(hours=3.65)
    return f"({share:.0%} of the 3.65 hours that 99.5 % leave in a month)"


def _cause(incident: Incident) -> Iterator[str]:
    yield "## Root cause"
    yield ""
    yield "### What happened"
    yield _known(incident.command.impact.cause, "What broke, where, after which change?")
    yield ""
    yield "### Why it happened"
    yield f"1. {_ask('Ask why until a process or a system is the answer; a person is none.')}"
    yield ""
    yield "### What contributed"
    yield f"- {_ask('What made it likelier, larger or longer?')}"


def _went(incident: Incident, policy: Policy, measured: Figures) -> Iterator[str]:
    well, wrong = _verdicts(incident, policy, measured)
    yield "## What went well"
    yield ""
    yield from (f"- {line}" for line in well)
    yield f"- {_ask('What else?')}"
    yield ""
    yield "## What went wrong"
    yield ""
    for line in wrong:
        yield f"- {line}"
        yield f"  - Why: {_ask('which process or system let it be so?')}"
    yield f"- {_ask('What else, and why?')}"


def _verdicts(incident: Incident, policy: Policy, measured: Figures) -> tuple[list[str], list[str]]:
    """Hold what was measured against what was promised."""
    plan = policy.plan(incident.worst)
    obligations = plan.obligations
    held_against = [
        ("Acknowledged", measured.acknowledgement, plan.acknowledge_within),
        ("Declared", measured.declaration, obligations.declared_within),
        ("Cause known", measured.cause, CAUSE_EXPECTED),
        ("Executives told", measured.executives, obligations.executives_told_within),
        ("Clients told", measured.clients, obligations.clients_told_within),
    ]
    well = [f"Detected within {in_words(measured.detection)}"]
    wrong: list[str] = []
    raised = (incident.command.reclassified_at or incident.detected_at) - incident.detected_at
    for what, took, bound in held_against:
        if bound is None or took is None:
            continue
        line = f"{what} after {in_words(took)} (expected within {in_words(bound)}"
        late = raised if what not in {"Acknowledged", "Cause known"} else timedelta()
        if late:
            line += f" of becoming {incident.severity} after {in_words(late)}"
        (well if took - late <= max(bound, timedelta(minutes=1)) else wrong).append(f"{line})")
    broken = [f"{at:%H:%M} UTC: {name.replace('_', ' ')} overdue" for at, name in measured.overdue]
    if not broken and Audience.CLIENTS in incident.command.told:
        well.append("Every update was in time")
    return well, wrong + broken


def _items(postmortem: Postmortem | None) -> Iterator[str]:
    yield "## Action items"
    yield ""
    yield "| # | Action | Owner | Due | Priority | Status |"
    yield "|---|---|---|---|---|---|"
    items: tuple[ActionItem, ...] = postmortem.items if postmortem else ()
    for item in items:
        status = item.status.replace("_", " ").capitalize()
        text, owner = cell(item.text), cell(item.owner)
        yield f"| {item.number} | {text} | {owner} | {item.due:%Y-%m-%d} | {item.priority} | {status} |"
    if not items:
        yield f"| | {_ask('What is done so that it does not happen again?')} | | | | |"


def _lessons() -> Iterator[str]:
    yield "## Lessons"
    for who in ("Engineering", "Support", "SRE"):
        yield ""
        yield f"### For {who}"
        yield f"1. {_ask('What does this team do differently from now on? Which alert is to be tuned?')}"


def _follow_up(incident: Incident, policy: Policy) -> Iterator[str]:
    postmortem = incident.postmortem
    review = postmortem.review if postmortem else None
    yield "## Follow-up"
    yield ""
    if review is not None:
        yield f"- **Review:** {review.at:%Y-%m-%d}, {', '.join(review.attendees) or 'nobody named'}: {review.outcome}"
    else:
        yield f"- **Review:** due {_day(review_due(incident, policy))}; {_ask('who was there, what came of it?')}"
    draft, publication = draft_due(incident, policy), publication_due(incident, policy)
    yield f"- **Draft** due {_day(draft)}, **published** by {_day(publication)}"
    every = policy.postmortems.items_reviewed_every.days
    yield f"- Open action items are gone through every {every} days; {_again(postmortem, policy)}"


def _again(postmortem: Postmortem | None, policy: Policy) -> str:
    if postmortem is None or not postmortem.items:
        return "once all are done, this is gone through again"
    last = max(item.due for item in postmortem.items) + policy.postmortems.items_reviewed_every
    return f"this is gone through again once all are done, about {last:%Y-%m-%d}"


def _day(at: object) -> str:
    return f"{at:%Y-%m-%d}" if at is not None else "once it is over"


def _appendix(incident: Incident, url: str) -> Iterator[str]:
    from_ = int(incident.detected_at.timestamp() * 1000)
    until = int((incident.resolved_at or incident.detected_at).timestamp() * 1000)
    yield "## Appendix"
    yield ""
    yield f"- **Incident and timeline:** {url}"
    yield f"- **War room:** {channel_of(incident) or 'none'}"
    labels = ", ".join(cell(f"{name}={value}") for name, value in incident.group_labels.items())
    yield f"- **Alerts:** {labels or 'none'}"
    period = f"from={from_}&to={until}"
    dashboard, trace = incident.links.get("dashboard"), incident.links.get("trace")
    yield f"- **Dashboard:** {f'{dashboard} ({period})' if dashboard else _ask(f'the link, with {period}')}"
    yield f"- **Trace:** {trace or _ask('the link')}"
    repeats = incident.postmortem.repeats if incident.postmortem else ()
    yield f"- **Related incidents:** {', '.join(repeats) or 'none (the first of its kind)'}"
