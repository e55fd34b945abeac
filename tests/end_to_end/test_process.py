"""The process from outside, without Prometheus: what it promises its senders, its pager and its supervisor."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.harness.daemon import Daemon
from tests.harness.pager_receiver import UNAVAILABLE, PagerReceiver
from tests.harness.ports import LOOPBACK, free_port
from tests.harness.process import Child
from tests.harness.quickstart import QUICKSTART, derive
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing, resolved

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(120)]

HANGS_UP_EARLY = """
import os, signal, sys

class Finder:
    def find_spec(self, name, *_):
        if name == "rungbell.app":
            os.kill(os.getpid(), signal.SIGHUP)

sys.meta_path.insert(0, Finder())
from rungbell.__main__ import main
main()
"""
"""The command, and a SIGHUP to it while most of the program is still to be read."""


async def test_a_webhook_becomes_an_incident_and_a_page_to_l1(rungbell: Daemon, pager: PagerReceiver) -> None:
    assert await rungbell.api.send(firing("DiskFull", summary="No room left on db-1")) == 200

    (page,) = await pager.wait_for(1, 10)
    (incident,) = await rungbell.api.incidents()
    assert (page.tier, page.incident) == ("L1", incident["id"])
    assert "No room left on db-1" in page.text
    assert incident["status"] == "triggered"


async def test_a_repeated_webhook_pages_nobody_again(rungbell: Daemon, pager: PagerReceiver) -> None:
    webhook = firing("DiskFull")
    assert [await rungbell.api.send(webhook) for _ in range(3)] == [200, 200, 200]

    await pager.wait_for(1, 10)
    assert await pager.stays_quiet(2), f"a repeat paged:\n{pager}"
    assert len(await rungbell.api.incidents()) == 1


async def test_a_pager_that_is_unavailable_is_tried_again_with_the_same_intent(
    rungbell: Daemon, pager: PagerReceiver
) -> None:
    pager.answer_next(UNAVAILABLE)
    assert await rungbell.api.send(firing("DiskFull")) == 200

    (page,) = await pager.wait_for(1, 30)
    refused = pager.received[0]
    assert (refused.answer.status, refused.intent) == (503, page.intent)


async def test_the_incident_ends_when_its_alert_is_resolved(rungbell: Daemon, pager: PagerReceiver) -> None:
    began = datetime.now(UTC)
    await rungbell.api.send(firing("DiskFull", at=began))
    await pager.wait_for(1, 10)
    await rungbell.api.send(resolved("DiskFull", at=began, ends_at=datetime.now(UTC)))

    async def is_over() -> bool:
        return [one["status"] for one in await rungbell.api.incidents()] == ["resolved"]

    await eventually(is_over, "the incident is resolved", within=10)


async def test_sigterm_ends_it_with_success_and_the_next_start_remembers(
    rungbell: Daemon, pager: PagerReceiver
) -> None:
    await rungbell.api.send(firing("DiskFull"))
    await pager.wait_for(1, 10)
    before = await rungbell.api.incidents()

    assert await rungbell.terminate() == 0
    await rungbell.start()

    after = await rungbell.api.incidents()
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert await pager.stays_quiet(2), f"a page left twice:\n{pager}"


async def test_sighup_reads_the_configuration_again_and_a_bad_file_changes_nothing(
    rungbell: Daemon, pager: PagerReceiver
) -> None:
    written = rungbell.config.read_text()
    rungbell.config.write_text(written.replace("climb_to: L5", "climb_to: L9"))
    rungbell.hang_up()

    async def is_told() -> bool:
        return "the old one stays" in rungbell.logs

    await eventually(is_told, "the log tells of the bad file", within=5)
    rungbell.config.write_text(written.replace("severity: P2", "severity: P3"))
    rungbell.hang_up()

    async def is_read() -> bool:
        return "was read again" in rungbell.logs

    await eventually(is_read, "the good file is read", within=5)
    await rungbell.api.send(firing("DiskFull"))
    await pager.wait_for(1, 10)
    assert [one["severity"] for one in await rungbell.api.incidents()] == ["P3"]


async def test_a_sighup_while_the_program_is_being_read_does_not_end_it(tmp_path: Path) -> None:
    child = Child("rungbell", tmp_path / "rungbell.log")
    where = ["--storage.path", str(tmp_path / "s.db"), "--web.listen-address", f"{LOOPBACK}:{free_port()}"]
    serve = ["serve", "--config.file", str(QUICKSTART), *where]
    await child.start([sys.executable, "-c", HANGS_UP_EARLY, *serve])
    try:

        async def is_up() -> bool:
            child.check_running()
            return "rungbell is up" in child.logs

        await eventually(is_up, "rungbell is up", within=30)
        assert await child.terminate(25) == 0
    finally:
        await child.kill()


async def test_with_the_flag_a_changed_file_is_read_without_being_told(tmp_path: Path) -> None:
    config = derive(tmp_path / "rungbell.yml", page_url="http://127.0.0.1:9/page")
    async with Daemon(tmp_path / "d", config, flags={"--config.auto-reload-interval": "1s"}) as daemon:
        config.write_text(config.read_text().replace("severity: P2", "severity: P3"))

        async def is_read() -> bool:
            return "was read again" in daemon.logs

        await eventually(is_read, "the file is read", within=10)
        assert await daemon.terminate() == 0


@pytest.mark.parametrize("said", ["10ms", "30", "often"])
async def test_a_flag_that_is_no_sound_interval_is_refused(said: str, tmp_path: Path) -> None:
    child = Child("rungbell", tmp_path / "log")
    await child.start([sys.executable, "-m", "rungbell", "serve", "--config.auto-reload-interval", said])

    async def ended() -> bool:
        return not child.running

    await eventually(ended, "it ends", within=20)
    assert "--config.auto-reload-interval" in child.logs
    assert await child.terminate(1) == 2
