"""Who is on call, asked over the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.web.running import MovableClock, Running, running
from tests.web.schedules import SCHEDULED, TUESDAY_NOON, put_to

ONCALL = "/api/v1/oncall"
HANDOVER = "2026-11-30T09:00:00.000Z"


@pytest_asyncio.fixture
async def daemon(clock: MovableClock, tmp_path: Path) -> AsyncIterator[Running]:
    """Run a daemon with schedules on a Tuesday."""
    put_to(clock, TUESDAY_NOON)
    async with running(tmp_path, SCHEDULED) as found:
        yield found


async def test_it_says_who_is_on_call_until_when_and_who_is_next(daemon: Running) -> None:
    told = await daemon.get(ONCALL)

    support, senior, later = told["schedules"]
    assert told["at"][:10] == "2026-11-24"
    assert (support["people"], support["until"], support["next"]) == (["bob"], HANDOVER, ["alice"])
    assert support["zone"] == "Europe/London"
    assert (senior["people"], senior["until"], senior["next"]) == (["chen"], None, None)
    assert (later["people"], later["next"], later["zone"]) == ([], ["chen"], "UTC")
    assert (await daemon.get(f"{ONCALL}?schedule=support"))["schedules"] == [support]


async def test_shifts_are_listed_over_a_period_by_the_clocks_of_their_schedule(daemon: Running) -> None:
    told = await daemon.get(f"{ONCALL}/shifts?schedule=support&from=2027-07-01&until=2027-07-13T00:00Z")

    assert [(one["person"], one["begins"], one["ends"]) for one in told["shifts"]] == [
        ("alice", "2027-06-30T23:00:00.000Z", "2027-07-05T08:00:00.000Z"),
        ("bob", "2027-07-05T08:00:00.000Z", "2027-07-12T08:00:00.000Z"),
        ("alice", "2027-07-12T08:00:00.000Z", "2027-07-13T00:00:00.000Z"),
    ]
    by_default = (await daemon.get(f"{ONCALL}/shifts"))["shifts"]
    assert {one["schedule"] for one in by_default} == {"support", "senior", "later"}
    assert max(one["ends"] for one in by_default)[:10] == "2026-12-08"


async def test_gaps_are_listed(daemon: Running) -> None:
    (gap,) = (await daemon.get(f"{ONCALL}/gaps"))["gaps"]

    assert (gap["schedule"], gap["ends"]) == ("later", "2026-12-07T09:00:00.000Z")
    assert (await daemon.get(f"{ONCALL}/gaps?schedule=support&days=366"))["gaps"] == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?schedule=suport", "later, senior, support"),
        ("?shedule=support", "there is no parameter 'shedule'; there are schedule"),
        ("/gaps?days=0", "`days` must be a number from 1 to 366"),
        ("/gaps?days=367", "1 to 366"),
        ("/shifts?from=yesterday", "`from`: 'yesterday' is not a time, such as"),
        ("/shifts?from=2026-02-30", "is not a time"),
        ("/shifts?from=9999-12-31", "out of reach"),
        ("/shifts?from=2026-12-24&until=2026-12-23", "`until` must be later than `from`"),
        ("/shifts?until=2028-01-01", "366 days at most"),
    ],
    ids=str,
)
async def test_what_cannot_be_answered_is_told_with_what_could(daemon: Running, query: str, says: str) -> None:
    answer = await daemon.ask("GET", ONCALL + query)

    assert answer.status == 400
    assert says in answer.problem


@pytest.mark.parametrize("query", ["/shifts?from=yesterday", "/shifts?until=2028-01-01", "/gaps?days=0"], ids=str)
async def test_nonsense_is_told_where_there_is_no_schedule_to_read_it_for(tmp_path: Path, query: str) -> None:
    async with running(tmp_path) as without_schedules:
        assert (await without_schedules.ask("GET", ONCALL + query)).status == 400
