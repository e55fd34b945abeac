"""Calendars of the file: how they are written, and what is found when they are read without a daemon."""

from datetime import timedelta
from pathlib import Path

import pytest

from rungbell.config import InvalidConfigError, Settings, load
from rungbell.config.calendars import Look
from rungbell.config.settings import CalendarSettings
from rungbell.ical.events import CalendarError
from rungbell.ical.people import NamedBy
from tests.config.sample import NOTIFIERS, SOUND, mistakes, read, spoiled, write
from tests.ical.calendars import calendar, shift, utc

NOW = utc("2026-03-20 12:00")
ROTATION = "{rotation: {people: [alice, bob], starts: 2026-01-05}}"
LINE = 6


def asking(calendar: str) -> str:
    return spoiled(ROTATION, f"{{calendar: {{{calendar}}}}}")


def looked_at(folder: Path, raw: bytes | None, keys: str = "file: team.ics", look: Look | None = None) -> Settings:
    """Read a configuration whose calendar holds that, as `check` does."""
    if raw is not None:
        (folder / "team.ics").write_bytes(raw)
    return load(write(folder, asking(keys)), NOTIFIERS, calendars=look or Look(NOW))


def warned(settings: Settings) -> list[tuple[str, int, str]]:
    return [(one.id, one.line, one.message) for one in settings.warnings if one.id.startswith("calendar")]


def test_a_calendar_has_a_place_and_how_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "link").write_text("webcal://calendar.example.com/secret/team.ics\n")
    (tmp_path / "link").chmod(0o600)
    keys = "url_file: link, by: attendee, aliases: {Lala: alice}, zone: Asia/Tokyo, refresh: 5m, stale_after: 1h"
    settings = read(tmp_path, asking(keys))
    (found,) = settings.calendars.values()
    assert found.url is not None
    assert found.url.get_secret_value() == "https://calendar.example.com/secret/team.ics"
    assert (found.by, found.aliases, found.zone) == (NamedBy.ATTENDEE, {"Lala": "alice"}, "Asia/Tokyo")
    assert (found.refresh, found.stale_after) == (timedelta(minutes=5), timedelta(hours=1))
    assert "https://calendar.example.com/secret/team.ics" in settings.secrets
    assert "team.ics" not in repr(settings)


def test_by_default_it_is_read_every_quarter_of_an_hour_and_goes_by_the_clocks_of_the_file(tmp_path: Path) -> None:
    (found,) = read(tmp_path, asking("file: team.ics")).calendars.values()
    assert found == CalendarSettings(
        name="support",
        schedule="support",
        url=None,
        file=tmp_path / "team.ics",
        http=found.http,
        by=NamedBy.SUMMARY,
        aliases={},
        zone="Europe/London",
        refresh=timedelta(minutes=15),
        stale_after=timedelta(hours=6),
    )


def test_a_layer_may_be_a_calendar_and_nobody_is_on_call_by_it_before_it_is_read(tmp_path: Path) -> None:
    layers = "{layers: [{people: bob, hours: '09:00-17:00'}, {calendar: {file: a.ics}, zone: UTC}, {people: alice}]}"
    settings = read(tmp_path, spoiled(ROTATION, layers))
    assert [(one.name, one.schedule, one.zone) for one in settings.calendars.values()] == [
        ("support[1]", "support", "UTC")
    ]
    assert settings.book.roster.schedules["support"].on_call(utc("2026-03-20 20:00")) == ("alice",)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("by: summary", "schedules.support.calendar: needs exactly one of `url_file`, `url` and `file`"),
        ("file: a, url: 'https://x.example/'", "schedules.support.calendar: needs exactly one of `url_file`, `url`"),
        ("url: 'ftp://x.example/'", "schedules.support.calendar.url: is not the URL of a calendar; hint: such as"),
        ("url: 'https:///a'", "schedules.support.calendar.url: is not the URL of a calendar"),
        ("url: 'https://x.example:99999/a'", "schedules.support.calendar.url: is not the URL of a calendar"),
        ("file: a, refresh: 30s", "schedules.support.calendar.refresh: must be at least 1m"),
        ("file: a, refresh: 1h, stale_after: 30m", "schedules.support.calendar: `stale_after` is shorter than"),
        ("file: a, by: title", "schedules.support.calendar.by: 'title' is not one of summary, attendee, organizer"),
        ("file: a, aliases: {Al: alize}", "schedules.support.calendar.aliases.Al: there is no person `alize`"),
        ("fil: a", "schedules.support.calendar.fil: unknown key; hint: did you mean `file`?"),
        ("file: a, zone: Mars/Base", "schedules.support.calendar.zone: 'Mars/Base' is not a time zone"),
        ("file: a, proxy_url: 'http://p/x'", "schedules.support.calendar.proxy_url: must be an HTTP proxy"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_told_with_its_line(tmp_path: Path, keys: str, told: str) -> None:
    found = [str(one) for one in mistakes(tmp_path, asking(keys))]
    assert any(f"rungbell.yml:{LINE}: {told}" in one for one in found), found


def test_a_file_that_is_not_read_needs_not_be_there(tmp_path: Path) -> None:
    path = write(tmp_path, asking("url_file: nowhere"))
    settings = load(path, NOTIFIERS, secrets=False)
    assert settings.book.roster.schedules["support"].on_call(NOW) == ()


def test_no_url_is_part_of_a_message(tmp_path: Path) -> None:
    (only,) = mistakes(tmp_path, asking("url: 'https://x.example:99999/secret'"))
    assert "secret" not in str(only)


def test_without_the_libraries_a_calendar_is_a_mistake_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.config.schedules.installed", lambda: False)
    (only,) = mistakes(tmp_path, asking("file: team.ics"))
    assert str(only).endswith(
        ":6: schedules.support.calendar: nothing here reads calendars; hint: pip install 'rungbell[calendar]'"
    )


# -- read without a daemon ------------------------------------------------------------------------------------------


def test_who_looks_at_the_file_sees_who_is_on_call_by_it(tmp_path: Path) -> None:
    settings = looked_at(tmp_path, calendar(shift("Alice Ng", "20260320T090000", "20260321T090000", "Europe/London")))
    assert settings.book.roster.schedules["support"].on_call(NOW) == ("alice",)
    assert warned(settings) == []


def test_a_broken_calendar_is_a_mistake_that_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError) as told:
        looked_at(tmp_path, calendar(shift("alice", "20260320T090000", "20260321T090000", "Mars/Base", uid="a@x")))
    assert str(told.value) == (
        f"{tmp_path}/rungbell.yml:6: schedules.support.calendar.file: the calendar cannot be used: "
        "line 7: event 'a@x' is in the unknown time zone 'Mars/Base'"
    )
    with pytest.raises(InvalidConfigError, match="the calendar cannot be used: cannot be read: No such file"):
        looked_at(tmp_path, None, "file: nowhere.ics")


def test_a_calendar_by_which_nobody_is_on_call_now_is_found(tmp_path: Path) -> None:
    settings = looked_at(tmp_path, calendar(shift("alice", "20260321T090000", "20260322T090000", "Europe/London")))
    assert warned(settings) == [("calendar-nobody-now", LINE, "nobody is on call now, until Sat 2026-03-21 09:00")]


def test_who_is_named_and_cannot_be_reached_is_found_as_for_any_other_schedule(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(calendar(shift("bob", "20260320T000000Z", "20260325T000000Z")))
    text = asking("file: team.ics").replace("chat: {type: console}", "chat: {type: mail}")
    settings = load(write(tmp_path, text.replace("[chat, {pager: 2m}]", "[chat]")), NOTIFIERS, calendars=Look(NOW))
    assert [one.message for one in settings.warnings if one.id == "person-without-contact"] == [
        "no channel of L1 reaches bob"
    ]


def test_an_event_that_names_nobody_known_is_found_where_it_is_near(tmp_path: Path) -> None:
    now, soon, later = (
        shift(name, begins, ends, "Europe/London")
        for name, begins, ends in (
            ("alice", "20260320T000000", "20260325T000000"),
            ("Zoë", "20260325T000000", "20260326T000000"),
            ("Yan", "20260901T000000", "20260902T000000"),
        )
    )
    told = "within 14 days the calendar names nobody of `people`: 'Zoë'"
    assert warned(looked_at(tmp_path, calendar(now, soon, later))) == [("calendar-unknown-name", LINE, told)]
    assert warned(looked_at(tmp_path, None, "file: team.ics, aliases: {zoë: bob}")) == []


def test_what_lies_behind_a_url_is_read_only_by_who_asks_for_it(tmp_path: Path) -> None:
    raw = calendar(shift("alice", "20260320T090000", "20260321T090000", "Europe/London"))
    keys = "url: 'https://calendar.example.com/team.ics'"
    unasked = looked_at(tmp_path, None, keys)
    assert unasked.book.roster.schedules["support"].on_call(NOW) == ()
    assert warned(unasked) == []
    asked = looked_at(tmp_path, None, keys, Look(NOW, lambda _: raw))
    assert asked.book.roster.schedules["support"].on_call(NOW) == ("alice",)

    def refused(_: CalendarSettings) -> bytes:
        raise CalendarError("is answered with 404")

    with pytest.raises(InvalidConfigError, match=r"calendar.url: the calendar cannot be used: is answered with 404$"):
        looked_at(tmp_path, None, keys, Look(NOW, refused))


def test_a_file_without_calendars_is_read_as_ever(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND).calendars == {}
