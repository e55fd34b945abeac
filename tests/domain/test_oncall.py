"""Who is on call: layers in their order, hours, round robins, and overrides over all of them."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from rungbell.domain.hours import WeeklyHours
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.override import Override
from rungbell.domain.rotation import Rotation
from tests.domain.shipped import shipped

WEEKDAYS = frozenset(range(5))
SUPPORT = Rotation(zone="Europe/London", people=("alice", "bob"), weekday=0, starts=date(2026, 1, 5))
WEEKLY = Schedule("support", (Layer(rotation=SUPPORT),))
ALWAYS = Schedule("seniors", (Layer(people=("chen", "dana")),))
OFFICE = WeeklyHours("Europe/London", WEEKDAYS, time(9), time(17))
SUN = Schedule(
    "sun",
    (
        Layer(people=("tomo",), hours=WeeklyHours("Asia/Tokyo", WEEKDAYS, time(9), time(17))),
        Layer(people=("alice",), hours=OFFICE),
        Layer(people=("nina",), hours=WeeklyHours("America/New_York", WEEKDAYS, time(9), time(17))),
    ),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London"))


def override(person: str, begins: str, ends: str, *, instead_of: str | None = None, made: int = 0) -> Override:
    made_at = utc("2026-06-01 00:00") + timedelta(minutes=made)
    return Override(
        id=f"o{made}",
        schedule="any",
        person=person,
        begins=utc(f"2026-06-{begins}"),
        ends=utc(f"2026-06-{ends}"),
        instead_of=instead_of,
        made_at=made_at,
    )


def test_a_schedule_of_people_gives_all_of_them_at_any_time() -> None:
    assert ALWAYS.on_call(utc("2026-01-01 00:00")) == ("chen", "dana")
    assert ALWAYS.at(utc("2026-01-01 00:00")).until is None


def test_a_schedule_with_a_rotation_gives_its_one() -> None:
    assert WEEKLY.on_call(local("2026-01-12 09:00")) == ("bob",)
    assert WEEKLY.on_call(local("2026-01-05 08:59")) == ()


def test_a_schedule_without_layers_gives_nobody() -> None:
    assert Schedule("empty").on_call(utc("2026-01-01 00:00")) == ()


def test_the_first_layer_that_has_somebody_decides() -> None:
    schedule = Schedule(
        "support", (Layer(people=("alice",), hours=OFFICE), Layer(rotation=SUPPORT), Layer(people=("chen",)))
    )
    assert schedule.on_call(local("2026-01-13 10:00")) == ("alice",)
    assert schedule.on_call(local("2026-01-13 17:00")) == ("bob",)
    assert schedule.on_call(local("2026-01-04 12:00")) == ("chen",), "before the rotation begins"
    assert [schedule.at(local(f"2026-01-{at}")).layer for at in ("13 10:00", "13 17:00", "04 12:00")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("now", "person"),
    [
        ("2026-06-08 00:00", "tomo"),
        ("2026-06-08 07:59", "tomo"),
        ("2026-06-08 08:00", "alice"),  # nine in London's summer
        ("2026-06-08 15:59", "alice"),
        ("2026-06-08 16:00", "nina"),  # noon in New York
        ("2026-06-08 20:59", "nina"),
        ("2026-06-08 21:00", None),
        ("2026-06-07 12:00", None),  # a Sunday
        ("2026-01-12 08:30", None),  # in winter London begins an hour after Tokyo has left
    ],
)
def test_the_pager_follows_the_sun_by_each_places_own_clock(now: str, person: str | None) -> None:
    assert SUN.on_call(utc(now)) == ((person,) if person else ())


def test_a_round_robin_gives_each_incident_to_the_next_one() -> None:
    schedule = Schedule("support", (Layer(round_robin=("alice", "bob", "chen")),))
    now = utc("2026-06-08 12:00")
    assert [schedule.on_call(now, nth) for nth in range(4)] == [("alice",), ("bob",), ("chen",), ("alice",)]
    assert schedule.on_call(now) == ("alice", "bob", "chen"), "without an incident: whoever it may be"
    assert schedule.round_robin
    assert not WEEKLY.round_robin


def test_an_override_takes_the_pager_for_an_hour() -> None:
    schedule = replace(WEEKLY, overrides=(override("dana", "08 12:00", "08 13:00"),))
    hours = ("11:59", "12:00", "12:59", "13:00")
    assert [schedule.on_call(utc(f"2026-06-08 {at}")) for at in hours] == [("alice",), ("dana",), ("dana",), ("alice",)]
    found = schedule.at(utc("2026-06-08 12:30"))
    assert (found.planned, found.overrides, found.until) == (
        ("alice",),
        schedule.overrides,
        utc("2026-06-08 13:00"),
    )
    assert schedule.at(utc("2026-06-08 11:00")).until == utc("2026-06-08 12:00")


def test_an_override_also_fills_a_gap() -> None:
    schedule = replace(SUN, overrides=(override("dana", "07 00:00", "08 00:00"),))
    assert schedule.on_call(utc("2026-06-07 12:00")) == ("dana",)


def test_an_override_may_take_the_place_of_one_of_several() -> None:
    schedule = replace(ALWAYS, overrides=(override("eli", "08 00:00", "09 00:00", instead_of="dana"),))
    assert schedule.on_call(utc("2026-06-08 12:00")) == ("chen", "eli")
    assert schedule.at(utc("2026-06-08 12:00")).overrides == schedule.overrides


def test_an_override_in_the_place_of_somebody_counts_only_where_they_would_be_on_call() -> None:
    schedule = replace(WEEKLY, overrides=(override("eli", "01 00:00", "30 00:00", instead_of="bob"),))
    assert schedule.on_call(utc("2026-06-08 12:00")) == ("alice",)
    assert schedule.on_call(utc("2026-06-15 12:00")) == ("eli",)


def test_of_several_overrides_the_one_made_last_decides() -> None:
    early, late = override("dana", "08 00:00", "09 00:00", made=1), override("eli", "08 06:00", "08 18:00", made=2)
    schedule = replace(WEEKLY, overrides=(early, late))
    assert [schedule.on_call(utc(f"2026-06-08 {at}")) for at in ("05:00", "06:00", "18:00")] == [
        ("dana",),
        ("eli",),
        ("dana",),
    ]
    named = override("farah", "08 00:00", "09 00:00", instead_of="alice", made=3)
    assert replace(schedule, overrides=(early, late, named)).on_call(utc("2026-06-08 12:00")) == ("farah",)


def test_who_took_a_place_may_give_it_on() -> None:
    taken = override("dana", "08 00:00", "09 00:00", instead_of="alice", made=1)
    given_on = override("eli", "08 12:00", "08 13:00", instead_of="dana", made=2)
    schedule = replace(WEEKLY, overrides=(taken, given_on))
    assert [schedule.on_call(utc(f"2026-06-08 {at}")) for at in ("11:59", "12:00", "13:00")] == [
        ("dana",),
        ("eli",),
        ("dana",),
    ]


def test_a_swap_is_two_overrides() -> None:
    swap = (
        override("bob", "08 08:00", "15 08:00", instead_of="alice", made=1),
        override("alice", "15 08:00", "22 08:00", instead_of="bob", made=2),
    )
    schedule = replace(WEEKLY, overrides=swap)
    assert [schedule.on_call(utc(f"2026-06-{day} 12:00")) for day in ("08", "15", "22")] == [
        ("bob",),
        ("alice",),
        ("alice",),
    ]


def test_an_override_takes_the_place_of_whoever_the_round_robin_names() -> None:
    schedule = Schedule(
        "support",
        (Layer(round_robin=("alice", "bob")),),
        (override("eli", "08 00:00", "09 00:00", instead_of="bob"),),
    )
    assert [schedule.on_call(utc("2026-06-08 12:00"), nth) for nth in (0, 1)] == [("alice",), ("eli",)]


def test_the_roster_knows_no_override_of_a_schedule_or_a_person_that_is_gone() -> None:
    roster = shipped().roster
    made = [
        replace(override(person, "01 00:00", "30 00:00", made=made), schedule=schedule)
        for made, (person, schedule) in enumerate([("chen", "support"), ("nobody", "support"), ("chen", "attic")])
    ]
    changed = roster.with_overrides(reversed(made))
    assert changed.schedules["support"].overrides == (made[0],)
    assert changed.schedules["support"].on_call(utc("2026-06-08 12:00")) == ("chen",)
    assert changed.with_overrides(()) == roster


def test_overrides_count_in_the_order_in_which_they_were_made() -> None:
    early = replace(override("chen", "01 00:00", "30 00:00", made=1), schedule="support")
    late = replace(override("dana", "01 00:00", "30 00:00", made=2), schedule="support")
    roster = shipped().roster.with_overrides([late, early])
    assert roster.schedules["support"].overrides == (early, late)


def test_an_override_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^an override ends after it begins: 2026-06-08T12:00:00\+00:00 is not after"):
        override("dana", "08 12:00", "08 12:00")


@pytest.mark.parametrize("parts", [{}, {"people": ("alice",), "rotation": SUPPORT}])
def test_a_layer_is_one_thing(parts: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^a layer is exactly one of people, a rotation, a round"):
        Layer(**parts)  # type: ignore[arg-type]
