"""The drill: a backup under load, restored in another place, started there."""

import asyncio
import shutil
import sys
from pathlib import Path
from random import Random

import pytest

from tests.harness.daemon import Daemon
from tests.harness.failures import show_logs_when_failing
from tests.harness.pager_receiver import PagerReceiver
from tests.harness.waiting import eventually
from tests.soak.policy import write_good
from tests.soak.traffic import Traffic

RATE = 50
QUIET = 3.0


@pytest.mark.end_to_end
@pytest.mark.timeout(120)
async def test_a_backup_made_under_load_starts_elsewhere_with_paging_held_and_tells_the_operator_once(
    pager: PagerReceiver, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    show_logs_when_failing(request, tmp_path)
    copy = tmp_path / "copy.db"
    (tmp_path / "first").mkdir()
    config = write_good(tmp_path / "first" / "rungbell.yml", pager.url)
    async with Daemon(tmp_path / "first", config) as first:
        traffic = Traffic(first.url, RATE, Random(1))
        sending = asyncio.create_task(traffic.run())
        await pager.wait_for(20, 30)
        before = {one["id"] for one in await first.api.incidents()}
        backup = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "rungbell", "backup", str(copy), "--url", first.url
        )
        assert await backup.wait() == 0
        traffic.stop()
        await sending

    async with PagerReceiver() as elsewhere:
        (tmp_path / "second").mkdir()
        config = write_good(tmp_path / "second" / "rungbell.yml", elsewhere.url)
        shutil.copy(copy, tmp_path / "second" / "rungbell.db")
        async with Daemon(tmp_path / "second", config) as second:
            there = {one["id"]: one for one in await second.api.incidents()}
            opened = [one for one in there.values() if one["status"] != "resolved" and one["source"] != "rungbell"]

            assert before <= there.keys()
            assert opened
            assert all(one["held"] for one in opened)

            async def told() -> bool:
                return bool(elsewhere.pages)

            await eventually(told, "the operator is paged", within=10)
            await elsewhere.stays_quiet(QUIET)
            (page,) = elsewhere.pages
            assert "RungbellPagingHeld" in page.text
            assert "was started on a backup" in page.text

            assert (await second.api.acknowledge(opened[0]["id"], "alice"))["outcome"] == "done"
            assert not (await second.api.incident(opened[0]["id"]))["held"]
