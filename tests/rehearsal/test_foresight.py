"""Looking ahead of a message: who is rung, from when on, and what an acknowledgement at once does not stop."""

from dataclasses import replace
from datetime import timedelta

from rungbell.domain.maintenance import MaintenanceWindow
from rungbell.domain.page import Purpose
from rungbell.rehearsal.foresight import Silence, foresee
from tests.domain.shipped import shipped, without
from tests.domain.world import MONDAY_10
from tests.rehearsal.samples import MINUTE, group, opening, tiers

SUNDAY_3 = MONDAY_10 - timedelta(days=1, hours=7)


def test_an_acknowledgement_at_once_is_by_the_lowest_tier_and_leaves_what_it_does_not_stop() -> None:
    found = opening("P1").acknowledged
    assert found is not None
    assert (found.by, found.at, found.until) == ("alice", MONDAY_10, MONDAY_10 + 120 * MINUTE)
    assert tiers(found.ladder) == [(30.0, "L3"), (35.0, "L3"), (35.0, "L4"), (120.0, "L1")]
    assert found.ladder.attempts[-1].page.purpose is Purpose.ACKNOWLEDGEMENT_ENDED


def test_where_nobody_can_be_rung_there_is_nobody_to_acknowledge() -> None:
    everybody = tuple(shipped().roster.people)
    found = opening("P2", without(*everybody))
    assert (found.unanswered.attempts, found.acknowledged) == ((), None)
    assert found.unanswered.incident.exhausted_at == MONDAY_10
    assert any("nobody on call can be reached" in entry.text for entry in found.unanswered.entries)
    assert found.unanswered.troubles


def test_paging_may_wait_for_business_hours() -> None:
    assert opening("P3", at=SUNDAY_3).paging_at == MONDAY_10 - timedelta(hours=1)
    assert opening("P2", at=SUNDAY_3).paging_at == SUNDAY_3


def test_what_does_not_fire_opens_nothing() -> None:
    found = foresee(shipped(), group("P1", firing=False), MONDAY_10)
    assert isinstance(found, Silence)


def test_the_operators_own_incident_is_not_followed() -> None:
    assert {one.page.incident for one in opening("P1").unanswered.attempts} == {"i1"}


def test_paging_may_wait_for_the_end_of_maintenance() -> None:
    window = MaintenanceWindow(
        name="works", match=(), begins=MONDAY_10 - 10 * MINUTE, ends=MONDAY_10 + 30 * MINUTE
    )  # fmt: skip
    found = opening("P1", replace(shipped(), maintenance=(window,)))
    assert found.paging_at == MONDAY_10 + 30 * MINUTE
    assert tiers(found.unanswered)[:2] == [(30.0, "L1"), (30.0, "L2")]
    assert found.acknowledged is not None
    assert found.acknowledged.at == MONDAY_10 + 30 * MINUTE
