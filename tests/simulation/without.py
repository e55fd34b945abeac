"""The same world without obligations: everything that happens, happens once more where policies only page.

Rules
-----
* Whatever rings, rings there too, at the same moment, and comes to the same end: nothing that is owed, told or asked
  may ever change paging. The store is held against that paging after every commit.
* Rounds count what is told too, so intents differ; a page is the same by whom it asks, how, why and since when.
* A version counts what is told too: an act that was stale did nothing here either, and no other is held to it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from rungbell.domain.events import Act, PageAccepted, PageFailed, PageUndelivered
from tests.simulation.database import Decided
from tests.simulation.reading import Reading
from tests.simulation.record import PageRow
from tests.simulation.ringing import STALE
from tests.simulation.shops import shop, without_obligations

Same = tuple[str, int, str, str, str, str, int, int]


def same(row: PageRow) -> Same:
    """What makes a page the same one."""
    incident = row.intent.partition(":")[0]
    return incident, row.cycle, row.tier, row.person, row.channel, row.purpose, row.created_at, row.send_after


@dataclass(slots=True)
class Without:
    """What would be on record there."""

    reading: Reading = field(default_factory=Reading)

    def happens(self, decided: Decided, pages: dict[str, PageRow]) -> None:
        """Let an event happen there; ``pages``: of the incident it is about, as they are here."""
        event = decided.event
        if isinstance(event, PageAccepted | PageFailed | PageUndelivered):
            row = self._twin(event.intent, pages)
            if row is None:
                return
            event = replace(event, intent=row.intent)
        if isinstance(event, Act) and event.as_of is not None:
            if decided.outcome == STALE:
                return
            event = replace(event, as_of=None)
        self.reading.happens(event, decided.at, without_obligations(shop(decided.shop)), decided.taken)

    def claimed(self, intent: str, until: int, pages: dict[str, PageRow]) -> None:
        """A sender takes a page."""
        row = self._twin(intent, pages)
        if row is not None:
            self.reading.claimed(row, until)

    def leases_end(self) -> None:
        """Nobody has any page in hand."""
        self.reading.leases_end()

    def differences(self, incident: str, rows: Iterable[PageRow]) -> list[str]:
        """What rings or ends otherwise there than here."""
        here, there = self._pages(rows), self._pages(self.reading.pages.get(incident, {}).values())
        told = [f"{page[2:6]} is {state} here only" for page, state, *_ in here - there]
        return told + [f"{page[2:6]} is {state} there only" for page, state, *_ in there - here]

    @staticmethod
    def _pages(rows: Iterable[PageRow]) -> "Counter[tuple[Same, str, int | None, int]]":
        return Counter((same(row), row.state, row.due_at, row.attempts) for row in rows if row.kind == "page")

    def _twin(self, intent: str, pages: dict[str, PageRow]) -> PageRow | None:
        row = pages.get(intent)
        if row is None or row.kind != "page":
            return None
        alike = [one.round for one in pages.values() if same(one) == same(row) and one.round < row.round]
        there = self.reading.pages.get(intent.partition(":")[0], {}).values()
        found = sorted((one for one in there if same(one) == same(row)), key=lambda one: one.round)
        return found[len(alike)] if len(alike) < len(found) else None
