"""A disk that is really full, and one that is really read-only: what is answered, who is told, and how it ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.harness.daemon import Daemon
from tests.harness.failures import show_logs_when_failing
from tests.harness.pager_receiver import Answer, PagerReceiver
from tests.harness.process import Child
from tests.harness.small_disk import SmallDisk, small_disk_or_skip
from tests.harness.waiting import eventually
from tests.harness.webhooks import Json, firing
from tests.soak.policy import write_good

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(120)]

MEBIBYTES = 8
LARGE = "x" * 400_000
SLOW = 3.0
"""Seconds the pager takes to answer, so that a page is under way while the disk fills up."""
FULL_FOR = 7.0
"""Seconds; longer than what a retry makes good."""
RECOVERS_WITHIN = 5.0
LINES_A_SECOND = 3
"""What each of those who cannot write may say: the clock watcher, the pages' lane, housekeeping."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system of the test's own."""
    with small_disk_or_skip(tmp_path / "disk", MEBIBYTES) as mounted:
        yield mounted


@pytest.fixture
async def rungbell(
    disk: SmallDisk, pager: PagerReceiver, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Daemon]:
    """A rungbell whose store lies there, and whose operator is paged too."""
    show_logs_when_failing(request, tmp_path)
    directory = tmp_path / "rungbell"
    directory.mkdir()
    config = write_good(directory / "rungbell.yml", pager.url)
    async with Daemon(directory, config, store=disk.root / "rungbell.db") as daemon:
        yield daemon


def large(name: str) -> Json:
    webhook = firing(name)
    webhook["alerts"][0]["annotations"]["description"] = LARGE
    return webhook


async def use_up(daemon: Daemon) -> None:
    """Send until one finds no room."""
    for number in range(3 * MEBIBYTES):
        if await daemon.api.send(large(f"Large{number}")) == 503:
            return
    raise AssertionError("the disk is never full")


async def test_on_a_full_disk_alerts_wait_people_answer_pages_leave_and_it_goes_on_by_itself(
    rungbell: Daemon, disk: SmallDisk, pager: PagerReceiver
) -> None:
    assert await rungbell.api.send(firing("Before")) == 200
    (before,) = await pager.wait_for(1, 10)
    pager.answer_next(Answer(delay=SLOW))
    assert await rungbell.api.send(firing("UnderWay")) == 200
    await pager.wait_for_requests(2, 10)

    disk.fill()
    await use_up(rungbell)
    said = len(rungbell.logs.splitlines())
    began = time.monotonic()

    assert await rungbell.api.send(firing("Refused")) == 503
    assert "full" in await rungbell.api.unready()
    assert await rungbell.api.healthy()
    assert await rungbell.api.press_link(before.acknowledge_url) == 303
    assert (await rungbell.api.incident(before.incident))["status"] == "acknowledged"
    await asyncio.sleep(max(0.0, began + FULL_FOR - time.monotonic()))

    async def told() -> bool:
        return any("RungbellStoreUnwritable" in page.text for page in pager.pages)

    await eventually(told, "the operator is paged while it is full", within=10)
    assert "full" in await rungbell.api.unready()
    lines = len(rungbell.logs.splitlines()) - said
    assert lines <= LINES_A_SECOND * (time.monotonic() - began) + 10, "the log is flooded"

    disk.free()

    async def ready() -> bool:
        return not await rungbell.api.unready()

    await eventually(ready, "it is ready again", within=RECOVERS_WITHIN)
    assert await rungbell.api.send(firing("Refused")) == 200
    titles = [one["title"] for one in await rungbell.api.incidents()]
    assert {"Before", "UnderWay", "Refused"} <= {title.partition(":")[0] for title in titles}
    intents = [page.intent for page in pager.pages]
    assert len(intents) == len(set(intents)), "somebody was rung twice"
    under_way = [page for page in pager.pages if "UnderWay" in page.text]
    assert len({page.tier for page in under_way}) == len(under_way)


async def says_and_ends(daemon: Daemon) -> str:
    """Start it, wait until it ends by itself, and give the one line it says."""
    await daemon.spawn()
    child: Child = vars(daemon)["_child"]

    async def ended() -> bool:
        return not child.running

    await eventually(ended, "it ends by itself", within=30)
    with pytest.raises(AssertionError, match="ended with 1"):
        daemon.check_running()
    await daemon.kill()
    (line,) = daemon.logs.splitlines()
    return line


async def test_a_start_on_a_full_disk_goes_on_in_the_room_that_was_set_aside(
    rungbell: Daemon, disk: SmallDisk, pager: PagerReceiver
) -> None:
    assert await rungbell.api.send(firing("Before")) == 200
    (before,) = await pager.wait_for(1, 10)
    await rungbell.terminate()
    disk.fill()

    await rungbell.spawn()

    async def healthy() -> bool:
        rungbell.check_running()
        try:
            return await rungbell.api.healthy()
        except aiohttp.ClientError:
            return False

    async def says_full() -> bool:
        return "full" in await rungbell.api.unready()

    await eventually(healthy, "it answers", within=20)
    await eventually(says_full, "its clocks have been looked at, and it says why it is not ready", within=20)
    assert await rungbell.api.send(firing("Refused")) == 503
    assert await rungbell.api.press_link(before.acknowledge_url) == 303
    assert (await rungbell.api.incident(before.incident))["status"] == "acknowledged"

    disk.free()
    await rungbell.ready()
    assert await rungbell.api.send(firing("Refused")) == 200


@pytest.mark.parametrize(
    ("trouble", "words", "existing"),
    [
        pytest.param("full", "is full", False, id="full, a new store"),
        pytest.param("read-only", "read-only", False, id="read-only, a new store"),
        pytest.param("read-only", "read-only", True, id="read-only, a store that is there"),
    ],
)
async def test_a_start_without_room_says_what_and_where_in_one_line_and_ends_with_1(
    disk: SmallDisk, tmp_path: Path, trouble: str, words: str, *, existing: bool
) -> None:
    store = disk.root / "rungbell.db"
    if existing:
        async with Daemon(tmp_path / "before", store=store) as before:
            await before.api.send(firing("Before"))
            await before.terminate()
    if trouble == "full":
        disk.fill()
    else:
        disk.read_only(on=True)

    line = await says_and_ends(Daemon(tmp_path / "after", store=store))

    assert words in line
    assert str(store) in line
    assert line.startswith("rungbell: ")
    if trouble == "full":
        disk.free()
    else:
        disk.read_only(on=False)
    if existing:
        async with Daemon(tmp_path / "again", store=store) as again:
            assert [one["title"].partition(":")[0] for one in await again.api.incidents()] == ["Before"]
