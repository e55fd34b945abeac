"""Timelines as columns: entries as they are told, records as they were sealed.

May import: ``columns``, ``domain`` and pydantic.
"""

from typing import Any

from pydantic_core import from_json, to_json

from rungbell.domain.chain import Head, Line, Record, moment
from rungbell.domain.policy import Tier
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.store.codec.columns import Row, from_column, to_column


def entry_row(incident: str, entry: Entry, seal: Head) -> dict[str, Any]:
    """Columns of a line of the timeline."""
    return {
        "incident": incident,
        "seq": seal.seq,
        "at": to_column(entry.at),
        "kind": entry.kind._value_,
        "actor": entry.actor,
        "tier": None if entry.tier is None else entry.tier._value_,
        "channel": entry.channel,
        "text": entry.text,
        "facts": to_json(entry.facts).decode() if entry.facts else "{}",
        "hash": seal.hash,
    }


def entry_from(row: Row) -> Entry:
    """Read (at, kind, actor, tier, channel, text, facts)."""
    at, kind, actor, tier, channel, text, facts = row
    told: dict[str, str] = from_json(facts)
    return Entry(from_column(at), EntryKind(kind), text, actor, Tier(tier) if tier else None, channel, told)


def record_from(row: Row) -> Record:
    """Read (seq, hash, at, kind, actor, tier, channel, text, facts), the words as bytes, whatever stands there."""
    seq, hash_, at, kind, actor, tier, channel, text, facts = row
    try:
        told: dict[str, str] = from_json(facts)
        if to_json(told) != facts or not all(type(value) is str for value in told.values()):
            return Record(seq, hash_, None, "its facts are not as rungbell writes them")
        words = (kind.decode(), actor.decode(), tier and tier.decode(), channel and channel.decode(), text.decode())
        return Record(seq, hash_, Line(moment(from_column(at)), *words, told))
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        return Record(seq, hash_, None, str(error))
