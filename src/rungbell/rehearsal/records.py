"""What a rehearsal remembers: incidents, alerts, the outbox and the timelines, in memory.

Rules
-----
* A decision is written as the store writes it, whole and in the same order; an intent that is there stays as it is.
* An open incident has a next deadline; one that is over may have one, where something is owed.

May import: ``domain``.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from rungbell.domain.alert import KnownAlert
from rungbell.domain.clocks import wake_at
from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.communication.record import Communication
from rungbell.domain.decision import Decision, Delivery, Withdrawal
from rungbell.domain.incident import Incident
from rungbell.domain.opening import full_name
from rungbell.domain.page import Page, PageState, SentPage
from rungbell.domain.policy import Policy
from rungbell.domain.timeline import Entry


class MemoryRecords:
    """Everything that is known, as plain values; it is a ``domain.records.Records``."""

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {}
        """By identity, in the order of their numbers."""
        self.policies: dict[str, Policy] = {}
        """The pinned ones, by hash."""
        self.outbox: dict[str, SentPage] = {}
        """By intent, in the order they were decided."""
        self.due: dict[str, datetime] = {}
        """For each page that still has to leave: when."""
        self.wake: dict[str, datetime] = {}
        """For each incident with a clock that runs: when the next one is due."""
        self.communications: dict[tuple[str, int], Communication] = {}
        """By incident and number."""
        self.copies: dict[str, SentCopy] = {}
        """By intent; a rehearsal sends none."""
        self.heartbeats: dict[str, datetime] = {}
        """When each source's Watchdog was seen last."""
        self._round_robins: dict[str, int] = {}
        self._alerts: dict[str, dict[str, KnownAlert]] = {}
        self._timelines: dict[str, list[Entry]] = {}
        self._rounds: dict[tuple[str, int, int], list[str]] = {}
        self._latest: dict[str, str] = {}
        self._names: dict[str, tuple[str, int]] = {}

    # -- what decisions read ------------------------------------------------------------------------------------

    def latest_incident(self, key: str) -> Incident | None:
        """The newest incident of an alert group, open or not."""
        newest = self._latest.get(key)
        return None if newest is None else self.incidents[newest]

    def incident(self, reference: str) -> Incident | None:
        """Find an incident by identity, number or name."""
        if reference in self.incidents:
            return self.incidents[reference]
        return next((one for one in self.incidents.values() if reference in {str(one.number), one.name}), None)

    def policy(self, hash_: str) -> Policy:
        """A pinned policy."""
        return self.policies[hash_]

    def standings(self, group_key: str) -> dict[str, KnownAlert]:
        """What is known of a group's alerts, by key."""
        return dict(self._alerts.get(group_key, {}))

    def page(self, intent: str) -> list[SentPage]:
        """The page of an intent; none or one."""
        return [self.outbox[intent]] if intent in self.outbox else []

    def pages_of_round(self, incident: str, cycle: int, round_: int) -> tuple[SentPage, ...]:
        """All pages that one commit of an incident decided."""
        return tuple([self.outbox[intent] for intent in self._rounds.get((incident, cycle, round_), ())])

    def communication(self, incident: str, number: int) -> Communication | None:
        """A communication of an incident, by its number."""
        return self.communications.get((incident, number))

    def copy(self, intent: str) -> SentCopy | None:
        """The copy of an intent."""
        return self.copies.get(intent)

    def round_robins(self) -> dict[str, int]:
        """How many incidents each round robin has served."""
        return dict(self._round_robins)

    def repeats(self, incident: Incident, since: datetime) -> tuple[str, ...]:
        """Earlier incidents of the same kind, the newest first."""
        found = [
            one
            for one in self.incidents.values()
            if one.likeness == incident.likeness and since < one.opened_at < incident.opened_at
        ]
        return tuple(one.name or str(one.number) for one in reversed(found))

    def opened_lately(self, policy: str, but: str, since: datetime, most: int) -> int:
        """How many incidents that follow a policy began after ``since``, but for those of a key, up to ``most``."""
        found = (one for one in self.incidents.values() if one.policy == policy and one.key != but)
        return min(most, sum(one.opened_at > since for one in found))

    def timeline(self, incident: str) -> list[Entry]:
        """The whole timeline, oldest first."""
        return list(self._timelines.get(incident, ()))

    # -- what was there before -----------------------------------------------------------------------------------

    def take_over(
        self,
        incident: Incident,
        policy: Policy,
        unsent: Mapping[SentPage, datetime],
        round_robins: Mapping[str, int],
    ) -> None:
        """Begin with an incident as a store holds it; ``unsent`` are its pages that still have to leave, and when."""
        self._round_robins.update(round_robins)
        self.policies[policy.hash] = policy
        self.incidents[incident.id] = incident
        self._latest[incident.key] = incident.id
        if incident.name is not None:
            self._names[incident.id] = (incident.name, 1)
        if (due := wake_at(incident, policy)) is not None:
            self.wake[incident.id] = due
        for sent, at in unsent.items():
            page = sent.page
            self.outbox[page.intent] = sent
            self.due[page.intent] = at
            self._rounds.setdefault((page.incident, page.cycle, page.round), []).append(page.intent)

    # -- the one way in -----------------------------------------------------------------------------------------

    def beat(self, source: str, now: datetime) -> None:
        """Remember that a source's Watchdog was seen."""
        self.heartbeats[source] = now

    def write(
        self, decision: Decision, policy: Policy | None, about: Incident | None, group_key: str, now: datetime
    ) -> Incident | None:
        """Write all of a decision; ``about`` is the incident as it was read, ``policy`` the one it follows."""
        incident = about
        if decision.incident is not None:
            if policy is None:
                raise ValueError("a decision about an incident came without the policy that the incident follows")
            incident = self._write_incident(decision.incident, policy)
        for alert in decision.alerts:
            self._alerts.setdefault(group_key, {})[alert.key] = alert
        if decision.settle and incident is not None:
            known = self._alerts.get(incident.key, {})
            known.update({key: replace(alert, firing=False) for key, alert in known.items()})
        self._round_robins.update(decision.round_robin)
        if incident is not None:
            self._write_effects(decision, incident.id, now)
        return incident

    def _write_effects(self, decision: Decision, incident: str, now: datetime) -> None:
        if decision.withdraw is not None:
            self._withdraw(incident, decision.withdraw)
        self._timelines.setdefault(incident, []).extend(decision.entries)
        for page in decision.pages:
            self._add(page, now)
        for communication in decision.communications:
            self.communications[incident, communication.number] = communication
        for copy in decision.copies:
            self.copies.setdefault(copy.intent, SentCopy(copy, PageState.WAITING, 0, now))
        for intent in decision.forward:
            if self.outbox[intent].state is PageState.WAITING:
                self.due[intent] = now
        if decision.delivery is not None:
            self.record(decision.delivery)

    def _write_incident(self, incident: Incident, policy: Policy) -> Incident:
        number = incident.number or len(self.incidents) + 1
        stored = incident.changed(number=number, version=incident.version + 1, name=self._name(incident))
        self.policies[policy.hash] = policy
        self.incidents[stored.id] = stored
        latest = self.incidents[self._latest.setdefault(stored.key, stored.id)]
        if latest.number < number:
            self._latest[stored.key] = stored.id
        due = wake_at(stored, policy)
        if due is None and stored.open:
            raise ValueError("an open incident has a next deadline")
        self.wake.pop(stored.id, None)
        if due is not None:
            self.wake[stored.id] = due
        return stored

    def _name(self, incident: Incident) -> str | None:
        """Keep the name an incident has; give a new one the next free count of its minute."""
        if incident.name is None:
            return None
        if incident.id not in self._names:
            taken = [count for base, count in self._names.values() if base == incident.name]
            self._names[incident.id] = (incident.name, max(taken, default=0) + 1)
        return full_name(*self._names[incident.id])

    # -- the outbox ---------------------------------------------------------------------------------------------

    def claimable(self, now: datetime) -> list[str]:
        """The intents that are due, in the order in which they leave: the most urgent first, then the oldest."""
        due = [intent for intent, at in self.due.items() if at <= now]
        return sorted(due, key=lambda intent: (self.outbox[intent].page.priority, self.due[intent]))

    def lease(self, intent: str, until: datetime) -> SentPage:
        """Take a page to send it; the attempt's number is the fencing token."""
        sent = self.outbox[intent]
        leased = SentPage(sent.page, PageState.LEASED, sent.attempts + 1, sent.created_at, sent.last_failure)
        self.outbox[intent] = leased
        self.due[intent] = until
        return leased

    def record(self, delivery: Delivery) -> None:
        """Write the result of an attempt, if its lease is still the page's last."""
        if delivery.intent in self.copies:
            self._record_copy(delivery)
            return
        sent = self.outbox[delivery.intent]
        if delivery.taken_back:
            self.outbox[delivery.intent] = replace(sent, state=delivery.state, last_failure=delivery.failure)
            return
        if sent.state is not PageState.LEASED or sent.attempts != delivery.attempt:
            return
        self.outbox[delivery.intent] = SentPage(
            sent.page, delivery.state, sent.attempts, sent.created_at, delivery.failure
        )
        self.due.pop(delivery.intent, None)
        if delivery.due_at is not None:
            self.due[delivery.intent] = delivery.due_at

    def _record_copy(self, delivery: Delivery) -> None:
        sent = self.copies[delivery.intent]
        copy = delivery.copy or sent.copy
        self.copies[delivery.intent] = replace(sent, copy=copy, state=delivery.state, last_failure=delivery.failure)

    def _add(self, page: Page, now: datetime) -> None:
        if page.intent not in self.outbox:
            self.outbox[page.intent] = SentPage(page, PageState.WAITING, 0, now)
            self.due[page.intent] = page.send_after
            self._rounds.setdefault((page.incident, page.cycle, page.round), []).append(page.intent)

    def _withdraw(self, incident: str, withdrawal: Withdrawal) -> None:
        for intent in list(self.due):
            sent = self.outbox[intent]
            waits = sent.page.incident == incident and sent.state is PageState.WAITING
            if waits and withdrawal.takes(sent.page):
                self.outbox[intent] = replace(sent, state=PageState.WITHDRAWN)
                del self.due[intent]
