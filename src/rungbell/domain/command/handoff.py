"""Handoff: the command passes from one person to another (playbook L786-799, A30).

Rules
-----
* It passes when all seven lines of the checklist are true: ticked since the commander took over, or attested with the
  act itself. Where one is not, only for a reason, which is written down.
* Whoever takes over is told, and the timeline announces it; the clock of the next handoff starts anew, by that
  person's own shift.

May import: the value modules of the core, ``decision``, ``command.checklists`` and ``command.roles``.
"""

from rungbell.domain.command.checklists import HANDOFF
from rungbell.domain.command.events import HandedOff
from rungbell.domain.command.record import Assignment, Role
from rungbell.domain.command.roles import give, since, unknown_person
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.timeline import Entry, EntryKind

POINTS = tuple(line.id for line in HANDOFF.lines)


def hand_off(draft: Draft, event: HandedOff) -> Decision:
    """Let the command pass, if everything that has to be is said or there is a reason why not."""
    commander = draft.incident.command.roles.get(Role.INCIDENT_COMMANDER)
    if commander is None:
        return nothing(Outcome.REFUSED, "nobody commands it, so there is nothing to hand off: assume the command")
    if (unknown := unknown_person(draft.situation.book, event.to)) is not None:
        return unknown
    if event.to == commander.person:
        return nothing(Outcome.ALREADY, f"{event.to} commands it {since(commander)}")
    if strange := sorted(event.attested - set(POINTS)):
        return nothing(Outcome.INVALID, f"a handoff has no point {strange[0][:80]!r}; it has {', '.join(POINTS)}")
    missing = _missing(draft, commander, event)
    reason = event.reason.strip()[:500]
    if missing and not reason:
        left = ", ".join(missing)
        return nothing(Outcome.INVALID, f"not everything is handed over: {left}; tick what is so, or give a `reason`")
    _announce(draft, commander, event, missing, reason)
    return draft.decided(f"{event.to} commands it")


def _missing(draft: Draft, commander: Assignment, event: HandedOff) -> list[str]:
    ticks = draft.incident.command.ticks
    ticked = {point for point in POINTS if point in ticks and ticks[point].at >= commander.since}
    return [point for point in POINTS if point not in ticked | event.attested]


def _announce(draft: Draft, commander: Assignment, event: HandedOff, missing: list[str], reason: str) -> None:
    without = f", without {', '.join(missing)}: {reason}" if missing else f": {reason}" if reason else ""
    said = f"the command passes from {commander.person} to {event.to}{without}"
    attested = " ".join(point for point in POINTS if point not in missing)
    facts = {"before": commander.person, "to": event.to, "attested": attested} | ({"reason": reason} if reason else {})
    tier = draft.incident.paged.get(event.by)
    draft.entries.append(Entry(draft.now, EntryKind.HANDOFF, said, event.by, tier, facts=facts))
    ticks = draft.incident.command.ticks
    draft.command(ticks={line: tick for line, tick in ticks.items() if line not in POINTS})
    give(draft, Role.INCIDENT_COMMANDER, event.to, event.by)
