"""Whose shift an event is."""

import pytest

from rungbell.domain.roster import Person
from rungbell.domain.shifts import Shift
from rungbell.ical.events import Attendee, Event, Events, Named
from rungbell.ical.people import NamedBy, Names, called, whose
from tests.ical.calendars import utc

PEOPLE = (
    Person("alice", "Alice Ng", {"email": "Alice@Example.com"}),
    Person("bob", "Bob Okafor"),
    Person("eli", "Ng, Eli"),
)
NAMES = Names(PEOPLE, {"the night desk": "bob", "Alice Ng (contractor)": "eli"})
BEGINS, ENDS = utc("2026-03-20 12:00"), utc("2026-03-21 12:00")


def people(named: Named, by: NamedBy = NamedBy.SUMMARY, names: Names = NAMES) -> list[str]:
    found = whose(Events(BEGINS, ENDS, (Event(BEGINS, ENDS, named),)), names, by)
    assert (found.unknown == ()) == bool(found.shifts)
    assert all((one.begins, one.ends) == (BEGINS, ENDS) for one in found.shifts)
    return [one.person for one in found.shifts]


@pytest.mark.parametrize(
    ("summary", "meant"),
    [
        ("alice", ["alice"]),
        ("ALICE  ng", ["alice"]),
        ("alice@example.com", ["alice"]),
        ("Alice Ng / Bob Okafor", ["alice", "bob"]),
        ("On Call: Alice Ng (primary), bob", ["alice", "bob"]),
        ("PagerDuty - Bob Okafor - Payments", ["bob"]),
        ("Ng, Eli", ["eli"]),
        ("The Night Desk", ["bob"]),
        ("on call [the night desk]", ["bob"]),
        ("Alice Ng (contractor)", ["eli"]),
        ("bob, Bob Okafor", ["bob"]),
        ("Alice covers for Bob", []),
        ("Bobby", []),
        ("alice-ng", []),
        ("", []),
    ],
)
def test_a_summary_names_people_wholly_or_in_parts(summary: str, meant: list[str]) -> None:
    assert people(Named(summary)) == meant


def test_attendees_are_known_by_their_address_else_by_their_name() -> None:
    attendees = (
        Attendee("Somebody else", "alice@example.com"),
        Attendee("bob okafor", "bob@home.example"),
        Attendee("Alice Ng", "alice@example.com"),
        Attendee("", ""),
    )
    assert people(Named("Eli", None, attendees), NamedBy.ATTENDEE) == ["alice", "bob"]
    assert people(Named("alice"), NamedBy.ATTENDEE) == []


def test_an_organizer_may_be_who_is_on_call() -> None:
    assert people(Named("Shift", Attendee("", "alice@example.com")), NamedBy.ORGANIZER) == ["alice"]
    assert people(Named("alice"), NamedBy.ORGANIZER) == []


def test_two_people_with_one_name_are_both_on_call_until_an_alias_tells_them_apart() -> None:
    twins = (Person("bob", "Bob"), Person("bob2", "Bob"))
    assert people(Named("Bob"), names=Names(twins)) == ["bob", "bob2"]
    assert people(Named("Bob"), names=Names(twins, {"bob": "bob2"})) == ["bob2"]


def test_an_event_that_names_nobody_known_is_kept_apart() -> None:
    both = Events(BEGINS, ENDS, (Event(BEGINS, ENDS, Named("zoe")), Event(BEGINS, ENDS, Named("bob"))))
    found = whose(both, NAMES, NamedBy.SUMMARY)
    assert (found.shifts, found.unknown) == ((Shift("bob", BEGINS, ENDS),), both.events[:1])


def test_what_an_event_says_is_shown_in_one_line() -> None:
    named = Named("zoe\n the  first", None, (Attendee("", "zoe@example.com"), Attendee("Zoe", "")))
    assert [called(named, by) for by in NamedBy] == ["zoe the first", "zoe@example.com, Zoe", "(no organizer)"]
