"""The whole way, with nothing faked but the pager: Prometheus, Alertmanager, rungbell as shipped, a page.

The port of the shipped configuration is fixed, so these tests follow each other even where others run in parallel.
"""

import asyncio
from itertools import pairwise

import pytest

from tests.end_to_end.conftest import Scene
from tests.harness.api import Json
from tests.harness.pager_receiver import Page
from tests.harness.programs import ALERT_NAME, SUMMARY
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(240)]

LADDER = ["L1", "L2", "L3", "L4", "L5"]
STEP = 3.0
EARLY, LATE = 0.1, 1.0
FIRST_PAGE_WITHIN = 30.0
"""Scrape, evaluation, Alertmanager's flush and the page itself, on a machine that is busy."""


@pytest.mark.requirement("22")
async def test_an_alert_nobody_acknowledges_climbs_from_l1_to_l5_three_seconds_apart(scene: Scene) -> None:
    await scene.victim.stop()

    pages = (await scene.pager.wait_for(len(LADDER), FIRST_PAGE_WITHIN + len(LADDER) * (STEP + LATE)))[: len(LADDER)]

    assert [page.tier for page in pages] == LADDER
    assert all(STEP - EARLY <= gap <= STEP + LATE for gap in _gaps(pages)), f"gaps in seconds: {_gaps(pages)}"
    assert len({page.intent for page in pages}) == len(LADDER)
    assert {page.incident for page in pages} == {(await _only_incident(scene))["id"]}
    assert all(SUMMARY in page.text for page in pages)


async def test_opening_the_link_changes_nothing_but_pressing_its_button_ends_the_climb(scene: Scene) -> None:
    await scene.victim.stop()
    first = (await scene.pager.wait_for(1, FIRST_PAGE_WITHIN))[0]

    assert await scene.rungbell.api.open_link(first.acknowledge_url) == 200
    second = (await scene.pager.wait_for(2, STEP + LATE))[1]
    assert second.tier == "L2"
    before = await _only_incident(scene)
    assert (before["status"], before["acknowledged_by"]) == ("triggered", None)

    assert await scene.rungbell.api.press_link(second.acknowledge_url) in {200, 303}
    quiet = await scene.pager.stays_quiet(STEP + 2 * LATE)
    assert quiet, f"somebody was paged after the acknowledgement:\n{scene.pager}"
    held = await _only_incident(scene)
    assert (held["status"], held["acknowledged_by"]) == ("acknowledged", second.person)

    await scene.victim.start()
    await eventually(lambda: _has_status(scene, "resolved"), "the incident is resolved", within=FIRST_PAGE_WITHIN)


async def test_a_killed_rungbell_goes_on_climbing_where_it_stood_and_pages_nobody_twice(scene: Scene) -> None:
    await scene.victim.stop()
    await scene.pager.wait_for(2, FIRST_PAGE_WITHIN + STEP + LATE)
    await asyncio.sleep(1)

    await scene.rungbell.restart()

    pages = await scene.pager.wait_for(len(LADDER), (len(LADDER) - 2) * (STEP + LATE) + LATE)
    assert [page.tier for page in pages[: len(LADDER)]] == LADDER
    intents = [page.intent for page in scene.pager.pages]
    assert len(intents) == len(set(intents)), f"a page left twice:\n{scene.pager}"


def _gaps(pages: list[Page]) -> list[float]:
    return [round(later.came - sooner.came, 3) for sooner, later in pairwise(pages)]


async def _only_incident(scene: Scene) -> Json:
    incidents = await scene.rungbell.api.incidents()
    assert [ALERT_NAME in incident["title"] for incident in incidents] == [True], incidents
    return incidents[0]


async def _has_status(scene: Scene, status: str) -> bool:
    return str((await _only_incident(scene))["status"]) == status
