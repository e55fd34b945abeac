"""What holds up the event loop is said while it does."""

import asyncio
import gc
import threading
import time

import pytest
from structlog.testing import capture_logs

from rungbell.runtime.watching import pulse
from rungbell.runtime.watching.stall import StallWatch
from rungbell.telemetry import Metrics
from tests.harness.waiting import eventually
from tests.telemetry.exposition import figure

SECRET = "correct-horse-battery"


def hold_up(_password: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


async def test_the_line_that_holds_up_the_loop_is_told_once_and_no_value() -> None:
    with capture_logs() as told, StallWatch(stands=0.2):
        hold_up(SECRET, 0.9)

    (event,) = told
    assert (event["event"], event["log_level"]) == ("the event loop is held up", "error")
    assert event["where"].startswith("hold_up (")
    assert "test_stall.py:" in event["where"]
    assert SECRET not in str(event)
    assert event["seconds"] >= 0.2


async def test_a_loop_that_goes_round_is_not_told_of_and_each_stall_is() -> None:
    with capture_logs() as told, StallWatch(stands=0.2) as watch:
        for _ in range(20):
            await asyncio.sleep(0.03)
            watch.beat()
        assert told == []
        for _ in range(2):
            hold_up(SECRET, 0.5)
            watch.beat()

    assert len(told) == 2


async def test_nothing_is_told_after_the_watch_has_ended() -> None:
    with capture_logs() as told:
        with StallWatch(stands=0.1):
            pass
        await asyncio.sleep(0.4)

    assert told == []


async def test_the_pulse_watches_and_counts_what_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "StallWatch", lambda: StallWatch(stands=0.2))
    monkeypatch.setattr(pulse, "TIDY_EVERY", 10**6)  # to tidy up that often holds up a loop that is watched so closely
    metrics = Metrics()
    beating = asyncio.create_task(pulse.beat(metrics, every=0.01))
    waiting = [asyncio.create_task(asyncio.sleep(30)) for _ in range(7)]

    async def counted() -> bool:
        return figure(metrics.text().decode(), "rungbell_tasks") == 9  # these, the pulse, and the test itself

    try:
        await eventually(counted, "the tasks are counted", within=5, every=0.02)
        await asyncio.sleep(0.2)  # a machine that was busy elsewhere is no stall of before
        with capture_logs() as told:
            hold_up(SECRET, 1.0)
        assert any("hold_up (" in event["where"] for event in told)
    finally:
        for task in (beating, *waiting):
            task.cancel()


async def test_memory_that_is_given_back_late_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the threads that everybody shares all wait for a name server."""
    over = threading.Event()
    monkeypatch.setattr(pulse, "StallWatch", lambda: StallWatch(stands=0.5))
    monkeypatch.setattr(pulse, "TIDY_EVERY", 1)
    monkeypatch.setattr(pulse, "give_memory_back", lambda: over.wait(10))
    monkeypatch.setattr(gc, "collect", lambda: 0)
    with capture_logs() as told:
        beating = asyncio.create_task(pulse.beat(Metrics(), every=0.02))
        await asyncio.sleep(1.2)
        over.set()
        beating.cancel()

    assert told == []
