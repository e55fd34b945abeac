"""A page reads in its reader's language, with times in UTC and beside it by the reader's own clocks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.incident import Acknowledgement
from rungbell.domain.language import Language
from rungbell.domain.page import Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.roster import Person
from rungbell.runtime.link_tokens import LinkSigner
from rungbell.runtime.wording.pages import MessageWriter, told_at
from tests.domain.shipped import L1, opened

NOON = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
ALICE = Person("alice", "Alice Ng", {"phone": "+44 20 7946 0001"})


def worded(reader: Person, purpose: Purpose = Purpose.LAPSE, *, held: bool = False) -> list[str]:
    """The lines of a page of the shipped policy, which began on Monday at 10:00 UTC."""
    world = opened("P2")
    sent, incident = world.sent(L1, "chat"), world.state()
    if held:
        holder = Acknowledgement("bob", Tier.L1, incident.opened_at, incident.opened_at + timedelta(hours=4))
        incident = replace(incident, holder=holder)
    sent = replace(sent, page=replace(sent.page, purpose=purpose))
    writer = MessageWriter(external_url="http://rungbell.example.org", signer=LinkSigner(["k" * 40]))
    return writer.write(sent, incident, reader, world.now).text.splitlines()


def test_without_a_zone_times_are_utc_and_nothing_else() -> None:
    assert "1 of 1 alerts firing since 2026-11-23 10:00 UTC" in worded(ALICE)


def test_beside_utc_stand_the_clocks_of_the_reader() -> None:
    there = worded(replace(ALICE, zone="America/New_York"), held=True)
    assert "1 of 1 alerts firing since 2026-11-23 10:00 UTC (05:00 New York)" in there
    assert "held by bob since 10:00 UTC (05:00 New York)" in there


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        (None, "2026-11-26 12:30 UTC"),
        ("Europe/London", "2026-11-26 12:30 UTC"),  # the same, in November
        ("UTC", "2026-11-26 12:30 UTC"),
        ("Europe/Berlin", "2026-11-26 12:30 UTC (13:30 Berlin)"),
        ("Asia/Kathmandu", "2026-11-26 12:30 UTC (18:15 Kathmandu)"),
        ("Pacific/Auckland", "2026-11-26 12:30 UTC (2026-11-27 01:30 Auckland)"),
    ],
)
def test_another_day_there_is_told_too(zone: str | None, told: str) -> None:
    assert told_at(NOON, zone) == told


def test_the_fixed_words_are_those_of_the_reader_s_language() -> None:
    german = worded(replace(ALICE, language=Language.DE, zone="Europe/Berlin"))
    assert german[-2:] == [
        "1 von 1 Alarmen aktiv seit 2026-11-23 10:00 UTC (11:00 Berlin)",
        "L1: bisher hat niemand übernommen",
    ]
