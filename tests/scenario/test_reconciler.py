"""What webhooks lose on their way is found by asking Alertmanager, on a clock that jumps and over a real socket."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.domain.incident import Status
from rungbell.domain.timeline import EntryKind
from rungbell.runtime.alertmanager import api as alertmanager_api
from tests.harness import webhooks
from tests.harness.alertmanager_server import AlertmanagerServer, Fault
from tests.scenario.harness import LogLine, World
from tests.scenario.policies import story

REPAIRED = "alertmanager_repaired_alerts_total"
LOST = "Alertmanager does not know it any more (resolve lost): DiskFull"


def asking(*servers: AlertmanagerServer, more: str = "") -> str:
    """A policy whose source cluster-b asks those servers."""
    urls = ", ".join(server.url for server in servers)
    source = f"{{bearer_token: of-cluster-b, alertmanager: {{url: [{urls}]{more}}}}}"
    return story() + f"sources:\n  cluster-b: {source}\n"


@pytest_asyncio.fixture
async def alertmanager() -> AsyncIterator[AlertmanagerServer]:
    async with AlertmanagerServer() as server:
        yield server


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[AlertmanagerServer]:
    async with AlertmanagerServer() as server:
        yield server


@pytest_asyncio.fixture
async def world(alertmanager: AlertmanagerServer, tmp_path: Path, logs: list[LogLine]) -> AsyncIterator[World]:
    """A rungbell that asks Alertmanager, and was started."""
    world = World(tmp_path, asking(alertmanager), logs)
    await world.start()
    yield world
    await world.crash()


async def fires_and_is_held(world: World, *servers: AlertmanagerServer) -> None:
    """An alert fires here and in Alertmanager, and Alice has it."""
    body = world.firing("DiskFull", "critical")
    for server in servers:
        server.has(body)
    await world.receive(body)
    await world.phone("alice").expects("DiskFull").acknowledges()


async def status(world: World) -> Status:
    return (await world.incident("DiskFull")).status


async def stays(world: World, **span: float) -> None:
    await world.pass_time(**span)
    assert await status(world) is Status.ACKNOWLEDGED


# -- a resolve that was lost -----------------------------------------------------------------------------------


async def test_an_alert_that_alertmanager_has_not_known_for_ten_minutes_is_resolved_and_the_timeline_says_why(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    await stays(world, minutes=13)
    alertmanager.forgets()
    await stays(world, minutes=10)
    await world.pass_time(minutes=1)
    assert await status(world) is Status.MONITORING
    assert [entry.text for entry in await world.timeline("DiskFull", EntryKind.ALERTS)] == [LOST]
    assert world.figure("alertmanager_repaired_alerts_total", source="cluster-b", change="resolved") == 1


async def test_an_alert_that_was_only_away_for_a_while_is_not_resolved_and_the_doubt_begins_anew(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    body = webhooks.firing("DiskFull", at=world.clock.now())
    alertmanager.forgets()
    await stays(world, minutes=9)
    alertmanager.has(body)
    await stays(world, minutes=1)
    alertmanager.forgets()
    await stays(world, minutes=10)


async def test_of_several_alerts_only_those_end_that_are_gone(world: World, alertmanager: AlertmanagerServer) -> None:
    one, other = (
        webhooks.alert({"alertname": "DiskFull", "instance": name, "severity": "critical"}, starts_at=world.clock.now())
        for name in ("a", "b")
    )
    alertmanager.has(webhooks.message([other]))
    await world.receive(webhooks.message([one, other]))
    await world.phone("alice").expects("DiskFull").acknowledges()
    await stays(world, minutes=12)
    assert (await world.incident("DiskFull")).firing_count == 1
    assert (await world.timeline("DiskFull", EntryKind.ALERTS))[0].text == f"{LOST}; 1 still firing"


async def test_an_alert_that_alertmanager_routes_elsewhere_by_now_still_fires(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    body = world.firing("DiskFull", "critical")
    alertmanager.has({**body, "receiver": "mail", "groupLabels": {}, "groupKey": "{}:{}"})
    await world.receive(body)
    await world.phone("alice").expects("DiskFull").acknowledges()
    await stays(world, minutes=13)


async def test_what_was_taken_for_gone_and_fires_on_comes_back_though_its_start_is_the_same(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    body = world.firing("DiskFull", "critical")
    await world.receive(body)
    await world.phone("alice").expects("DiskFull").acknowledges()
    await world.pass_time(minutes=11)
    assert await status(world) is Status.MONITORING
    alertmanager.has(body)
    await world.pass_time(minutes=11)
    assert await status(world) is Status.ACKNOWLEDGED
    world.phone("alice").expects("1 more firing")
    assert world.figure("alertmanager_repaired_alerts_total", source="cluster-b", change="opened") == 1


async def test_what_a_person_resolved_while_it_fires_is_not_opened_again(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    body = world.firing("DiskFull", "critical")
    alertmanager.has(body)
    await world.receive(body)
    page = world.phone("alice").expects("DiskFull")
    await page.acknowledges()
    await page.resolves("we know of it, and it is harmless")
    other = world.firing("Other", "critical")
    alertmanager.has(other)
    await world.receive(other)
    await world.phone("alice").expects("Other").acknowledges()
    await world.pass_time(minutes=13)
    assert await status(world) in {Status.RESOLVED, Status.CLOSED}


async def test_the_alerts_of_other_sources_are_left_alone(world: World, alertmanager: AlertmanagerServer) -> None:
    await world.receive(world.firing("DiskFull", "critical"), source="cluster-a")
    await world.phone("alice").expects("DiskFull").acknowledges()
    await stays(world, minutes=15)


# -- what proves nothing ---------------------------------------------------------------------------------------


async def test_an_alertmanager_that_has_just_started_proves_nothing(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    body = webhooks.firing("DiskFull", at=world.clock.now())
    for _ in range(3):
        alertmanager.restarts()
        await stays(world, minutes=9)
    alertmanager.has(body)
    await stays(world, minutes=13)


async def test_one_that_is_still_settling_proves_nothing(world: World, alertmanager: AlertmanagerServer) -> None:
    await fires_and_is_held(world, alertmanager)
    alertmanager.forgets()
    alertmanager.cluster = "settling"
    await stays(world, minutes=15)
    assert world.figure("alertmanager_looks_failed_total", source="cluster-b") >= 14


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault(status=401), "answers with HTTP 401"),
        (Fault(status=500), "answers with HTTP 500"),
        (Fault(status=302, headers={"Location": "http://127.0.0.1:1/"}), "a redirect (HTTP 302)"),
        (Fault(body=b""), "does not answer as Alertmanager's API v2 does"),
        (Fault(body=b"<html>log in</html>"), "does not answer as Alertmanager's API v2 does"),
        (Fault(body=b"[]"), "does not answer as Alertmanager's API v2 does"),
        (Fault(body=b"null"), "does not answer as Alertmanager's API v2 does"),
        (Fault(body=b'{"status": "success", "data": []}'), "does not answer as Alertmanager's API v2 does"),
        (Fault(body=b"[" * 100_000), "does not answer as Alertmanager's API v2 does"),
        (Fault(body=b'[{"labels": {"a": "\xff"}}]'), "does not answer as Alertmanager's API v2 does"),
        (Fault(body=b" " * 3_000_000), "answers with more than 1 MiB"),
        (Fault(hangs=True), "does not answer within 0.2 s"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_whatever_else_it_answers_changes_nothing_and_is_told_once(
    world: World,
    alertmanager: AlertmanagerServer,
    logs: list[LogLine],
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    problem: str,
) -> None:
    monkeypatch.setattr(alertmanager_api, "LARGEST", 2**20)
    if fault.hangs:
        monkeypatch.setattr(alertmanager_api, "TIMEOUT", 0.2)
    await fires_and_is_held(world, alertmanager)
    alertmanager.forgets()
    before = world.figure("alertmanager_looks_failed_total", source="cluster-b")
    alertmanager.fault = fault
    await stays(world, minutes=13)
    told = [line for line in logs if line["event"] == "an Alertmanager cannot be asked what fires"]
    assert [line["problem"] for line in told if problem in line["problem"]]
    assert len(told) == 1 or fault.hangs  # then a busy machine may be late before the fault, too
    assert world.figure("alertmanager_looks_failed_total", source="cluster-b") >= before + 12
    alertmanager.fault = None
    await stays(world, minutes=2)
    assert [line for line in logs if line["event"] == "an Alertmanager can be asked again"]


async def test_a_look_that_fails_in_between_only_takes_longer(world: World, alertmanager: AlertmanagerServer) -> None:
    await fires_and_is_held(world, alertmanager)
    alertmanager.forgets()
    await stays(world, minutes=5)
    alertmanager.fault = Fault(status=503)
    await stays(world, minutes=5)
    alertmanager.fault = None
    await stays(world, minutes=5)
    await world.pass_time(minutes=2)
    assert await status(world) is Status.MONITORING


async def test_a_step_of_the_clock_shortens_nothing(world: World, alertmanager: AlertmanagerServer) -> None:
    await fires_and_is_held(world, alertmanager)
    alertmanager.forgets()
    await stays(world, minutes=1)
    world.clock.reach(world.clock.now() + timedelta(minutes=40))
    await world.settle()
    assert await status(world) is Status.ACKNOWLEDGED


async def test_ten_thousand_alerts_are_read(world: World, alertmanager: AlertmanagerServer) -> None:
    now = world.clock.now()
    await fires_and_is_held(world, alertmanager)
    alertmanager.has(
        webhooks.message(
            [
                webhooks.alert({"alertname": "Flood", "instance": str(number)}, starts_at=now, summary="x" * 600)
                for number in range(10_000)
            ],
            receiver="mail",
            route="{}/mail",
        )
    )
    await stays(world, minutes=2)
    assert world.figure("alertmanager_looks_failed_total", source="cluster-b") == 0


# -- two peers -------------------------------------------------------------------------------------------------


async def test_one_peer_that_has_it_outweighs_one_that_has_not(
    world: World, alertmanager: AlertmanagerServer, peer: AlertmanagerServer
) -> None:
    await world.crash()
    world.will_start_with(asking(alertmanager, peer))
    await world.start()
    await fires_and_is_held(world, peer)
    await stays(world, minutes=13)
    peer.forgets()
    await world.pass_time(minutes=12)
    assert await status(world) is Status.MONITORING


async def test_while_one_peer_is_down_absence_proves_nothing(
    world: World, alertmanager: AlertmanagerServer, peer: AlertmanagerServer
) -> None:
    await world.crash()
    world.will_start_with(asking(alertmanager, peer))
    await world.start()
    await fires_and_is_held(world, alertmanager, peer)
    await peer.stop()
    alertmanager.forgets()
    await stays(world, minutes=15)


async def test_what_was_missed_one_peer_can_say_alone(
    world: World, alertmanager: AlertmanagerServer, peer: AlertmanagerServer
) -> None:
    await world.crash()
    world.will_start_with(asking(alertmanager, peer, more=", receivers: rungbell"))
    await world.start()
    await peer.stop()
    alertmanager.has(webhooks.firing("DiskFull", at=world.clock.now()))
    await world.pass_time(minutes=11)
    await world.phone("alice").expects("DiskFull").acknowledges()


# -- a firing that was lost ------------------------------------------------------------------------------------


async def test_an_alert_that_never_came_is_taken_in_as_if_it_had_after_ten_minutes(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    lost = webhooks.firing("Flood", at=world.clock.now() - timedelta(hours=1))
    alertmanager.has(lost)
    await world.pass_time(minutes=9)
    world.phone("alice").expects_nothing()
    await world.pass_time(minutes=2)
    await world.phone("alice").expects("Flood").acknowledges()
    flood = await world.incident("Flood")
    assert (flood.detected_at, flood.receiver) == (
        world.clock.now().replace(second=0) - timedelta(hours=1, minutes=11),
        "rungbell",
    )
    handled = await world.receive(lost)
    assert handled.reply.text == "nothing new"


@pytest.mark.parametrize("why", ["silencedBy", "inhibitedBy", "mutedBy"])
async def test_what_alertmanager_holds_back_was_not_missed(
    world: World, alertmanager: AlertmanagerServer, why: str
) -> None:
    await fires_and_is_held(world, alertmanager)
    alertmanager.has(webhooks.firing("Flood", at=world.clock.now()))
    alertmanager.holds_back("Flood", **{why: ["something"]})
    await world.pass_time(minutes=13)


async def test_an_older_alertmanager_that_mutes_by_time_and_does_not_say_what_is_not_asked_what_was_missed(
    tmp_path: Path, logs: list[LogLine]
) -> None:
    async with AlertmanagerServer(mutes=False) as server:
        world = World(tmp_path, asking(server, more=", receivers: [rungbell]"), logs)
        await world.start()
        server.has(webhooks.firing("Flood", at=world.clock.now()))
        server.config = "time_intervals: [{name: nights}]"
        await world.pass_time(minutes=13)
        world.phone("alice").expects_nothing()
        server.config = ""
        await world.pass_time(minutes=12)
        await world.phone("alice").expects("Flood").acknowledges()
        await world.crash()
        world.verify()


async def test_what_other_receivers_get_was_not_missed(world: World, alertmanager: AlertmanagerServer) -> None:
    await fires_and_is_held(world, alertmanager)
    flood = webhooks.firing("Flood", at=world.clock.now())
    alertmanager.has({**flood, "receiver": "mail", "groupKey": "{}/mail"})
    await world.pass_time(minutes=13)


async def test_a_watchdog_and_what_never_pages_are_not_missed(world: World, alertmanager: AlertmanagerServer) -> None:
    await fires_and_is_held(world, alertmanager)
    alertmanager.has(webhooks.firing("Watchdog", at=world.clock.now(), severity="none"))
    await world.pass_time(minutes=13)
    assert world.figure("alertmanager_repaired_alerts_total", source="cluster-b", change="opened") == 0


# -- what Alertmanager keeps silent about ----------------------------------------------------------------------


async def test_a_silence_is_shown_with_its_end_and_its_maker_until_it_is_over_and_holds_no_page(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    body = world.firing("DiskFull", "critical")
    alertmanager.has(body)
    until = world.clock.now() + timedelta(hours=2)
    alertmanager.silences("DiskFull", until, by="jane\n\u202e", comment="we deploy")
    await world.receive(body)
    words = "silenced in Alertmanager until 2026-11-23 12:00 UTC by jane: we deploy"
    await world.pass_time(minutes=3)
    assert (await world.incident("DiskFull")).suppressed == words
    world.phone("alice").expects("DiskFull")
    await world.pass_time(minutes=3)
    world.phone("alice").expects("DiskFull")
    await world.phone("bob").expects("DiskFull").acknowledges()
    await world.restart()
    alertmanager.holds_back("DiskFull")
    await world.pass_time(minutes=2)
    assert [entry.text for entry in await world.timeline("DiskFull", EntryKind.SUPPRESSED)] == [
        words,
        "no longer silenced or inhibited in Alertmanager",
    ]


async def test_inhibited_is_shown_and_a_silenced_alert_beside_one_that_is_not_is_none(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    alertmanager.holds_back("DiskFull", inhibitedBy=["8b7359a86873a7b6"])
    await world.pass_time(minutes=2)
    assert (await world.incident("DiskFull")).suppressed == "inhibited in Alertmanager"
    more = webhooks.alert(
        {"alertname": "DiskFull", "instance": "b", "severity": "critical"}, starts_at=world.clock.now()
    )
    alertmanager.has(webhooks.message([more]))
    await world.receive(webhooks.message([more]))
    world.phone("alice").expects("1 more firing")
    await world.pass_time(minutes=2)
    assert (await world.incident("DiskFull")).suppressed == ""


async def test_what_ends_while_it_is_silenced_was_not_lost_and_is_counted_apart(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    alertmanager.silences("DiskFull", world.clock.now() + timedelta(hours=2))
    await stays(world, minutes=2)
    alertmanager.forgets()
    await world.pass_time(minutes=12)
    assert await status(world) is Status.MONITORING
    assert (await world.incident("DiskFull")).suppressed == ""
    assert [world.figure(REPAIRED, source="cluster-b", change=one) for one in ("silenced", "resolved")] == [1, 0]


async def test_a_silence_that_cannot_be_asked_for_leaves_what_is_known(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    alertmanager.holds_back("DiskFull", silencedBy=["../../../etc"])
    await world.pass_time(minutes=2)
    assert (await world.incident("DiskFull")).suppressed == ""
    assert "/api/v2/silence/..%2F..%2F..%2Fetc" in {request.raw_path for request in alertmanager.asked}


# -- how it asks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "header"),
    [
        (", bearer_token: for-the-proxy", "Bearer for-the-proxy"),
        (", basic_auth: {username: rungbell, password: päss}", "Basic cnVuZ2JlbGw6cMOkc3M="),
        ("", None),
    ],
)
async def test_it_comes_with_its_own_credentials(
    world: World, alertmanager: AlertmanagerServer, more: str, header: str | None
) -> None:
    await world.crash()
    alertmanager.asked.clear()
    world.will_start_with(asking(alertmanager, more=more))
    await world.start()
    await world.settle()
    assert {request.headers.get("Authorization") for request in alertmanager.asked} == {header}


async def test_a_nul_in_a_label_is_the_same_alert_in_a_webhook_and_in_an_answer(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    body = json.loads(json.dumps(world.firing("DiskFull", "critical")).replace("10.0.0.7", "10.0.0.7\\u0000"))
    alertmanager.has(body)
    await world.receive(body)
    await world.phone("alice").expects("DiskFull").acknowledges()
    await stays(world, minutes=13)


# -- one way to PagerDuty --------------------------------------------------------------------------------------

TO_PAGERDUTY = """
route: {receiver: rungbell, routes: [{matchers: ['team="db"'], receiver: db-pager}]}
receivers:
  - {name: rungbell, webhook_configs: [{url: <secret>}]}
  - {name: db-pager, pagerduty_configs: [{routing_key: <secret>}]}
"""
TWICE = "Alertmanager pages PagerDuty directly, and rungbell does too: people are paged twice"


def twice(logs: list[LogLine]) -> list[str]:
    return [f"{line['source']}: {line['receivers']}" for line in logs if line["event"] == TWICE]


@pytest.mark.requirement("A32")
async def test_where_alertmanager_pages_pagerduty_beside_rungbell_the_log_says_so_once_and_after_each_change(
    world: World, alertmanager: AlertmanagerServer, logs: list[LogLine]
) -> None:
    policy = asking(alertmanager).replace("mail: {type: simulated}", "mail: {type: pagerduty}")
    alertmanager.config = TO_PAGERDUTY
    await world.crash()
    world.will_start_with(policy)
    await world.start()
    await world.pass_time(minutes=10)
    assert twice(logs) == ["cluster-b: db-pager"]
    assert world.figure("alertmanager_pages_directly", source="cluster-b") == 1
    world.reload(policy)
    await world.pass_time(minutes=2)
    assert twice(logs) == ["cluster-b: db-pager"] * 2
    alertmanager.config = TO_PAGERDUTY.replace("receiver: db-pager", "receiver: rungbell")
    await world.pass_time(minutes=2)
    assert world.figure("alertmanager_pages_directly", source="cluster-b") == 0
    alertmanager.config = TO_PAGERDUTY
    await world.pass_time(minutes=2)
    assert twice(logs) == ["cluster-b: db-pager"] * 3


@pytest.mark.requirement("A32")
async def test_where_rungbell_does_not_page_pagerduty_alertmanager_may(
    world: World, alertmanager: AlertmanagerServer, logs: list[LogLine]
) -> None:
    alertmanager.config = TO_PAGERDUTY
    await world.pass_time(minutes=2)
    assert twice(logs) == []
    assert world.figure("alertmanager_pages_directly", source="cluster-b") == 0
