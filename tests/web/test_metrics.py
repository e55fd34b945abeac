"""What is asked of rungbell over HTTP moves the figures of /metrics."""

import asyncio
import hashlib
import platform
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rungbell import __version__
from rungbell.runtime.watching import pulse
from rungbell.store import connections
from rungbell.telemetry import Metrics
from rungbell.web.intake import alertmanager
from tests.harness.programs import find_program
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.telemetry.exposition import figure
from tests.web.running import (
    CLOSED,
    INCIDENTS,
    OPEN,
    TOKEN_A,
    TOKEN_ALICE,
    WEBHOOK,
    MovableClock,
    Running,
    bearer,
    running,
)


async def scrape(daemon: Running) -> str:
    answer = await daemon.ask("GET", "/metrics")
    assert answer.status == 200
    return answer.text


async def shown(daemon: Running, name: str, **labels: str) -> float:
    return figure(await scrape(daemon), f"rungbell_{name}", **labels)


async def test_a_webhook_is_counted_for_its_source(closed: Running) -> None:
    await closed.accepted(firing("DiskFull"))
    assert await shown(closed, "webhooks_received_total", source="cluster-a") == 1
    assert await shown(closed, "webhooks_received_total", source="cluster-b") == 0
    assert await shown(closed, "alerts_received_total", source="cluster-a") == 1


async def test_a_webhook_that_is_not_taken_is_counted_by_its_reason(
    closed: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await closed.send(firing("DiskFull"), headers=bearer("nobody"))).status == 401
    assert (await closed.send(b"nonsense")).status == 400
    monkeypatch.setattr(closed.services, "draining", True)
    assert (await closed.send(firing("DiskFull"))).status == 503

    for reason in ("unauthorized", "unreadable", "draining"):
        assert await shown(closed, "webhooks_refused_total", reason=reason) == 1
    assert await shown(closed, "webhooks_received_total") == 0
    assert await shown(closed, "troubles_total", kind="RungbellWebhookUnreadable") == 1


async def test_a_store_that_is_away_is_counted_by_whoever_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.WRITER_PRAGMAS, "busy_timeout", 20)
    async with running(tmp_path) as daemon:
        with closing(sqlite3.connect(daemon.store, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert (await daemon.send(firing("DiskFull"))).status == 503
            assert await shown(daemon, "webhooks_refused_total", reason="store") == 1

            async def is_counted() -> bool:
                return await shown(daemon, "store_errors_total") > 0

            vars(daemon.daemon)["_watcher"].__dict__["_alive_at"] = None  # it writes at its next look
            await eventually(is_counted, "the clock watcher's failure is counted", within=10)
            other.execute("ROLLBACK")


async def test_a_webhook_that_is_too_large_is_counted_as_such(closed: Running) -> None:
    body = b" " * (alertmanager.BODY_LIMIT + 1)
    assert (await closed.send(body)).status == 413
    assert await shown(closed, "webhooks_refused_total", reason="too_large") == 1


async def test_requests_are_measured_by_route_method_and_code(closed: Running) -> None:
    name = "http_request_duration_seconds_count"
    assert await shown(closed, name, handler=WEBHOOK, method="POST", code="200") == 0
    assert await shown(closed, name, handler="/a/{token}", method="POST", code="200") == 0

    number = await closed.opened("DiskFull")
    await closed.send(b"nonsense")
    await closed.ask("POST", WEBHOOK + "/", headers=bearer("nobody"))
    await closed.ask("GET", f"{INCIDENTS}/{number}", headers=bearer(TOKEN_ALICE))
    await closed.ask("GET", "/a/what-nobody-signed")
    await closed.ask("GET", "/no/such/path")
    await closed.ask("DELETE", "/metrics")
    await closed.ask("PROPFIND", "/no/such/pot")

    text = await scrape(closed)
    for labels in (
        {"handler": WEBHOOK, "method": "POST", "code": "200"},
        {"handler": WEBHOOK, "method": "POST", "code": "400"},
        {"handler": WEBHOOK, "method": "POST", "code": "401"},
        {"handler": "/a/{token}", "method": "GET", "code": "404"},
        {"handler": "none", "method": "GET", "code": "404"},
        {"handler": "none", "method": "DELETE", "code": "405"},
        {"handler": "none", "method": "other", "code": "404"},
    ):
        assert figure(text, f"rungbell_{name}", **labels) == 1, labels
    assert "such" not in text
    assert "signed" not in text
    assert figure(text, "rungbell_http_request_duration_seconds_sum", handler=WEBHOOK, code="200") > 0


async def test_a_request_that_fails_by_our_fault_is_a_500(daemon: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise RuntimeError("as a test wants it")

    monkeypatch.setattr(daemon.services, "unready", fail)
    assert (await daemon.ask("GET", "/-/ready")).status == 500
    assert await shown(daemon, "http_request_duration_seconds_count", handler="/-/ready", code="500") == 1


async def test_open_incidents_are_shown_by_where_they_stand_and_leave_no_figure_behind(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    assert await shown(daemon, "incidents", status="triggered", severity="P1") == 1
    await daemon.act(number, "acknowledge", {"by": "alice"})
    text = await scrape(daemon)
    assert figure(text, "rungbell_incidents", status="acknowledged", severity="P1") == 1
    assert figure(text, "rungbell_incidents", status="triggered", severity="P1") == 0


@pytest.mark.requirement("80")
async def test_what_is_overdue_is_shown_until_it_is_made_good(clock: MovableClock, daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    clock.ahead += timedelta(minutes=61)
    await vars(daemon.daemon)["_watcher"].look()
    labels = {"obligation": "response", "severity": "P1"}
    assert await shown(daemon, "obligations_overdue", **labels) == 1
    assert await shown(daemon, "obligations_broken_total", **labels) == 1

    await daemon.act(number, "acknowledge", {"by": "alice"})
    assert await shown(daemon, "obligations_overdue") == 0
    assert await shown(daemon, "obligations_broken_total", **labels) == 1


async def test_a_page_that_nobody_tries_to_send_grows_old(clock: MovableClock, daemon: Running) -> None:
    sender = vars(daemon.daemon)["_sender"]
    await sender.drain()
    await daemon.accepted(firing("DiskFull"))
    assert await shown(daemon, "outbox_oldest_seconds") < 20
    clock.ahead += timedelta(seconds=90)
    assert 90 <= await shown(daemon, "outbox_oldest_seconds") < 120


async def test_the_clocks_are_watched_and_a_step_back_shows(clock: MovableClock, daemon: Running) -> None:
    before = await shown(daemon, "clock_watcher_last_run_timestamp_seconds")
    assert await shown(daemon, "clock_stepped_back") == 0

    async def looked_again() -> bool:
        return await shown(daemon, "clock_watcher_last_run_timestamp_seconds") > before

    await eventually(looked_again, "the clock watcher looks again", within=5)
    clock.not_before(clock.now() + timedelta(hours=1))
    clock.now()
    assert await shown(daemon, "clock_stepped_back") == 1


@pytest.mark.parametrize("said", [True, False, None])
async def test_a_daemon_shows_what_the_kernel_says_of_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bool | None
) -> None:
    monkeypatch.setattr("rungbell.app.daemon.unsynchronised", lambda: said)
    async with running(tmp_path) as daemon:
        if said is None:
            assert "rungbell_clock_unsynchronised" not in await scrape(daemon)
        else:
            assert await shown(daemon, "clock_unsynchronised") == said


async def test_a_reload_shows_what_is_in_use_and_since_when(closed: Running) -> None:
    file = closed.daemon.options.config_file
    first = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    text = await scrape(closed)
    assert figure(text, "rungbell_config_info", hash=first) == 1
    since = figure(text, "rungbell_config_last_reload_success_timestamp_seconds")

    file.write_text(CLOSED.replace("climb_to: L2", "climb_to: L9"))
    assert (await closed.ask("POST", "/-/reload", headers=bearer(TOKEN_ALICE))).status == 500
    text = await scrape(closed)
    assert figure(text, "rungbell_config_last_reload_successful") == 0
    assert figure(text, "rungbell_config_last_reload_success_timestamp_seconds") == since
    assert figure(text, "rungbell_config_info", hash=first) == 1

    file.write_text(f"{CLOSED}# mended\n")
    assert (await closed.ask("POST", "/-/reload", headers=bearer(TOKEN_ALICE))).status == 200
    text = await scrape(closed)
    second = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    assert figure(text, "rungbell_config_info", hash=second) == 1
    assert first not in text
    assert figure(text, "rungbell_config_last_reload_successful") == 1
    assert figure(text, "rungbell_config_last_reload_success_timestamp_seconds") > since


async def test_a_reload_that_takes_a_channel_and_a_source_away_ends_their_series(closed: Running) -> None:
    await closed.opened("DiskFull")
    await closed.accepted(firing("Watchdog", severity="none"))
    text = await scrape(closed)
    assert figure(text, "rungbell_pages_total", channel="pager", tier="L1") == 1
    assert figure(text, "rungbell_watchdog_last_seen_timestamp_seconds", source="cluster-a") > 0

    changed = CLOSED.replace("pager", "phone").replace(f"  cluster-a: {{bearer_token: {TOKEN_A}}}\n", "")
    closed.daemon.options.config_file.write_text(changed)
    assert (await closed.ask("POST", "/-/reload", headers=bearer(TOKEN_ALICE))).status == 200
    await asyncio.sleep(0)

    text = await scrape(closed)
    assert "pager" not in text
    assert "cluster-a" not in text
    assert figure(text, "rungbell_pages_total", channel="phone") == 0


async def test_a_schedule_with_nobody_on_call_shows_and_ends_with_the_configuration(tmp_path: Path) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%a}".lower()
    schedules = (
        f"schedules:\n  support: {{layers: [{{people: alice, days: {tomorrow}}}]}}\n  all: {{people: [alice]}}\n"
    )
    async with running(tmp_path / "d", OPEN + schedules) as daemon:
        assert await shown(daemon, "oncall_gap", schedule="support") == 1
        assert await shown(daemon, "oncall_gap", schedule="all") == 0

        override = {"schedule": "support", "person": "bob", "lasts": "1h", "by": "bob"}
        assert (await daemon.ask("POST", "/api/v1/oncall/overrides", json=override)).status == 201
        assert await shown(daemon, "oncall_gap", schedule="support") == 0

        daemon.daemon.options.config_file.write_text(OPEN)
        assert (await daemon.ask("POST", "/-/reload")).status == 200
        assert "rungbell_oncall_gap{" not in await scrape(daemon)


async def test_the_build_says_what_runs(daemon: Running) -> None:
    labels = {"version": __version__, "python_version": platform.python_version()}
    assert await shown(daemon, "build_info", **labels) == 1


async def test_a_loop_that_was_held_up_was_late(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics()
    beating = asyncio.create_task(pulse.beat(metrics, every=0.001))

    async def observed() -> bool:
        return figure(metrics.text().decode(), "rungbell_event_loop_lag_seconds_count") > 0

    await eventually(observed, "the pulse beats", within=5, every=0.001)
    time.sleep(0.3)  # noqa: ASYNC251 -- this is what holds it up
    await asyncio.sleep(0.01)
    beating.cancel()

    text = metrics.text().decode()
    late = figure(text, "rungbell_event_loop_lag_seconds_count")
    assert late - figure(text, "rungbell_event_loop_lag_seconds_bucket", le="0.25") >= 1


async def test_what_a_live_daemon_exposes_is_in_good_form(closed: Running) -> None:
    promtool = find_program("promtool")
    number = await closed.opened("DiskFull")
    await closed.act(number, "acknowledge")
    await closed.send(b"nonsense")
    await closed.accepted(firing("Watchdog", severity="none"))
    await closed.send(firing("Odd", severity='<odd>\n"\\'))
    answer = await closed.ask("GET", "/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    checked = subprocess.run(  # noqa: ASYNC221 -- a moment
        [promtool, "check", "metrics"], input=answer.body, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
