"""A timeline as people read it: a table in Markdown, with names for ids (playbook L833-845).

Rules
-----
* The actor is a person's name with the tier, or the system that spoke. Whoever is forgotten is taken out before
  (``nameless``).
* Strangers' text stays in its cell and means nothing but itself.

May import: the value modules of the core.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from rungbell.domain.plain_text import plain
from rungbell.domain.roster import Person
from rungbell.domain.timeline import SYSTEM, Entry, EntryKind

LONGEST = 1_000
"""Characters of an event."""
SAID_BY_ALERTS = frozenset(
    {EntryKind.OPENED, EntryKind.REOPENED, EntryKind.ALERTS, EntryKind.REFIRED, EntryKind.MONITORING}
)
"""What rungbell writes down because Prometheus spoke."""
_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]<>|~])")


def table(entries: Iterable[Entry], people: Mapping[str, Person]) -> Iterator[str]:
    """Give the lines of the table; ``people`` gives names to ids."""
    told = list(entries)
    days = {entry.at.date() for entry in told}
    shape = "%H:%M" if len(days) < 2 else "%Y-%m-%d %H:%M"
    yield "| Time (UTC) | Event | Actor |"
    yield "|---|---|---|"
    for entry in told:
        yield f"| {entry.at.strftime(shape)} | {cell(entry.text)} | {_actor(entry, people)} |"


def cell(text: str) -> str:
    """Give a text as it may stand in a cell."""
    return _MEANS_SOMETHING.sub(r"\\\1", plain(text, LONGEST))


def _actor(entry: Entry, people: Mapping[str, Person]) -> str:
    if entry.actor == SYSTEM:
        return "Prometheus" if entry.kind in SAID_BY_ALERTS else SYSTEM
    name = people[entry.actor].name if entry.actor in people else entry.actor
    return f"{cell(name)}{f' ({entry.tier})' if entry.tier else ''}"
