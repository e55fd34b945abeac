"""An incident's life by hand over real parts: a snooze and a merge outlive a crash."""

from datetime import timedelta

import pytest

from rungbell.domain.events import Acknowledged
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.events import Merged, Snoozed
from rungbell.domain.timeline import EntryKind
from tests.scenario.harness import World


@pytest.mark.requirement("A45")
async def test_a_snooze_outlives_a_crash_and_rings_at_its_end(world: World) -> None:
    await world.fires("DiskFull", "critical")
    await world.phone("alice").expects("DiskFull").acknowledges()
    incident = await world.incident("DiskFull")
    until = incident.opened_at + timedelta(minutes=20)
    await world.parts.handler.handle(Snoozed(incident=incident.id, by="alice", until=until))
    await world.restart(after=timedelta(minutes=5))
    await world.pass_time(minutes=14, seconds=59)
    world.phone("alice").expects_nothing()
    await world.pass_time(seconds=2)
    await world.phone("alice").expects("DiskFull").acknowledges()
    (ended,) = await world.timeline("DiskFull", EntryKind.ACKNOWLEDGEMENT_ENDED)
    assert ended.text == "the snooze by alice has ended; nobody holds the incident"


@pytest.mark.requirement("A12")
async def test_what_was_merged_counts_for_the_whole_over_a_crash(world: World) -> None:
    await world.fires("DatabaseSlow", "critical")
    await world.phone("alice").expects("DatabaseSlow").acknowledges()
    await world.fires("QueueDeep", "critical")
    world.phone("alice").expects("QueueDeep")
    whole, part = await world.incident("DatabaseSlow"), await world.incident("QueueDeep")
    handler = world.parts.handler
    await handler.handle(Merged(incident=part.id, by="alice", into=str(whole.number)))
    assert (await world.incident("QueueDeep")).status is Status.MERGED
    await world.restart(after=timedelta(minutes=1))
    await world.stops_firing("DatabaseSlow")
    assert (await world.incident("DatabaseSlow")).status is Status.ACKNOWLEDGED, "a part of it still fires"
    await world.stops_firing("QueueDeep")
    assert (await world.incident("DatabaseSlow")).status is Status.MONITORING
    late = await world.parts.handler.handle(Acknowledged(incident=part.id, by="alice"))
    assert late.reply.text.startswith("already merged by alice")
