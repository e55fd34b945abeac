"""``GET …/outlook``: why people were paged, and what happens next if nobody acts."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.harness.waiting import eventually
from tests.web.running import INCIDENTS, Json, MovableClock, Running, running
from tests.web.schedules import SCHEDULED, TUESDAY_NOON, put_to

HOUR = timedelta(hours=1)


async def outlook(daemon: Running, number: object) -> Json:
    return await daemon.get(f"{INCIDENTS}/{number}/outlook")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ahead(found: Json) -> list[tuple[timedelta, str, str, str]]:
    opened = moment(found["incident"]["opened_at"])
    return [(moment(one["at"]) - opened, one["tier"], one["person"], one["purpose"]) for one in found["next"]]


async def test_it_says_why_somebody_was_paged_and_who_is_next_and_when(daemon: Running) -> None:
    found = await outlook(daemon, await daemon.opened("DiskFull", severity="critical"))
    assert [(one["tier"], one["person"], one["channel"], one["why"], one["state"]) for one in found["paged"]] == [
        ("L1", "alice", "pager", "at once", "accepted")
    ]
    assert found["told"][0]["kind"] == "opened"
    assert ahead(found) == [
        (HOUR, "L1", "alice", "repeat"),
        (HOUR, "L2", "bob", "lapse"),
        (2 * HOUR, "L1", "alice", "repeat"),
        (2 * HOUR, "L2", "bob", "repeat"),
        (3 * HOUR, "L1", "alice", "exhausted"),
        (3 * HOUR, "L2", "bob", "exhausted"),
    ]
    assert [one["kind"] for one in found["events"]] == ["climbed", "exhausted"]
    assert moment(found["exhausted_at"]) - moment(found["incident"]["opened_at"]) == 2 * HOUR
    assert (found["goes_round"]["tiers"], found["goes_round"]["every_seconds"]) == (["L1", "L2"], 3600)
    assert (found["severity_rule"], found["zone"], found["cut_off"]) == ('default: severity="critical"', "UTC", False)


async def test_what_is_foretold_is_what_then_happens(clock: MovableClock, daemon: Running) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    foretold = ahead(await outlook(daemon, number))[:4]
    for passed in (1, 2):
        clock.ahead = passed * HOUR + timedelta(seconds=1)

        async def climbed(round_: int = passed) -> bool:
            return (
                len([one for one in (await daemon.incident(number))["pages"] if one["state"] == "accepted"])
                > round_ * 2
            )

        await eventually(climbed, "the next pages leave", within=10)
    paged = (await outlook(daemon, number))["paged"]
    assert [(one["tier"], one["person"], one["purpose"]) for one in paged[1:]] == [one[1:] for one in foretold]


async def test_an_acknowledgement_moves_what_is_next_to_its_end(daemon: Running) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    await daemon.act(number, "acknowledge", {"by": "alice"})
    found = await outlook(daemon, number)
    until = moment(found["incident"]["acknowledged_until"])
    assert (moment(found["next"][0]["at"]), found["next"][0]["purpose"]) == (until, "acknowledgement_ended")
    assert found["told"][-1]["text"] == "acknowledged by alice (api)"


async def test_of_what_is_over_nothing_is_next(daemon: Running) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    await daemon.act(number, "resolve", {"by": "alice", "reason": "a false alarm"})
    found = await outlook(daemon, number)
    assert (found["next"], found["events"], found["goes_round"]) == ([], [], None)
    assert found["paged"]


async def test_looking_changes_nothing(daemon: Running) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    before = await daemon.whole_view()
    await outlook(daemon, number)
    assert await daemon.whole_view() == before


@pytest.mark.parametrize("reference", ["4711", "INC-20260101-0000", "nobody"])
async def test_an_incident_that_is_not_there_is_a_404(reference: str, daemon: Running) -> None:
    assert (await daemon.ask("GET", f"{INCIDENTS}/{reference}/outlook")).status == 404


async def test_who_stands_in_for_somebody_is_named_with_whom(clock: MovableClock, tmp_path: Path) -> None:
    put_to(clock, TUESDAY_NOON)
    text = SCHEDULED.replace("L2: {role: Senior, reach: bob", "L2: {role: Senior, reach: support")
    async with running(tmp_path, text) as daemon:
        number = await daemon.opened("DiskFull", severity="critical")
        planned = next(one for one in (await outlook(daemon, number))["next"] if one["tier"] == "L2")
        assert (planned["person"], planned["schedule"], planned["instead_of"]) == ("bob", "support", [])
        body = {"schedule": "support", "person": "chen", "lasts": "90m", "by": "chen"}
        assert (await daemon.ask("POST", "/api/v1/oncall/overrides", json=body)).status == 201
        first, later = [one for one in (await outlook(daemon, number))["next"] if one["tier"] == "L2"][:2]
        assert (first["person"], first["instead_of"]) == ("chen", ["bob"])
        assert (later["person"], later["instead_of"]) == ("bob", []), "the override has ended by then"
