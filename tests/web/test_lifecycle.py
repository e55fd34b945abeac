"""An incident's life by hand, as the API tells of it."""

from datetime import timedelta

import pytest

from tests.harness.webhooks import firing
from tests.web.running import Answer, Json, Running, now


async def act(daemon: Running, number: int, name: str, body: Json | None = None, by: str = "alice") -> Answer:
    return await daemon.act(number, name, {"by": by, **(body or {})})


@pytest.mark.requirement("A12", "1")
async def test_the_stages_of_the_work_are_shown_with_their_phase(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    first = await act(daemon, number, "status", {"status": "identified"})
    assert (first.status, first.json["detail"]) == (422, "nobody holds the incident: acknowledge it first")
    await act(daemon, number, "acknowledge")
    answer = await act(daemon, number, "status", {"status": "identified", "note": "a log that grows"}, by="bob")
    assert answer.status == 200
    shown = answer.json["incident"]
    assert (shown["status"], shown["phase"], shown["detection"]) == ("identified", "containment", "alert")
    told = [entry for entry in await daemon.timeline(number) if entry["kind"] in {"status", "phase"}]
    assert [(one["kind"], one["actor"]) for one in told] == [("status", "bob"), ("phase", "rungbell")]
    assert told[0]["text"] == "acknowledged → identified by bob: a log that grows"


@pytest.mark.parametrize(
    ("name", "body", "status", "said"),
    [
        ("status", {"status": "resolved"}, 400, "status"),
        ("status", {}, 400, "status"),
        ("snooze", {}, 422, "say `until` when, or how long it `lasts`, and not both"),
        ("snooze", {"until": "18:00", "lasts": "1h"}, 422, "not both"),
        ("snooze", {"until": "soon"}, 400, "`until`: 'soon' is not a time"),
        ("snooze", {"lasts": "5h"}, 422, "is snoozed until"),
        ("merge", {"into": "4711"}, 422, "`into`: there is no incident '4711'"),
        ("merge", {"into": "1"}, 422, "this incident itself"),
        ("false-positive", {}, 422, "needs a `reason`"),
        ("close", {}, 422, "resolve it, and then close it"),
        ("release", {"as_of": 1}, 409, "look again"),
    ],
)
async def test_what_cannot_be_done_says_why_and_changes_nothing(
    name: str, body: Json, status: int, said: str, daemon: Running
) -> None:
    number = await daemon.opened("DiskFull")
    await act(daemon, number, "acknowledge")
    before = await daemon.incident(number)
    answer = await act(daemon, number, name, body)
    assert (answer.status, said in answer.json["detail"]) == (status, True), answer.text
    assert await daemon.incident(number) == before


@pytest.mark.requirement("A45")
async def test_a_snooze_shows_its_end(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    await act(daemon, number, "acknowledge")
    answer = await act(daemon, number, "snooze", {"lasts": "30m"})
    assert (answer.status, answer.json["incident"]["snoozed"]) == (200, True)
    other = await act(daemon, number, "snooze", {"lasts": "40m"}, by="bob")
    assert (other.status, other.json["detail"]) == (403, "alice holds the incident; whoever holds it snoozes it")


async def test_merged_it_says_where_it_goes_on_and_its_alerts_count_there(daemon: Running) -> None:
    whole, part = await daemon.opened("DatabaseSlow"), await daemon.opened("QueueDeep")
    answer = await act(daemon, part, "merge", {"into": str(whole)})
    assert answer.status == 200
    shown, goes_on = answer.json["incident"], await daemon.incident(whole)
    assert (shown["status"], shown["merged_into"]) == ("merged", goes_on["id"])
    assert [one["number"] for one in await daemon.incidents("status=merged")] == [part]
    await daemon.accepted(firing("QueueDeep", at=now() + timedelta(seconds=1)))
    told = [entry["text"] for entry in await daemon.timeline(whole)]
    assert "#2, which was merged into it, fires: QueueDeep" in told
    again = await act(daemon, part, "reopen", {"reason": "another cause"})
    assert (again.json["incident"]["status"], again.json["incident"]["cycle"]) == ("triggered", 2)


async def test_a_false_positive_and_what_is_closed_are_reopened(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    ended = await act(daemon, number, "false-positive", {"reason": "the probe"})
    assert (ended.json["incident"]["status"], ended.json["incident"]["resolved_by"]) == ("false_positive", "alice")
    acked = await act(daemon, number, "acknowledge")
    assert (acked.status, "already marked as a false positive by alice" in acked.json["detail"]) == (409, True)
    assert (await act(daemon, number, "reopen")).json["message"] == "reopened as cycle 2"
    await act(daemon, number, "resolve", {"reason": "a drill"})
    assert (await act(daemon, number, "close", {"reason": "a drill"})).json["incident"]["status"] == "closed"
    assert (await act(daemon, number, "reopen")).json["incident"]["cycle"] == 3


@pytest.mark.requirement("A28")
async def test_a_breach_is_restricted_until_its_commander_releases_it(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    answer = await act(daemon, number, "escalate", {"reason": "security_breach"})
    shown = answer.json["incident"]
    assert (answer.status, shown["severity"], shown["restricted"]) == (200, "P0", True)
    assert (await act(daemon, number, "release")).status == 422, "nobody commands it"


async def test_one_key_has_one_effect(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    path = f"/api/v1/incidents/{number}/false-positive"
    body = {"by": "alice", "reason": "the probe"}
    answers = [await daemon.ask("POST", path, json=body, headers={"Idempotency-Key": "4f2c"}) for _ in range(2)]
    assert [answer.json["outcome"] for answer in answers] == ["done", "already"]
    assert answers[1].json["message"].endswith("marked as a false positive")
