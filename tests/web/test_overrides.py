"""Overrides and swaps over the API: what is made, what is refused and why, and what it comes to."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.runtime.books import overrides as override_book
from tests.harness.waiting import eventually
from tests.web.running import TOKEN_ALICE, TOKEN_BOB, Answer, Json, MovableClock, Running, bearer, running
from tests.web.schedules import SCHEDULED_CLOSED, TUESDAY_NOON, put_to

ONCALL = "/api/v1/oncall"
OVERRIDES = f"{ONCALL}/overrides"
SWAPS = f"{ONCALL}/swaps"
ALICE, BOB = bearer(TOKEN_ALICE), bearer(TOKEN_BOB)


@pytest_asyncio.fixture
async def closed(clock: MovableClock, tmp_path: Path) -> AsyncIterator[Running]:
    """Run a daemon with schedules on a Tuesday, in the week of bob."""
    put_to(clock, TUESDAY_NOON)
    async with running(tmp_path, SCHEDULED_CLOSED) as found:
        yield found


async def post(daemon: Running, path: str, body: Json, **headers: str) -> Answer:
    return await daemon.ask("POST", path, json=body, headers=ALICE | headers)


async def make(daemon: Running, person: str | None = None, lasts: str | None = "2h", **more: str) -> Json:
    given = {"schedule": "support", "person": person, "lasts": lasts, **more}
    answer = await post(daemon, OVERRIDES, {name: value for name, value in given.items() if value})
    assert answer.status == 201, answer.text
    return answer.json


async def on_call(daemon: Running, schedule: str = "support") -> list[str]:
    found: list[str] = (await daemon.get(f"{ONCALL}?schedule={schedule}"))["schedules"][0]["people"]
    return found


async def test_nobody_makes_it_twice_because_many_look_ahead(closed: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rungbell.runtime.looking_ahead.MOST_LOOKS", 0)
    assert (await make(closed, "chen"))["message"] == "it is made"


async def test_an_override_is_made_listed_and_ended(clock: MovableClock, closed: Running) -> None:
    made = await make(closed, "chen", reason="bob is ill")
    (one,) = made["overrides"]
    assert made["message"] == "chen is on call for support Tue 2026-11-24 12:00 GMT to Tue 2026-11-24 14:00 GMT"
    assert (one["person"], one["instead_of"], one["state"]) == ("chen", None, "active")
    assert (one["made_by"], one["reason"]) == ("alice", "bob is ill")
    (now,) = (await closed.get(f"{ONCALL}?schedule=support"))["schedules"]
    assert (now["people"], now["planned"], now["next"]) == (["chen"], ["bob"], ["bob"])
    assert now["overrides"] == [one]
    assert (await closed.get(OVERRIDES))["overrides"] == [one]
    assert (await closed.get(f"{OVERRIDES}?schedule=senior"))["overrides"] == []

    clock.ahead += timedelta(minutes=30)
    ended = await closed.ask("DELETE", f"{OVERRIDES}/{one['id']}", headers=ALICE)
    assert (ended.status, ended.json["message"]) == (200, f"override {one['id']} ends now")
    assert await on_call(closed) == ["bob"]
    assert (await closed.get(OVERRIDES))["overrides"] == []
    (over,) = (await closed.get(f"{OVERRIDES}?all=true"))["overrides"]
    assert (over["state"], over["ends"][:16]) == ("over", "2026-11-24T12:30")
    again = await closed.ask("DELETE", f"{OVERRIDES}/{one['id']}", headers=ALICE)
    assert again.status == 409
    assert "was over at 2026-11-24 12:30 UTC" in again.problem
    assert (await closed.ask("DELETE", f"{OVERRIDES}/4711", headers=ALICE)).status == 404


async def test_what_was_stays_so_also_after_it_is_over(clock: MovableClock, closed: Running) -> None:
    await make(closed, "chen")
    clock.ahead += timedelta(days=1)
    told = await closed.get(f"{ONCALL}/shifts?schedule=support&from=2026-11-24T11:00&until=2026-11-24T15:00")
    assert [one["person"] for one in told["shifts"]] == ["bob", "chen", "bob"]


async def test_one_that_has_not_begun_is_removed_without_a_trace(closed: Running) -> None:
    (one,) = (await make(closed, "chen", begins="18:00"))["overrides"]
    assert (one["state"], one["begins"]) == ("coming", "2026-11-24T18:00:00.000Z")
    removed = await closed.ask("DELETE", f"{OVERRIDES}/{one['id']}", headers=ALICE)
    assert [found["state"] for found in removed.json["overrides"]] == ["removed"]
    assert (await closed.get(f"{OVERRIDES}?all=true"))["overrides"] == []


async def test_without_a_person_whoever_asks_takes_the_pager(closed: Running) -> None:
    await make(closed, lasts="1h")
    assert await on_call(closed) == ["alice"]


async def test_of_overlapping_ones_the_last_made_decides_and_the_answer_says_so(closed: Running) -> None:
    (first,) = (await make(closed, "alice", "8h"))["overrides"]
    made = await make(closed, "chen", begins="13:00")
    assert [one["id"] for one in made["overlapping"]] == [first["id"]]
    assert f"it overlaps override {first['id']} (alice until Tue 2026-11-24 20:00 GMT)" in made["message"]
    shifts = await closed.get(f"{ONCALL}/shifts?schedule=support&until=2026-11-24T21:00")
    assert [one["person"] for one in shifts["shifts"]] == ["alice", "chen", "alice", "bob"]


async def test_one_that_takes_the_place_of_somebody_who_is_not_on_call_says_that_it_changes_nothing(
    closed: Running,
) -> None:
    made = await make(closed, "chen", instead_of="alice")
    assert "alice is not on call in that time, so nothing changes as things stand" in made["message"]
    assert await on_call(closed) == ["bob"]


async def test_a_beginning_in_the_past_is_now(closed: Running) -> None:
    (one,) = (await make(closed, "chen", None, begins="2026-11-24", ends="2026-11-24 13:00"))["overrides"]
    assert (one["begins"][:16], one["ends"]) == ("2026-11-24T12:00", "2026-11-24T13:00:00.000Z")


SUPPORT = {"schedule": "support", "lasts": "1h"}


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"schedule": "suport"}, 422, "later, senior, support"),
        ({"schedule": None}, 400, "schedule"),
        ({"person": "mallory"}, 422, "'mallory' is nobody of the configuration; it knows alice, bob, chen"),
        ({"instead_of": "mallory"}, 422, "`instead_of`: 'mallory'"),
        ({"instead_of": "alice"}, 422, "alice cannot stand in for alice"),
        ({"lasts": None}, 422, "until when?"),
        ({"ends": "18:00"}, 422, "give one of them"),
        ({"lasts": "0s"}, 400, "lasts"),
        ({"lasts": "367d"}, 422, "366 days at most"),
        ({"lasts": None, "ends": "2026-11-24T11:00Z"}, 422, "is past"),
        ({"begins": "2027-01-02", "lasts": None, "ends": "2027-01-01"}, 422, "is not after"),
        ({"begins": "2028-01-01"}, 422, "366 days away"),
        ({"begins": "tomorrow"}, 400, "`begins`: 'tomorrow' is not a time"),
        ({"reason": "x" * 501}, 400, "reason"),
        ({"by": "bob"}, 403, "alice"),
        ({"until": "18:00"}, 400, "until"),
    ],
    ids=str,
)
async def test_what_cannot_be_made_is_told_with_what_could(
    closed: Running, change: Json, status: int, says: str
) -> None:
    body: Json = SUPPORT | change
    answer = await post(closed, OVERRIDES, {name: value for name, value in body.items() if value is not None})
    assert answer.status == status, answer.text
    assert says in answer.problem
    assert (await closed.get(f"{OVERRIDES}?all=true"))["overrides"] == []


async def test_the_same_key_makes_one_override_and_answers_with_it(closed: Running) -> None:
    first = await post(closed, OVERRIDES, SUPPORT, **{"Idempotency-Key": "once"})
    again = await post(closed, OVERRIDES, SUPPORT, **{"Idempotency-Key": "once"})
    assert (first.status, again.status) == (201, 200)
    assert again.json["overrides"] == first.json["overrides"]
    assert len((await closed.get(OVERRIDES))["overrides"]) == 1

    other = await closed.ask("POST", OVERRIDES, json=SUPPORT, headers=BOB | {"Idempotency-Key": "once"})
    assert other.status == 201, "somebody else's key is another one"


async def test_a_schedule_has_so_many_overrides_and_no_more(closed: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(override_book, "MOST", 2)
    for _ in range(2):
        await make(closed, "chen")
    refused = await post(closed, OVERRIDES, SUPPORT)
    assert refused.status == 409
    assert "remove some of them" in refused.problem


async def test_one_of_somebody_who_was_removed_is_void_and_the_schedules_own_person_is_on_call(closed: Running) -> None:
    await make(closed, "chen")
    file = closed.daemon.options.config_file
    file.write_text(file.read_text().replace("chen: {name: Chen}", "dana: {name: Dana}").replace("chen", "dana"))
    await closed.daemon.reload()
    assert await on_call(closed) == ["bob"]
    assert [one["state"] for one in (await closed.get(OVERRIDES))["overrides"]] == ["void"]


async def test_a_reload_loses_no_override_and_a_start_finds_them(clock: MovableClock, tmp_path: Path) -> None:
    put_to(clock, TUESDAY_NOON)
    async with running(tmp_path, SCHEDULED_CLOSED) as daemon:
        await make(daemon, "chen")
        await daemon.daemon.reload()
        assert await on_call(daemon) == ["chen"]
    async with running(tmp_path, SCHEDULED_CLOSED) as daemon:
        assert await on_call(daemon) == ["chen"]


@pytest.fixture
def read_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rungbell.runtime.books.overrides.REREAD_SECONDS", 0.05)


@pytest.mark.usefixtures("read_again_soon")
async def test_what_another_writer_makes_counts_soon(closed: Running) -> None:
    services = closed.services
    (one,) = (await make(closed, "chen"))["overrides"]
    await services.store.write(
        lambda transaction: transaction.end_override(transaction.overrides(services.clock.now())[0], TUESDAY_NOON)
    )

    async def gone() -> bool:
        return await on_call(closed) == ["bob"]

    await eventually(gone, f"override {one['id']} counts no more", within=10, every=0.05)


async def test_who_takes_the_pager_is_told_where_the_configuration_says_so(clock: MovableClock, tmp_path: Path) -> None:
    put_to(clock, TUESDAY_NOON)
    told = SCHEDULED_CLOSED.replace("zone: Europe/London}}", "zone: Europe/London}, tell: {through: [pager]}}")
    async with running(tmp_path, told) as daemon:
        await make(daemon, "chen")

        async def heard() -> bool:
            found = await daemon.services.store.read(lambda transaction: transaction.notices())
            return {(one.notice.person, one.notice.says, one.state) for one in found} == {
                ("chen", "shift_begun", "accepted"),
                ("bob", "shift_ended", "accepted"),
            }

        await eventually(heard, "both were told", within=10, every=0.05)


# -- swaps -----------------------------------------------------------------------------------------------------------

SWAP = {"schedule": "support", "one": {"person": "alice"}, "other": {"person": "bob"}}


async def test_two_people_take_each_others_shifts_in_one_commit(closed: Running) -> None:
    made = await post(closed, SWAPS, SWAP, **{"Idempotency-Key": "swap"})
    assert made.status == 201, made.text
    first, second = made.json["overrides"]
    assert (first["person"], first["instead_of"], first["begins"]) == ("bob", "alice", "2026-11-30T09:00:00.000Z")
    assert (second["person"], second["instead_of"], second["ends"]) == ("alice", "bob", "2026-11-30T09:00:00.000Z")
    assert first["reason"] == "swap of alice and bob"
    shifts = await closed.get(f"{ONCALL}/shifts?schedule=support&until=2026-12-14T09:00")
    assert [(one["person"], one["ends"][:10]) for one in shifts["shifts"]] == [
        ("alice", "2026-11-30"),
        ("bob", "2026-12-14"),
    ]
    again = await post(closed, SWAPS, SWAP, **{"Idempotency-Key": "swap"})
    assert (again.status, again.json["overrides"]) == (200, made.json["overrides"])


async def test_a_later_shift_is_named_by_a_moment_of_it(closed: Running) -> None:
    one = {"person": "alice", "on": "2026-12-16"}
    made = await post(closed, SWAPS, SWAP | {"one": one, "other": {"person": "bob", "on": "2026-12-07 09:00"}})
    first, second = made.json["overrides"]
    assert (first["begins"][:10], first["ends"][:10]) == ("2026-12-14", "2026-12-21")
    assert (second["begins"][:10], second["ends"][:10]) == ("2026-12-07", "2026-12-14")


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"schedule": "suport"}, 422, "support"),
        ({"one": {"person": "mallory"}}, 422, "`one.person`: 'mallory'"),
        ({"one": {"person": "bob"}}, 422, "bob cannot swap with bob"),
        ({"one": {"person": "chen"}}, 422, "chen has no such shift of support within a year"),
        ({"schedule": "senior", "one": {"person": "chen"}}, 422, "does not end within a year"),
        ({"one": {"person": "alice", "on": "2028-01-01"}}, 422, "alice has no such shift"),
        ({"one": {"person": "alice", "on": "soon"}}, 400, "`one.on`: 'soon' is not a time"),
        ({"one": {}}, 400, "one.person"),
    ],
    ids=str,
)
async def test_what_cannot_be_swapped_is_told(closed: Running, change: Json, status: int, says: str) -> None:
    answer = await post(closed, SWAPS, SWAP | change)
    assert answer.status == status, answer.text
    assert says in answer.problem


async def test_who_is_on_call_together_has_nothing_to_swap(closed: Running) -> None:
    file = closed.daemon.options.config_file
    together = file.read_text().replace("people: [alice, bob], every: 1w,", "people: [alice, bob], together: 2,")
    file.write_text(together.replace("support: {rotation:", "support: {layers: [{hours: '08:00-20:00', rotation:"))
    file.write_text(file.read_text().replace("zone: Europe/London}}", "zone: Europe/London}}]}"))
    await closed.daemon.reload()
    refused = await post(closed, SWAPS, SWAP)
    assert refused.status == 422
    assert "bob is on call during the shift of alice too" in refused.problem


async def test_nobody_takes_a_second_place_unawares(closed: Running) -> None:
    file = closed.daemon.options.config_file
    file.write_text(
        file.read_text().replace("people: [alice, bob], every", "people: [alice, bob, chen], together: 2, every")
    )
    await closed.daemon.reload()

    refused = await post(closed, SWAPS, SWAP | {"one": {"person": "alice"}, "other": {"person": "chen"}})
    assert (refused.status, "a place would be empty" in refused.problem) == (422, True)

    first, second = await on_call(closed)
    made = await make(closed, first, instead_of=second)
    assert f"{first} is on call in that time already: there will be one person fewer" in made["message"]
