"""A notice of a shift reads in its reader's language, with UTC and the reader's own clocks beside."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from rungbell.domain.book import Book
from rungbell.domain.handover import HandoverNote
from rungbell.domain.language import Language
from rungbell.domain.nameless import NOBODY, Nameless, nameless
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.override import Override
from rungbell.domain.page import PageState
from rungbell.domain.roster import Person
from rungbell.domain.rotation import Rotation
from rungbell.domain.shift_notice import Says, SentNotice, ShiftNotice
from rungbell.runtime.wording.notices import notice_message
from tests.domain.shipped import shipped

NINE = datetime(2026, 11, 30, 8, tzinfo=UTC)
"""Monday, nine in Berlin: alice hands over to bob."""
BERLIN = Rotation(
    zone="Europe/Berlin", people=("alice", "bob"), every=timedelta(days=1), starts=date(2026, 11, 29), at=time(9)
)
NOTE = HandoverNote(schedule="support", by="alice", at=NINE - timedelta(hours=1), text="db-1 swaps")


def book(*overrides: Override, zone: str = "Europe/Berlin") -> Book:
    schedule = Schedule("support", (Layer(rotation=replace(BERLIN, zone=zone)),))
    roster = replace(shipped().roster, schedules={"support": schedule}).with_overrides(overrides)
    return replace(shipped(), roster=roster)


def told(
    says: Says,
    reader: Person,
    now: datetime = NINE,
    known: Book | None = None,
    at: datetime = NINE,
    gone: Nameless = NOBODY,
) -> list[str]:
    notice = ShiftNotice("support", says, at, reader.id, "chat")
    sent = SentNotice(notice, PageState.WAITING, 1, now)
    return notice_message(sent, notice, NOTE, reader, known or book(), now, gone).text.splitlines()


def reader(person: str, language: Language = Language.EN, zone: str | None = None) -> Person:
    return Person(person, person.title(), language=language, zone=zone)


def test_beside_the_clocks_of_the_schedule_stand_utc_and_those_of_the_reader() -> None:
    assert told(Says.BEGUN, reader("bob", zone="America/New_York"))[0] == (
        "You are on call for support since Mon 2026-11-30 09:00 CET (08:00 UTC, 03:00 New York), "
        "until Tue 2026-12-01 09:00 CET (08:00 UTC, 03:00 New York)"
    )


def test_what_is_the_same_is_told_once() -> None:
    assert "09:00 CET (08:00 UTC), until" in told(Says.BEGUN, reader("bob", zone="Europe/Paris"))[0]


def test_where_the_schedule_is_in_utc_there_is_no_other() -> None:
    lines = told(Says.BEGUN, reader("bob"), known=book(zone="UTC"), at=NINE + timedelta(hours=1))
    assert "since Mon 2026-11-30 09:00 UTC, until Tue 2026-12-01 09:00 UTC" in lines[0]


@pytest.mark.parametrize(
    ("language", "says", "line"),
    [
        (Language.DE, Says.BEGUN, "Du hast Bereitschaft für support seit Mo 2026-11-30 09:00 CET (08:00 UTC), bis Di "),
        (Language.DE, Says.COMING, "In 15 min beginnt deine Bereitschaft für support, ab Mo 2026-11-30 09:00 CET"),
        (Language.FR, Says.BEGUN, "Vous êtes d'astreinte pour support depuis lun 2026-11-30 09:00 CET"),
        (Language.ES, Says.BEGUN, "Estás de guardia para support desde lun 2026-11-30 09:00 CET"),
    ],
)
def test_a_notice_is_in_the_reader_s_language(language: Language, says: Says, line: str) -> None:
    now = NINE - timedelta(minutes=15) if says is Says.COMING else NINE
    assert told(says, reader("bob", language), now)[0].startswith(line)


def test_who_went_off_call_reads_who_has_come() -> None:
    assert told(Says.ENDED, reader("alice", Language.DE))[0] == (
        "Deine Bereitschaft für support endete Mo 2026-11-30 09:00 CET (08:00 UTC); jetzt hat sie: bob"
    )


def test_the_note_and_the_override_are_told_in_it_too_and_their_words_stay() -> None:
    made = NINE - timedelta(hours=2)
    swap = Override(
        id="7", schedule="support", person="bob", begins=NINE, ends=NINE + timedelta(hours=3), made_by="dana",
        made_at=made, reason="alice is away",
    )  # fmt: skip
    lines = told(Says.BEGUN, reader("bob", Language.DE), known=book(swap))
    assert lines[1] == "Anstelle von allen anderen, durch Vertretung 7, eingetragen von dana: alice is away"
    assert lines[2] == "Übergabenotiz von alice, Mo 2026-11-30 08:00 CET (07:00 UTC):"
    assert lines[3] == "db-1 swaps"


def test_whoever_was_forgotten_left_a_note_and_made_an_override_as_a_number() -> None:
    override = Override(
        id="7", schedule="support", person="chen", begins=NINE, ends=NINE + timedelta(hours=4), instead_of="bob",
        reason="", made_by="alice", made_at=NINE,
    )  # fmt: skip
    lines = told(Says.BEGUN, reader("chen"), known=book(override), gone=nameless({"alice": 1, "bob": 2}, ()))
    assert "forgotten person 2" in lines[1]
    assert "forgotten person 1" in lines[1]
    assert "forgotten person 1" in lines[2]
