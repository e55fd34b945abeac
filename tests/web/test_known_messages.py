"""A message that changed nothing is answered from memory when it is told again, and never when it would change one."""

import asyncio
import json
import random
import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rungbell.store import connections
from tests.harness.webhooks import alert, firing, message, resolved
from tests.web.running import OPEN, Json, MovableClock, Running, now, running

VOLATILE = {"id", "number", "opened_at", "detected_at", "resolved_at", "acknowledged_at", "acknowledged_until"}


def asked_of_the_store(daemon: Running, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note what messages ask of the store from now on; clocks, results and housekeeping have room of their own."""
    store = daemon.services.store
    asked: list[object] = []
    write = store.write

    async def noted(work: Any, *, reserved: bool = False, **more: Any) -> Any:  # noqa: ANN401
        if not reserved:
            asked.append(work)
        return await write(work, reserved=reserved, **more)

    monkeypatch.setattr(type(store), "write", lambda _self, work, **more: noted(work, **more))
    return asked


async def test_a_repeat_does_not_even_ask_the_store_and_is_counted(
    daemon: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = firing("DiskFull", at=now())
    number = await daemon.opened_by(body)
    await daemon.accepted(body)
    asked = asked_of_the_store(daemon, monkeypatch)

    assert {await daemon.accepted(body) for _ in range(20)} == {number}

    assert asked == []
    lines = (await daemon.ask("GET", "/metrics")).text.splitlines()
    assert 'rungbell_webhooks_received_total{source="default"} 22.0' in lines
    assert 'rungbell_alerts_received_total{source="default"} 22.0' in lines


@pytest.mark.parametrize("seed", range(6))
async def test_with_and_without_memory_the_same_story_has_the_same_end(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    began = now() - timedelta(minutes=10)
    story = [_something(dice, began) for _ in range(60)]
    ends = []
    for name in ("remembers", "forgets"):
        async with running(tmp_path / name, OPEN) as daemon:
            for kind, what in story:
                if name == "forgets":
                    daemon.services.handler.known_messages.clear()
                await _told(daemon, kind, what)
            ends.append(await _end_of(daemon))
    assert ends[0] == ends[1]
    assert len(ends[0]) >= 1


def _something(dice: random.Random, began: Any) -> tuple[str, Any]:  # noqa: ANN401
    group = dice.choice(["DiskFull", "NodeDown"])
    if dice.random() < 0.15:
        return dice.choice(["acknowledge", "resolve", "unacknowledge"]), 1 + (group == "NodeDown")
    since = began + timedelta(minutes=dice.choice([0, 0, 0, 1]))
    if dice.random() < 0.25:
        body = resolved(group, at=since, ends_at=since + timedelta(seconds=30))
    else:
        body = firing(group, at=since, severity=dice.choice(["critical", "critical", "none"]))
    if dice.random() < 0.3:  # what fires anew without a date is the one repeat that time can make news
        del body["alerts"][0]["startsAt"]
    return "webhook", body


async def _told(daemon: Running, kind: str, what: Any) -> None:  # noqa: ANN401
    if kind == "webhook":
        await daemon.accepted(what)
    else:
        await daemon.act(what, kind, {"by": "alice", **({"reason": "enough"} if kind == "resolve" else {})})


async def _end_of(daemon: Running) -> list[Json]:
    return [
        {name: value for name, value in one.items() if name not in VOLATILE | {"version", "name"}}
        | {"story": [entry["kind"] for entry in await daemon.timeline(one["id"]) if "page" not in entry["kind"]]}
        for one in await daemon.incidents()
    ]


async def test_what_was_rolled_back_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.WRITER_PRAGMAS, "busy_timeout", 50)
    async with running(tmp_path / "impatient", OPEN) as daemon:
        await daemon.opened("Before")
        body = firing("DiskFull", at=now())
        with closing(sqlite3.connect(daemon.store, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            answers = await asyncio.gather(*(daemon.send(body) for _ in range(8)))
            other.execute("ROLLBACK")
        assert {answer.status for answer in answers} == {503}

        assert await daemon.accepted(body) is not None

        assert len(await daemon.incidents()) == 2


async def test_an_alert_that_leaves_its_state_to_its_end_time_is_looked_at_anew(
    clock: MovableClock, daemon: Running
) -> None:
    body = message([alert({"alertname": "DiskFull"}, starts_at=now(), ends_at=now() + timedelta(minutes=5))])
    del body["alerts"][0]["status"], body["status"]
    number = await daemon.opened_by(body)
    await daemon.accepted(body)
    assert (await daemon.incident(number))["status"] == "triggered"

    clock.ahead = timedelta(minutes=6)
    await daemon.accepted(body)

    assert (await daemon.incident(number))["status"] == "monitoring"


async def test_after_a_reload_what_never_paged_may_page(daemon: Running) -> None:
    quiet = OPEN + "rules:\n  - {severity: none, match: ['alertname=\"DiskFull\"']}\n"
    daemon.daemon.options.config_file.write_text(quiet)
    assert (await daemon.ask("POST", "/-/reload")).status == 200
    body = firing("DiskFull", at=now())
    assert {await daemon.accepted(body) for _ in range(3)} == {None}

    daemon.daemon.options.config_file.write_text(OPEN)
    assert (await daemon.ask("POST", "/-/reload")).status == 200

    assert await daemon.accepted(body) == 1


async def test_what_was_decided_by_the_old_rules_is_not_remembered_for_the_new(
    daemon: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = OPEN + "rules:\n  - {severity: none, match: ['alertname=\"DiskFull\"']}\n"
    daemon.daemon.options.config_file.write_text(quiet)
    assert (await daemon.ask("POST", "/-/reload")).status == 200
    daemon.daemon.options.config_file.write_text(OPEN)
    body = firing("DiskFull", at=now())
    store = type(daemon.services.store)
    write = store.write

    async def reloaded_meanwhile(self: Any, work: Any, **more: Any) -> Any:  # noqa: ANN401
        result = await write(self, work, **more)
        if not more.get("reserved"):  # a sender's message; what rungbell itself writes may come between
            await daemon.daemon.reload()
        return result

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(store, "write", reloaded_meanwhile)
        assert await daemon.accepted(body) is None

    assert await daemon.accepted(body) == 1


async def test_a_heartbeat_is_noted_each_time(clock: MovableClock, daemon: Running) -> None:
    body = message([alert({"alertname": "Watchdog", "severity": "none"}, starts_at=now())])
    seen = []
    for minutes in range(3):
        clock.ahead = timedelta(minutes=minutes)
        await daemon.accepted(body)
        heard = await daemon.services.store.read(lambda transaction: transaction.heartbeats())
        seen.append(heard["default"])
    assert all(later - earlier > timedelta(seconds=50) for earlier, later in pairwise(seen))


async def test_the_same_bytes_of_another_source_are_another_message(closed: Running) -> None:
    body = json.dumps(firing("DiskFull", at=now())).encode()
    one = await closed.accepted(body)
    assert await closed.accepted(body) == one
    other = await closed.send(body, headers={"Authorization": "Bearer token-of-cluster-b"})
    assert other.json["incident"] != one
