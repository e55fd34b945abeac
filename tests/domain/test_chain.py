"""The chain of a timeline: nothing in it changes without its being found, whatever an entry says."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.domain.chain import Head, Line, Record, broken, digest, moment, root, sealed
from rungbell.domain.policy import Tier
from rungbell.domain.timeline import Entry, EntryKind

pytestmark = pytest.mark.requirement("3", "33")

AT = datetime(2026, 11, 23, 3, 0, 0, 120_900, tzinfo=UTC)
FIRST = Entry(AT, EntryKind.OPENED, "P1 DiskFull", facts={"source": "am", "detected_at": "2026-11-23T03:00:00.000Z"})
SECOND = Entry(AT + timedelta(minutes=2), EntryKind.NOTE, 'Zürich: „ok“\n"\\', "alice", Tier.L1, "link")

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
entries = st.builds(
    Entry,
    at=st.datetimes(timezones=st.just(UTC)),
    kind=st.sampled_from(EntryKind),
    text=words,
    actor=words,
    tier=st.none() | st.sampled_from(Tier),
    channel=st.none() | words,
    facts=st.dictionaries(words, words, max_size=3),
)


def line_of(entry: Entry) -> Line:
    return Line(moment(entry.at), entry.kind, entry.actor, entry.tier, entry.channel, entry.text, entry.facts)


def recorded(incident: str, *told: Entry) -> list[Record]:
    seals = sealed(incident, None, told)
    return [Record(seal.seq, seal.hash, line_of(entry)) for seal, entry in zip(seals, told, strict=True)]


def head_of(records: list[Record]) -> Head | None:
    return Head(records[-1].seq, records[-1].hash) if records else None


def test_these_entries_have_these_hashes_for_ever() -> None:
    assert root("0190a8") == "ff84fd1da361630b1733836dfccc493fd76afd0359e7c3865081725014622f45"
    assert [head.hash for head in sealed("0190a8", None, [FIRST, SECOND])] == [
        "6748823c63c27d6c2b12a2bcc805c05e6b42e1608e661d30c96408184a29ba12",
        "c1205f98ca3c6699920ad9e7941bc850491794111f3d956c72ac7a60f1bd2a26",
    ]


def plainly(values: list[object]) -> str:
    """As anybody would compute it who has read the documentation and nothing else."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def test_the_documented_form_is_what_is_hashed() -> None:
    start = plainly(["rungbell timeline 1", "0190a8"])
    facts = {"source": "am", "detected_at": "2026-11-23T03:00:00.000Z"}
    first = plainly([start, 1, "2026-11-23T03:00:00.120Z", "opened", "rungbell", None, None, "P1 DiskFull", facts])
    second = plainly([first, 2, "2026-11-23T03:02:00.120Z", "note", "alice", "L1", "link", 'Zürich: „ok“\n"\\', {}])
    assert [head.hash for head in sealed("0190a8", None, [FIRST, SECOND])] == [first, second]


@given(entries, words)
def test_whatever_an_entry_says_is_hashed_in_the_documented_form(entry: Entry, incident: str) -> None:
    line = line_of(entry)
    told = [line.at, line.kind, line.actor, line.tier, line.channel, line.text, line.facts]
    expected = plainly([plainly(["rungbell timeline 1", incident]), 1, *told])
    assert sealed(incident, None, [entry])[0].hash == expected == digest(root(incident), 1, line)


def test_a_time_counts_in_utc_to_the_millisecond() -> None:
    assert moment(AT) == "2026-11-23T03:00:00.120Z"
    assert moment(AT.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "2026-11-23T03:00:00.120Z"


@given(st.lists(entries, max_size=6), st.integers(0, 6))
def test_a_chain_that_grew_in_two_parts_is_the_chain_that_grew_at_once(told: list[Entry], cut: int) -> None:
    before = sealed("i", None, told[:cut])
    after = sealed("i", before[-1] if before else None, told[cut:])
    assert before + after == sealed("i", None, told)


@given(st.lists(entries, max_size=6))
def test_what_was_written_is_whole(told: list[Entry]) -> None:
    records = recorded("i", *told)
    assert broken("i", records, head_of(records)) is None


@given(st.lists(entries, min_size=1, max_size=5), st.data())
def test_a_changed_entry_is_found_where_it_is(told: list[Entry], data: st.DataObject) -> None:
    records = recorded("i", *told)
    at = data.draw(st.integers(0, len(records) - 1))
    line = records[at].line
    assert line is not None
    other = data.draw(entries.map(line_of).filter(lambda one: one != line))
    mixed = data.draw(
        st.sampled_from([name for name in Line.__dataclass_fields__ if getattr(line, name) != getattr(other, name)])
    )
    spoilt = replace(line, **{mixed: getattr(other, mixed)})
    found = broken("i", [*records[:at], replace(records[at], line=spoilt), *records[at + 1 :]], head_of(records))
    assert found is not None
    assert found.seq == at + 1


@given(st.lists(entries, min_size=1, max_size=5), st.data())
def test_a_bit_that_flips_in_a_hash_is_found(told: list[Entry], data: st.DataObject) -> None:
    records = recorded("i", *told)
    at = data.draw(st.integers(0, len(records) - 1))
    flipped = bytearray.fromhex(records[at].hash)
    flipped[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    found = broken("i", [*records[:at], replace(records[at], hash=flipped.hex()), *records[at + 1 :]], head_of(records))
    assert found is not None
    assert found.seq == at + 1


@given(st.lists(entries, min_size=2, max_size=6), st.data(), st.booleans())
def test_entries_that_are_removed_swapped_put_in_or_cut_off_are_found(
    told: list[Entry], data: st.DataObject, renumbered: bool
) -> None:  # fmt: skip
    records = recorded("i", *told)
    one, other = data.draw(st.lists(st.integers(0, len(records) - 1), min_size=2, max_size=2, unique=True))
    swapped = list(records)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    without = records[:one] + records[one + 1 :]
    twice = [*records[: one + 1], *records[one:]]
    foreign = [*records[:one], *recorded("another incident", *told)[one:]]
    for changed in (swapped, without, twice, records[:one], foreign):
        told_anew = [replace(record, seq=seq) for seq, record in enumerate(changed, 1)] if renumbered else changed
        assert broken("i", told_anew, head_of(records)) is not None


def test_what_cannot_be_read_is_said_with_its_fault() -> None:
    records = recorded("i", FIRST, SECOND)
    found = broken("i", [records[0], Record(2, records[1].hash, None, "its kind is no text")], head_of(records))
    assert found is not None
    assert (found.seq, found.what) == (2, "it cannot be read: its kind is no text")


def test_where_no_field_ends_another_cannot_begin() -> None:
    line = Line("t", "k", "a", None, None, "text", {"x": "y"})
    others = [
        replace(line, channel=""), replace(line, actor="", kind="ka"), replace(line, text='text",{"x":"y"}', facts={}),
        replace(line, facts={"x": "y", "": ""}), replace(line, tier="null"),
    ]  # fmt: skip
    assert len({digest("0", 1, one) for one in (line, *others)}) == 6
    assert digest("0", 1, line) != digest("0", 11, line)
