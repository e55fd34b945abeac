"""The audit: looks into the store again and again, so that what retention takes away later has been seen.

It reads the file beside the daemon, over a connection that cannot write and holds nothing for long.
"""

import sqlite3
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.daemons import reading
from tests.soak.traffic import group_in

LATE = 10.0
"""Seconds after which a due clock, or a due page, that nobody served counts as standing still."""
INCIDENTS = """SELECT id, status, wake_at, json_extract(facts, '$.title'), coalesce(json_extract(facts, '$.cycle'), 1)
               FROM incidents"""
ALERTS = "SELECT json_extract(facts, '$.labels.alertname'), json_extract(facts, '$.labels.instance') FROM alerts"
ACCEPTANCES = (
    """SELECT json_extract(facts, '$.intent'), count(*) FROM timeline WHERE kind = 'page_accepted' GROUP BY 1"""
)
ACTS = "SELECT DISTINCT incident, kind FROM timeline WHERE kind IN ('acknowledged', 'resolved')"


@dataclass(slots=True)
class Seen:
    """An incident as it was seen last."""

    group: str
    """Empty where it is about something else than the traffic."""
    open: bool
    cycle: int


@dataclass(slots=True)
class Audit:
    """Everything that was ever seen in the store."""

    store: Path
    incidents: dict[str, Seen] = field(default_factory=dict)
    alerts: set[tuple[str, str]] = field(default_factory=set)
    pages: dict[str, str] = field(default_factory=dict)
    """Intent to the state it was seen in last."""
    accepted: dict[str, int] = field(default_factory=dict)
    """Intent to how many acceptances are on record."""
    acts: set[tuple[str, str]] = field(default_factory=set)
    """(incident, kind) of what people did."""
    numbers: int = 0
    """The highest number given so far."""
    without_clock: set[str] = field(default_factory=set)
    deleted_open: set[str] = field(default_factory=set)
    looks: int = 0
    present: int = 0
    """Incidents in the store at the last look."""
    most_present: int = 0
    overdue: float = 0.0
    """Seconds by which the most overdue clock or page was late at the last look."""
    stood_still: list[str] = field(default_factory=list)
    """When a due clock or page was not served although nothing was in its way."""

    def look(self, *, calm: bool = False) -> None:
        """Read everything once; a store that cannot be read just now is read the next time.

        ``calm`` says that nothing happens that might make anything late.
        """
        try:
            with reading(self.store) as connection:
                connection.execute("BEGIN")
                self._read(connection)
                connection.execute("COMMIT")
        except sqlite3.Error:
            return
        self.looks += 1
        if calm and self.overdue > LATE:
            self.stood_still.append(f"{self.overdue:.0f} s late at {datetime.now(UTC):%H:%M:%S}")

    def _read(self, connection: sqlite3.Connection) -> None:
        present: set[str] = set()
        for identity, status, wake_at, title, cycle in connection.execute(INCIDENTS):
            present.add(identity)
            is_open = status != "resolved"
            self.incidents[identity] = Seen(group_in(title), is_open, cycle)
            if is_open and wake_at is None:
                self.without_clock.add(identity)
        for identity, seen in self.incidents.items():
            if seen.open and identity not in present:
                self.deleted_open.add(identity)
        self.alerts.update((name, instance) for name, instance in connection.execute(ALERTS) if group_in(name or ""))
        self.pages.update(connection.execute("SELECT intent, state FROM outbox"))
        for intent, count in connection.execute(ACCEPTANCES):
            self.accepted[intent] = max(count, self.accepted.get(intent, 0))
        self.acts.update(connection.execute(ACTS))
        self.numbers = (
            connection.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'incidents'").fetchone()[0] or 0
        )
        self.present = len(present)
        self.most_present = max(self.most_present, self.present)
        self.overdue = self._late(connection)

    @staticmethod
    def _late(connection: sqlite3.Connection) -> float:
        due = [
            connection.execute("SELECT min(wake_at) FROM incidents WHERE wake_at IS NOT NULL").fetchone()[0],
            connection.execute("SELECT min(due_at) FROM outbox WHERE due_at IS NOT NULL").fetchone()[0],
        ]
        late: list[float] = [time.time() - at / 1000 for at in due if at is not None]
        return max([0.0, *late])

    @property
    def open(self) -> list[str]:
        """The groups of the traffic with an open incident."""
        return sorted(seen.group for seen in self.incidents.values() if seen.open and seen.group)

    @property
    def unsent(self) -> int:
        """Pages that had neither left nor lost their point when they were seen last."""
        return sum(state in {"waiting", "leased"} for state in self.pages.values())

    def identities(self) -> dict[str, list[str]]:
        """Give the incidents of each cycle of each group, named as the promises name them: ``group/cycle``."""
        found: dict[str, list[str]] = defaultdict(list)
        for identity, seen in self.incidents.items():
            if seen.group:
                for cycle in range(1, seen.cycle + 1):
                    found[f"{seen.group}/{cycle}"].append(f"{identity}/{cycle}")
        return found

    def excused(self) -> set[str]:
        """Give the cycles (``identity/cycle``) whose every first page lost its point before it could leave."""
        states: dict[str, set[str]] = defaultdict(set)
        for intent, state in self.pages.items():
            identity, cycle, *_rest, purpose = intent.split(":")
            if purpose == "at_once":
                states[f"{identity}/{cycle}"].add(state)
        return {name for name, found in states.items() if found == {"withdrawn"}}
