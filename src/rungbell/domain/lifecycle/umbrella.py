"""Umbrellas: in a storm the new incidents of a policy go on in one, so that people are rung for the storm.

Rules
-----
* It is a storm while at least ``opens`` incidents of one policy have begun within the time before (``storms``). What
  begins then is opened as a part of the policy's umbrella, in the same commit: with a number, alerts and a timeline of
  its own, and without a page of its own. Once it is quieter, new ones open by themselves again.
* An umbrella is an ordinary incident of that policy, as bad as the worst of its parts: one that is worse raises it, and
  so does a part that becomes worse. Whoever holds it hears of its growth each time that it has doubled.
* Never a part: P0, what is under maintenance, what is restricted, rungbell's own troubles, what a person declares. A
  part that becomes P0 leaves, and rings by itself.
* What wakes under a policy that the configuration has no more, and of which no umbrella is open, rings by itself.
* An umbrella takes no more than ``MOST_PARTS``; then the next one begins, and rings.

May import: the value modules of the core, ``decision``, ``ladder``, ``message``, ``opening``, ``upgrade`` and the rest
of this package.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rungbell.domain.decision import Decision, Draft, Outcome, Situation, nothing
from rungbell.domain.incident import Incident, Status, Storm
from rungbell.domain.ladder import OWN_SOURCE, release
from rungbell.domain.lifecycle.events import StormJoined
from rungbell.domain.lifecycle.merging import with_what_was_told
from rungbell.domain.lifecycle.working import go_on
from rungbell.domain.message import inform
from rungbell.domain.opening import detection_time, name_for, page_at_once, shortened
from rungbell.domain.page import Purpose
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import SYSTEM, EntryKind
from rungbell.domain.upgrade import upgrade

MOST_PARTS = 500
"""Each change of an umbrella writes the list of its parts."""
_MINUTE = timedelta(minutes=1)


def umbrella_key(policy: str) -> str:
    """Give what the umbrellas of a policy have for a key; no group of alerts has such a one."""
    return f"storm/{policy}"


def begins(before: Incident | None, after: Incident | None) -> bool:
    """Whether a decision on alerts begins an incident, or a cycle of one, that may go on in an umbrella."""
    if after is None or after.status is not Status.TRIGGERED or after.severity is Severity.P0:
        return False
    if after.parked or after.command.restricted or after.source == OWN_SOURCE:
        return False
    return before is None or before.id != after.id or before.cycle != after.cycle


def has_room(umbrella: Incident | None) -> bool:
    """Whether an incident can take in one more part."""
    return umbrella is not None and umbrella.open and len(umbrella.parts) < MOST_PARTS


def open_umbrella(situation: Situation, event: StormJoined, now: datetime) -> Decision:
    """Open the umbrella of a policy for its first part, and page whom its severity demands."""
    part, policy = situation.other, situation.book.policy(event.policy)
    if part is None or policy is None:
        return nothing(Outcome.INVALID, "there is nothing that could begin an umbrella")
    storm = Storm(event.before, now - event.within)
    incident = Incident(
        id=event.incident,
        key=umbrella_key(policy.name),
        source=part.source,
        receiver=part.receiver,
        group_labels={},
        policy=policy.hash,
        policy_name=policy.name,
        title="",
        summary="",
        severity=part.severity,
        severity_rule=f"a storm of policy {policy.name}",
        detected_at=part.detected_at,
        opened_at=now,
        paging_from=now,
        name=name_for(part.severity, part.detected_at),
        storm=storm,
    )
    draft = Draft(replace(situation, incident=None), incident, policy, now)
    _take_in(draft, part)
    text = f"{part.severity}, policy {policy.name}: {event.before} incidents within {_lasts(event.within)} are a storm"
    draft.tell(
        EntryKind.OPENED,
        f"{text}; new ones go on here",
        source=part.source,
        receiver=part.receiver,
        detected_at=detection_time(draft.incident),
        severity=part.severity,
        observed="",
    )
    _tell(draft, part)
    page_at_once(draft, Purpose.AT_ONCE)
    return draft.decided("opened")


def join_storm(draft: Draft, event: StormJoined) -> Decision:
    """Let one more incident go on in an umbrella."""
    part = draft.situation.other
    if part is None or part.id == draft.incident.id:
        return nothing(Outcome.INVALID, "there is nothing that could go on here")
    _take_in(draft, part)
    _tell(draft, part)
    if draft.incident.status is Status.MONITORING:
        draft.tell(EntryKind.REFIRED, f"#{part.number} fires: the stability window begins anew")
        go_on(draft)
    was_held = draft.incident.held_since is not None
    release(draft)
    if part.severity.worse_than(draft.incident.severity):
        upgrade(draft, part.severity, f"#{part.number} goes on here", SYSTEM)
    elif was_held and draft.incident.holder is None:
        page_at_once(draft, Purpose.REPEAT if draft.incident.tiers else Purpose.AT_ONCE)
    elif _doubled(len(draft.incident.parts)):
        inform(draft, draft.incident.title)
    return draft.decided("joined")


def _take_in(draft: Draft, part: Incident) -> None:
    whole = draft.incident
    draft.change(
        detected_at=min(whole.detected_at, part.detected_at),
        highest=min(whole.worst, part.worst),
        parts={**whole.parts, part.id: part.firing_count, **part.parts},
        command=with_what_was_told(whole.command, part.command),
    )
    if whole.storm is not None:
        draft.change(title=_title(draft, whole.storm, part))


def _title(draft: Draft, storm: Storm, part: Incident) -> str:
    count, name = storm.before + len(draft.incident.parts), draft.incident.policy_name
    return shortened(
        f"Storm: {count} incidents of policy {name} in {_lasts(draft.now - storm.since)}; newest: {part.title}"
    )


def _tell(draft: Draft, part: Incident) -> None:
    draft.tell(EntryKind.MERGED, f"#{part.number} ({part.severity}) goes on here: {part.title}", part=part.id)


def _doubled(parts: int) -> bool:
    return parts & (parts - 1) == 0


def _lasts(time: timedelta) -> str:
    """Give a length of time in whole minutes, or seconds where it is short."""
    return f"{time // _MINUTE}m" if time >= _MINUTE else f"{time.seconds}s"
