"""One transaction, in the runtime's words: what can be loaded, and the one way a decision is written.

It speaks to a ``Runner``, a few lines over a driver; the words are the same for every database.

May import: ``domain``, ``codec``, ``statements``, ``audit``, ``communications``, ``outbox``, ``people``, ``retention``,
``reviews``, structlog.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

import structlog

from rungbell.domain.alert import KnownAlert, Standing
from rungbell.domain.broken import overdue
from rungbell.domain.chain import Head, Record, root, sealed
from rungbell.domain.clocks import wake_at
from rungbell.domain.decision import Decision
from rungbell.domain.errors import StoreError
from rungbell.domain.incident import Incident
from rungbell.domain.opening import full_name
from rungbell.domain.policy import POLICY_FORMAT, Policy
from rungbell.domain.review import asks_for_review
from rungbell.domain.timeline import Entry
from rungbell.domain.token import Token
from rungbell.domain.values import dataclass
from rungbell.store import statements
from rungbell.store.audit import AuditWork
from rungbell.store.codec.columns import Row, from_column, to_column
from rungbell.store.codec.incidents import (
    alert_from,
    alert_rows,
    communication_row,
    incident_from,
    incident_row,
    policy_document,
    policy_from,
)
from rungbell.store.codec.outbox import copy_row, echo_row, page_row
from rungbell.store.codec.people import token_from, token_row
from rungbell.store.codec.timeline import entry_from, entry_row, record_from
from rungbell.store.communications import CommunicationWork
from rungbell.store.outbox import OutboxWork, Runner
from rungbell.store.people import PeopleWork
from rungbell.store.retention import RetentionWork
from rungbell.store.reviews import ReviewWork

log = structlog.get_logger()

NAME = re.compile(r"(INC-[0-9]{8}-[0-9]{4})(?:-([0-9]{1,8}))?")
RESTORED = "restored_from_backup"
"""The note that a copy carries, until a daemon that was started on it has held its paging."""
ROUND_ROBIN = "round_robin/"
"""With the name of a schedule behind it: the note of how many incidents its round robin has served."""
MOST_REPEATS = 20
INCIDENT_COLUMNS = len(statements.INCIDENT_COLUMNS.split(","))
BEYOND = 2**62
"""Higher than any incident's number."""


class VersionConflict(StoreError):
    """Somebody else changed the incident first; the work is run again."""


@dataclass(frozen=True, slots=True)
class Due:
    """An incident whose clock is due, and since when."""

    incident: str
    since: datetime


@dataclass(frozen=True, slots=True)
class _Growth:
    """What a decision adds to the chain of a timeline."""

    seals: tuple[Head, ...] = ()
    """Number and hash of each of its entries."""
    known: int | None = None
    """How many entries there were; ``None``: nothing is added, or the incident is new."""

    @property
    def head(self) -> Head | None:
        """Where the chain ends then; ``None``: where it did."""
        return self.seals[-1] if self.seals else None


_NO_GROWTH = _Growth()
_INDEXED = attrgetter("id", "version", "status", "severity", "opened_at", "resolved_at", "name")
"""What of an incident has a column of its own beside its clock."""


class Transaction(OutboxWork, CommunicationWork, PeopleWork, RetentionWork, AuditWork, ReviewWork):
    """Loads what a decision reads and writes what it says."""

    def __init__(self, runner: Runner, pinned: dict[str, Policy]) -> None:
        super().__init__(runner)
        self._pinned = pinned
        self._written_policies = set()
        self._read: dict[str, Row] = {}
        """Rows of incidents that were read together, until somebody asks for them."""
        self._ends: dict[str, Row] = {}
        """What was found of the chains of incidents when they were read, until they grow."""

    # -- incidents ----------------------------------------------------------------------------------------------

    def latest_incident(self, key: str) -> Incident | None:
        """The newest incident of an alert group, open or not."""
        return self._with_end(self._runner.rows(statements.LATEST_INCIDENT, key=key))

    def incident(self, reference: str) -> Incident | None:
        """Find an incident by identity, number or name."""
        row = self._read.pop(reference, None)
        rows = self._runner.rows(statements.INCIDENT_BY_ID, id=reference) if row is None else (row,)
        found = self._with_end(rows)
        if found is None and reference.isascii() and reference.isdigit() and len(reference) < 19:
            found = self._one(self._runner.rows(statements.INCIDENT_BY_NUMBER, number=int(reference)))
        if found is None and (named := NAME.fullmatch(reference)) is not None:
            count = int(named[2] or 1)
            found = self._one(self._runner.rows(statements.INCIDENT_BY_NAME, base=named[1], count=count))
        return found

    def read_together(self, incidents: Sequence[str]) -> None:
        """Read many incidents at once; each is given to whoever asks for it next by its identity."""
        rows = self._runner.rows(statements.INCIDENTS_BY_ID, ids=json.dumps(incidents))
        self._read.update((row[INCIDENT_COLUMNS], row) for row in rows)

    def incidents(
        self, *, before: int = BEYOND, limit: int, status: str | None = None, overdue: bool = False
    ) -> list[Incident]:
        """Newest first, with numbers below ``before``; ``overdue``: only those that break an obligation."""
        if overdue:
            rows = self._runner.rows(statements.OVERDUE_BEFORE, before=before, limit=limit, status=status)
        elif status is None:
            rows = self._runner.rows(statements.INCIDENTS_BEFORE, before=before, limit=limit)
        else:
            rows = self._runner.rows(statements.INCIDENTS_BEFORE_IN, before=before, limit=limit, status=status)
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
            statements.REPEATS,
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
        count: int = self._runner.rows(statements.OPENED_LATELY, **values)[0][0]
        return count

    def open_ids(self) -> list[str]:
        """The identities of all open incidents."""
        return [row[0] for row in self._runner.rows(statements.OPEN_IDS)]

    def count_open(self) -> dict[tuple[str, str], int]:
        """Open incidents by (status, severity)."""
        return {(status, severity): n for status, severity, n in self._runner.rows(statements.COUNT_BY_STATUS)}

    def count_overdue(self) -> dict[tuple[str, str], int]:
        """Incidents that break an obligation, by (its name, severity), as they were last written."""
        found: dict[tuple[str, str], int] = {}
        for names, severity, count in self._runner.rows(statements.COUNT_OVERDUE):
            for name in names.split():
                found[name, severity] = found.get((name, severity), 0) + count
        return found

    def due_incidents(self, now: datetime, limit: int) -> list[Due]:
        """Incidents with a due clock, the most overdue first."""
        rows = self._runner.rows(statements.DUE_INCIDENTS, now=to_column(now), limit=limit)
        return [Due(row[0], from_column(row[1])) for row in rows]

    def next_wake(self) -> datetime | None:
        """When the next clock of any incident is due."""
        value = self._runner.rows(statements.NEXT_WAKE)[0][0]
        return None if value is None else from_column(value)

    def policy(self, hash_: str) -> Policy:
        """A pinned policy.

        Raises:
            StoreError: there is none with this hash.
        """
        if hash_ not in self._pinned:
            rows = self._runner.rows(statements.POLICY, hash=hash_)
            if not rows:
                raise StoreError(f"the pinned policy {hash_[:12]} is not in the store")
            self._pinned[hash_] = policy_from(*rows[0])
        return self._pinned[hash_]

    def alerts(self, group_key: str) -> dict[str, KnownAlert]:
        """What is known of a group's alerts, by key."""
        rows = self._runner.rows(statements.ALERTS_OF_GROUP, group_key=group_key)
        return {row[0]: alert_from(row) for row in rows}

    def standings(self, group_key: str) -> dict[str, Standing]:
        """How a group's alerts stand, by key; what they say may be long, and decisions do not read it."""
        rows = self._runner.rows(statements.STANDINGS_OF_GROUP, group_key=group_key)
        return {key: Standing(bool(firing), from_column(starts_at)) for key, firing, starts_at in rows}

    def timeline(self, incident: str) -> list[Entry]:
        """The whole timeline, oldest first."""
        return [entry_from(row) for row in self._runner.rows(statements.TIMELINE, incident=incident)]

    def records(self, incident: str) -> tuple[list[Record], Head | None]:
        """The whole timeline as it was found, and where its chain ended when it was last written to."""
        rows = self._runner.rows(statements.RECORDS, incident=incident)
        found = self._runner.rows(statements.HEAD, incident=incident)
        entries, head = found[0][1:3] if found else (0, None)
        return [record_from(row) for row in rows], Head(entries, head or "") if entries or head else None

    def last_entry(self) -> datetime | None:
        """When something was last written in any timeline."""
        rows = self._runner.rows(statements.LAST_ENTRY)
        return from_column(rows[0][0]) if rows else None

    # -- the one way in -----------------------------------------------------------------------------------------

    def write(
        self, decision: Decision, policy: Policy | None, about: Incident | None, group_key: str, now: datetime
    ) -> Incident | None:
        """Write all of a decision; ``about`` is the incident as it was loaded, ``policy`` the one it follows.

        Returns the incident as it now stands in the store.

        Raises:
            VersionConflict: the incident has changed since it was loaded.
        """
        if decision.empty:
            return about
        self.wrote = True
        incident = about
        growth = self._growth(decision, about)
        if decision.incident is not None:
            if policy is None:
                raise ValueError("a decision about an incident came without the policy that the incident follows")
            incident = self._write_incident(decision.incident, about, policy, now, growth)
            if asks_for_review(about, incident):
                self.note_serious_end(incident, now)
        elif growth.head is not None and incident is not None:
            self._move_head(incident, growth.known, growth.head)
        if decision.alerts:
            self._runner.run_many(statements.UPSERT_ALERT, alert_rows(group_key, decision.alerts, now))
        for schedule, served in decision.round_robin.items():
            self.write_note(f"{ROUND_ROBIN}{schedule}", str(served))
        if decision.settle and incident is not None:
            self._runner.run(statements.SETTLE_ALERTS, group=incident.key)
        if incident is not None:
            self._write_effects(decision, incident.id, now, growth)
        return incident

    def _write_effects(self, decision: Decision, incident: str, now: datetime, growth: _Growth) -> None:
        if decision.withdraw is not None:
            self.withdraw(incident, decision.withdraw)
        if growth.seals:
            rows = [entry_row(incident, *one) for one in zip(decision.entries, growth.seals, strict=True)]
            self._runner.run_many(statements.INSERT_ENTRY, rows)
        if decision.pages:
            self._runner.run_many(statements.INSERT_PAGE, [page_row(page, now) for page in decision.pages])
        for communication in decision.communications:
            self._runner.run(statements.UPSERT_COMMUNICATION, **communication_row(communication))
        if decision.copies:
            self._runner.run_many(statements.INSERT_PAGE, [copy_row(copy, now) for copy in decision.copies])
        for echo in decision.echoes:
            self._runner.run(statements.FOLD_ECHOES, incident=incident, channel=echo.channel)
            self._runner.run(statements.INSERT_PAGE, **echo_row(echo, now))
        for intent in decision.forward:
            self._runner.run(statements.FORWARD_PAGE, key=intent, now=to_column(now))
        if decision.delivery is not None:
            self.record(decision.delivery)

    def _growth(self, decision: Decision, about: Incident | None) -> _Growth:
        """Seal the new entries on the end of the incident's chain, which is known where the incident was read here."""
        incident = decision.incident or about
        if not decision.entries or incident is None:
            return _NO_GROWTH
        if incident.version == 0:
            return _Growth(tuple(sealed(incident.id, None, decision.entries)))
        self._read.pop(incident.id, None)
        end = self._ends.pop(incident.id, None)
        if end is None:
            found = self._runner.rows(statements.HEAD, incident=incident.id)
            if not found:
                raise VersionConflict(f"incident {incident.number} has gone since it was read")
            end = found[0]
        _, known, hash_, highest = end
        # Behind entries that nobody here wrote the chain goes on, broken: a page must not fail for them.
        head = Head(max(known, highest or 0), hash_ or root(incident.id)) if known or highest else None
        return _Growth(tuple(sealed(incident.id, head, decision.entries)), known)

    def _move_head(self, incident: Incident, known: int | None, head: Head) -> None:
        values = {"row": incident.id, "known": known, "entries": head.seq, "head": head.hash}
        if self._runner.run(statements.MOVE_HEAD, **values) != 1:
            raise VersionConflict(f"the timeline of incident {incident.number} has grown since it was read")

    def _write_incident(
        self, incident: Incident, about: Incident | None, policy: Policy, now: datetime, growth: _Growth
    ) -> Incident:
        if incident.version == 0:
            return self._insert_incident(incident, policy, now, growth)
        self._read.pop(incident.id, None)
        same = about is not None and _INDEXED(about) == _INDEXED(incident)
        base, count = (None, None) if same else self._name(incident)
        name = incident.name if same else full_name(base, count)
        stored = incident.changed(version=incident.version + 1, name=name)
        row = incident_row(stored, wake_at(stored, policy), overdue(stored, policy, now), growth.head)
        row.update(name_base=base, name_count=count, row=incident.id, expected=incident.version, known=growth.known)
        if self._runner.run(statements.UPDATE_CLOCKS if same else statements.UPDATE_INCIDENT, **row) != 1:
            raise VersionConflict(f"incident {incident.number} has changed since it was read")
        return stored

    def _insert_incident(self, incident: Incident, policy: Policy, now: datetime, growth: _Growth) -> Incident:
        self._pin(policy)
        base, count = self._name(incident)
        row = incident_row(incident, wake_at(incident, policy), overdue(incident, policy, now), growth.head)
        row.update(name_base=base, name_count=count, version=1, entries=len(growth.seals))
        number = self._runner.insert(statements.INSERT_INCIDENT, **row)
        return incident.changed(number=number, version=1, name=full_name(base, count))

    def _pin(self, policy: Policy) -> None:
        """Keep the policy; the incidents of a shared commit mostly follow the same one."""
        if policy.hash not in self._written_policies:
            document = policy_document(policy)
            self._runner.run(statements.INSERT_POLICY, hash=policy.hash, format=POLICY_FORMAT, document=document)
            self._written_policies.add(policy.hash)

    def _name(self, incident: Incident) -> tuple[str | None, int | None]:
        """Keep the name an incident has; give a new one the next free count of its minute."""
        if incident.name is None:
            return None, None
        if incident.version:
            base, count = self._runner.rows(statements.NAME_OF, id=incident.id)[0]
            if base is not None:
                return base, count
        highest = self._runner.rows(statements.HIGHEST_NAME, base=incident.name)[0][0]
        return incident.name, (highest or 0) + 1

    # -- heartbeats, applied events, notes ------------------------------------------------------------------------

    def beat(self, source: str, now: datetime) -> None:
        """Remember that a source's Watchdog was seen."""
        self.wrote = True
        self._runner.run(statements.BEAT, source=source, seen_at=to_column(now))

    def heartbeats(self) -> dict[str, datetime]:
        """When each source's Watchdog was seen last."""
        return {source: from_column(at) for source, at in self._runner.rows(statements.HEARTBEATS)}

    def applied(self, event: str) -> tuple[datetime, str] | None:
        """When an event with an identity of its own was applied and what was answered, if it was."""
        rows = self._runner.rows(statements.APPLIED, event=event)
        return (from_column(rows[0][0]), rows[0][1]) if rows else None

    def apply_once(self, event: str, now: datetime, reply: str = "") -> bool:
        """Take an event's identity; false if it was taken before."""
        self.wrote = True
        return self._runner.run(statements.INSERT_APPLIED, event=event, at=to_column(now), reply=reply) == 1

    def note(self, name: str) -> str | None:
        """A fact about the store itself."""
        rows = self._runner.rows(statements.NOTE, name=name)
        return rows[0][0] if rows else None

    def write_note(self, name: str, value: str) -> None:
        """Remember a fact about the store itself."""
        self.wrote = True
        self._runner.run(statements.WRITE_NOTE, name=name, value=value)

    def round_robins(self) -> dict[str, int]:
        """How many incidents each round robin has served, by the name of its schedule."""
        rows = self._runner.rows(statements.NOTES_BELOW, prefix=ROUND_ROBIN)
        return {name.removeprefix(ROUND_ROBIN): int(served) for name, served in rows}

    # -- tokens of the API --------------------------------------------------------------------------------------

    def tokens(self) -> dict[str, Token]:
        """Every token there ever was, the oldest first, by the hash of its secret."""
        found: dict[str, Token] = {}
        for row in self._runner.rows(statements.TOKENS):
            try:
                hash_, token = token_from(row)
            except ValueError as error:  # a scope nobody knows: that token counts for nothing, the others go on
                log.exception("a token cannot be read and counts for nothing", token=row[1], error=repr(error))
            else:
                found[hash_] = token
        return found

    def add_token(self, hash_: str, token: Token) -> None:
        """Keep a new token under the hash of its secret."""
        self.wrote = True
        self._runner.run(statements.INSERT_TOKEN, **token_row(hash_, token))

    def revoke_token(self, token: str, now: datetime) -> bool:
        """End a token; false where there is none with this identity, or it was revoked before."""
        self.wrote = True
        return self._runner.run(statements.REVOKE_TOKEN, token=token, now=to_column(now)) == 1

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
