"""What people write down: notes, and what they are about (playbook L34, L244-246, L297-299, L766-770).

Rules
-----
* What contains it, works around it, whom it hits and what caused it is also what is known of the incident: texts to
  clients and the postmortem take it from there. The last word counts; the timeline keeps all of them.
* A cause is found when somebody writes it down. An action that contains is no promise that it is contained: the status
  says that (A14).
* The commander's sentences are what they say: a decision with its reason, an action item with owner and day, an event
  at its time. A name of the configuration becomes the person's id; a name that nobody has stays as it was said.
* A time that cannot be read, or cannot be meant, is a part of what was said. Where there are as many action items as
  there may be, the sentence is a note.

May import: the value modules of the core, ``decision``, ``said_time``, ``spoken`` and ``postmortem.items``.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rungbell.domain.calendar import zone_named
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.events import NoteAdded
from rungbell.domain.postmortem.items import add_item, unfit
from rungbell.domain.roster import Roster
from rungbell.domain.said_time import said_time
from rungbell.domain.spoken import Form, Spoken, spoken
from rungbell.domain.timeline import EntryKind, NoteKind

LONGEST = 10_000
"""Characters of a note that are kept."""
KNOWN = 2_000
"""Characters that an incident remembers of what contains it, or works around it."""
REMEMBERED = {
    NoteKind.CONTAINMENT: "containment",
    NoteKind.WORKAROUND: "workaround",
    NoteKind.AFFECTED: "clients_affected",
    NoteKind.CAUSE: "cause",
}
"""What of the incident's impact a kind of note says."""


def write_note(draft: Draft, event: NoteAdded) -> Decision:
    """Write something down, and remember what it says of the incident."""
    if not event.text.strip():
        return nothing(Outcome.INVALID, "a note needs `text`")
    said = spoken(event.text) if event.kind is NoteKind.NOTE else None
    if said is not None and said.form is Form.ACTION_ITEM:
        return _item(draft, event, said)
    if said is not None and said.form is Form.LOG:
        return _log(draft, event, said)
    if said is not None and said.form is Form.DECISION:
        because = f" because {said.because}" if said.because else ""
        facts = {"because": said.because} if said.because else {}
        return _written(draft, event, NoteKind.DECISION, f"{said.text}{because}", **facts)
    facts = {} if said is None else {"form": said.form.value}
    return _written(draft, event, event.kind, event.text[:LONGEST], **facts)


def _written(draft: Draft, event: NoteAdded, kind: NoteKind, text: str, **facts: str) -> Decision:
    if event.client_visible:
        facts["client_visible"] = "true"
    draft.tell(EntryKind(kind.value), text, actor=event.by, tier=None, channel=event.via, **facts)
    if (known := REMEMBERED.get(kind)) is not None:
        command = draft.incident.command
        said: dict[str, Any] = {known: text.strip()[:KNOWN]}
        draft.command(impact=replace(command.impact, **said))
        if kind is NoteKind.CAUSE:
            draft.command(cause_found_at=command.cause_found_at or draft.now)
    return draft.decided("noted" if kind is NoteKind.NOTE else f"noted as {kind}")


def _item(draft: Draft, event: NoteAdded, said: Spoken) -> Decision:
    if unfit(draft, None, another=True):
        return _written(draft, event, event.kind, event.text[:LONGEST])
    due = said_time(said.when, draft.now, _zone(draft), ahead=True) if said.when else None
    if unfit(draft, due, another=True):
        due = None
    task = said.text if due is not None or not said.when else f"{said.text} by {said.when}"
    owner = known_as(draft.situation.book.roster, said.person)
    item = add_item(draft, task, owner, by=event.by, due=due)
    unread = "" if due is not None else ", for no day could be read" if said.when else ", for no day was said"
    return draft.decided(f"action item {item.number} for {item.owner}, due {item.due:%Y-%m-%d %H:%M} UTC{unread}")


def _log(draft: Draft, event: NoteAdded, said: Spoken) -> Decision:
    at = said_time(said.when, draft.now, _zone(draft), ahead=False) if said.when else None
    if at is None:
        return _written(draft, event, NoteKind.OBSERVATION, f"{said.text} at {said.when}" if said.when else said.text)
    text = f"{said.text} (at {_shown(at, draft.now)})"
    return _written(draft, event, NoteKind.OBSERVATION, text, happened_at=f"{at.isoformat(timespec='seconds')[:19]}Z")


def _shown(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"


def _zone(draft: Draft) -> ZoneInfo:
    return zone_named(draft.policy.hours.zone)


def known_as(roster: Roster, name: str) -> str:
    """Give the id of whoever has this id or name; where that is nobody, or several, the name as it was said."""
    wanted = name.strip().lstrip("@").casefold()
    exact = [person.id for person in roster.people.values() if wanted in {person.id.casefold(), person.name.casefold()}]
    first = [person.id for person in roster.people.values() if wanted == person.name.casefold().partition(" ")[0]]
    for found in (exact, first):
        if len(found) == 1:
            return found[0]
    return name.strip()
