"""Telephones by which nobody ever hears of a shift: news ring none where there is another way.

Rules
-----
* One that rings somebody whom nothing else of the list reaches is no finding, nor is one that reaches nobody.
* Where a layer takes its people from elsewhere, as from a calendar that is not in the file, nothing is known.

May import: ``findings``, ``domain`` and the standard library.
"""

from rungbell.config.findings import Findings
from rungbell.domain.book import Book, Telling
from rungbell.domain.oncall import Schedule
from rungbell.domain.policy import Through
from rungbell.domain.roster import Roster

NAMED = 5
"""People whom a finding names."""


def check_news(book: Book, findings: Findings) -> None:
    """Note telephones in the ``tell`` of a schedule that ring nobody."""
    for name, telling in book.tellings.items():
        schedule = book.roster.schedules[name]
        if all(layer.members for layer in schedule.layers):
            _check(schedule, telling, book.roster, findings)


def _check(schedule: Schedule, telling: Telling, roster: Roster, findings: Findings) -> None:
    through = tuple(map(Through, telling.through))
    rung = {way.channel for person in schedule.members for way in roster.ways_for_news(person, through)}
    for index, channel in enumerate(telling.through):
        reached = [person for person in schedule.members if roster.ways(person, (through[index],))]
        if roster.channels[channel].calls and reached and channel not in rung:
            more = f" and {len(reached) - NAMED} more" if len(reached) > NAMED else ""
            text = f"`{channel}` rings nobody: {', '.join(reached[:NAMED])}{more} can hear of a shift another way"
            findings.warn("telephone-not-rung", ("schedules", schedule.name, "tell", "through", index), text)
