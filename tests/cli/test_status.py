"""``rungbell status``: one look says whether somebody should look closer."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from rungbell.domain.errors import ConfigError, StoreUnavailable
from tests.cli.conftest import Type
from tests.harness.alertmanager_server import AlertmanagerServer
from tests.harness.ports import free_port
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.web.running import OPEN, MovableClock, Running, running


async def test_a_quiet_daemon_is_told_in_a_few_lines(daemon: Running, typed: Type) -> None:
    done = await typed("status", "--url", daemon.url)
    assert done.exit_code == 0, done.output
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert lines["state"] == "ready"
    assert lines["open"] == "nothing"
    assert (lines["clocks"], lines["pages"], lines["store"]) == ("on time", "none waits", "reachable")
    assert daemon.url in lines["daemon"]
    assert lines["reviews"] == "due: playbook, runbooks, drill (never noted)"
    assert max(map(len, done.stdout.splitlines())) <= 80


async def test_it_says_what_is_open_and_who_acknowledged_it(daemon: Running, typed: Type) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    await daemon.act(number, "acknowledge", {"by": "bob"})
    shown = (await typed("status", "--url", daemon.url)).stdout
    assert "1 P1 acknowledged" in shown
    assert f"#{number} P1 acknowledged by bob until" in shown
    assert "DiskFull" in shown


async def test_a_silent_heartbeat_is_shown(tmp_path: Path, typed: Type, clock: MovableClock) -> None:
    expecting = OPEN + "sources: {cluster: {anonymous: true, watchdog_within: 10m}}\n"
    async with running(tmp_path / "expecting", expecting) as daemon:
        assert "cluster: never, expected within 10m" in (await typed("status", "--url", daemon.url)).stdout
        await daemon.accepted(firing("Watchdog", severity="none"))
        assert "SILENT" not in (await typed("status", "--url", daemon.url)).stdout
        clock.ahead += timedelta(minutes=11)
        assert "11m ago, expected within 10m (SILENT)" in (await typed("status", "--url", daemon.url)).stdout


@pytest.mark.requirement("A32")
async def test_an_alertmanager_that_pages_pagerduty_beside_rungbell_is_shown(tmp_path: Path, typed: Type) -> None:
    key = "x" * 32
    async with AlertmanagerServer() as alertmanager:
        receivers = f"[{{name: db, pagerduty_configs: [{{routing_key: {key}}}]}}]"
        alertmanager.config = f"{{route: {{receiver: db}}, receivers: {receivers}}}"
        channel = f"{{type: pagerduty, routing_key: {key}, url: {alertmanager.url}}}"
        asked = f"sources: {{cluster: {{anonymous: true, alertmanager: {{url: {alertmanager.url}}}}}}}\n"
        policy = OPEN.replace("channels:\n", f"channels:\n  duty: {channel}\n")
        async with running(tmp_path / "twice", policy + asked) as daemon:

            async def is_shown() -> bool:
                shown = (await typed("status", "--url", daemon.url)).stdout
                return "PAGED TWICE: the Alertmanager of cluster does too, by db" in shown

            await eventually(is_shown, "the status says that PagerDuty is paged twice", within=20)


async def test_a_failed_reload_is_shown_and_the_daemon_is_still_ready(daemon: Running, typed: Type) -> None:
    daemon.daemon.options.config_file.write_text("zone: nowhere\n")
    with pytest.raises(ConfigError):
        await daemon.daemon.reload()
    done = await typed("status", "--url", daemon.url)
    assert done.exit_code == 0
    assert "reload FAILED" in done.stdout


async def test_what_is_not_ready_says_why_by_words_and_exit_code(
    daemon: Running, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("the store cannot be read: disk I/O error")

    monkeypatch.setattr(daemon.services.store, "read", away)
    monkeypatch.setattr(daemon.services, "unready", lambda: "the store cannot be read: disk I/O error")
    done = await typed("status", "--url", daemon.url)
    assert done.exit_code == 1
    assert "NOT READY: the store cannot be read: disk I/O error" in done.stdout
    assert "open" not in done.stdout, "nobody knows"
    # The daemon of this process may log a complaint of its own before the answer.
    assert (await typed("status", "--url", daemon.url, "-o", "name")).stdout.splitlines()[-1] == "unready"
    told = (await typed("status", "--url", daemon.url, "-o", "jsonl")).stdout.splitlines()[-1]
    assert json.loads(told)["open"] is None


async def test_a_store_that_can_be_read_and_not_written_is_shown_as_failing(
    daemon: Running, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "the store cannot be written: database or disk is full"
    monkeypatch.setattr(vars(daemon.services.store)["_writer"], "failing", why)
    done = await typed("status", "--url", daemon.url)
    assert f"store      FAILED: {why}" in done.stdout.splitlines()
    assert "open       nothing" in done.stdout.splitlines()


async def test_a_daemon_that_is_not_there_or_lets_nobody_in_is_not_reached(closed: Running, typed: Type) -> None:
    assert (await typed("status", "--url", f"http://127.0.0.1:{free_port()}")).exit_code == 4
    assert (await typed("status", "--url", closed.url)).exit_code == 4
