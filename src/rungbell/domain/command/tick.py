"""Ticking: a person attests a line of a checklist, or takes that back.

Rules
-----
* Who ticked it first stays; a second tick changes nothing.
* That no alert fires is not attested while one does. What fires again takes back what was attested of the recovery.
* The tick that it is real is the answer that triage waits for (playbook L209, L251); taken back before anybody
  declared it, the question is open again.

May import: the value modules of the core, ``decision`` and ``command.checklists``.
"""

from rungbell.domain.command.checklists import CHECKLISTS, LINES, NO_ALERTS, RECOVERY, VERIFIED, Line, attested
from rungbell.domain.command.events import Ticked
from rungbell.domain.command.record import Tick
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.timeline import EntryKind


def tick(draft: Draft, event: Ticked) -> Decision:
    """Attest a line, or take it back."""
    line = LINES.get(event.line)
    if line is None:
        return nothing(Outcome.INVALID, f"there is no line {event.line[:80]!r}; {_near(event.line)}")
    if event.undone:
        return _take_back(draft, line, event.by)
    before = attested(draft.incident, line.id)
    if before is not None:
        return nothing(Outcome.ALREADY, f"ticked by {before.by} at {before.at:%Y-%m-%d %H:%M:%S} UTC")
    firing = draft.incident.firing
    if line.id == NO_ALERTS and firing:
        return nothing(
            Outcome.REFUSED, f"{firing} alerts still fire: tick it once their source says that they are over"
        )
    draft.command(ticks={**draft.incident.command.ticks, line.id: Tick(event.by, draft.now)})
    if line.id == VERIFIED and draft.incident.command.triaged_at is None:
        draft.command(triaged_at=draft.now)
    draft.tell(EntryKind.TICKED, f"ticked: {line.text}", actor=event.by, line=line.id)
    return draft.decided(f"ticked {line.id}")


def _take_back(draft: Draft, line: Line, by: str) -> Decision:
    command = draft.incident.command
    before = command.ticks.get(line.id)
    if before is None:
        return nothing(Outcome.ALREADY, f"nobody has ticked {line.id}")
    draft.command(ticks={name: one for name, one in command.ticks.items() if name != line.id})
    if line.id == VERIFIED and command.triaged_at == before.at:
        draft.command(triaged_at=None)
    draft.tell(EntryKind.TICKED, f"taken back: {line.text}", actor=by, line=line.id, undone="yes")
    return draft.decided(f"{line.id} is open again")


def doubt_recovery(draft: Draft) -> None:
    """What was attested of the recovery is not so any more, for something fires again."""
    ticks, doubted = draft.incident.command.ticks, {line.id for line in RECOVERY.lines}
    if not doubted.isdisjoint(ticks):
        draft.command(ticks={line: one for line, one in ticks.items() if line not in doubted})


def _near(line: str) -> str:
    """Name the lines of the list that was meant, else the lists."""
    named = next((one for one in CHECKLISTS if one.name == line.partition(".")[0]), None)
    if named is None:
        return f"a line is named LIST.LINE, and the lists are {', '.join(one.name for one in CHECKLISTS)}"
    return f"{named.name} has {', '.join(one.id for one in named.lines)}"
