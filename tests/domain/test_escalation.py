"""Escalating by hand: the reasons, where each leads, and a security breach."""

import pytest

from rungbell.domain.decision import Outcome
from rungbell.domain.events import Escalated, Reason
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.events import RestrictionLifted
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import L1, L2, L3, L4, L5, at, default_policy, opened, with_policy
from tests.domain.world import World

LEAD_TO = {
    Reason.CLIENT_COMMUNICATION: "L2",  # L630
    Reason.CAUSE_UNCLEAR: "L2",  # L631
    Reason.CODE_FIX: "L3",  # L635
    Reason.INFRASTRUCTURE_CHANGE: "L3",  # L636
    Reason.VENDOR: "L4",  # L641
    Reason.MORE_ENGINEERS: "L4",  # L642
    Reason.CLIENT_EXECUTIVE: "L4",  # L643
    Reason.CLIENT_RELATIONSHIP: "L5",  # L647
    Reason.SECURITY_BREACH: "L5",  # L648
    Reason.PRESS: "L5",  # L649
}


def held(severity: str) -> World:
    world = at(opened(severity), 60)
    world.acknowledge("alice")
    return world


@pytest.mark.requirement("54", "55", "56", "57", "58")
@pytest.mark.parametrize("reason", Reason)
def test_each_reason_leads_to_the_tier_of_its_list(reason: Reason) -> None:
    world = held("P0")
    world.now = world.started.replace(minute=2)
    assert world.escalate("alice", reason=reason).outcome is Outcome.DONE
    assert LEAD_TO[reason] in {tier for second, tier in world.rang() if second == 120}
    escalated = next(entry for entry in world.entries if entry.kind is EntryKind.ESCALATED)
    assert (escalated.actor, escalated.tier, escalated.facts["reason"]) == ("alice", LEAD_TO[reason], reason)


@pytest.mark.requirement("58")
def test_a_person_names_another_tier_and_without_a_reason_the_next_is_paged() -> None:
    world = held("P2")
    world.escalate("alice", Tier.L4, Reason.CAUSE_UNCLEAR)
    assert world.first_rang()[L4] == 60
    world = held("P2")
    world.escalate("alice")
    assert world.first_rang()[L2] == 60


def test_where_the_policy_has_no_such_tier_the_nearest_one_is_paged() -> None:
    policy = default_policy()
    small = with_policy(type(policy)(
        name="small", tiers={tier: policy.tiers[tier] for tier in (Tier.L1, Tier.L2)},
        severities=policy.severities, hours=policy.hours,
    ))  # fmt: skip
    world = opened("P1", book=small)
    world.now = world.started.replace(minute=1)
    assert world.escalate("alice", reason=Reason.VENDOR).outcome is Outcome.DONE
    assert world.rang_since(60) == [(60, L2)]


# -- A28: a security breach


@pytest.mark.requirement("A28", "15")
@pytest.mark.parametrize("severity", ["P0", "P1", "P2", "P3"])
@pytest.mark.parametrize("to", [None, Tier.L3])
def test_A28_a_breach_pages_l5_at_once_as_a_p0_and_is_restricted(severity: str, to: Tier | None) -> None:  # noqa: N802
    world = held(severity)
    world.now = world.started.replace(minute=2)
    reply = world.escalate("alice", to, Reason.SECURITY_BREACH)
    assert reply.outcome is Outcome.DONE
    rang = {tier for second, tier in world.rang() if second == 120}
    assert L5 in rang
    assert to is None or to.value in rang
    assert severity == "P0" or {L1, L2, L3} <= rang, "an upgrade pages at once"
    incident = world.state()
    assert (incident.severity, incident.worst, incident.command.restricted) == (Severity.P0, Severity.P0, True)
    assert incident.command.withheld
    assert len(world.told(EntryKind.RESTRICTED)) == 1


def lift(world: World, by: str) -> tuple[Outcome, str]:
    reply = world.happen(RestrictionLifted(incident=world.id, by=by)).reply
    return reply.outcome, reply.text


@pytest.mark.requirement("A28")
def test_A28_only_the_incident_commander_releases_it() -> None:  # noqa: N802
    world = held("P0")
    assert lift(world, "alice") == (Outcome.ALREADY, "it is not restricted")
    world.escalate("alice", reason=Reason.SECURITY_BREACH)
    assert lift(world, "alice")[1].startswith("nobody commands it: declare it")
    world.declare("alice", "chen")
    assert lift(world, "alice") == (
        Outcome.REFUSED,
        "chen commands it; only the incident commander releases it",
    )
    assert world.state().command.withheld
    assert lift(world, "chen")[0] is Outcome.DONE
    assert not world.state().command.withheld
    assert world.state().command.restricted, "that it was one is not forgotten"
    assert world.told(EntryKind.RELEASED) == ["released by chen: others may hear of it"]
    assert lift(world, "chen")[0] is Outcome.ALREADY


@pytest.mark.requirement("A28")
def test_A28_it_is_released_after_the_end_too_and_restricted_again_by_another_breach() -> None:  # noqa: N802
    world = held("P0")
    world.declare("alice", "chen")
    world.escalate("alice", reason=Reason.SECURITY_BREACH)
    world.resolve("chen", "keys revoked")
    assert world.state().status is Status.RESOLVED
    assert lift(world, "chen")[0] is Outcome.DONE
    world = held("P0")
    world.declare("alice", "chen")
    world.escalate("alice", reason=Reason.SECURITY_BREACH)
    lift(world, "chen")
    world.happen(Escalated(incident=world.id, by="alice", reason=Reason.SECURITY_BREACH))
    assert world.state().command.withheld
