"""Which contacts count, how long an answer shows that one works, and through what somebody can be tried."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.domain.book import Book
from rungbell.domain.contacts import (
    VERIFIED_FOR,
    CannotTryError,
    Standing,
    Verification,
    channels_to_try,
    count_unverified,
    mark_of,
    standing,
    ways_of,
)
from rungbell.domain.roster import Channel
from tests.domain.shipped import shipped
from tests.domain.world import MONDAY_10

ALICE = ("alice", "phone")


def telephones(number: str = "+44 20 7946 0001") -> Book:
    """The shipped book, where `phone` needs a number, and alice has this one."""
    book = shipped()
    alice = replace(book.roster.people["alice"], contacts={"phone": number} if number else {})
    channels = {**book.roster.channels, "phone": Channel("phone", "phone")}
    return replace(book, roster=replace(book.roster, people={**book.roster.people, "alice": alice}, channels=channels))


def test_every_channel_of_every_tier_counts_for_everybody_who_may_ever_stand_there() -> None:
    ways = ways_of(telephones())
    assert [channel for person, channel in ways if person == "bob"] == ["pager", "chat"]
    assert [channel for person, channel in ways if person == "chen"] == ["pager", "chat", "phone"]
    assert [channel for person, channel in ways if person == "farah"] == ["phone", "mail"]
    assert len(set(ways)) == len(ways)


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(), Standing.VERIFIED),
        (VERIFIED_FOR, Standing.VERIFIED),
        (VERIFIED_FOR + timedelta(seconds=1), Standing.OLD),
    ],
)
def test_an_answer_shows_for_ninety_days_that_a_contact_works(ago: timedelta, expected: Standing) -> None:
    roster = telephones().roster
    found = Verification(MONDAY_10 - ago, mark_of(roster, ALICE))
    assert standing(roster, ALICE, found, MONDAY_10) is expected


def test_another_contact_has_to_be_tried_anew_and_the_old_one_is_no_secret_that_is_kept() -> None:
    before, after = telephones().roster, telephones("+44 20 7946 0099").roster
    found = Verification(MONDAY_10, mark_of(before, ALICE))
    assert standing(after, ALICE, found, MONDAY_10) is Standing.CHANGED
    assert standing(after, ALICE, None, MONDAY_10) is Standing.NEVER
    assert len(found.mark) == 4


def test_what_is_not_verified_is_counted() -> None:
    book = telephones()
    every = len(ways_of(book))
    assert count_unverified(book, {}, MONDAY_10) == every
    found = {way: Verification(MONDAY_10, mark_of(book.roster, way)) for way in (("chen", "chat"), ("farah", "mail"))}
    assert count_unverified(book, found, MONDAY_10) == every - 2
    assert count_unverified(book, found, MONDAY_10 + VERIFIED_FOR + timedelta(days=1)) == every


def test_somebody_is_tried_through_all_that_pages_may_use_or_through_what_was_asked_for() -> None:
    assert channels_to_try(telephones(), "alice", None) == ("pager", "chat")
    assert channels_to_try(telephones(), "alice", "phone") == ("phone",)


@pytest.mark.parametrize(
    ("number", "channel", "why"),
    [
        ("+44 20 7946 0001", "phoen", "there is no channel 'phoen'; known: chat, mail, pager, phone"),
        ("", "phone", "alice has no `phone`, and phone needs one"),
    ],
)
def test_why_somebody_cannot_be_tried_is_said(number: str, channel: str, why: str) -> None:
    with pytest.raises(CannotTryError, match=why):
        channels_to_try(telephones(number), "alice", channel)


def test_somebody_on_no_tier_is_tried_through_a_channel_that_is_named() -> None:
    book = telephones()
    zoe = replace(book.roster.people["alice"], id="zoe")
    book = replace(book, roster=replace(book.roster, people={**book.roster.people, "zoe": zoe}))
    with pytest.raises(CannotTryError, match="no tier reaches zoe: name a channel"):
        channels_to_try(book, "zoe", None)
    assert channels_to_try(book, "zoe", "phone") == ("phone",)
