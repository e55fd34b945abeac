"""Who is on call, written as a calendar: read again by others, and by ourselves."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import icalendar

from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.override import Override
from rungbell.domain.roster import Person
from rungbell.domain.rota import shifts
from rungbell.domain.rotation import Rotation
from rungbell.ical.content import read_content
from rungbell.ical.expansion import expand
from rungbell.ical.feed import LOOK_BACK, MOST_DAYS, Feed, write
from rungbell.ical.people import NamedBy, Names, whose
from rungbell.ical.reader import period
from tests.ical.calendars import utc

NOW = utc("2026-03-20 12:34:56")
PEOPLE = {
    "alice": Person("alice", "Ng, Alice; \N{WOMAN}\u200d\N{PERSONAL COMPUTER}\r\nthe \\ first" + 9 * " \N{BELL}"),
    "bob": Person("bob", "Bob Okafor"),
}
WEEKLY = Schedule(
    "support",
    (Layer(rotation=Rotation(zone="Europe/London", people=("alice", "bob"), weekday=0, starts=date(2026, 1, 5))),),
)
TAKEN = Override(
    id="o1", schedule="support", person="bob", begins=utc("2026-03-18 12:00"), ends=utc("2026-03-18 13:00"), made_at=NOW
)
ALWAYS = Schedule("seniors", (Layer(people=("chen",)),))
FEED = Feed((WEEKLY,), PEOPLE, days=28)
ONE_LINE = re.compile(r"[A-Z-]+(;[A-Z-]+=[A-Z]+)*:[^\x00-\x1f\x7f]*")
TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")


def events(text: str) -> list[dict[str, str]]:
    """Read a calendar with nothing but RFC 5545 in mind, and give the properties of its events."""
    lines = text.split("\r\n")
    assert lines.pop() == ""
    assert all(len(line.encode()) <= 75 and line for line in lines)
    whole = "\r\n".join(lines).replace("\r\n ", "").split("\r\n")
    assert all(ONE_LINE.fullmatch(line) for line in whole)
    assert (whole[0], whole[-1], whole.count("VERSION:2.0")) == ("BEGIN:VCALENDAR", "END:VCALENDAR", 1)
    assert sum(line.startswith("PRODID:") for line in whole) == 1
    assert sum(line.startswith("BEGIN:V") for line in whole) > 1
    found = []
    for number, line in enumerate(whole):
        if line == "BEGIN:VEVENT":
            own = dict(one.split(":", 1) for one in whole[number + 1 : whole.index("END:VEVENT", number)])
            assert all(TIME.fullmatch(own[name]) for name in ("DTSTAMP", "DTSTART", "DTEND"))
            assert own["DTSTART"] < own["DTEND"]
            found.append(own)
    assert len({one["UID"] for one in found}) == len(found)
    return found


def test_every_shift_of_the_period_is_an_event_with_the_times_in_utc() -> None:
    found = events(write(FEED, NOW))
    assert found[-1]["DTSTART"] == "20260413T080000Z"
    assert found[-2]["DTSTART"] == "20260406T080000Z"
    assert found[-1]["DTEND"] == "20260418T000000Z"
    assert found[-1]["DTSTAMP"] == "20260320T123456Z"
    assert found[-1]["SUMMARY"] == "Ng\\, Alice\\; \N{WOMAN}\u200d\N{PERSONAL COMPUTER}\\nthe \\\\ first" + (
        9 * " \N{BELL}" + " (support)"
    )


def test_icalendar_reads_what_was_meant() -> None:
    begins, ends = utc("2026-02-17 00:00"), utc("2026-04-18 00:00")
    read: Any = icalendar.Calendar.from_ical(write(FEED, NOW))
    assert [(one["SUMMARY"], one["DTSTART"].dt, one["DTEND"].dt) for one in read.walk("VEVENT")] == [
        (f"{PEOPLE[one.person].name} (support)".replace("\r\n", "\n"), one.begins, one.ends)
        for one in shifts(WEEKLY, begins, ends)
    ]
    assert str(read["X-WR-CALNAME"]) == "On call: support"


def test_rungbell_reads_its_own_calendar_as_the_same_shifts() -> None:
    people = {name: Person(name, name.title()) for name in ("alice", "bob")}
    schedule = replace(WEEKLY, overrides=(TAKEN,))
    raw = write(Feed((schedule,), people, days=28), NOW).encode()
    read = whose(expand(read_content(raw), "UTC", *period(NOW)), Names(people.values()), NamedBy.SUMMARY)
    assert read.unknown == ()
    assert read.shifts == shifts(schedule, period(NOW)[0], utc("2026-04-18 00:00"))


def test_overrides_are_in_it() -> None:
    overridden = replace(FEED, schedules=(replace(WEEKLY, overrides=(TAKEN,)),))
    before, after = (events(write(feed, NOW)) for feed in (FEED, overridden))
    assert [(one["DTSTART"], one["DTEND"], one["X-RUNGBELL-PERSON"]) for one in after if one not in before] == [
        ("20260316T090000Z", "20260318T120000Z", "alice"),
        ("20260318T120000Z", "20260318T130000Z", "bob"),
        ("20260318T130000Z", "20260323T090000Z", "alice"),
    ]


def test_a_person_sees_the_shifts_of_all_the_schedules() -> None:
    feed = Feed((WEEKLY, replace(WEEKLY, name="desk"), ALWAYS), PEOPLE, days=7, person="bob")
    found = events(write(feed, NOW))
    assert {(one["X-RUNGBELL-PERSON"], one["CATEGORIES"]) for one in found} == {("bob", "support"), ("bob", "desk")}
    assert "X-WR-CALNAME:Bob Okafor on call\r\n" in write(feed, NOW)


def test_the_identity_of_a_shift_stays_while_time_goes_by_and_its_end_moves() -> None:
    def identities(at: str, schedule: Schedule = WEEKLY) -> dict[str, str]:
        return {one["DTSTART"]: one["UID"] for one in events(write(replace(FEED, schedules=(schedule,)), utc(at)))}

    today, tomorrow = identities("2026-03-20 12:00"), identities("2026-03-21 12:00")
    assert {begins: uid for begins, uid in tomorrow.items() if begins in today} == {
        begins: uid for begins, uid in today.items() if begins in tomorrow
    }
    cut = identities("2026-03-20 12:00", replace(WEEKLY, overrides=(TAKEN,)))
    assert cut["20260316T090000Z"] == today["20260316T090000Z"]


def test_who_always_is_on_call_has_one_shift_that_keeps_its_identity() -> None:
    one, other = (
        events(write(Feed((ALWAYS,), {}, days=90), utc(at))) for at in ("2026-03-20 12:00", "2026-06-20 12:00")
    )
    assert [len(one), len(other)] == [1, 1]
    assert one[0]["UID"] == other[0]["UID"]
    assert one[0]["SUMMARY"] == "chen (seniors)"


def test_a_calendar_without_shifts_is_one_all_the_same() -> None:
    empty = write(Feed((Schedule("nobody"),), PEOPLE, days=1), NOW)
    assert events(empty) == []
    assert icalendar.Calendar.from_ical(empty).walk("VEVENT") == []
    assert expand(read_content(empty.encode()), "UTC", *period(NOW)).events == ()


def test_the_longest_period_is_one_that_a_rota_looks_at() -> None:
    found = events(write(replace(FEED, days=MOST_DAYS), NOW))
    assert found[0]["DTSTART"] == f"{utc('2026-03-20 00:00') - LOOK_BACK:%Y%m%dT%H%M%SZ}"
    assert found[-1]["DTSTART"] > "20270201T000000Z"
