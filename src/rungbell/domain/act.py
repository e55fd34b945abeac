"""What people do to an incident.

Rules
-----
* Only people of the configuration act; on a tier they were paged on, else as L1 (requirements 3.11 rule 15).
* An acknowledgement by anybody stops the lapse clock, never a required engagement or an unresolved clock (A20). A
  second one from a higher tier takes the incident over; every one counts for its own tier.
* Tiers with ``only`` refuse other severities also by hand; for the reasons that concern executives the answer is to
  raise the severity first (A25).
* A security breach is P0: it is raised where it is not, the highest tier is paged at once with whichever is named, and
  the incident is restricted (A28).
* A severity comes down only here; the paging clocks and response times then run from that moment and what the lower
  severity would not have sent is taken back (A21). Whoever says how bad it is says that it is real: it is triaged.
* An acknowledgement that is told late, or in two ways, counts once: what was given back, or has ended, since it was
  said stays so. In doubt people are rung.
* Whoever acknowledges is not rung any more by a second way that still waits for its delay.

May import: the value modules of the core, ``decision``, ``ladder``, ``lifecycle.restriction``, ``parking`` and
``upgrade``.
"""

from dataclasses import replace
from datetime import datetime

from rungbell.domain.book import Book
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.events import (
    Acknowledged,
    Act,
    Escalated,
    Reason,
    SeveritySet,
    Unacknowledged,
)
from rungbell.domain.incident import HELD, Acknowledgement, Incident, Status, TierState
from rungbell.domain.ladder import release, relieve, ring
from rungbell.domain.lifecycle.restriction import restrict
from rungbell.domain.page import EVERY_PAGE, WITHDRAWN_BY_ACKNOWLEDGEMENT, PageRequest, Purpose
from rungbell.domain.parking import unpark
from rungbell.domain.policy import TIERS, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from rungbell.domain.upgrade import restart_paging, upgrade

LOCAL = "local"
"""Somebody at the machine itself, where the API listens on loopback without tokens."""
EXECUTIVE_REASONS = frozenset({Reason.CLIENT_RELATIONSHIP, Reason.SECURITY_BREACH, Reason.PRESS})


def refusal(draft: Draft, event: Act) -> Decision | None:
    """Give the answer to somebody who may not act, or who acts on what is no longer so; else ``None``."""
    if (unknown := stranger(draft.situation.book, event)) is not None:
        return unknown
    if event.cycle is not None and event.cycle != draft.incident.cycle:
        return nothing(
            Outcome.OVER, f"this page belongs to cycle {event.cycle}; the incident is in cycle {draft.incident.cycle}"
        )
    if event.as_of is not None and event.as_of != draft.incident.version:
        return nothing(
            Outcome.STALE, f"the incident has moved on to version {draft.incident.version}; look again, then act"
        )
    return None


def stranger(book: Book, event: Act) -> Decision | None:
    """Give the answer to somebody who is not in the configuration; else ``None``."""
    people = book.roster.people
    if event.by in people or event.by == LOCAL:
        return None
    known = ", ".join(sorted(people)[:20]) or "nobody"
    return nothing(Outcome.REFUSED, f"{event.by[:80]!r} is nobody of the configuration; it knows {known}")


def acknowledge(draft: Draft, event: Acknowledged) -> Decision:
    """Take the incident on, or join whoever holds it."""
    if event.said_at is not None and _over_since(draft.incident, event.by, event.said_at):
        return nothing(Outcome.STALE, "it was acknowledged then, and that is over")
    holder = draft.incident.holder
    tier = draft.incident.paged.get(event.by, Tier.L1)
    state = draft.incident.tiers.get(tier)
    first_of_tier = state is not None and (
        state.acknowledged_at is None or state.acknowledged_at < draft.incident.paging_from
    )
    held = draft.incident.held_since is not None
    if holder is not None and not held and not first_of_tier and (holder.by == event.by or tier <= holder.tier):
        who = "you" if holder.by == event.by else holder.by
        return nothing(Outcome.ALREADY, f"already acknowledged by {who} at {holder.at:%H:%M:%S} UTC")
    if state is not None and first_of_tier:
        answered = replace(state, acknowledged_at=draft.now, acknowledged_by=event.by)
        draft.change(tiers={**draft.incident.tiers, tier: answered})
    if holder is None or held or tier > holder.tier:
        ends_at = draft.policy.acknowledgement_ends(draft.incident.severity, draft.now)
        draft.change(holder=Acknowledgement(event.by, tier, draft.now, ends_at))
    if draft.incident.status is Status.TRIGGERED:
        draft.change(status=draft.incident.progress)
    relieve(draft)
    release(draft)
    draft.withdraw(WITHDRAWN_BY_ACKNOWLEDGEMENT, delayed_for=event.by)
    until = f" until {draft.incident.holder.ends_at:%H:%M} UTC" if draft.incident.holder else ""
    draft.tell(
        EntryKind.ACKNOWLEDGED, f"acknowledged by {event.by} ({event.via})", actor=event.by, tier=tier,
        channel=event.via, **_latency(draft, state),
    )  # fmt: skip
    if draft.incident.holder and draft.incident.holder.by != event.by:
        return draft.decided(f"counted for {tier}; {draft.incident.holder.by} holds the incident{until}")
    return draft.decided(f"{event.by} holds the incident{until}")


def _over_since(incident: Incident, person: str, at: datetime) -> bool:
    """Whether what a person acknowledged at ``at`` has been given back, has ended or has become worse since then."""
    tiers, holder = incident.tiers.values(), incident.holder
    later = {one.acknowledged_by for one in tiers if one.acknowledged_at is not None and one.acknowledged_at >= at}
    if holder is None:
        return bool(later) or incident.opened_at < incident.paging_from > at
    return person in later and holder.by != person


def _latency(draft: Draft, state: TierState | None) -> dict[str, str]:
    """Give how long after the detection, and after the first page of the tier in this cycle, an answer came."""
    found = {"after_s": draft.incident.detected_at}
    if state is not None and not state.empty:
        found["after_page_s"] = state.paged_at
    return {name: str(int((draft.now - since).total_seconds())) for name, since in found.items()}


def unacknowledge(draft: Draft, event: Unacknowledged) -> Decision:
    """Give the incident back to nobody; the lapse clock starts again."""
    holder = draft.incident.holder
    if holder is None:
        return nothing(Outcome.ALREADY, "nobody holds the incident")
    if event.said_at is not None and holder.at > event.said_at:
        return nothing(Outcome.STALE, f"{holder.by} has acknowledged since")
    status = Status.TRIGGERED if draft.incident.status in HELD else draft.incident.status
    draft.change(holder=None, status=status, lapse_from=draft.now)
    release(draft)
    draft.tell(EntryKind.UNACKNOWLEDGED, f"given back by {event.by}; nobody holds the incident", actor=event.by)
    goes_on = "paging waits for the end of the maintenance" if draft.incident.parked else "the ladder climbs again"
    return draft.decided(f"nobody holds the incident; {goes_on}")


def escalate(draft: Draft, event: Escalated) -> Decision:
    """Page a tier by hand, whatever the clocks say."""
    to = event.to or _tier_for(draft, event.reason)
    if to is None:
        return nothing(Outcome.INVALID, "no tier is left above the ones paged; name one with `to`")
    breach = event.reason is Reason.SECURITY_BREACH
    refused = _refused_tier(draft, to, event.reason, Severity.P0 if breach else draft.incident.severity)
    if refused is not None:
        return refused
    because = f" because {event.reason}" if event.reason else ""
    note = f": {event.note[:500]}" if event.note else ""
    relieve(draft)
    release(draft)
    unpark(draft, f"{event.by} escalates")
    draft.tell(
        EntryKind.ESCALATED, f"escalated to {to} by {event.by}{because}{note}", actor=event.by, tier=to,
        **({"reason": event.reason} if event.reason else {}),
    )  # fmt: skip
    requests = [PageRequest(to, Purpose.MANUAL)]
    if breach:
        restrict(draft, event.by)
        requests = [PageRequest(tier, Purpose.MANUAL) for tier in sorted({to, _highest(draft)})]
        if draft.incident.severity is not Severity.P0:
            upgrade(draft, Severity.P0, f"a security breach, says {event.by}", event.by, also=requests)
            requests = []
    if requests:
        ring(draft, requests, limit=Tier.L5)
    if draft.incident.status is Status.TRIGGERED:
        draft.change(lapse_from=draft.now)
    reached = sorted({page.tier for page in draft.pages})
    told = f"{', '.join(reached)} is being paged" if reached else f"nobody on {to} or above can be reached"
    return draft.decided(told if to in reached or not reached else f"nobody on {to} can be reached; {told}")


def _tier_for(draft: Draft, reason: Reason | None) -> Tier | None:
    """Give the tier that a reason leads to, or the nearest there is; without a reason the next that is not paged."""
    policy, highest = draft.policy, draft.incident.highest_tier
    if reason is None:
        return next((tier for tier in (highest.above if highest else TIERS) if tier in policy.tiers), None)
    if reason.leads_to in policy.tiers:
        return reason.leads_to
    allowed = [tier for tier in TIERS if policy.allows(tier, draft.incident.severity)]
    return next((tier for tier in allowed if tier > reason.leads_to), max(allowed, default=None))


def _highest(draft: Draft) -> Tier:
    """Give the highest tier that a P0 may page."""
    return max(tier for tier in draft.policy.tiers if draft.policy.allows(tier, Severity.P0))


def _refused_tier(draft: Draft, to: Tier, reason: Reason | None, severity: Severity) -> Decision | None:
    """Give the answer where the policy has no such tier, or not for that severity (A25); else ``None``."""
    policy = draft.policy
    plan = policy.tiers.get(to)
    if plan is None:
        return nothing(Outcome.INVALID, f"policy {policy.name} has no tier {to}; it has {', '.join(policy.tiers)}")
    if severity in plan.only:
        return None
    only = ", ".join(sorted(plan.only))
    first = f"; raise the severity to {min(plan.only)} first" if reason in EXECUTIVE_REASONS else ""
    return nothing(Outcome.REFUSED, f"{to} ({plan.role}) is paged for {only} only{first}")


def set_severity(draft: Draft, event: SeveritySet) -> Decision:
    """Say how bad it really is."""
    before = draft.incident.severity
    if event.severity is before:
        return nothing(Outcome.ALREADY, f"the severity is {before} already")
    if draft.incident.status is Status.MONITORING:
        return _rename_severity(draft, event)
    if event.severity.worse_than(before):
        unpark(draft, f"{event.by} raises the severity")
        why = f"by {event.by}" + (f": {event.reason[:500]}" if event.reason else "")
        upgrade(draft, event.severity, why, event.by)
        _judged(draft)
        return draft.decided(f"{before} → {event.severity}")
    if not event.reason.strip():
        return nothing(Outcome.INVALID, "a lower severity needs a `reason`")
    draft.tell(EntryKind.SEVERITY, f"{before} → {event.severity} by {event.by}: {event.reason[:500]}", actor=event.by)
    draft.change(
        severity=event.severity,
        highest=draft.incident.worst,
        guessed=False,
        severity_rule=f"set by {event.by}",
        paging_from=draft.now,
        lapse_from=draft.now,
        engaged=(),
        unresolved={},
    )
    relieve(draft)
    release(draft)
    _judged(draft)
    _take_back(draft)
    return draft.decided(f"{before} → {event.severity}")


def _judged(draft: Draft) -> None:
    """Remember that somebody has said how bad it is: response times run from now (A21)."""
    draft.command(reclassified_at=draft.now, triaged_at=draft.incident.command.triaged_at or draft.now)


def _rename_severity(draft: Draft, event: SeveritySet) -> Decision:
    """In the stability window nobody is rung; an upgrade counts as soon as something fires again."""
    before = draft.incident.severity
    worst = min(draft.incident.worst, event.severity)
    draft.change(
        severity=event.severity,
        highest=worst,
        guessed=False,
        severity_rule=f"set by {event.by}",
        reminded_at=None,
    )
    if event.severity.worse_than(before):
        restart_paging(draft)
    _judged(draft)
    draft.tell(EntryKind.SEVERITY, f"{before} → {event.severity} by {event.by}: {event.reason[:500]}", actor=event.by)
    return draft.decided(f"{before} → {event.severity}")


def _take_back(draft: Draft) -> None:
    """Withdraw the unsent pages of tiers that the lower severity does not reach."""
    draft.withdraw(EVERY_PAGE, above=draft.plan.climb_to)
