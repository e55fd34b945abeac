"""The chain of a timeline: each entry is sealed with a hash over itself and the one before, so that no change is quiet.

Format
------
Each incident has a chain of its own. Entries count from 1 (``seq``). Every hash is SHA-256, in lower-case hexadecimal,
over a JSON array in the plainest form: no blanks, names of objects sorted by code point, characters beyond ASCII as
``\\uXXXX``; what ``json.dumps(…, sort_keys=True, separators=(",", ":"))`` writes.

* The hash before entry 1 is that of ``["rungbell timeline 1", identity of the incident]``.
* The hash of an entry is that of ``[hash before it, seq, time, kind, actor, tier, channel, text, facts]``. The time is
  ``2026-11-23T03:00:00.120Z``: UTC, to the millisecond; ``facts`` is an object of texts; no tier, no channel: null.

Rules
-----
* The head (``seq`` and hash of the last entry) is kept beside the incident, so that a tail that was cut off is missed.
* A chain shows that entries are what they were when they were written, to whoever trusts its head. Who can write the
  store can seal another story: heads that were kept elsewhere tell that one from the first.
* A damaged chain goes on behind its damage, which stays to be seen; nothing waits for it to be whole.

May import: ``timeline`` and the standard library's pure parts.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _json

from rungbell.domain.timeline import Entry
from rungbell.domain.values import dataclass

FORMAT = "rungbell timeline 1"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain: its number and its hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in the words that are hashed, and that an export has."""

    at: str
    kind: str
    actor: str
    tier: str | None
    channel: str | None
    text: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """An entry as it was found: where it says it stands, its hash, and what it says, or why that cannot be read."""

    seq: int
    hash: str
    line: Line | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which a chain is not what it was."""

    seq: int
    """The entry, counted from 1."""
    what: str


@lru_cache(maxsize=64)  # what is decided in one instant is told with one time, thousands of times in a storm
def moment(at: datetime) -> str:
    """Give a time as it is hashed: in UTC, to the millisecond, rounded down."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def root(incident: str) -> str:
    """Give the hash that stands before the first entry of an incident."""
    return _hash(f"[{_json(FORMAT)},{_json(incident)}]")


def digest(before: str, seq: int, line: Line) -> str:
    """Give the hash of an entry; ``before`` is that of the one before it."""
    return _digest(before, seq, line.at, line.kind, line.actor, line.tier, line.channel, line.text, line.facts)


def sealed(incident: str, head: Head | None, entries: Iterable[Entry]) -> list[Head]:
    """Give number and hash of each of the ``entries`` that follow on ``head``; ``None``: they are the first."""
    seq, before = (0, root(incident)) if head is None else (head.seq, head.hash)
    found: list[Head] = []
    for entry in entries:
        seq += 1
        kind, tier = entry.kind._value_, None if entry.tier is None else entry.tier._value_
        before = _digest(before, seq, moment(entry.at), kind, entry.actor, tier, entry.channel, entry.text, entry.facts)
        found.append(Head(seq, before))
    return found


def broken(incident: str, records: Sequence[Record], head: Head | None) -> Break | None:
    """Look whether ``records``, in the order in which they stand, are all that was written, up to ``head``.

    Gives the first place where they are not; ``None`` where the chain is whole.
    """
    before = root(incident)
    for place, record in enumerate(records, start=1):
        if record.seq != place:
            return Break(place, f"entry {record.seq} stands where entry {place} should be")
        if record.line is None:
            return Break(place, f"it cannot be read: {record.fault}")
        if digest(before, place, record.line) != record.hash:
            return Break(place, "it is not what was written, or does not follow on the entry before it")
        before = record.hash
    return _end(len(records), Head(len(records), before) if records else None, head)


def _end(left: int, last: Head | None, head: Head | None) -> Break | None:
    """Hold the last of ``left`` entries against the ``head`` that is known."""
    written = 0 if head is None else head.seq
    if written > left:
        return Break(left + 1, f"it is missing: {written} entries were written, {left} are left")
    if written < left:
        return Break(written + 1, f"it was added by somebody else: {written} entries were written, {left} are there")
    return None if last == head else Break(written, "it is not the last entry that was written")


def _digest(  # noqa: PLR0913, PLR0917 -- the fields of an entry, at every commit: no value in between
    before: str,
    seq: int,
    at: str,
    kind: str,
    actor: str,
    tier: str | None,
    channel: str | None,
    text: str,
    facts: Mapping[str, str],
) -> str:
    """Hash what ``json.dumps`` would write of an entry, written a few times faster."""
    told = ",".join([f"{_json(name)}:{_json(facts[name])}" for name in sorted(facts)]) if facts else ""
    by = f"{_json(kind)},{_json(actor)},{_optional(tier)},{_optional(channel)}"
    return _hash(f"[{_json(before)},{seq},{_json(at)},{by},{_json(text)},{{{told}}}]")


def _optional(text: str | None) -> str:
    return "null" if text is None else _json(text)


def _hash(plain: str) -> str:
    return hashlib.sha256(plain.encode("ascii")).hexdigest()
