"""Reviews over the API: noted once, by whom, and what is due."""

from datetime import timedelta

import pytest

from tests.telemetry.exposition import figure
from tests.web.running import TOKEN_ALICE, Json, MovableClock, Running, bearer

REVIEWS = "/api/v1/reviews"
ALICE = bearer(TOKEN_ALICE)


async def note(daemon: Running, **body: str) -> Json:
    answer = await daemon.ask("POST", REVIEWS, json=body, headers=ALICE)
    assert answer.status == 201, answer.text
    return answer.json


async def due(daemon: Running) -> set[str]:
    return {one["kind"] for one in (await daemon.get(REVIEWS))["due"] if one["due"]}


async def shown(daemon: Running, name: str, **labels: str) -> float:
    return figure((await daemon.ask("GET", "/metrics")).text, f"rungbell_{name}", **labels)


@pytest.mark.requirement("23", "25", "82")
async def test_what_was_gone_through_is_due_no_more_until_its_time_is_over(
    clock: MovableClock, closed: Running
) -> None:
    assert await due(closed) == {"playbook", "runbooks", "drill"}
    assert "rungbell_last_review_timestamp_seconds{" not in (await closed.ask("GET", "/metrics")).text
    for kind in ("playbook", "runbooks", "drill"):
        assert (await note(closed, kind=kind, note=f"the {kind}\n was read"))["review"][
            "note"
        ] == f"the {kind} was read"
        clock.ahead += timedelta(seconds=1)  # else two may be of one millisecond, and neither is the last

    assert await due(closed) == set()
    assert await shown(closed, "review_due") == 0
    at = await shown(closed, "last_review_timestamp_seconds", kind="drill")
    assert abs(at - clock.now().timestamp()) < 30

    clock.ahead += timedelta(days=34)
    assert await due(closed) == {"runbooks"}
    assert await shown(closed, "review_due", kind="runbooks") == 1
    assert [one["kind"] for one in (await closed.get(f"{REVIEWS}?limit=2"))["reviews"]] == ["drill", "runbooks"]


@pytest.mark.requirement("82")
async def test_a_serious_incident_that_ends_asks_for_the_playbook(clock: MovableClock, closed: Running) -> None:
    await note(closed)
    small, serious = await closed.opened("Small", severity="warning"), await closed.opened("Big", severity="critical")
    clock.ahead += timedelta(minutes=1)
    await closed.act(small, "resolve", {"reason": "repaired"}, headers=ALICE)
    assert "playbook" not in await due(closed)
    await closed.act(serious, "resolve", {"reason": "repaired"}, headers=ALICE)

    (standing,) = [one for one in (await closed.get(REVIEWS))["due"] if one["kind"] == "playbook"]
    assert standing["due"]
    assert standing["because"].startswith("INC-")
    assert await shown(closed, "review_due", kind="playbook") == 1
    clock.ahead += timedelta(minutes=1)
    await note(closed)
    assert "playbook" not in await due(closed)


async def test_the_same_key_notes_once(closed: Running) -> None:
    header = ALICE | {"Idempotency-Key": "once"}
    statuses = [(await closed.ask("POST", REVIEWS, json={}, headers=header)).status for _ in range(2)]
    assert statuses == [201, 200]
    assert len((await closed.get(REVIEWS))["reviews"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"kind": "movie"}, 400, "playbook"),
        ({"note": "x" * 2001}, 400, "note"),
        ({"at": "yesterday"}, 400, "at"),
        ({"at": "2999-01-01T00:00Z"}, 422, "when it is over"),
        ({"at": "1999-01-01T00:00Z"}, 422, "within ten years"),
        ({"by": "bob"}, 403, "alice"),
    ],
    ids=str,
)
async def test_what_cannot_be_noted_is_told(closed: Running, body: Json, status: int, says: str) -> None:
    answer = await closed.ask("POST", REVIEWS, json=body, headers=ALICE)
    assert (answer.status, says in answer.problem) == (status, True), answer.text
    assert (await closed.get(REVIEWS))["reviews"] == []
