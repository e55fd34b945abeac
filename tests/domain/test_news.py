"""Through which ways news leave: what asks for no answer calls nobody who can be told another way."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rungbell.config import load
from rungbell.domain.book import Book, Telling
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.page import PageKind
from rungbell.domain.policy import Through
from rungbell.domain.preference import Ways
from rungbell.domain.roster import Channel, Person, Roster
from rungbell.domain.rotation import Rotation
from rungbell.domain.severity import Severity
from rungbell.domain.shift_notice import due_notices
from rungbell.notifiers import registry
from tests.domain.shipped import FILE, at, fire, opened, shipped

PHONE, SMS, MAIL = Through("phone"), Through("sms"), Through("mail")
LATER = timedelta(minutes=2)


def roster(has: tuple[str, ...] = ("phone", "email"), wanted: Ways = ()) -> Roster:
    alice = Person("alice", "Alice", dict.fromkeys(has, "somewhere"), {Severity.P1: wanted} if wanted else {})
    return Roster(
        people={"alice": alice},
        schedules={},
        channels={
            "phone": Channel("phone", "phone", calls=True),
            "sms": Channel("sms", "phone"),
            "mail": Channel("mail", "email"),
        },
    )


def told(through: Ways, roster: Roster) -> Ways:
    return roster.ways_for_news("alice", through, Severity.P1)


def test_no_telephone_rings_for_news() -> None:
    assert told((PHONE, SMS, MAIL), roster()) == (SMS, MAIL)


def test_it_rings_for_a_page_all_the_same() -> None:
    assert roster().ways("alice", (PHONE, SMS), Severity.P1) == (PHONE, SMS)


def test_who_chose_the_telephone_alone_hears_news_through_what_else_their_tier_has() -> None:
    assert told((PHONE, SMS), roster(wanted=(PHONE,))) == (SMS,)


def test_what_they_chose_comes_before_what_they_left_out() -> None:
    assert told((PHONE, SMS, MAIL), roster(wanted=(PHONE, MAIL))) == (MAIL,)


def test_who_has_no_other_way_is_called() -> None:
    assert told((PHONE, MAIL), roster(has=("phone",))) == (PHONE,)


def test_what_waited_for_the_call_to_come_first_waits_no_more() -> None:
    assert told((PHONE, replace(SMS, after=LATER)), roster()) == (SMS,)


def test_nobody_is_told_through_a_channel_that_the_tier_does_not_have() -> None:
    assert told((PHONE,), roster()) == (PHONE,)  # `mail` may be read by others


def calling(*channels: str) -> Book:
    """The shipped book, where these ring a telephone."""
    book = shipped()
    known = {name: replace(one, calls=name in channels) for name, one in book.roster.channels.items()}
    return replace(book, roster=replace(book.roster, channels=known))


@pytest.mark.parametrize(
    ("calls", "through"),
    [
        pytest.param(("pager",), {"chat"}, id="there is a chat"),
        pytest.param(("pager", "chat", "phone", "mail"), {"pager", "chat"}, id="everything calls"),
    ],
)
def test_a_holder_hears_that_more_fires_without_a_call(calls: tuple[str, ...], through: set[str]) -> None:
    world = at(opened("P1", book=calling(*calls)), 60)
    world.acknowledge("alice")
    decision = fire(world, "P1", instance="db-2")
    assert {page.kind for page in decision.pages} == {PageKind.NOTIFICATION}
    assert {page.channel for page in decision.pages} == through


def test_a_shift_begins_without_a_call() -> None:
    nine = datetime(2026, 11, 30, 9, tzinfo=UTC)
    shifts = Rotation(zone="UTC", people=("alice", "bob"), every=timedelta(days=1), starts=date(2026, 11, 29))
    book = calling("pager")
    schedules = {"support": Schedule("support", (Layer(rotation=shifts),))}
    tellings = {"support": Telling(("pager", "chat"))}
    book = replace(book, roster=replace(book.roster, schedules=schedules), tellings=tellings)
    assert {notice.channel for notice in due_notices(book, nine)} == {"chat"}


def test_the_type_of_a_channel_says_that_it_calls_and_of_a_webhook_the_file(tmp_path: Path) -> None:
    twilio = f"account_sid: AC{'0' * 32}, auth_token: the-token, from: '+442079460100', countries: ['+44']"
    file = tmp_path / "rungbell.yml"
    given = FILE.read_text().replace(
        "\nchannels:\n",
        f"\nchannels:\n  call: {{type: twilio_voice, {twilio}}}\n  sms: {{type: twilio_sms, {twilio}}}\n",
    )
    file.write_text(given)
    channels = load(file, registry()).book.roster.channels
    assert {name for name, channel in channels.items() if channel.calls} == {"call", "phone"}
