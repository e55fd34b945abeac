"""``GET /api/v1/status``: how the daemon stands."""

from datetime import timedelta
from pathlib import Path

import pytest

from rungbell import __version__
from rungbell.app.daemon import STALLED
from rungbell.domain.errors import ConfigError, StoreUnavailable
from rungbell.web.operating.status_answers import StatusView
from tests.harness.webhooks import firing
from tests.web.running import CLOSED, OPEN, TOKEN_A, Answer, Json, MovableClock, Running, bearer, running

STATUS = "/api/v1/status"
EXPECTING = CLOSED.replace(f"bearer_token: {TOKEN_A}", f"bearer_token: {TOKEN_A}, watchdog_within: 10m")


async def away(*_: object) -> Json:
    raise StoreUnavailable("the store cannot be read: disk I/O error")


async def test_a_quiet_daemon_is_ready_and_says_which_it_is(daemon: Running) -> None:
    await daemon.ready()
    found = await daemon.get(STATUS)
    StatusView.model_validate(found)
    assert (found["version"], found["ready"], found["why_not"]) == (__version__, True, "")
    assert (found["open"], found["acknowledged"], found["heartbeats"]) == ([], [], [])
    assert (found["clock_lag_seconds"], found["oldest_unsent_page_seconds"]) == (0.0, 0.0)
    assert (found["store"], found["reload"]["successful"]) == ({"reachable": True, "failing": ""}, True)
    assert found["people"] == ["alice", "bob", "chen"]


async def test_it_counts_what_is_open_and_names_who_holds_what(daemon: Running) -> None:
    held, other = await daemon.opened("DiskFull", severity="warning"), await daemon.opened("DiskSlow", severity="info")
    await daemon.opened("Latency", severity="info")
    assert other
    assert (await daemon.act(held, "acknowledge", {"by": "bob"})).status == 200
    found = await daemon.get(STATUS)
    counts = {(one["status"], one["severity"]): one["count"] for one in found["open"]}
    assert counts == {("acknowledged", "P2"): 1, ("triggered", "P3"): 2}
    (one,) = found["acknowledged"]
    assert (one["person"], one["number"], one["severity"]) == ("bob", held, "P2")
    assert one["title"].startswith("DiskFull")
    assert one["until"] == (await daemon.incident(held))["acknowledged_until"]


async def test_heartbeats_have_an_age_and_a_source_that_should_beat_and_never_did_is_shown(
    tmp_path: Path, clock: MovableClock
) -> None:
    async with running(tmp_path, EXPECTING) as daemon:
        (silent,) = (await daemon.get(STATUS))["heartbeats"]
        assert silent == {
            "source": "cluster-a", "seen_at": None, "age_seconds": None, "expected_within_seconds": 600.0,
        }  # fmt: skip
        await daemon.accepted(firing("Watchdog", severity="none"))
        clock.ahead += timedelta(minutes=5)
        (beating,) = (await daemon.get(STATUS))["heartbeats"]
        assert beating["age_seconds"] == pytest.approx(300, abs=30)


async def test_a_configuration_that_could_not_be_read_again_shows(daemon: Running) -> None:
    before = (await daemon.get(STATUS))["reload"]
    daemon.daemon.options.config_file.write_text("zone: nowhere\n")
    with pytest.raises(ConfigError):
        await daemon.daemon.reload()
    found = await daemon.get(STATUS)
    assert found["reload"] == before | {"successful": False}
    assert found["ready"], "it goes on with the old one"
    daemon.daemon.options.config_file.write_text(OPEN + "# again\n")
    await daemon.daemon.reload()
    found = (await daemon.get(STATUS))["reload"]
    assert found["successful"]
    assert found["at"] > before["at"]
    assert found["hash"] != before["hash"]


async def test_a_daemon_without_its_store_still_says_how_it_stands(
    daemon: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon.services.store, "read", away)
    found = await daemon.get(STATUS)
    assert found["open"] is None
    assert found["store"] == {"reachable": False, "failing": "the store cannot be read: disk I/O error"}


async def test_it_is_as_ready_as_the_probe_says(
    tmp_path: Path, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def both(daemon: Running) -> tuple[Json, Answer]:
        return await daemon.get(STATUS), await daemon.ask("GET", "/-/ready")

    async with running(tmp_path) as daemon:
        await daemon.opened("Before")  # it has looked for clocks by then
        monkeypatch.setattr(daemon.services.store, "read", away)
        status, probe = await both(daemon)
        assert (status["ready"], probe.status) == (True, 200), "it may be over in a moment"
        clock.ahead += 2 * STALLED
        status, probe = await both(daemon)
        assert (status["ready"], probe.status) == (False, 503)
        assert status["why_not"] == probe.problem
        daemon.services.draining = True
        status, probe = await both(daemon)
        assert status["why_not"] == probe.problem == "rungbell is stopping"


async def test_only_people_are_told(closed: Running) -> None:
    assert (await closed.ask("GET", STATUS)).status == 401
    assert (await closed.ask("GET", STATUS, headers=bearer(TOKEN_A))).status == 401
    assert (await closed.get(STATUS))["ready"]
