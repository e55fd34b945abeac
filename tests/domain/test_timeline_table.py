"""A timeline as people read it: names and tiers, strangers' text in its cell."""

from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.events import FailureReason, PageFailed
from rungbell.domain.policy import Tier
from rungbell.domain.roster import Person
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.domain.timeline_table import cell, table
from tests.domain.shipped import opened

AT = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
PEOPLE = {"alice": Person("alice", "Alice Ng", {})}


@pytest.mark.requirement("71")
def test_a_row_is_time_event_and_actor_with_the_tier() -> None:
    entries = [
        Entry(AT, EntryKind.OPENED, "P1 DiskFull"),
        Entry(AT, EntryKind.PAGED, "L1 paged"),
        Entry(AT + timedelta(minutes=2), EntryKind.ACKNOWLEDGED, "acknowledged", "alice", Tier.L1),
        Entry(AT + timedelta(minutes=3), EntryKind.NOTE, "hm", "local"),
    ]
    assert list(table(entries, PEOPLE)) == [
        "| Time (UTC) | Event | Actor |",
        "|---|---|---|",
        "| 10:30 | P1 DiskFull | Prometheus |",
        "| 10:30 | L1 paged | rungbell |",
        "| 10:32 | acknowledged | Alice Ng (L1) |",
        "| 10:33 | hm | local |",
    ]


def test_over_midnight_the_times_have_days() -> None:
    later = [Entry(AT, EntryKind.NOTE, "a"), Entry(AT + timedelta(days=1), EntryKind.NOTE, "b")]
    assert [line[:20] for line in table(later, {})][2:] == ["| 2026-11-23 10:30 |", "| 2026-11-24 10:30 |"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b\nc", "a \\| b c"),
        ("<script>x</script>", "\\<script\\>x\\</script\\>"),
        ("[click](http://x)", "\\[click\\](http://x)"),
        ("`rm` *now* \\ \x1b[31m", "\\`rm\\` \\*now\\* \\\\ \\[31m"),
    ],
)
def test_strangers_text_means_nothing_but_itself(text: str, shown: str) -> None:
    assert cell(text) == shown


def test_what_a_provider_says_of_an_address_stands_in_the_timeline_with_the_id_in_its_place() -> None:
    world = opened("P1")
    sent = world.sent("L1")
    contacts = world.book.roster.people[sent.page.person].contacts
    address = next(iter(contacts.values()))
    leased = world.records.lease(sent.page.intent, world.now + timedelta(seconds=20))
    world.happen(
        PageFailed(
            incident=world.id, intent=sent.page.intent, attempt=leased.attempts, reason=FailureReason.REFUSED,
            permanent=True, detail=f"550 <{address.upper()}> unknown",
        )
    )  # fmt: skip
    told = world.told(EntryKind.PAGE_FAILED)[-1]
    assert address.casefold() not in told.casefold()
    assert f"({sent.page.person})" in told
