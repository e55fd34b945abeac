"""Calendars say who is paged: fetched from a real server, kept over a restart, and told of when they fail."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.domain.incident import Status
from rungbell.domain.timeline import EntryKind
from rungbell.ical.content import read_content
from rungbell.ical.events import Events
from rungbell.ical.expansion import expand
from rungbell.ical.reader import CalendarReader, period
from rungbell.runtime.calendars import rereading as runtime_calendars
from tests.harness.calendar_server import Answer, CalendarServer
from tests.ical.calendars import OWN_ZONE, calendar, shift
from tests.scenario.harness import LogLine, World
from tests.scenario.policies import with_calendar

ALICE = shift("Alice", "20261101T090000Z", "20261201T090000Z")
DANA = shift("Dana", "20261101T090000Z", "20261201T090000Z")
SOON = calendar(
    shift("Dana", "20261101T000000Z", "20261123T110000Z"), shift("Eli", "20261123T110000Z", "20261201T000000Z")
)
"""Dana until an hour after the world begins, and then Eli."""


class ReadHere(CalendarReader):
    """Reads in this process, which takes no time to begin; ``tests/ical`` reads in another one."""

    def read(self, raw: bytes, zone: str, now: datetime) -> Events:
        return expand(read_content(raw), zone, *period(now))


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_calendars, "CalendarReader", ReadHere)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[CalendarServer]:
    async with CalendarServer() as found:
        found.says(calendar(DANA))
        yield found


@pytest_asyncio.fixture
async def world(server: CalendarServer, tmp_path: Path, logs: list[LogLine]) -> AsyncIterator[World]:
    """A rungbell that has not been started yet."""
    world = World(tmp_path, with_calendar(f"url: '{server.url}'"), logs)
    yield world
    await world.crash()


async def rings(world: World, person: str) -> None:
    """L2 is rung, which is whom the calendar names."""
    name = f"Fire{len(world.all_arrivals())}"
    await world.fires(name, "disaster")
    world.phone("alice").expects(name)
    page = world.phone(person).expects(name)
    await page.acknowledges()
    await world.stops_firing(name)
    await page.resolves("put out")


async def test_whom_the_calendar_names_is_paged_and_who_comes_next_from_the_minute_on(
    world: World, server: CalendarServer
) -> None:
    server.says(SOON)
    await world.start()
    await rings(world, "dana")
    await world.pass_time(minutes=59)
    await rings(world, "dana")
    await world.pass_time(minutes=1)
    await rings(world, "eli")


async def test_a_change_of_the_calendar_counts_within_a_quarter_of_an_hour(
    world: World, server: CalendarServer
) -> None:
    await world.start()
    await rings(world, "dana")
    server.says(calendar(shift("chen", "20261101T090000Z", "20261201T090000Z")))
    await world.pass_time(minutes=15)
    await rings(world, "chen")
    assert server.statuses == [200, 200]
    await world.pass_time(minutes=15)
    assert server.statuses == [200, 200, 304]


async def test_a_calendar_that_fails_changes_nothing_about_who_is_on_call(world: World, server: CalendarServer) -> None:
    await world.start()
    for body in (
        b"",
        b"<html>log in</html>",
        calendar(DANA)[:-20],
        calendar(shift("Eli", "20261101T0900", "x", "Mars/Base")),
    ):
        server.says(body)
        await world.pass_time(minutes=15)
        await rings(world, "dana")
    server.fails(500)
    await world.pass_time(minutes=15)
    await rings(world, "dana")


async def test_the_log_says_at_once_what_is_wrong_and_no_more_than_once(
    world: World, server: CalendarServer, logs: list[LogLine]
) -> None:
    await world.start()
    server.says(calendar(shift("Eli", "20261101T090000", "20261201T090000", "Mars/Base", uid="a@x")))
    await world.pass_time(minutes=45)
    told = [line for line in logs if line["event"].startswith("a calendar cannot be used")]
    assert [line["problem"] for line in told] == ["line 7: event 'a@x' is in the unknown time zone 'Mars/Base'"]
    assert "token-of-the-calendar" not in str(logs)
    server.says(calendar(DANA))
    await world.pass_time(minutes=15)
    assert logs[-1]["event"] == "a calendar can be used again"


async def test_what_was_read_last_is_known_after_a_restart_while_the_server_is_down(
    world: World, server: CalendarServer
) -> None:
    server.says(SOON)
    await world.start()
    await world.crash()
    await server.stop()
    await world.restart(after=timedelta(hours=2))
    await rings(world, "eli")
    assert (
        world.figure("calendar_last_success_timestamp_seconds", calendar="support")
        == (world.clock.now() - timedelta(hours=2)).timestamp()
    )


async def test_a_copy_is_its_owners_and_says_nothing_of_the_url(world: World) -> None:
    await world.start()
    (copy,) = (world.folder / "calendars").iterdir()
    assert (copy.name, copy.stat().st_mode & 0o777, copy.parent.stat().st_mode & 0o777) == (
        "support.json",
        0o600,
        0o700,
    )
    assert "token" not in copy.read_text()
    assert json.loads(copy.read_text())["named"] == [{"summary": "Dana", "organizer": None, "attendees": []}]


@pytest.mark.parametrize("spoilt", ["", "{}", '{"format": 2}', "[]", '{"format": 1, "place": 7}'])
async def test_a_copy_that_cannot_be_read_is_none(world: World, server: CalendarServer, spoilt: str) -> None:
    await world.start()
    await world.crash()
    (copy,) = (world.folder / "calendars").iterdir()
    copy.write_text(spoilt)
    await world.start()
    await rings(world, "dana")


async def test_a_copy_of_another_url_is_not_taken_for_this_one(world: World, server: CalendarServer) -> None:
    await world.start()
    await world.crash()
    server.fails(404)
    world.will_start_with(with_calendar(f"url: '{server.url}?another'"))
    world.expects_error("Nobody is on call for support by the calendar support: it is answered with HTTP 404.")
    await world.start()
    await world.fires("DiskFull", "disaster")
    await world.pass_time(minutes=2)
    world.phone("alice").expects("DiskFull")
    world.phone("chen").expects("DiskFull")
    world.mail("olga").expects("RungbellNobodyOnCall")


async def test_the_operator_hears_once_of_a_calendar_that_cannot_be_read_for_long_and_that_it_can_again(
    world: World, server: CalendarServer
) -> None:
    world.expects_error(
        "The calendar support could not be read for 6h, and what it said at 2026-11-23 10:00 UTC counts"
    )
    await world.start()
    server.fails(404)
    await world.pass_time(hours=5, minutes=59)
    world.mail("olga").expects_nothing()
    await world.pass_time(minutes=1)
    page = world.mail("olga").expects("RungbellCalendarStale")
    assert "it is answered with HTTP 404." in page.message.text
    await world.pass_time(hours=5)
    server.says(calendar(DANA))
    await world.pass_time(minutes=15)
    assert (await world.incident("RungbellCalendarStale")).status is Status.MONITORING
    await page.resolves("put out")


async def test_the_operator_hears_of_a_calendar_by_which_nobody_is_on_call_and_the_ladder_goes_on_at_once(
    world: World, server: CalendarServer
) -> None:
    world.expects_error("Nobody is on call for support by the calendar support: it has nobody now.")
    server.says(calendar(shift("Dana", "20261123T100500Z", "20261201T090000Z")))
    await world.start()
    await world.settle()
    page = world.mail("olga").expects("RungbellNobodyOnCall")
    await world.fires("DiskFull", "disaster")
    world.phone("alice").expects("DiskFull")
    fire = world.phone("chen").expects("DiskFull")
    assert "nobody" in str(await world.timeline("DiskFull", EntryKind.TIER_EMPTY)).lower()
    await fire.acknowledges()
    await world.stops_firing("DiskFull")
    await fire.resolves()
    await world.pass_time(minutes=5)
    assert (await world.incident("RungbellNobodyOnCall")).status is Status.MONITORING
    await page.resolves("put out")


async def test_outside_of_its_layers_hours_a_calendar_is_not_missed(world: World, server: CalendarServer) -> None:
    server.says(calendar(shift("Dana", "20261123T080000Z", "20261123T110000Z")))
    world.will_start_with(
        with_calendar(f"url: '{server.url}'", layers="{layers: [{calendar: {%s}, days: mon, hours: '09:00-11:00'}]}")
    )
    await world.start()
    await rings(world, "dana")
    await world.pass_time(hours=2)


async def test_names_that_nobody_has_are_told_in_the_log_and_by_a_metric_until_an_alias_says_who_that_is(
    world: World, server: CalendarServer, logs: list[LogLine]
) -> None:
    world.expects_error(
        "Nobody is on call for support by the calendar support: of `people` it names nobody by 'D. Kowalski'"
    )
    server.says(calendar(shift("D. Kowalski", "20261101T090000Z", "20261201T090000Z")))
    await world.start()
    await world.settle()
    page = world.mail("olga").expects("RungbellNobodyOnCall")
    assert [line["names"] for line in logs if "names nobody" in line["event"]] == ["'D. Kowalski'"]
    assert world.figure("calendar_unknown_names", calendar="support") == 1
    await world.reload_calendars(with_calendar(f"url: '{server.url}', aliases: {{d. kowalski: dana}}"))
    await rings(world, "dana")
    assert world.figure("calendar_unknown_names", calendar="support") == 0
    await page.resolves("put out")


async def test_several_events_at_once_are_several_on_call(world: World, server: CalendarServer) -> None:
    server.says(calendar(DANA, shift("eli", "20261123T000000", "20261124T000000", "Half an hour aside"), OWN_ZONE))
    await world.start()
    await world.fires("DiskFull", "disaster")
    for person in ("alice", "dana", "eli"):
        world.phone(person).expects("DiskFull")
    await world.stops_firing("DiskFull")


async def test_a_reload_may_bring_another_calendar_and_takes_the_copy_of_the_last_one_away(
    world: World, server: CalendarServer, tmp_path: Path
) -> None:
    await world.start()
    (tmp_path / "team.ics").write_bytes(calendar(shift("eli", "20261101T090000Z", "20261201T090000Z")))
    layers = "{layers: [{people: chen, days: sun}, {calendar: {%s}}]}"
    await world.reload_calendars(with_calendar("file: team.ics", layers=layers))
    await rings(world, "eli")
    assert [one.name for one in (world.folder / "calendars").iterdir()] == ["support[1].json"]
    assert (
        world.metrics.registry.get_sample_value(
            "rungbell_calendar_last_success_timestamp_seconds", {"calendar": "support"}
        )
        is None
    )


async def test_a_reload_that_takes_a_failing_calendar_away_ends_what_was_told_of_it(
    world: World, server: CalendarServer
) -> None:
    world.expects_error("Nobody is on call for support by the calendar support")
    server.says(calendar())
    await world.start()
    await world.settle()
    page = world.mail("olga").expects("RungbellNobodyOnCall")
    await world.reload_calendars(with_calendar("", layers="{people: [chen]}%s"))
    await world.settle()
    assert (await world.incident("RungbellNobodyOnCall")).status is Status.MONITORING
    await page.resolves("put out")


async def test_a_calendar_that_does_not_answer_holds_up_a_start_for_a_little_only(
    world: World, server: CalendarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime_calendars, "FIRST_WAIT", 0.1)
    server.answer = Answer(hangs=True)
    await asyncio.wait_for(world.start(), 5)
    assert world.parts.handler.book.roster.schedules["support"].on_call(world.clock.now()) == ()


async def test_the_shift_at_the_end_of_the_next_day_is_known_though_the_calendar_never_changed(
    world: World, server: CalendarServer
) -> None:
    far = shift("Eli", "20261201T090000Z", "20290101T090000Z")
    server.says(calendar(DANA, far))
    await world.start()
    (copy,) = (world.folder / "calendars").iterdir()
    before = json.loads(copy.read_text())["ends"]
    world.clock.reach(world.clock.now() + timedelta(days=1))
    await world.settle()
    assert json.loads(copy.read_text())["ends"] == before + 86_400
    await rings(world, "dana")
