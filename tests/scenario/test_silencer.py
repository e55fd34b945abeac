"""What somebody holds is silenced in Alertmanager as long, on a clock that jumps and over a real socket."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.domain.events import Acknowledged, IncidentEvent, Resolved, Unacknowledged
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.events import Merged, Reopened, Snoozed
from rungbell.runtime.alertmanager import silencer
from tests.harness import webhooks
from tests.harness.alertmanager_server import AlertmanagerServer, Fault
from tests.harness.webhooks import Json
from tests.scenario.harness import LogLine, World
from tests.scenario.policies import story

DISK = {"alertname": "DiskFull", "instance": "10.0.0.7:9100", "job": "node", "severity": "critical"}
GIVEN_UP = "a place did not hear what became of an incident"


def silencing(*servers: AlertmanagerServer, silences: bool = True) -> str:
    """A policy whose source cluster-b silences there what is acknowledged."""
    urls = ", ".join(server.url for server in servers)
    asked = f"{{url: [{urls}], silence_while_acknowledged: {str(silences).lower()}}}"
    return story() + f"sources:\n  cluster-b: {{bearer_token: of-cluster-b, alertmanager: {asked}}}\n"


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
    """A rungbell that silences in Alertmanager, and was started."""
    world = World(tmp_path, silencing(alertmanager), logs)
    await world.start()
    yield world
    await world.crash()


async def fires(world: World, *servers: AlertmanagerServer, **labels: str) -> None:
    """One more alert of the group fires here and in Alertmanager."""
    body = webhooks.message([webhooks.alert({**DISK, **labels}, starts_at=world.clock.now())])
    for server in servers:
        server.has(body)
    await world.receive(body)


async def fires_and_is_held(world: World, *servers: AlertmanagerServer) -> None:
    await fires(world, *servers)
    await world.phone("alice").expects("DiskFull").acknowledges()


def ours(server: AlertmanagerServer) -> list[Json]:
    return server.silenced_by("rungbell")


def end(silence: Json) -> datetime:
    return datetime.fromisoformat(silence["endsAt"])


async def held_until(world: World) -> datetime:
    holder = (await world.incident("DiskFull")).holder
    assert holder is not None
    return holder.ends_at


async def says(world: World, act: IncidentEvent) -> None:
    await world.parts.handler.handle(act)
    await world.settle()


async def restarts_with(world: World, policy: str) -> None:
    await world.crash()
    world.will_start_with(policy)
    await world.start()


# -- what is silenced ------------------------------------------------------------------------------------------


async def test_an_acknowledgement_silences_the_firing_alert_by_all_its_labels_until_it_ends(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    incident = await world.incident("DiskFull")
    (silence,) = ours(alertmanager)
    assert {one["name"]: one["value"] for one in silence["matchers"]} == DISK
    assert not any(one["isRegex"] for one in silence["matchers"])
    assert silence["comment"] == f"incident #1, cycle 1, is acknowledged by alice [{incident.id}]"
    assert end(silence) == await held_until(world)
    await world.pass_time(minutes=2)
    shown = (await world.incident("DiskFull")).suppressed
    assert shown.startswith("silenced in Alertmanager until 2026-11-23 12:00 UTC by rungbell: incident #1")


async def test_an_alert_that_has_more_labels_or_is_worse_is_not_hidden(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires(world, alertmanager)
    await fires(world, alertmanager, device="sda")
    await world.phone("alice").expects("DiskFull").acknowledges()
    world.expects_every_page()
    assert len(ours(alertmanager)) == 2
    assert len(alertmanager.silence_on(DISK)) == 1
    assert len(alertmanager.silence_on({**DISK, "device": "sda"})) == 1
    assert alertmanager.silence_on({**DISK, "device": "sdb"}) == []
    assert alertmanager.silence_on({**DISK, "severity": "disaster"}) == []


async def test_an_alert_without_a_severity_does_not_hide_one_that_has(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    plain = {"alertname": "DiskFull", "job": "node"}
    await world.receive(webhooks.message([webhooks.alert(plain, starts_at=world.clock.now())]))
    await world.phone("alice").expects("DiskFull").acknowledges()
    assert len(alertmanager.silence_on(plain)) == 1
    assert alertmanager.silence_on({**plain, "severity": "critical"}) == []


async def test_where_more_alerts_fire_than_may_be_silenced_none_is_and_the_log_says_so(
    world: World, alertmanager: AlertmanagerServer, logs: list[LogLine]
) -> None:
    many = [
        webhooks.alert({**DISK, "instance": str(number)}, starts_at=world.clock.now())
        for number in range(silencer.MOST + 1)
    ]
    await world.receive(webhooks.message(many))
    await world.phone("alice").expects("DiskFull").acknowledges()
    assert alertmanager.told == []
    (line,) = [one for one in logs if one["event"].startswith("too many alerts fire")]
    assert (line["alerts"], line["most"]) == (51, 50)


@pytest.mark.parametrize("source", ["cluster-a", "cluster-b"])
async def test_nothing_is_told_where_nobody_asked_for_it(
    world: World, alertmanager: AlertmanagerServer, source: str
) -> None:
    if source == "cluster-b":
        await restarts_with(world, silencing(alertmanager, silences=False))
    await world.receive(world.firing("DiskFull", "critical"), source=source)
    await world.phone("alice").expects("DiskFull").acknowledges()
    assert (alertmanager.told, world.figure("echoes_total", state="accepted")) == ([], 0)


# -- until when ------------------------------------------------------------------------------------------------


async def test_a_new_end_changes_the_silence_that_is_there(world: World, alertmanager: AlertmanagerServer) -> None:
    await fires_and_is_held(world, alertmanager)
    (before,) = ours(alertmanager)
    await world.pass_time(minutes=30)
    until = world.clock.now() + timedelta(hours=1)
    await says(world, Snoozed(incident=(await world.incident("DiskFull")).id, by="alice", until=until))
    (after,) = ours(alertmanager)
    assert (after["id"], after["startsAt"]) == (before["id"], before["startsAt"])
    assert end(after) == await held_until(world) == until != end(before)


async def test_another_holder_is_named_by_it(world: World, alertmanager: AlertmanagerServer) -> None:
    await fires_and_is_held(world, alertmanager)
    await says(world, Unacknowledged(incident=(await world.incident("DiskFull")).id, by="alice"))
    world.expects_every_page()
    await says(world, Acknowledged(incident=(await world.incident("DiskFull")).id, by="bob"))
    (silence,) = ours(alertmanager)
    assert "is acknowledged by bob [" in silence["comment"]


async def test_it_ends_when_the_holder_gives_it_back(world: World, alertmanager: AlertmanagerServer) -> None:
    await fires_and_is_held(world, alertmanager)
    await says(world, Unacknowledged(incident=(await world.incident("DiskFull")).id, by="alice"))
    world.expects_every_page()
    assert ours(alertmanager) == []


async def test_it_ends_when_somebody_says_that_it_is_over_though_it_fires(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    await says(world, Resolved(incident=(await world.incident("DiskFull")).id, by="alice", reason="it is harmless"))
    assert ours(alertmanager) == []


async def test_it_ends_when_the_alert_is_seen_to_be_over_though_its_resolve_was_silenced(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    await world.pass_time(minutes=2)
    alertmanager.forgets()
    await world.pass_time(minutes=12)
    assert (await world.incident("DiskFull")).status is Status.MONITORING
    assert ours(alertmanager) == []
    assert world.figure("alertmanager_repaired_alerts_total", source="cluster-b", change="silenced") == 1


async def test_it_ends_when_something_worse_rings_again(world: World, alertmanager: AlertmanagerServer) -> None:
    await fires_and_is_held(world, alertmanager)
    await fires(world, alertmanager, severity="disaster")
    world.expects_every_page()
    assert (await world.incident("DiskFull")).holder is None
    assert ours(alertmanager) == []


async def test_it_ends_when_the_acknowledgement_does_and_the_ladder_rings(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    await world.pass_time(hours=2, minutes=1)
    world.expects_every_page()
    assert (await world.incident("DiskFull")).holder is None
    assert ours(alertmanager) == []


# -- what goes on in another -----------------------------------------------------------------------------------


async def also_fires(world: World, server: AlertmanagerServer, name: str, source: str = "cluster-b") -> str:
    """An alert of a group of its own fires; gives its incident."""
    body = webhooks.firing(name, at=world.clock.now())
    server.has(body)
    await world.receive(body, source=source)
    return (await world.incident(name)).id


def silenced(server: AlertmanagerServer) -> list[str]:
    """The names of the alerts on which a silence of ours lies."""
    return sorted(one["value"] for silence in ours(server) for one in silence["matchers"] if one["name"] == "alertname")


async def test_what_is_merged_into_what_somebody_holds_is_silenced_with_it_until_it_leaves(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    part = await also_fires(world, alertmanager, "QueueDeep")
    assert silenced(alertmanager) == ["DiskFull"]

    await says(world, Merged(incident=part, by="alice", into="1"))
    assert silenced(alertmanager) == ["DiskFull", "QueueDeep"]

    await says(world, Reopened(incident=part, by="alice", reason="another cause"))
    world.expects_every_page()
    assert silenced(alertmanager) == ["DiskFull"]


async def test_the_acknowledgement_of_the_whole_silences_its_parts_and_ends_with_it(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires(world, alertmanager)
    part = await also_fires(world, alertmanager, "QueueDeep")
    await says(world, Merged(incident=part, by="alice", into="1"))
    assert silenced(alertmanager) == []

    await says(world, Acknowledged(incident=(await world.incident("DiskFull")).id, by="alice"))
    assert silenced(alertmanager) == ["DiskFull", "QueueDeep"]

    await says(world, Unacknowledged(incident=(await world.incident("DiskFull")).id, by="alice"))
    world.expects_every_page()
    assert silenced(alertmanager) == []


async def test_a_silence_of_its_own_goes_over_into_that_of_what_it_is_merged_into(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    part = await also_fires(world, alertmanager, "QueueDeep")
    await says(world, Acknowledged(incident=part, by="alice"))
    await says(world, Merged(incident=part, by="alice", into="1"))
    world.expects_every_page()
    assert silenced(alertmanager) == ["DiskFull", "QueueDeep"]
    assert {silence["comment"].partition(",")[0] for silence in ours(alertmanager)} == {"incident #1"}


async def test_a_part_of_another_source_is_silenced_in_the_alertmanager_that_tells_of_it(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await world.receive(world.firing("QueueDeep", "critical"), source="cluster-a")
    await fires(world, alertmanager)
    await says(world, Merged(incident=(await world.incident("DiskFull")).id, by="alice", into="1"))
    await says(world, Acknowledged(incident=(await world.incident("QueueDeep")).id, by="alice"))
    world.expects_every_page()
    assert silenced(alertmanager) == ["DiskFull"]


async def test_a_part_whose_alert_begins_anew_is_told_of_and_not_hidden(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    part = await also_fires(world, alertmanager, "QueueDeep")
    await says(world, Merged(incident=part, by="alice", into="1"))
    before = len(alertmanager.told)
    another = {"alertname": "QueueDeep", "instance": "b", "severity": "critical"}
    await world.receive(webhooks.message([webhooks.alert(another, starts_at=world.clock.now())]))
    world.expects_every_page()
    assert len(alertmanager.told) == before


async def test_the_holder_of_an_umbrella_holds_all_that_goes_on_in_it(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await restarts_with(world, silencing(alertmanager) + "storms: {umbrella: {opens: 2, within: 1m}}\n")
    for name in ("One", "Two", "Three", "Four"):
        await also_fires(world, alertmanager, name)
    await says(world, Acknowledged(incident=(await world.incident("Storm")).id, by="alice"))
    world.expects_every_page()
    assert silenced(alertmanager) == ["Four", "Three"]
    await also_fires(world, alertmanager, "Five")
    world.expects_every_page()
    assert silenced(alertmanager) == ["Five", "Four", "Three"]


# -- what goes wrong -------------------------------------------------------------------------------------------


async def test_a_crash_before_the_result_was_recorded_makes_no_second_silence(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires_and_is_held(world, alertmanager)
    await world.crash()
    world.change_file("UPDATE outbox SET state = 'leased', due_at = send_after WHERE kind = ?", "echo")
    await world.start()
    await world.pass_time(minutes=1)
    assert world.figure("echoes_total", state="accepted") == 1
    assert (len(ours(alertmanager)), len(alertmanager.told)) == (1, 1)


async def test_what_is_ours_beside_it_and_should_not_be_is_ended_and_that_of_others_stays(
    world: World, alertmanager: AlertmanagerServer
) -> None:
    await fires(world, alertmanager)
    incident = await world.incident("DiskFull")
    until = world.clock.now() + timedelta(hours=9)
    alertmanager.silences("Left", until, by="rungbell", comment=f"left over [{incident.id}]")
    alertmanager.silences("Other", until, by="rungbell", comment="of another incident [0190]")
    alertmanager.silences("Theirs", until, by="jane", comment=f"who quotes us [{incident.id}]")
    await world.phone("alice").expects("DiskFull").acknowledges()
    assert [one["comment"].partition(" ")[0] for one in ours(alertmanager)] == ["of", "incident"]
    assert len(alertmanager.silenced_by("jane")) == 1


async def test_one_peer_that_answers_is_enough(
    world: World, alertmanager: AlertmanagerServer, peer: AlertmanagerServer
) -> None:
    await restarts_with(world, silencing(alertmanager, peer))
    alertmanager.fault = Fault(status=503)
    await fires_and_is_held(world, peer)
    assert (len(ours(alertmanager)), len(ours(peer))) == (0, 1)


async def test_a_peer_that_hangs_leaves_time_for_the_other(
    world: World, alertmanager: AlertmanagerServer, peer: AlertmanagerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silencer, "PATIENCE", 1.0)
    await restarts_with(world, silencing(alertmanager, peer))
    await fires(world, peer)
    page = world.phone("alice").expects("DiskFull")
    alertmanager.fault = Fault(hangs=True)
    await page.acknowledges()
    assert len(ours(peer)) == 1


async def test_one_that_is_down_is_told_again_and_then_what_is_true(
    world: World, alertmanager: AlertmanagerServer, logs: list[LogLine]
) -> None:
    await fires(world, alertmanager)
    page = world.phone("alice").expects("DiskFull")
    alertmanager.fault = Fault(status=503)
    await page.acknowledges()
    await world.pass_time(seconds=10)
    alertmanager.fault = None
    await world.pass_time(seconds=30)
    assert len(ours(alertmanager)) == 1
    failed = [one for one in logs if one["event"] == GIVEN_UP]
    assert failed
    assert all(one["detail"].endswith("answers with HTTP 503") for one in failed)


async def test_what_it_refuses_is_told_once(
    world: World, alertmanager: AlertmanagerServer, logs: list[LogLine]
) -> None:
    await fires(world, alertmanager)
    page = world.phone("alice").expects("DiskFull")
    alertmanager.refuses = True
    await page.acknowledges()
    await world.pass_time(minutes=5)
    assert len(alertmanager.told) == 1
    assert [one["reason"] for one in logs if one["event"] == GIVEN_UP] == ["refused"]
