"""The dashboard: finished panels by themselves, and data in every one of them on a real Prometheus."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import pytest

from rungbell.clock import unsynchronised
from tests.deploy.test_deploy import RUNBOOKS, exposed, named_metrics
from tests.harness.daemon import Daemon
from tests.harness.failures import show_logs_when_failing
from tests.harness.pager_receiver import UNAVAILABLE, PagerReceiver
from tests.harness.programs import Scraper
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing, resolved

__all__ = ["exposed"]

Json: TypeAlias = dict[str, Any]

FILE = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboard.json"
DASHBOARD: Json = json.loads(FILE.read_text())
FIRST_LOOK = 6
"""Panels of the first row: what a person reads at 3 a.m."""
MOST_OPEN = 15
"""Panels that are not folded away."""


def panels() -> Iterator[Json]:
    for panel in DASHBOARD["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def queries() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def filled(query: str) -> str:
    """What Grafana would ask, over the last minute."""
    for variable, value in (("$instance", ".+"), ("$__rate_interval", "1m"), ("$__range", "1m")):
        query = query.replace(variable, value)
    assert "$" not in query, f"nobody fills in {query}"
    return query


each_panel = pytest.mark.parametrize("panel", list(panels()), ids=lambda panel: panel["title"])


def test_the_dashboard_is_small_and_asks_which_prometheus() -> None:
    assert len([panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]) <= MOST_OPEN
    rows = [panel for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert len(rows) == 6
    first = DASHBOARD["panels"][1 : 1 + FIRST_LOOK]
    assert {panel["type"] for panel in first} == {"stat"}
    assert len({panel["gridPos"]["y"] for panel in first}) == 1
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]


def test_no_two_panels_share_a_place_or_an_id() -> None:
    everything = [*DASHBOARD["panels"], *(inner for panel in DASHBOARD["panels"] for inner in panel.get("panels", []))]
    assert len({panel["id"] for panel in everything}) == len(everything)
    taken: set[tuple[int, int]] = set()
    for panel in everything:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


@each_panel
def test_a_panel_says_what_it_is_in_which_unit_and_from_where(panel: Json) -> None:
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
    if panel["type"] != "stat":
        assert all(target["legendFormat"] for target in panel["targets"])
    assert all('job="rungbell"' in target["expr"] for target in panel["targets"])


@each_panel
def test_a_panel_asks_for_metrics_that_rungbell_exposes(panel: Json, exposed: set[str]) -> None:
    for target in panel["targets"]:
        assert named_metrics(target["expr"]) <= exposed


@each_panel
def test_a_runbook_that_a_panel_names_is_there(panel: Json) -> None:
    _, _, named = panel["description"].partition(" Runbook")
    for word in named.removeprefix("s").rstrip(".").replace(",", " ").split():
        assert f"## {word}\n" in RUNBOOKS


@pytest.fixture
async def pager() -> AsyncIterator[PagerReceiver]:
    async with PagerReceiver() as receiver:
        yield receiver


@pytest.mark.end_to_end
@pytest.mark.timeout(240)
async def test_every_query_of_every_panel_finds_data_where_things_happened(
    tmp_path: Path, pager: PagerReceiver, request: pytest.FixtureRequest
) -> None:
    show_logs_when_failing(request, tmp_path)
    async with (
        Daemon.paging(tmp_path / "rungbell", pager.url) as rungbell,
        Scraper(tmp_path / "prometheus", target=rungbell.url.removeprefix("http://")) as prometheus,
    ):
        await prometheus.has_scraped(2)
        await things_happen(rungbell, pager)
        await prometheus.has_scraped(3)
        empty = [query for query in queries() if not await prometheus.finds(filled(query))]
    if unsynchronised() is None:
        empty = [query for query in empty if "rungbell_clock_unsynchronised" not in query]
    assert not empty, "nothing came for:\n" + "\n".join(empty)


async def things_happen(rungbell: Daemon, pager: PagerReceiver) -> None:
    """A night in short: a heartbeat, a page that fails and one that climbs, answers, a reload, and nonsense."""
    began = datetime.now(UTC)
    api = rungbell.api
    await api.send(firing("Watchdog", severity="none"))
    pager.answer_next(UNAVAILABLE)
    await api.send(firing("DiskFull", at=began))
    await pager.wait_for(2, 30)
    (disk,) = await api.incidents()
    await api.acknowledge(disk["id"], by="alice")
    await api.act(disk["id"], "resolve", by="alice", reason="cleaned up")
    await api.send(firing("CpuHot", at=began))
    await api.send(resolved("CpuHot", at=began, ends_at=datetime.now(UTC)))
    await api.send(firing("Stays", at=began))
    async with aiohttp.ClientSession() as session:
        async with session.post(rungbell.webhook_url, data=b"nonsense") as answer:
            assert answer.status == 400
        async with session.post(f"{rungbell.url}/api/v1/reviews", json={"kind": "drill"}) as answer:
            assert answer.status == 201

        async def is_overdue() -> bool:
            async with session.get(f"{rungbell.url}/api/v1/incidents?overdue=true") as answer:
                return bool((await answer.json())["incidents"])

        await eventually(is_overdue, "what nobody answers is overdue", within=30)
    rungbell.hang_up()

    async def is_read() -> bool:
        return "was read again" in rungbell.logs

    await eventually(is_read, "the configuration is read again", within=10)
