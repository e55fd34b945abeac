"""Public holidays of a country, beside dates that are listed."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from holidays.registry import COUNTRIES

from rungbell.config.holidays import YEARS, holidays_of
from rungbell.domain.calendar import BusinessHours
from rungbell.domain.policy import Policy
from tests.config.sample import SOUND, mistakes, read

PLACE = ":2: business_hours.holidays"


def with_holidays(holidays: str) -> str:
    return SOUND.replace("zone: Europe/London", f"zone: Europe/London\nbusiness_hours: {{holidays: {holidays}}}", 1)


def policy(folder: Path, holidays: str) -> Policy:
    return read(folder, with_holidays(holidays)).book.routes[-1].policy


def hours(folder: Path, holidays: str) -> BusinessHours:
    return policy(folder, holidays).hours


def test_a_country_brings_its_holidays_and_the_days_off_in_lieu(tmp_path: Path) -> None:
    found = hours(tmp_path, "GB").holidays
    assert {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)} <= found
    assert date(2026, 12, 24) not in found


def test_a_part_of_a_country_has_its_own_and_dates_are_added_and_taken_away(tmp_path: Path) -> None:
    monday = date(2026, 8, 31)
    assert monday in hours(tmp_path, "{country: GB, subdivision: ENG}").holidays
    assert monday not in hours(tmp_path, "{country: GB, subdivision: SCT}").holidays
    found = hours(tmp_path, "{country: gb, subdivision: ENG, also: [2026-12-24], without: [2026-08-31]}").holidays
    assert date(2026, 12, 24) in found
    assert monday not in found


def test_a_list_of_dates_is_one_as_ever(tmp_path: Path) -> None:
    assert hours(tmp_path, "[2026-12-24]").holidays == hours(tmp_path, "{also: [2026-12-24]}").holidays
    assert hours(tmp_path, "[2026-12-24]").holidays == {date(2026, 12, 24)}


def test_on_a_holiday_the_office_is_closed(tmp_path: Path) -> None:
    office = hours(tmp_path, "GB")
    assert office.next_open(datetime(2026, 12, 24, 18, tzinfo=UTC)) == datetime(2026, 12, 29, 9, tzinfo=UTC)


@pytest.mark.parametrize("year", [1999, 2019, 2100, 2101, 2150])
def test_in_any_year_business_hours_are_found_and_holidays_in_those_that_are_known(tmp_path: Path, year: int) -> None:
    office = hours(tmp_path, "GB")
    eve = datetime(year, 12, 24, 18, tzinfo=UTC)
    opens = office.next_open(eve)
    assert eve < opens < eve + timedelta(days=8)
    assert (opens.date() in holidays_of("GB", None), year in YEARS) != (True, True)
    assert office.elapse(eve, timedelta(hours=20)) > opens


def test_the_policy_that_is_pinned_stays_the_same_from_one_reading_to_the_next(tmp_path: Path) -> None:
    first = policy(tmp_path, "GB")
    holidays_of.cache_clear()
    assert policy(tmp_path, "GB").hash == first.hash
    assert policy(tmp_path, "{country: GB, without: [2026-12-25]}").hash != first.hash


@pytest.mark.parametrize(
    ("holidays", "told"),
    [
        ("Germany", f"{PLACE}: no country is called 'Germany'; hint: did you mean `DE`?"),
        ("UK", f"{PLACE}: no country is called 'UK'; hint: did you mean `GB`?"),
        ("{country: GBR}", f"{PLACE}.country: no country is called 'GBR'; hint: did you mean `GB`?"),
        ("Qwertz", f"{PLACE}: no country is called 'Qwertz'; hint: two letters of ISO 3166, such as GB, DE or US"),
        ("{country: GB, subdivision: EN}", f"{PLACE}: GB has no subdivision 'EN'; hint: did you mean `ENG`?"),
        ("{country: GB, subdivision: X}", f"{PLACE}: GB has no subdivision 'X'; hint: known: ENG, NIR, SCT, WLS"),
        ("{country: MC, subdivision: X}", f"{PLACE}: MC has no subdivision 'X'; hint: leave it out"),
        ("{subdivision: ENG}", f"{PLACE}: needs a `country`; hint: such as {{country: GB, subdivision: ENG}}"),
        ("{contry: GB}", f"{PLACE}.contry: unknown key; hint: did you mean `country`?"),
        ("{country: GB, also: [x]}", f"{PLACE}.also[0]: must be a date; hint: such as 2026-12-25"),
        ("7", f"{PLACE}: must be dates, or a country; hint: such as [2026-12-25], or GB"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_what_was_likely_meant(tmp_path: Path, holidays: str, told: str) -> None:
    (only,) = mistakes(tmp_path, with_holidays(holidays))
    assert str(only).endswith(told)


def test_without_the_library_it_says_what_brings_it_and_dates_need_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.config.holidays.installed", lambda: False)
    (only,) = mistakes(tmp_path, with_holidays("GB"))
    assert str(only).endswith(
        f"{PLACE}: nothing here knows the holidays of countries; "
        "hint: pip install 'rungbell[holidays]', or list the dates"
    )
    assert hours(tmp_path, "[2026-12-24]").holidays == {date(2026, 12, 24)}


def test_every_country_can_be_asked_for() -> None:
    for names in COUNTRIES.values():
        assert isinstance(holidays_of(names[1], None), frozenset), names
    holidays_of.cache_clear()


def test_nothing_is_imported_for_whoever_does_not_ask() -> None:
    code = "import sys, rungbell.config; print(sorted({'holidays', 'icalendar', 'dateutil'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
