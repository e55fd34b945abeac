"""What people do beside paging: command, the life of an incident, notes, what the harm is, and the postmortem.

Each row draws one act about an incident; ``common`` says who acts and what they had seen.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Final

from rungbell.domain.command.events import HandedOff, ImpactStated, RoleAssumed, RoleGivenUp, Ticked
from rungbell.domain.command.record import Role
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.events import CommunicationDrafted, Waived
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.events import Act, Declared, Escalated, NoteAdded, Reason
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.events import (
    Closed,
    FalsePositiveFound,
    Reopened,
    RestrictionLifted,
    Snoozed,
    StatusSet,
)
from rungbell.domain.policy import Tier
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld
from rungbell.domain.postmortem.record import DocumentState, ItemStatus
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import NoteKind
from tests.simulation.circles import CLIENTS, ROOMS
from tests.simulation.commanded import COMMANDER
from tests.simulation.ladders import PEOPLE
from tests.simulation.leading import HANDED_OVER, LINES, RECOVERY, VERIFIED
from tests.simulation.moments import instant
from tests.simulation.record import WORK, Facts

Draw = Callable[[Random, Facts, dict[str, Any]], Act]
SOMEBODY: Final = (*PEOPLE, "a stranger")
UPDATED: Final = {"internal": "internal", "client": "clients", "executive": "executives"}
"""How a kind of update begins to its audience."""


def _impact(rng: Random, facts: Facts, common: dict[str, Any]) -> ImpactStated:
    began = instant(facts.detected_at) - timedelta(minutes=rng.choice((5, 60, -100_000)))
    said: dict[str, Any] = rng.choice(
        (
            {},
            {"words": {rng.choice(("scope", "cause", "no such field")): rng.choice(("all", "some", ""))}},
            {"clients": rng.choice(((), ("acme",), ("acme", "globex"), ("nobody",)))},
            {"client_impacting": True},
            {"client_impacting": False, "reason": rng.choice(("", "they do not feel it", "they do not feel it"))},
            {"clients_asked": rng.random() < 0.7},
            {"started_at": began},
        )
    )
    return ImpactStated(**common, **said)


def _handoff(rng: Random, _facts: Facts, common: dict[str, Any]) -> HandedOff:
    attested = rng.choice(((), HANDED_OVER, HANDED_OVER, HANDED_OVER[:3], ("no such point",)))
    return HandedOff(
        **common, to=rng.choice(SOMEBODY), attested=frozenset(attested), reason=rng.choice(("", "", "they are ill"))
    )


def _status(rng: Random, _facts: Facts, common: dict[str, Any]) -> StatusSet:
    often = (*map(Status, WORK), Status.MONITORING)
    return StatusSet(**common, status=rng.choice((*often, *often, Status.RESOLVED)))


def _snoozed(rng: Random, facts: Facts, common: dict[str, Any]) -> Snoozed:
    """Mostly by whoever holds it, for a while that it may last."""
    holder = facts.holder
    if holder is None:
        return Snoozed(**common, until=instant(facts.opened_at) + timedelta(minutes=30))
    by = holder.by if rng.random() < 0.8 else common["by"]
    minutes = rng.choice((-1, 1, 20, 20, 55, 300))
    return Snoozed(**{**common, "by": by}, until=instant(holder.at) + timedelta(minutes=minutes))


def _lifted(rng: Random, facts: Facts, common: dict[str, Any]) -> RestrictionLifted:
    leader = facts.command.roles.get(COMMANDER)
    by = leader.person if leader is not None and rng.random() < 0.7 else common["by"]
    return RestrictionLifted(**{**common, "by": by})


def _moved(rng: Random, _facts: Facts, common: dict[str, Any]) -> PostmortemMoved:
    states: list[dict[str, Any]] = [{"state": rng.choice(list(DocumentState))} for _ in range(4)]
    said = rng.choice([{}, {"owner": rng.choice(SOMEBODY)}, {"url": "https://wiki.example/1"}, *states])
    return PostmortemMoved(**common, **said)


def _item(rng: Random, facts: Facts, common: dict[str, Any]) -> ItemAdded:
    after = instant(facts.opened_at) + timedelta(minutes=rng.choice((-5, 8, 200)))
    return ItemAdded(
        **common,
        text="more of it",
        owner=rng.choice((*PEOPLE, "the team", "")),
        priority=rng.choice(list(Severity)),
        due=rng.choice((None, None, after)),
    )


def _item_goes_on(rng: Random, facts: Facts, common: dict[str, Any]) -> ItemChanged:
    known = len(facts.postmortem.items) if facts.postmortem else 0
    return ItemChanged(
        **common,
        number=rng.randint(1, max(known, 1)),
        status=rng.choice((None, ItemStatus.IN_PROGRESS, ItemStatus.DONE, ItemStatus.DONE)),
        owner=rng.choice((None, None, "the team")),
    )


def _text(rng: Random, facts: Facts, common: dict[str, Any]) -> CommunicationDrafted:
    """Mostly one that makes sense, for whom the shop names."""
    told, kinds = facts.command.told, ["client_notice", "client_notice", "executive_note", "internal_declaration"]
    kinds += [f"{who}_update" for who, audience in UPDATED.items() if audience in told]
    kinds += ["all_clear"] * 3 if "clients" in told and not facts.open else []
    kind = CommunicationKind(rng.choice(kinds)) if rng.random() < 0.85 else rng.choice(list(CommunicationKind))
    named = {"clients": CLIENTS, "executives": SOMEBODY, "internal": ROOMS}[kind.audience]
    recipients = rng.sample(named, rng.choice((1, 2))) if rng.random() < 0.25 else ()
    return CommunicationDrafted(**common, kind=kind, recipients=tuple(recipients), send=rng.random() < 0.6)


PLAYBOOK: Final[dict[str, Draw]] = {
    "declare this": lambda rng, _facts, common: Declared(
        **common,
        severity=rng.choice((None, None, None, *Severity)),
        commander=rng.choice((None, None, *SOMEBODY)),
    ),
    "take a role": lambda rng, _facts, common: RoleAssumed(
        **common, role=rng.choice(list(Role)), person=rng.choice((None, *SOMEBODY))
    ),
    "give up a role": lambda rng, _facts, common: RoleGivenUp(**common, role=rng.choice(list(Role))),
    "hand over": _handoff,
    "tick": lambda rng, _facts, common: Ticked(
        **common,
        line=rng.choice((VERIFIED, VERIFIED, rng.choice(LINES), rng.choice(RECOVERY), "no such line")),
        undone=rng.random() < 0.2,
    ),
    "say what the harm is": _impact,
    "write down": lambda rng, _facts, common: NoteAdded(
        **common, kind=rng.choice(list(NoteKind)), text=rng.choice(("as it is", "Decision: we wait because it is late"))
    ),
    "status": _status,
    "snooze": _snoozed,
    "false positive": lambda rng, _facts, common: FalsePositiveFound(
        **common, reason=rng.choice(("", "a test", "a test"))
    ),
    "close": lambda rng, _facts, common: Closed(**common, reason=rng.choice(("", "enough of it"))),
    "reopen": lambda _rng, _facts, common: Reopened(**common),
    "lift the restriction": _lifted,
    "security breach": lambda rng, _facts, common: Escalated(
        **common, to=rng.choice((None, None, Tier.L5, Tier.L2)), reason=Reason.SECURITY_BREACH
    ),
    "escalate for a reason": lambda rng, _facts, common: Escalated(
        **common, to=rng.choice((None, None, Tier.L3)), reason=rng.choice(list(Reason))
    ),
    "postmortem": _moved,
    "review": lambda rng, facts, common: ReviewHeld(
        **common,
        at=rng.choice((None, None, instant(facts.detected_at), instant(facts.detected_at) + timedelta(days=99))),
        outcome=rng.choice(("", "we know more", "we know more")),
    ),
    "action item": _item,
    "action item goes on": _item_goes_on,
    "go through the items": lambda _rng, _facts, common: ItemsReviewed(**common),
    "draft a text": _text,
    "waive": lambda rng, _facts, common: Waived(
        **common, audience=rng.choice(list(Audience)), reason=rng.choice(("", "they know", "they know"))
    ),
}
"""Name of an act to how it is drawn; they happen where policies have obligations."""
AFTERWARDS: Final = (
    "close",
    "reopen",
    "postmortem",
    "review",
    "action item",
    "action item goes on",
    "go through the items",
)
"""What is mostly about an incident that is over."""
