"""Merging: an incident turns out to be a part of another, and goes on there.

Rules
-----
* It goes on in one that is open and at least as severe; else that one is raised first. When it was detected, whom it
  told and whom it harms go with it, so that the all clear reaches everybody (A27); a restriction goes with it too.
* Part and whole name each other by their numbers: what one is called stays there, for it may become restricted later,
  and a timeline is never written anew (A28).
* Its own ladder ends. Its alerts are remembered, and count: the whole is quiet only when they are, they wake it from
  its stability window, and whoever holds it hears of those that fire anew.
* What fires anew and is worse than the whole is an incident of its own again, in its next cycle; so is what fires anew
  once the whole is over, within the time in which that would have been reopened (requirements 3.11 rule 7). Only the
  umbrella of a storm is raised by its parts, up to P1 (``umbrella``).
* What was merged keeps its parts, and passes on what they say: it leaves together with them, whatever it was merged
  into meanwhile, and each of them may leave by itself.
* What the whole means for its parts, and they for it, is decided in the same commit (``Decision.follow``).
* What the operator's incident says of the whole itself, such as that nobody answers, ends before it goes on there, and
  is told again once it has left (``handling``).

May import: the value modules of the core, ``decision``, ``ladder``, ``message``, ``opening``, ``parking``, ``upgrade``
and the rest of this package.
"""

from collections.abc import Mapping
from dataclasses import replace

from rungbell.domain.command.record import Command, Told
from rungbell.domain.communication.audience import Audience
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.events import AlertsReceived
from rungbell.domain.incident import PAGING, Status
from rungbell.domain.ladder import notify
from rungbell.domain.lifecycle.ending import end
from rungbell.domain.lifecycle.events import Merged, PartJoined, PartLeft, PartSpoke
from rungbell.domain.lifecycle.working import go_on
from rungbell.domain.message import attach, begin_cycle, inform, monitor, raise_severity, remember, reopen_incident
from rungbell.domain.opening import names_of, page_at_once, worst_of
from rungbell.domain.page import Purpose
from rungbell.domain.parking import park, unpark
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import SYSTEM, EntryKind
from rungbell.domain.upgrade import upgrade


def merge(draft: Draft, event: Merged) -> Decision:
    """Let an incident go on in another."""
    part, whole = draft.incident, draft.situation.other
    if whole is None:
        return nothing(Outcome.INVALID, f"`into`: there is no incident {event.into[:80]!r}")
    called = f"#{whole.number}"
    if whole.id == part.id:
        return nothing(Outcome.INVALID, f"`into`: {called} is this incident itself")
    if not whole.open:
        return nothing(Outcome.INVALID, f"{called} is {whole.status}: an incident goes on only in one that is open")
    if part.severity.worse_than(whole.severity):
        raised = f"raise it to {part.severity} first, or merge it into this one"
        return nothing(Outcome.INVALID, f"{called} is only {whole.severity}: {raised}")
    end(draft, Status.MERGED, event.by)
    draft.change(merged_into=whole.id)
    draft.tell(EntryKind.MERGED, f"goes on in {called}, says {event.by}", actor=event.by, into=whole.id)
    draft.follow.append(PartJoined(incident=whole.id, part=part, by=event.by))
    return draft.decided(f"it goes on in {called}")


def take_in(draft: Draft, event: PartJoined) -> Decision:
    """Let another incident go on in this one."""
    whole, part = draft.incident, event.part
    draft.change(
        detected_at=min(whole.detected_at, part.detected_at),
        highest=min(whole.worst, part.worst),
        parts={**whole.parts, part.id: part.firing_count, **part.parts},
        command=with_what_was_told(whole.command, part.command),
    )
    text = f"#{part.number} goes on here, says {event.by}"
    draft.tell(EntryKind.MERGED, text, actor=event.by, part=part.id)
    if draft.incident.status is Status.MONITORING and part.firing:
        draft.tell(EntryKind.REFIRED, f"{part.firing} alerts of #{part.number} fire: the stability window begins anew")
        go_on(draft)
    if not part.parked:
        unpark(draft, f"#{part.number} is not under maintenance")
    holder = draft.incident.holder
    if holder is not None and holder.by != event.by and not holder.snoozed:
        notify(draft, holder.by, holder.tier, text)
    return draft.decided("merged")


def with_what_was_told(whole: Command, part: Command) -> Command:
    """What people must not forget of a part: whom it told, whom it harms, and whether nobody may know."""
    said = whole.impact
    clients = dict.fromkeys((*said.clients, *part.impact.clients))
    return replace(
        whole,
        told=_joined(whole.told, part.told),
        impact=replace(said, clients=tuple(clients)) if part.impact.clients else said,
        client_impacting=True if part.client_impacting else whole.client_impacting,
        clients_asked=whole.clients_asked or part.clients_asked,
        restricted=whole.restricted or part.restricted,
        released_at=None if part.withheld else whole.released_at,
    )


def _joined(one: Mapping[Audience, Told], other: Mapping[Audience, Told]) -> dict[Audience, Told]:
    joined = {**other, **one}
    for audience in one.keys() & other.keys():
        told, more = one[audience], other[audience]
        joined[audience] = Told(
            first_at=min(told.first_at, more.first_at),
            last_at=max(told.last_at, more.last_at),
            recipients=tuple(dict.fromkeys((*told.recipients, *more.recipients))),
        )
    return joined


def hear_part(draft: Draft, event: AlertsReceived) -> Decision:
    """Take a message about an incident that was merged."""
    whole = draft.situation.other
    if whole is None or not whole.open:
        return reopen_incident(draft, event)
    change = attach(draft, event)
    called = f"#{draft.incident.number}"
    worst = worst_of(draft.situation, change).mapped if change.fired else None
    raised = worst.severity if worst is not None else None
    if worst is None or raised is None or not raised.worse_than(whole.severity):
        raised = None
    elif whole.storm is not None and raised is not Severity.P0:
        raise_severity(draft, worst)
    else:
        leave(draft, f"{raised} is worse than #{whole.number}, in which it went on: {names_of(change.fired)}")
        raise_severity(draft, worst)
        park(draft, event, change)
        page_at_once(draft, Purpose.AT_ONCE)
        return draft.decided()
    if not change.to_store:
        return remember(change)
    firing = change.firing_count or (0 if change.all_resolved else 1)
    fired = names_of(change.fired) if change.fired else ""
    spoke = PartSpoke(
        incident=draft.incident.merged_into or whole.id,
        part=draft.incident.id,
        called=called,
        firing=firing,
        fired=fired,
        raised=raised,
    )
    draft.follow.append(spoke)
    return draft.decided("remembered")


def leave(draft: Draft, why: str) -> None:
    """Let what was merged go on by itself, in its next cycle."""
    begin_cycle(draft)
    draft.tell(EntryKind.REOPENED, f"reopened as cycle {draft.incident.cycle}: {why}")


def hear_of_part(draft: Draft, event: PartSpoke) -> Decision:
    """Take what the alerts of a part say, while people are paged."""
    _count(draft, event)
    if event.fired:
        _tell_and_inform(draft, event)
    elif not draft.incident.firing:
        monitor(draft)
    return draft.decided()


def wake_for_part(draft: Draft, event: PartSpoke) -> Decision:
    """Take what the alerts of a part say in the stability window."""
    _count(draft, event)
    if event.fired:
        go_on(draft)
        draft.tell(EntryKind.REFIRED, f"firing again in the stability window: {event.fired} of {event.called}")
        _tell_and_inform(draft, event)
    return draft.decided()


def pass_on(draft: Draft, event: PartSpoke | PartLeft) -> Decision:
    """Let the incident in which this one goes on hear it, and keep count of what came here with it."""
    if draft.incident.merged_into is None:
        return nothing(Outcome.ALREADY, "it goes on nowhere")
    if isinstance(event, PartSpoke):
        _count(draft, event)
    else:
        draft.change(parts=_without(draft.incident.parts, event))
    draft.follow.append(replace(event, incident=draft.incident.merged_into))
    return draft.decided("passed on")


def let_part_go(draft: Draft, event: PartLeft) -> Decision:
    """Count the alerts of a part no more, nor of what came here with it."""
    with_it = f", with the {len(event.along)} that came here with it" if event.along else ""
    draft.tell(EntryKind.MERGED, f"{event.called} goes on by itself again{with_it}", part=event.part)
    before = draft.incident.parts
    draft.change(parts=_without(before, event))
    fired = sum(before.values()) - sum(draft.incident.parts.values())
    opened_by_alerts = draft.incident.alert_count or draft.incident.storm
    if fired and opened_by_alerts and draft.incident.status in PAGING and not draft.incident.firing:
        monitor(draft)
    return draft.decided()


def _without(parts: Mapping[str, int], event: PartLeft) -> dict[str, int]:
    gone = {event.part, *event.along}
    return {part: firing for part, firing in parts.items() if part not in gone}


def _count(draft: Draft, event: PartSpoke) -> None:
    draft.change(parts={**draft.incident.parts, event.part: event.firing})


def _tell_and_inform(draft: Draft, event: PartSpoke) -> None:
    text = f"{event.called}, which was merged into it, fires: {event.fired}"
    draft.tell(EntryKind.ALERTS, text, part=event.part)
    if event.raised is not None and event.raised.worse_than(draft.incident.severity):
        upgrade(draft, event.raised, f"{event.called}, a part of it, is that bad now", SYSTEM)
    else:
        inform(draft, text)
