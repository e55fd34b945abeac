"""The reading half of a transaction: incidents, and what belongs to them (their alerts, policies and timelines).

Rules
-----
* A bad row hides no other: where many are listed, it is left out and logged.

May import: ``domain``, ``codec``, ``statements``, ``outbox``, structlog.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime

import structlog

from rungbell.domain.alert import KnownAlert, Standing
from rungbell.domain.chain import Head, Record
from rungbell.domain.errors import StoreError
from rungbell.domain.incident import Incident
from rungbell.domain.opening import full_name
from rungbell.domain.policy import Policy
from rungbell.domain.timeline import Entry
from rungbell.domain.values import dataclass
from rungbell.store.codec.columns import Row, from_column, to_column
from rungbell.store.codec.incidents import alert_from, incident_from, policy_from
from rungbell.store.codec.timeline import entry_from, record_from
from rungbell.store.outbox import Runner
from rungbell.store.statements import incidents

log = structlog.get_logger()

NAME = re.compile(r"(INC-[0-9]{8}-[0-9]{4})(?:-([0-9]{1,8}))?")
MOST_REPEATS = 20
INCIDENT_COLUMNS = len(incidents.INCIDENT_COLUMNS.split(","))
BEYOND = 2**62
"""Higher than any incident's number."""


@dataclass(frozen=True, slots=True)
class Due:
    """An incident whose clock is due, and since when."""

    incident: str
    since: datetime


class IncidentWork:
    """What a transaction reads of incidents."""

    _runner: Runner
    _pinned: dict[str, Policy]
    """Policies by their hash, once they were read."""
    _read: dict[str, Row]
    """Rows of incidents that were read together, until somebody asks for them."""
    _ends: dict[str, Row]
    """What was found of the chains of incidents when they were read, until they grow."""

    def latest_incident(self, key: str) -> Incident | None:
        """The newest incident of an alert group, open or not."""
        return self._with_end(self._runner.rows(incidents.LATEST_INCIDENT, key=key))

    def incident(self, reference: str) -> Incident | None:
        """Find an incident by identity, number or name."""
        row = self._read.pop(reference, None)
        rows = self._runner.rows(incidents.INCIDENT_BY_ID, id=reference) if row is None else (row,)
        found = self._with_end(rows)
        if found is None and reference.isascii() and reference.isdigit() and len(reference) < 19:
            found = self._one(self._runner.rows(incidents.INCIDENT_BY_NUMBER, number=int(reference)))
        if found is None and (named := NAME.fullmatch(reference)) is not None:
            count = int(named[2] or 1)
            found = self._one(self._runner.rows(incidents.INCIDENT_BY_NAME, base=named[1], count=count))
        return found

    def read_together(self, ids: Sequence[str]) -> None:
        """Read many incidents at once; each is given to whoever asks for it next by its identity."""
        rows = self._runner.rows(incidents.INCIDENTS_BY_ID, ids=json.dumps(ids))
        self._read.update((row[INCIDENT_COLUMNS], row) for row in rows)

    def incidents(
        self, *, before: int = BEYOND, limit: int, status: str | None = None, overdue: bool = False
    ) -> list[Incident]:
        """Newest first, with numbers below ``before``; ``overdue``: only those that break an obligation."""
        if overdue:
            rows = self._runner.rows(incidents.OVERDUE_BEFORE, before=before, limit=limit, status=status)
        elif status is None:
            rows = self._runner.rows(incidents.INCIDENTS_BEFORE, before=before, limit=limit)
        else:
            rows = self._runner.rows(incidents.INCIDENTS_BEFORE_IN, before=before, limit=limit, status=status)
        found: list[Incident] = []
        for row in rows:
            try:
                found.append(incident_from(row))
            except ValueError as error:  # one bad row must not hide the others; the watcher tells the operator of it
                log.exception("an incident cannot be read and is left out", number=row[0], error=repr(error))
        return found

    def repeats(self, incident: Incident, since: datetime) -> tuple[str, ...]:
        """Names or numbers of earlier incidents of the same kind that opened after ``since``, the newest first."""
        rows = self._runner.rows(
            incidents.REPEATS,
            likeness=incident.likeness,
            since=to_column(since),
            before=to_column(incident.opened_at),
            limit=MOST_REPEATS,
        )
        return tuple(full_name(base, count) or str(number) for number, base, count in rows)

    def opened_lately(self, policy: str, but: str, since: datetime, most: int) -> int:
        """How many incidents that follow a policy (by its hash) began after ``since``, counted up to ``most``.

        Those with the key ``but`` are left out.
        """
        values = {"policy": policy, "but": but, "since": to_column(since), "most": most}
        count: int = self._runner.rows(incidents.OPENED_LATELY, **values)[0][0]
        return count

    def open_ids(self) -> list[str]:
        """The identities of all open incidents."""
        return [row[0] for row in self._runner.rows(incidents.OPEN_IDS)]

    def count_open(self) -> dict[tuple[str, str], int]:
        """Open incidents by (status, severity)."""
        return {(status, severity): n for status, severity, n in self._runner.rows(incidents.COUNT_BY_STATUS)}

    def count_overdue(self) -> dict[tuple[str, str], int]:
        """Incidents that break an obligation, by (its name, severity), as they were last written."""
        found: dict[tuple[str, str], int] = {}
        for names, severity, count in self._runner.rows(incidents.COUNT_OVERDUE):
            for name in names.split():
                found[name, severity] = found.get((name, severity), 0) + count
        return found

    def due_incidents(self, now: datetime, limit: int) -> list[Due]:
        """Incidents with a due clock, the most overdue first."""
        rows = self._runner.rows(incidents.DUE_INCIDENTS, now=to_column(now), limit=limit)
        return [Due(row[0], from_column(row[1])) for row in rows]

    def next_wake(self) -> datetime | None:
        """When the next clock of any incident is due."""
        value = self._runner.rows(incidents.NEXT_WAKE)[0][0]
        return None if value is None else from_column(value)

    def policy(self, hash_: str) -> Policy:
        """A pinned policy.

        Raises:
            StoreError: there is none with this hash.
        """
        if hash_ not in self._pinned:
            rows = self._runner.rows(incidents.POLICY, hash=hash_)
            if not rows:
                raise StoreError(f"the pinned policy {hash_[:12]} is not in the store")
            self._pinned[hash_] = policy_from(*rows[0])
        return self._pinned[hash_]

    def alerts(self, group_key: str) -> dict[str, KnownAlert]:
        """What is known of a group's alerts, by key."""
        rows = self._runner.rows(incidents.ALERTS_OF_GROUP, group_key=group_key)
        return {row[0]: alert_from(row) for row in rows}

    def standings(self, group_key: str) -> dict[str, Standing]:
        """How a group's alerts stand, by key; what they say may be long, and decisions do not read it."""
        rows = self._runner.rows(incidents.STANDINGS_OF_GROUP, group_key=group_key)
        return {key: Standing(bool(firing), from_column(starts_at)) for key, firing, starts_at in rows}

    def timeline(self, incident: str) -> list[Entry]:
        """The whole timeline, oldest first."""
        return [entry_from(row) for row in self._runner.rows(incidents.TIMELINE, incident=incident)]

    def records(self, incident: str) -> tuple[list[Record], Head | None]:
        """The whole timeline as it was found, and where its chain ended when it was last written to."""
        rows = self._runner.rows(incidents.RECORDS, incident=incident)
        found = self._runner.rows(incidents.HEAD, incident=incident)
        entries, head = found[0][1:3] if found else (0, None)
        return [record_from(row) for row in rows], Head(entries, head or "") if entries or head else None

    def last_entry(self) -> datetime | None:
        """When something was last written in any timeline."""
        rows = self._runner.rows(incidents.LAST_ENTRY)
        return from_column(rows[0][0]) if rows else None

    @staticmethod
    def _one(rows: Sequence[Row]) -> Incident | None:
        return incident_from(rows[0]) if rows else None

    def _with_end(self, rows: Sequence[Row]) -> Incident | None:
        """Give the incident of the first row, and keep what it says of the end of its chain."""
        if not rows:
            return None
        facts, end = rows[0][:INCIDENT_COLUMNS], rows[0][INCIDENT_COLUMNS:]
        self._ends[end[0]] = end
        return incident_from(facts)
