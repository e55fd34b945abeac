"""Every way in which an incident ends: resolved by a person or by its window, a false positive, merged, closed.

Rules
-----
* Where a person resolves (``resolves: person``: P0 and P1), it is the incident commander, after the stability window,
  with the recovery checklist attested (playbook L371-376). Once the window is over anybody on L2 or above may in the
  commander's place, and the timeline says so (A43). Of rungbell's own troubles nobody attests anything.
* Nothing of that is a lock: with a ``reason`` everybody may at any time, and the timeline tells what was passed over.
* Of the recovery checklist a person attests that the service is restored and works from end to end. The rest is known:
  the window, what fires, the declaration; clients who were told are owed the all clear by a clock (A27).
* Ended by a person while alerts fire, they count as over, with those of what was merged into it, so that their repeats
  open nothing (requirements 3.11 rule 11).
* A false positive ends as a resolution does, and owes no postmortem.
* CLOSED is resolved with nothing left to do: a person says so, or the last thing that was owed is done. What never owed
  anything stays resolved.

May import: the value modules of the core, ``decision``, ``ladder``, ``obligation_clocks``, ``obligations``,
``command.roles``, ``postmortem.owing`` and
``lifecycle.events``.
"""

from collections.abc import Iterator
from datetime import datetime

from rungbell.domain.clock import ClockName
from rungbell.domain.command.record import Role
from rungbell.domain.command.roles import tier_of
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.duration import written
from rungbell.domain.events import Resolved
from rungbell.domain.incident import Incident, Status
from rungbell.domain.ladder import OWN_SOURCE, release, relieve
from rungbell.domain.lifecycle.events import Closed, FalsePositiveFound, WholeEnded
from rungbell.domain.obligation_clocks import OBLIGATIONS
from rungbell.domain.obligations import OWED
from rungbell.domain.page import EVERY_PAGE
from rungbell.domain.paging_clocks import asks_to_resolve
from rungbell.domain.policy import Policy, Tier
from rungbell.domain.postmortem.owing import owe
from rungbell.domain.timeline import EntryKind

RECOVERY = {"recovery.restored": "the service is restored", "recovery.end_to_end": "it works from end to end"}
"""Lines of the recovery checklist that only a person can attest, by id (playbook L371-372)."""


def end(draft: Draft, status: Status, by: str) -> None:
    """Let nothing of the incident ring any more."""
    relieve(draft)
    release(draft)
    draft.change(status=status, resolved_at=draft.now, resolved_by=by, monitoring_since=None, reminded_at=None)
    draft.withdraw(EVERY_PAGE)


def settle(draft: Draft, by: str) -> None:
    """Let every alert count as over because a person says so, with those of what was merged into it."""
    incident = draft.incident
    draft.follow += [WholeEnded(incident=part, called=f"#{incident.number}", by=by) for part in incident.parts]
    _count_as_over(draft)


def _count_as_over(draft: Draft) -> None:
    draft.settle = True
    draft.change(firing_count=0, parts=dict.fromkeys(draft.incident.parts, 0))


def end_with_whole(draft: Draft, event: WholeEnded) -> Decision:
    """Let the alerts of what was merged count as over, as a person said of the whole; its own parts hear it too."""
    if not draft.incident.firing:
        return nothing(Outcome.ALREADY, "nothing of it fires")
    _count_as_over(draft)
    draft.tell(EntryKind.MERGED, f"its alerts end with {event.called}", actor=event.by)
    return draft.decided("ended")


def resolve(draft: Draft, event: Resolved) -> Decision:
    """End the incident by a person's word."""
    passed_over = tuple(_objections(draft, event.by))
    reason = event.reason.strip()
    if passed_over and not reason:
        return nothing(Outcome.INVALID, f"{'; '.join(passed_over)}; resolving now needs a `reason`")
    why = f": {reason[:500]}" if reason else ""
    although = f" (although {'; '.join(passed_over)})" if passed_over else ""
    absent, tier = _in_place_of(draft, event.by), tier_of(draft, event.by)
    place = f" ({tier}) in place of {absent}, who commands it" if absent else ""
    facts = {"in_place_of": absent} if absent else {}
    end(draft, Status.RESOLVED, event.by)
    settle(draft, event.by)
    text = f"resolved by {event.by}{place}{why}{although}"
    draft.tell(EntryKind.RESOLVED, text, actor=event.by, tier=tier if absent else None, **facts)
    owe(draft)
    return draft.decided("resolved")


def stable(incident: Incident, policy: Policy, now: datetime) -> bool:
    """Whether the stability window is over."""
    since = incident.monitoring_since
    return since is not None and since + policy.plan(incident.severity).stable_for <= now


def _objections(draft: Draft, by: str) -> Iterator[str]:
    """What speaks against resolving it now."""
    incident = draft.incident
    if incident.firing:
        yield f"{incident.firing} alerts still fire"
    if incident.source == OWN_SOURCE or not asks_to_resolve(incident, draft.policy):
        return
    window_over = stable(incident, draft.policy, draft.now)
    if not window_over:
        if incident.monitoring_since is None:
            yield f"it has not been watched for {written(draft.plan.stable_for)} of quiet yet"
        else:
            yield f"its stability window ends at {incident.monitoring_since + draft.plan.stable_for:%H:%M:%S} UTC"
    missing = [text for line, text in RECOVERY.items() if line not in incident.command.ticks]
    if missing:
        yield f"nobody has attested that {' and that '.join(missing)}"
    commander = _in_place_of(draft, by)
    if commander and not (window_over and tier_of(draft, by) >= Tier.L2):
        yield f"{commander} commands it"


def _in_place_of(draft: Draft, by: str) -> str:
    """Give the commander, where a person must resolve it and it is somebody else who does."""
    commander = draft.incident.command.roles.get(Role.INCIDENT_COMMANDER)
    if commander is None or commander.person == by or not asks_to_resolve(draft.incident, draft.policy):
        return ""
    return commander.person


def resolve_by_window(draft: Draft) -> None:
    """End the incident because it was stable for its window."""
    end(draft, Status.RESOLVED, "window")
    draft.tell(EntryKind.RESOLVED, "resolved: stable for the whole window")
    owe(draft)


def mark_false_positive(draft: Draft, event: FalsePositiveFound) -> Decision:
    """End what was nothing."""
    if not event.reason.strip():
        return nothing(Outcome.INVALID, "a false positive needs a `reason`: what made it look like an incident")
    end(draft, Status.FALSE_POSITIVE, event.by)
    settle(draft, event.by)
    draft.command(triaged_at=draft.incident.command.triaged_at or draft.now)
    text = f"a false positive, says {event.by}: {event.reason.strip()[:500]}"
    draft.tell(EntryKind.FALSE_POSITIVE, text, actor=event.by)
    return draft.decided("marked as a false positive")


def owed_by(incident: Incident, policy: Policy) -> dict[ClockName, datetime]:
    """What is still owed after the end, and when it is due."""
    return {
        obligation.name: due
        for obligation in OBLIGATIONS
        if incident.status in obligation.runs_in and (due := obligation.due(incident, policy)) is not None
    }


def close(draft: Draft, event: Closed) -> Decision:
    """Say of what is resolved that nothing of it is left to do."""
    owed, reason = owed_by(draft.incident, draft.policy), event.reason.strip()
    if owed and not reason:
        still = ", ".join(f"{name.replace('_', ' ')} (due {due:%Y-%m-%d %H:%M} UTC)" for name, due in owed.items())
        return nothing(Outcome.INVALID, f"still owed: {still}; closing now needs a `reason`")
    draft.change(status=Status.CLOSED)
    why = f": {reason[:500]}" if reason else ""
    although = f" (although still owed: {', '.join(OWED[name] for name in owed)})" if owed else ""
    draft.tell(EntryKind.CLOSED, f"closed by {event.by}{why}{although}", actor=event.by)
    return draft.decided("closed")


def close_what_is_done(draft: Draft, decision: Decision) -> Decision:
    """Close what was resolved before, where a decision has just met the last thing that it owed."""
    before, after = draft.situation.incident, draft.incident
    if before is None or not before.status is after.status is Status.RESOLVED or decision.incident is None:
        return decision
    if not owed_by(before, draft.policy) or owed_by(after, draft.policy):
        return decision
    draft.change(status=Status.CLOSED)
    draft.tell(EntryKind.CLOSED, "closed: nothing is owed any more")
    return draft.decided(decision.reply.text, decision.reply.outcome)


def refuse_to_close(draft: Draft, event: Closed) -> Decision:
    """Answer that what is open is not closed."""
    return nothing(Outcome.INVALID, f"it is {draft.incident.status}: resolve it, and then close it")
