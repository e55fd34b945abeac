"""What a 200 promises, and what messages that repeat, lack something or come from elsewhere do not do."""

import asyncio
import json
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from rungbell.store import connections
from tests.harness.waiting import eventually
from tests.harness.webhooks import alert, firing, message, resolved
from tests.web.running import (
    CLOSED,
    OPEN,
    TOKEN_A,
    TOKEN_ALICE,
    TOKEN_B,
    WEBHOOK,
    Json,
    MovableClock,
    Running,
    bearer,
    now,
    rows_of,
    running,
)

LISTENING = CLOSED.replace(f"{{bearer_token: {TOKEN_A}}}", f"{{bearer_token: {TOKEN_A}, watchdog_within: 1m}}")
"""A Watchdog of cluster-a is expected every minute."""


@contextmanager
def written_by_somebody_else(store: Path) -> Iterator[None]:
    """Hold the store's lock for writing, as a backup or a forgotten shell would."""
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store wait for a lock for 50 ms instead of five seconds."""
    monkeypatch.setitem(connections.WRITER_PRAGMAS, "busy_timeout", 50)


def watchdog(severity: str = "none") -> Json:
    """Build the message that says that a source is alive."""
    return message([alert({"alertname": "Watchdog", "severity": severity}, starts_at=now())])


# -- what a 200 promises -------------------------------------------------------------------------------------------


async def test_when_the_answer_comes_its_incident_is_committed(daemon: Running) -> None:
    for turn in range(20):
        answer = await daemon.send(firing(f"DiskFull{turn}"))
        with closing(sqlite3.connect(daemon.store)) as other:
            found = other.execute(
                "SELECT i.number, count(o.intent) FROM incidents i JOIN outbox o ON o.incident = i.id "
                "WHERE i.number = ? GROUP BY i.number",
                (answer.json["incident"],),
            ).fetchall()
        assert (answer.status, found) == (200, [(answer.json["incident"], 1)])


async def test_many_senders_at_once_each_find_their_incident(daemon: Running) -> None:
    numbers = await asyncio.gather(*(daemon.accepted(firing(f"DiskFull{turn}")) for turn in range(200)))
    assert len(set(numbers)) == 200
    titles = {one["number"]: one["title"] for one in await daemon.incidents()}
    assert all(titles[number] == f"DiskFull{turn}: DiskFull{turn} is down" for turn, number in enumerate(numbers))


async def test_one_group_sent_by_many_at_once_is_one_incident(daemon: Running) -> None:
    body = firing("DiskFull", at=now())
    numbers = await asyncio.gather(*(daemon.accepted(body) for _ in range(100)))
    assert set(numbers) == {1}
    assert (await daemon.incident(1))["alerts"] == 1
    assert rows_of(daemon.store)["outbox"] == 1


async def test_a_repeat_of_what_is_known_writes_nothing(daemon: Running) -> None:
    body = firing("DiskFull", at=now())
    number = await daemon.accepted(body)

    async def told() -> bool:
        return "page_accepted" in [entry["kind"] for entry in await daemon.timeline(number)]

    await eventually(told, "the page has left", within=10, every=0.01)
    before = await daemon.whole_view()
    with closing(sqlite3.connect(daemon.store)) as other:
        version = other.execute("PRAGMA data_version").fetchall()
        size = daemon.store.with_name(f"{daemon.store.name}-wal").stat().st_size
        for _ in range(50):
            assert await daemon.accepted(body) == number
        assert other.execute("PRAGMA data_version").fetchall() == version
    assert daemon.store.with_name(f"{daemon.store.name}-wal").stat().st_size == size
    assert await daemon.whole_view() == before


async def test_ten_thousand_alerts_of_one_message_are_one_incident(daemon: Running) -> None:
    began = now()
    alerts = [
        alert(
            {"alertname": "NodeDown", "instance": f"node-{one:05}:9100", "job": "node", "severity": "critical"},
            summary=f"node {one} has not answered for five minutes",
            annotations={"description": "what to do about it " * 28},
            starts_at=began,
        )
        for one in range(10_000)
    ]
    body = json.dumps(message(alerts)).encode()
    assert len(body) >= 9_000_000
    start = time.perf_counter()
    number = await daemon.accepted(body)
    seconds = time.perf_counter() - start
    print(f"10,000 alerts, {len(body) / 1e6:.1f} MB: {seconds:.2f} s")  # noqa: T201 -- worth reading
    (incident,) = await daemon.incidents()
    assert (incident["number"], incident["alerts"], incident["alerts_firing"]) == (number, 10_000, 10_000)
    assert rows_of(daemon.store)["alerts"] == 10_000
    assert rows_of(daemon.store)["outbox"] == 1


async def test_while_a_large_message_is_read_the_loop_goes_on(daemon: Running) -> None:
    alerts = [
        alert(
            {"alertname": "NodeDown", "instance": f"node-{one}", "severity": "critical"},
            summary="x" * 600,
            starts_at=now(),
        )
        for one in range(10_000)
    ]
    body = json.dumps(message(alerts)).encode()
    sending = asyncio.create_task(daemon.accepted(body))
    worst, turns = 0.0, 0
    while not sending.done():
        start = time.perf_counter()
        assert (await daemon.ask("GET", "/-/healthy")).status == 200
        worst, turns = max(worst, time.perf_counter() - start), turns + 1
    assert await sending is not None
    assert turns > 3
    assert worst < 2.0, f"a look at the health took {worst:.2f} s"


# -- who may say what ----------------------------------------------------------------------------------------------


async def test_only_the_source_that_fired_may_resolve(closed: Running) -> None:
    began = now()
    number = await closed.opened("DiskFull", at=began)
    over = resolved("DiskFull", at=began, ends_at=now())
    before = await closed.whole_view()
    assert await closed.accepted(over, headers=bearer(TOKEN_B)) is None
    assert await closed.whole_view() == before
    assert await closed.accepted(over) == number
    assert (await closed.incident(number))["status"] == "monitoring"


async def test_each_source_has_its_own_incident_of_the_same_group(closed: Running) -> None:
    body = firing("DiskFull", at=now())
    basic = {"Authorization": "Basic Z3JhZmFuYTpncmFmYW5hLXBhc3N3b3Jk"}
    numbers = [await closed.accepted(body, headers=one) for one in (bearer(TOKEN_A), bearer(TOKEN_B), basic)]
    assert len(set(numbers)) == 3
    assert [(await closed.incident(number))["source"] for number in numbers] == ["cluster-a", "cluster-b", "grafana"]


# -- what an incident is -------------------------------------------------------------------------------------------


async def test_another_group_key_is_the_same_group(daemon: Running) -> None:
    body = firing("DiskFull", at=now())
    await daemon.opened("Other")
    number = await daemon.accepted(body)
    before = await daemon.incident(number)
    for key in ('{}/{team="x"}:{alertname="DiskFull"}', "", None, 5):
        assert await daemon.accepted(body | {"groupKey": key}) == number
    after = await daemon.incident(number)
    assert (after["version"], after["alerts"]) == (before["version"], before["alerts"])
    assert len(await daemon.incidents()) == 2


async def test_a_severity_among_the_group_labels_does_not_split_the_incident(daemon: Running) -> None:
    began = now()
    groups = {
        severity: message(
            [alert({"alertname": "DiskFull", "severity": severity}, starts_at=began)],
            group_by=("alertname", "severity"),
        )
        for severity in ("warning", "critical")
    }
    number = await daemon.accepted(groups["warning"])
    assert (await daemon.incident(number))["severity"] == "P2"
    assert await daemon.accepted(groups["critical"]) == number
    incident = await daemon.incident(number)
    assert (incident["severity"], incident["alerts_firing"]) == ("P1", 2)
    over = message(
        [alert({"alertname": "DiskFull", "severity": "warning"}, starts_at=began, ends_at=now())],
        group_by=("alertname", "severity"),
    )
    assert await daemon.accepted(over) == number
    incident = await daemon.incident(number)
    assert (incident["status"], incident["severity"], incident["alerts_firing"]) == ("triggered", "P1", 1)


async def test_a_quoted_receiver_is_the_same_receiver(daemon: Running) -> None:
    body = firing("DiskFull", at=now())
    number = await daemon.accepted(body | {"receiver": "team.a+b"})
    assert await daemon.accepted(body | {"receiver": "team\\.a\\+b"}) == number
    assert (await daemon.incident(number))["receiver"] == "team.a+b"


async def test_a_message_that_was_cut_resolves_nothing_by_absence(daemon: Running) -> None:
    began = now()

    def one(name: str, *, over: bool = False) -> Json:
        return alert({"alertname": "DiskFull", "instance": name}, starts_at=began, ends_at=now() if over else None)

    number = await daemon.accepted(message([one("a"), one("b"), one("c")]))
    assert await daemon.accepted(message([one("a")], truncated=2)) == number
    assert (await daemon.incident(number))["alerts_firing"] == 3
    cut = message([one("a", over=True), one("b", over=True)], truncated=1) | {"status": "firing"}
    assert await daemon.accepted(cut) == number
    incident = await daemon.incident(number)
    assert (incident["status"], incident["alerts_firing"]) == ("triggered", 1)
    assert await daemon.accepted(message([one("a", over=True)])) == number
    assert (await daemon.incident(number))["status"] == "triggered", "absence from a whole message says nothing either"
    assert await daemon.accepted(message([one("c", over=True)])) == number
    assert (await daemon.incident(number))["status"] == "monitoring"


async def test_a_cut_message_whose_hidden_part_may_still_fire_ends_nothing(daemon: Running) -> None:
    began = now()
    number = await daemon.accepted(firing("DiskFull", at=began))
    over = resolved("DiskFull", at=began, ends_at=now())
    assert await daemon.accepted(over | {"status": "firing", "truncatedAlerts": 4}) == number
    assert (await daemon.incident(number))["status"] == "triggered"
    assert await daemon.accepted(over) == number
    assert (await daemon.incident(number))["status"] == "monitoring"


async def test_a_resolve_that_overtakes_its_alert_opens_nothing(daemon: Running) -> None:
    began = now()
    assert await daemon.accepted(resolved("DiskFull", at=began, ends_at=now())) is None
    assert await daemon.accepted(firing("DiskFull", at=began)) is None
    assert await daemon.incidents() == []
    assert await daemon.accepted(firing("DiskFull", at=began + timedelta(seconds=1))) == 1, "firing anew it opens"


async def test_a_late_copy_of_what_is_over_opens_nothing(daemon: Running) -> None:
    began = now()
    number = await daemon.accepted(firing("DiskFull", at=began))
    await daemon.accepted(resolved("DiskFull", at=began, ends_at=now()))
    before = (await daemon.incident(number))["version"]
    await daemon.accepted(firing("DiskFull", at=began))
    incident = await daemon.incident(number)
    assert (incident["status"], incident["version"]) == ("monitoring", before)


async def test_a_sender_whose_clock_was_ahead_can_still_page_after_it_was_put_right(daemon: Running) -> None:
    wrong = now() + timedelta(days=30)
    number = await daemon.accepted(firing("DiskFull", at=wrong))
    await daemon.accepted(resolved("DiskFull", at=wrong, ends_at=wrong + timedelta(minutes=5)))
    assert (await daemon.incident(number))["status"] == "monitoring"
    await daemon.accepted(firing("DiskFull", at=now()))
    assert (await daemon.incident(number))["status"] == "triggered", "an alert that fires anew is lost for a month"


# -- what never opens anything -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        {"alertname": "KubeQuota", "severity": "none"},
        {"alertname": "KubeQuota", "severity": " None "},
        {"alertname": "InfoInhibitor", "severity": "none"},
        {"alertname": "InfoInhibitor", "severity": "critical"},
        {"alertname": "Watchdog", "severity": "none"},
        {"alertname": "Watchdog", "severity": "critical"},
        {"alertname": "DeadMansSwitch"},
    ],
    ids=str,
)
async def test_what_never_pages_opens_nothing_but_what_stands_beside_it_does(
    labels: dict[str, str], daemon: Running
) -> None:
    quiet = alert(labels, starts_at=now())
    assert await daemon.accepted(message([quiet])) is None
    assert await daemon.incidents() == []
    loud = alert({"alertname": "DiskFull", "severity": "critical"}, starts_at=now())
    number = await daemon.accepted(message([quiet, loud], group_by=()))
    assert number is not None
    incident = await daemon.incident(number)
    assert (incident["title"], incident["alerts"]) == ("DiskFull", 1)


async def _silence_told(daemon: Running) -> list[Json]:
    found = await daemon.operator_incidents("cluster-a")
    return [one for one in found if one["title"].startswith("RungbellWatchdogSilent")]


async def test_a_watchdog_that_falls_silent_opens_an_incident_and_its_return_ends_it(
    clock: MovableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.runtime.watching.heartbeat.LOOK_EVERY", 0.02)
    async with running(tmp_path, LISTENING) as daemon:
        assert await daemon.accepted(watchdog()) is None
        clock.ahead = timedelta(seconds=50)
        assert await daemon.accepted(watchdog()) is None
        clock.ahead = timedelta(seconds=100)
        await asyncio.sleep(0.2)
        assert await daemon.incidents() == [], "50 s after the last one"
        clock.ahead = timedelta(seconds=120)
        (about,) = await eventually(lambda: _silence_told(daemon), "the silence is told", within=5)
        assert (about["severity"], about["status"], about["alerts_firing"]) == ("P1", "triggered", 1)
        assert "cluster-a" in about["title"]
        clock.ahead = timedelta(seconds=600)
        await asyncio.sleep(0.2)
        assert len(await daemon.operator_incidents("cluster-a")) == 1
        assert await daemon.accepted(watchdog()) is None
        (about,) = await _silence_told(daemon)
        assert about["status"] == "monitoring"


async def test_a_watchdog_that_was_declared_and_never_came_is_missed_too(clock: MovableClock, tmp_path: Path) -> None:
    async with running(tmp_path, LISTENING) as daemon:
        clock.ahead = timedelta(seconds=61)
        assert await eventually(lambda: _silence_told(daemon), "the silence is told", within=5)


async def test_a_source_that_is_not_configured_any_more_is_not_missed(clock: MovableClock, tmp_path: Path) -> None:
    async with running(tmp_path, LISTENING) as daemon:
        assert await daemon.accepted(watchdog(), headers=bearer(TOKEN_B)) is None
    without = "".join(line for line in LISTENING.splitlines(keepends=True) if "cluster-b:" not in line)
    async with running(tmp_path, without) as daemon:
        clock.ahead = timedelta(minutes=20)
        assert await eventually(lambda: _silence_told(daemon), "one look was taken", within=5)
        assert await daemon.operator_incidents("cluster-b") == []


# -- not now -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
async def test_without_its_store_a_webhook_is_to_be_sent_again_and_then_taken(closed: Running) -> None:
    await closed.opened("Before")
    with written_by_somebody_else(closed.store):
        for body in (json.dumps(firing("DiskFull")).encode(), b"nonsense"):
            answer = await closed.send(body)
            assert answer.status == 503, answer.text
            assert "Retry-After" in answer.headers
            assert answer.problem
    assert len(await closed.incidents()) == 1
    await closed.still_works("DiskFull")


async def test_overload_is_refused_so_that_it_is_sent_again(daemon: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await daemon.opened("Before")
    monkeypatch.setattr("rungbell.store.group_commit.WAITING_LIMIT", 5)
    with written_by_somebody_else(daemon.store):
        sending = [asyncio.create_task(daemon.send(firing(f"DiskFull{turn}"))) for turn in range(40)]

        async def refused() -> bool:
            return sum(task.done() for task in sending) >= 30

        await eventually(refused, "most are refused at once", within=4, every=0.01)
        assert {task.result().status for task in sending if task.done()} == {503}
        assert "wait" in next(task for task in sending if task.done()).result().problem
    answers = [await task for task in sending]
    assert {answer.status for answer in answers} == {200, 503}
    taken = [answer.json["incident"] for answer in answers if answer.status == 200]
    assert len(taken) == len(set(taken)) == len(await daemon.incidents()) - 1
    monkeypatch.undo()
    for turn in range(40):
        await daemon.accepted(firing(f"DiskFull{turn}"))
    assert len(await daemon.incidents()) >= 41


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "it shows no credentials"),
        (bearer("an-old-token"), "these credentials are of no source of the configuration"),
        (bearer(TOKEN_ALICE), "its token is of no source"),
    ],
)
async def test_the_log_says_who_sends_alerts_and_is_not_let_in(
    closed: Running, headers: dict[str, str], why: str
) -> None:
    with structlog.testing.capture_logs() as logged:
        assert (await closed.send(firing("DiskFull"), headers=headers)).status in {401, 403}

    (told,) = [one for one in logged if one["log_level"] == "warning"]
    assert (told["sender"], told["why"]) == ("127.0.0.1", why)
    assert "token" not in str({**told, "why": ""})


async def test_a_daemon_that_stops_refuses_webhooks_so_that_they_are_sent_again(closed: Running) -> None:
    closed.services.draining = True
    before = rows_of(closed.store)
    for method, path in (("POST", WEBHOOK), ("PUT", "/webhook/")):
        answer = await closed.ask(method, path, data=json.dumps(firing("X")).encode(), headers=bearer(TOKEN_A))
        assert answer.status == 503
        assert "stopping" in answer.problem
    assert "stopping" in (await closed.ask("GET", "/-/ready")).problem
    assert (await closed.ask("GET", "/-/healthy")).status == 200
    assert (await closed.ask("POST", WEBHOOK, data=b"x", headers=bearer("wrong"))).status == 401
    assert rows_of(closed.store) == before


async def test_a_webhook_that_crosses_the_end_is_never_told_to_stay_away(tmp_path: Path) -> None:
    async with running(tmp_path, OPEN) as daemon:
        host, _, port = daemon.url.removeprefix("http://").partition(":")
        body = json.dumps(firing("Late")).encode()
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            await daemon.ask("GET", "/-/healthy")
            head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            await daemon.daemon.stop()
            connection.setblocking(False)
            try:
                answer = connection.recv(65_536)
            except (BlockingIOError, ConnectionError):
                answer = b""
        assert not answer or answer.startswith((b"HTTP/1.1 503 ", b"HTTP/1.1 200 ")), answer
    async with running(tmp_path, OPEN) as daemon:
        stored = [one["title"] for one in await daemon.incidents()]
        assert bool(stored) == answer.startswith(b"HTTP/1.1 200 "), "what is stored was answered, and the reverse"


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "HEAD", "DELETE"])
async def test_no_way_to_the_webhook_answers_a_redirect(method: str, closed: Running) -> None:
    """Go's client turns a POST that is redirected into a GET, and the alert is lost."""
    body = json.dumps(firing("DiskFull")).encode()
    for path in (
        "/api/v1/alertmanager",
        "/webhook",
        "/api/v1",
        "/api",
        "/a",
        "/api/v1/incidents",
        "/metrics",
        "/-/ready",
    ):
        for way in (
            path,
            f"{path}/",
            f"/{path}",
            f"{path}//",
            f"{path}?x=1",
            f"{path}/?x=1",
            f"{path}/./",
            f"{path};x",
        ):
            for headers in ({}, bearer(TOKEN_A)):
                answer = await closed.ask(method, way, data=body, headers=headers)
                assert not 300 <= answer.status < 400, (method, way)
                assert answer.status < 500 or answer.status == 503, (method, way)
