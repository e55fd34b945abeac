"""Raising the severity of an open incident.

Rules
-----
* The paging clocks run from the upgrade, the acknowledgement ends with it, and the tiers the new severity demands
  ring at once (requirements 3.11 rules 1 and 6, A21, A45).

May import: the value modules of the core, ``decision``, ``ladder`` and ``opening``.
"""

from collections.abc import Sequence

from rungbell.domain.decision import Draft
from rungbell.domain.incident import Status
from rungbell.domain.ladder import release, relieve, ring
from rungbell.domain.opening import name_for, waits
from rungbell.domain.page import PageRequest, Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind


def upgrade(draft: Draft, severity: Severity, why: str, actor: str, *, also: Sequence[PageRequest] = ()) -> None:
    """Raise the severity: clocks start anew, the acknowledgement ends, the tiers it demands ring at once.

    ``also`` are rung with them, for the reason that raised it.
    """
    before, holder = draft.incident.severity, draft.incident.holder
    draft.tell(EntryKind.SEVERITY, f"{before} → {severity}: {why}", actor=actor)
    relieve(draft)
    release(draft)
    draft.change(
        severity=severity,
        highest=min(draft.incident.worst, severity),
        severity_rule=why,
        guessed=False,
        status=Status.TRIGGERED,
        quiet_until=None,
        monitoring_since=None,
        reminded_at=None,
    )
    restart_paging(draft)
    draft.change(lapse_from=None)
    draft.command(reclassified_at=draft.now)
    if holder is not None:
        draft.tell(EntryKind.ACKNOWLEDGEMENT_ENDED, f"the acknowledgement by {holder.by} ends with the upgrade")
    asked = {request.tier for request in also}
    requests = [*also, *(PageRequest(tier, Purpose.UPGRADE) for tier in draft.plan.page if tier not in asked)]
    if waits(draft):
        draft.change(tiers={tier: state for tier, state in draft.incident.tiers.items() if tier not in draft.plan.page})
        return
    ring(draft, requests, limit=Tier.L5 if also else None)


def restart_paging(draft: Draft) -> None:
    """After an upgrade the paging clocks run from now, and nobody holds the incident (rules 1 and 6, A45)."""
    incident = draft.incident
    draft.change(
        holder=None,
        paging_from=draft.now,
        lapse_from=draft.now,
        engaged=(),
        unresolved={},
        name=incident.name or name_for(incident.severity, incident.detected_at),
    )
    draft.command(raised_at=draft.now)
