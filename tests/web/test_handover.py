"""Handover notes over the API."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.web.running import TOKEN_ALICE, Json, MovableClock, Running, bearer, rows_of, running
from tests.web.schedules import SCHEDULED_CLOSED, TUESDAY_NOON, put_to

ONCALL = "/api/v1/oncall"
NOTES = f"{ONCALL}/notes"
ALICE = bearer(TOKEN_ALICE)
NOTE = {"schedule": "support", "text": " db-1 swaps\n"}


@pytest_asyncio.fixture
async def closed(clock: MovableClock, tmp_path: Path) -> AsyncIterator[Running]:
    """Run a daemon with schedules on a Tuesday."""
    put_to(clock, TUESDAY_NOON)
    async with running(tmp_path, SCHEDULED_CLOSED) as found:
        yield found


async def shown(daemon: Running) -> Json | None:
    found: Json | None = (await daemon.get(f"{ONCALL}?schedule=support"))["schedules"][0]["note"]
    return found


async def test_the_last_note_is_shown_with_who_is_on_call_until_it_is_old(clock: MovableClock, closed: Running) -> None:
    assert await shown(closed) is None
    for text in ("an old one", NOTE["text"]):
        left = await closed.ask("POST", NOTES, json=NOTE | {"text": text}, headers=ALICE)
        assert left.status == 201, left.text
    assert left.json["message"] == "whoever is on call for support next is told"

    note = await shown(closed)
    assert note is not None
    assert note == left.json["note"]
    assert (note["by"], note["text"]) == ("alice", "db-1 swaps")
    assert [one["text"] for one in (await closed.get(NOTES))["notes"]] == ["db-1 swaps", "an old one"]
    assert (await closed.get(f"{NOTES}?schedule=support&limit=1"))["notes"] == [note]
    assert (await closed.get(f"{NOTES}?schedule=senior"))["notes"] == []

    clock.ahead += timedelta(days=14)
    assert await shown(closed) is None


async def test_the_same_key_leaves_one_note(closed: Running) -> None:
    header = ALICE | {"Idempotency-Key": "once"}
    statuses = [(await closed.ask("POST", NOTES, json=NOTE, headers=header)).status for _ in range(2)]
    assert statuses == [201, 200]
    assert rows_of(closed.store)["handover_notes"] == 1


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"schedule": "suport"}, 422, "later, senior, support"),
        ({"text": ""}, 400, "text"),
        ({"text": " \n"}, 400, "text"),
        ({"text": "x" * 2001}, 400, "text"),
        ({"by": "bob"}, 403, "alice"),
    ],
    ids=str,
)
async def test_what_cannot_be_left_is_told(closed: Running, change: Json, status: int, says: str) -> None:
    answer = await closed.ask("POST", NOTES, json=NOTE | change, headers=ALICE)
    assert answer.status == status, answer.text
    assert says in answer.problem


async def test_who_is_on_call_is_told_also_while_the_store_cannot_be_read(closed: Running) -> None:
    await closed.ask("POST", NOTES, json=NOTE, headers=ALICE)
    await closed.services.store.close()

    assert await shown(closed) is None
    assert (await closed.get(ONCALL))["schedules"][0]["people"] == ["bob"]


async def test_a_note_of_nothing_that_can_be_read_is_refused(closed: Running) -> None:
    left = await closed.ask("POST", NOTES, json=NOTE | {"text": "\x1c"}, headers=ALICE)
    assert (left.status, "`text`" in left.text) == (422, True)
