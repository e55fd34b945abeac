"""One transaction, in the runtime's words: the one way a decision is written, beside all that can be loaded.

It speaks to a ``Runner``, a few lines over a driver; the words are the same for every database. What it is put together
of has a module for each subject.

May import: ``domain``, ``codec``, ``statements``, ``audit``, ``communications``, ``incidents``, ``notes``, ``outbox``,
``people``, ``retention``, ``reviews``, ``tokens``.
"""

from datetime import datetime
from operator import attrgetter

from rungbell.domain.broken import overdue
from rungbell.domain.chain import Head, root, sealed
from rungbell.domain.clocks import wake_at
from rungbell.domain.decision import Decision
from rungbell.domain.errors import StoreError
from rungbell.domain.incident import Incident
from rungbell.domain.opening import full_name
from rungbell.domain.policy import POLICY_FORMAT, Policy
from rungbell.domain.review import asks_for_review
from rungbell.domain.values import dataclass
from rungbell.store.audit import AuditWork
from rungbell.store.codec.columns import to_column
from rungbell.store.codec.incidents import alert_rows, communication_row, incident_row, policy_document
from rungbell.store.codec.outbox import copy_row, echo_row, page_row
from rungbell.store.codec.timeline import entry_row
from rungbell.store.communications import CommunicationWork
from rungbell.store.incidents import IncidentWork
from rungbell.store.notes import ROUND_ROBIN, NoteWork
from rungbell.store.outbox import OutboxWork, Runner
from rungbell.store.people import PeopleWork
from rungbell.store.retention import RetentionWork
from rungbell.store.reviews import ReviewWork
from rungbell.store.statements import incidents, outbox
from rungbell.store.tokens import TokenWork


class VersionConflict(StoreError):
    """Somebody else changed the incident first; the work is run again."""


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


class Transaction(
    OutboxWork,
    IncidentWork,
    NoteWork,
    CommunicationWork,
    PeopleWork,
    TokenWork,
    RetentionWork,
    AuditWork,
    ReviewWork,
):
    """Loads what a decision reads and writes what it says."""

    def __init__(self, runner: Runner, pinned: dict[str, Policy]) -> None:
        super().__init__(runner)
        self._pinned = pinned
        self._written_policies = set()
        self._read = {}
        self._ends = {}

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
            self._runner.run_many(incidents.UPSERT_ALERT, alert_rows(group_key, decision.alerts, now))
        for schedule, served in decision.round_robin.items():
            self.write_note(f"{ROUND_ROBIN}{schedule}", str(served))
        if decision.settle and incident is not None:
            self._runner.run(incidents.SETTLE_ALERTS, group=incident.key)
        if incident is not None:
            self._write_effects(decision, incident.id, now, growth)
        return incident

    def _write_effects(self, decision: Decision, incident: str, now: datetime, growth: _Growth) -> None:
        if decision.withdraw is not None:
            self.withdraw(incident, decision.withdraw)
        if growth.seals:
            rows = [entry_row(incident, *one) for one in zip(decision.entries, growth.seals, strict=True)]
            self._runner.run_many(incidents.INSERT_ENTRY, rows)
        if decision.pages:
            self._runner.run_many(outbox.INSERT_PAGE, [page_row(page, now) for page in decision.pages])
        for communication in decision.communications:
            self._runner.run(incidents.UPSERT_COMMUNICATION, **communication_row(communication))
        if decision.copies:
            self._runner.run_many(outbox.INSERT_PAGE, [copy_row(copy, now) for copy in decision.copies])
        for echo in decision.echoes:
            self._runner.run(outbox.FOLD_ECHOES, incident=incident, channel=echo.channel)
            self._runner.run(outbox.INSERT_PAGE, **echo_row(echo, now))
        for intent in decision.forward:
            self._runner.run(outbox.FORWARD_PAGE, key=intent, now=to_column(now))
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
            found = self._runner.rows(incidents.HEAD, incident=incident.id)
            if not found:
                raise VersionConflict(f"incident {incident.number} has gone since it was read")
            end = found[0]
        _, known, hash_, highest = end
        # Behind entries that nobody here wrote the chain goes on, broken: a page must not fail for them.
        head = Head(max(known, highest or 0), hash_ or root(incident.id)) if known or highest else None
        return _Growth(tuple(sealed(incident.id, head, decision.entries)), known)

    def _move_head(self, incident: Incident, known: int | None, head: Head) -> None:
        values = {"row": incident.id, "known": known, "entries": head.seq, "head": head.hash}
        if self._runner.run(incidents.MOVE_HEAD, **values) != 1:
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
        if self._runner.run(incidents.UPDATE_CLOCKS if same else incidents.UPDATE_INCIDENT, **row) != 1:
            raise VersionConflict(f"incident {incident.number} has changed since it was read")
        return stored

    def _insert_incident(self, incident: Incident, policy: Policy, now: datetime, growth: _Growth) -> Incident:
        self._pin(policy)
        base, count = self._name(incident)
        row = incident_row(incident, wake_at(incident, policy), overdue(incident, policy, now), growth.head)
        row.update(name_base=base, name_count=count, version=1, entries=len(growth.seals))
        number = self._runner.insert(incidents.INSERT_INCIDENT, **row)
        return incident.changed(number=number, version=1, name=full_name(base, count))

    def _pin(self, policy: Policy) -> None:
        """Keep the policy; the incidents of a shared commit mostly follow the same one."""
        if policy.hash not in self._written_policies:
            document = policy_document(policy)
            self._runner.run(incidents.INSERT_POLICY, hash=policy.hash, format=POLICY_FORMAT, document=document)
            self._written_policies.add(policy.hash)

    def _name(self, incident: Incident) -> tuple[str | None, int | None]:
        """Keep the name an incident has; give a new one the next free count of its minute."""
        if incident.name is None:
            return None, None
        if incident.version:
            base, count = self._runner.rows(incidents.NAME_OF, id=incident.id)[0]
            if base is not None:
                return base, count
        highest = self._runner.rows(incidents.HIGHEST_NAME, base=incident.name)[0][0]
        return incident.name, (highest or 0) + 1
