"""A second reading of the playbook: what each event must do to an incident and its pages (requirements 3.10, 3.11).

It was written from the requirements, shares no line with ``rungbell.domain`` (whose events are its words), and is held
against what the store holds after every commit. Its parts are ``timetable``, ``ringing``, ``messages``, ``people``,
``clockwork`` and ``results``.

Rules
-----
* ``happens`` changes the reading as the event must change the store, and gives what must be answered.
* Numbers come from the shop, facts and pages from the reading itself.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field

from rungbell.domain.alert import AlertGroup, label_key
from rungbell.domain.events import (
    Acknowledged,
    Act,
    AlertsReceived,
    ClockDue,
    Declared,
    Escalated,
    Event,
    IncidentEvent,
    NoteAdded,
    PageAccepted,
    PageFailed,
    PagingHeld,
    Resolved,
    SeveritySet,
    Unacknowledged,
)
from tests.simulation.clockwork import clock_due
from tests.simulation.duty import Taken
from tests.simulation.ladders import Ladder
from tests.simulation.messages import begin_monitoring, next_cycle, raise_or_inform, wake
from tests.simulation.moments import milliseconds
from tests.simulation.parking import park
from tests.simulation.people import LOCAL, acknowledge, escalate, hold_paging, refusal, set_severity, unacknowledge
from tests.simulation.record import Facts, Fired, PageRow
from tests.simulation.results import page_accepted, page_failed, pointless
from tests.simulation.ringing import (
    ALREADY,
    DONE,
    EVERY_PAGE,
    INVALID,
    OVER,
    REFUSED,
    Draft,
    page_at_once,
    release,
    relieve,
    withdraw,
)
from tests.simulation.shops import LABELS, Shop

WATCHDOG = "Watchdog"
"""The alert that always fires."""
OWN = "rungbell"
"""The source of rungbell's own troubles."""


@dataclass(slots=True)
class Alert:
    """What is known of one alert."""

    firing: bool
    starts_at: int


@dataclass(slots=True)
class Said:
    """What a message says against what is known of its group (rules 10 and 11)."""

    alerts: dict[str, Alert]
    """The group as it stands after it."""
    changed: int = 0
    fired: int = 0
    worst: str = "P3"
    """Of what fires anew."""
    earliest: int | None = None
    """When that began to fire."""
    quiet: bool = False
    """Nothing fires any more, and nothing is hidden."""
    new: Fired = field(default_factory=lambda: Fired([], never_held=False))
    """What fires anew."""

    def count_into(self, facts: Facts) -> None:
        """Let the incident know how many there are, if that is news."""
        if self.changed:
            facts.firing, facts.alerts = sum(alert.firing for alert in self.alerts.values()), len(self.alerts)


def _said(group: AlertGroup, known: dict[str, Alert], now: int) -> Said | None:
    """Read a message; ``None`` where nothing of it pages."""
    told = _told(group)
    if not told:
        return None
    hidden = group.truncated > 0 and group.firing
    said = Said(dict(known), new=Fired([], never_held=hidden or group.source == OWN))
    for key, (firing, starts, severity, labels) in told.items():
        before = known.get(key)
        change = change_of(before, firing, starts, now)
        if change == "same":
            continue
        said.changed += 1
        stands = starts if starts is not None else before.starts_at if before and not firing else now
        said.alerts[key] = Alert(firing, stands)
        if change == "fired":
            said.worst = min(said.worst, severity) if said.fired else severity
            said.earliest = stands if said.earliest is None else min(said.earliest, stands)
            said.fired += 1
            said.new.alerts.append(({**group.group_labels, **labels}, severity))
    said.quiet = not hidden and not any(alert.firing for alert in said.alerts.values())
    return said


def _told(group: AlertGroup) -> dict[str, tuple[bool, int | None, str, Mapping[str, str]]]:
    """Each alert that pages, once: firing or not, since when, how bad; the newest where a message tells several."""
    told: dict[str, tuple[bool, int | None, str, Mapping[str, str]]] = {}
    for alert in group.alerts:
        if alert.labels["alertname"] == WATCHDOG:
            continue
        severity = "P1" if group.source == OWN else LABELS[alert.labels["severity"]]
        if severity is None and alert.firing:
            continue
        key = label_key(alert.labels)
        starts = None if alert.starts_at is None else milliseconds(alert.starts_at)
        other = told.get(key)
        if other is None or (starts or 0, not alert.firing) > (other[1] or 0, not other[0]):
            told[key] = (alert.firing, starts, severity or "P3", alert.labels)
    return told


@dataclass(slots=True)
class Reading:
    """Everything that should be on record."""

    incidents: dict[str, Facts] = field(default_factory=dict)
    pages: dict[str, dict[str, PageRow]] = field(default_factory=dict)
    alerts: dict[str, dict[str, Alert]] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    """Alert group to its newest incident."""
    ladders: dict[str, Ladder] = field(default_factory=dict)
    """Pinned policies by their hash."""
    served: dict[str, int] = field(default_factory=dict)
    """How many incidents each round robin has had."""
    taken: tuple[Taken, ...] = ()
    """The overrides that count for what happens now."""

    def happens(self, event: Event, now: int, shop: Shop, taken: tuple[Taken, ...]) -> str:
        """Let an event happen and give what must be answered."""
        self.taken = taken
        for ladder in shop.ladders:
            self.ladders[ladder.hash] = ladder
        if isinstance(event, AlertsReceived):
            return self._message(event.group, event.new_id, now, shop)
        assert isinstance(event, IncidentEvent)
        before = self.incidents.get(event.incident)
        if before is None:
            return self._declared(event, now, shop) if isinstance(event, Declared) else INVALID
        draft = self._draft(before, now, shop)
        if isinstance(event, Act) and (refused := refusal(draft, event)) is not None:
            return refused
        outcome = self._act(draft, event)
        if outcome == DONE:
            self._keep(draft, before)
        return outcome

    def ladder_of(self, facts: Facts) -> Ladder:
        """The policy that an incident is pinned to."""
        return self.ladders[facts.policy]

    def _draft(self, before: Facts, now: int, shop: Shop) -> Draft:
        facts = copy(before)
        facts.tiers, facts.paged, facts.unresolved = dict(before.tiers), dict(before.paged), dict(before.unresolved)
        facts.turns = dict(before.turns)
        return self._drafted(facts, self.ladders[before.policy], shop, now)

    def _drafted(self, facts: Facts, ladder: Ladder, shop: Shop, now: int) -> Draft:
        return Draft(facts, ladder, shop, now, self.taken, self.served, self.pages.setdefault(facts.id, {}))

    def _keep(self, draft: Draft, before: Facts | None) -> None:
        facts = draft.facts
        if before is None or facts != before:
            facts.version += 1
        self.incidents[facts.id] = facts
        self.latest[facts.key] = facts.id
        self.pages.setdefault(facts.id, {}).update((row.intent, row) for row in draft.fresh)

    # -- messages ---------------------------------------------------------------------------------------------------

    def _message(self, group: AlertGroup, new_id: str, now: int, shop: Shop) -> str:
        said = _said(group, self.alerts.get(group.key, {}), now)
        if said is None:
            return ALREADY
        if said.changed:
            self.alerts[group.key] = said.alerts
        incident = self.incidents.get(self.latest.get(group.key, ""))
        if incident is None or not incident.open:
            return self._begin(group, new_id, said, now, shop)
        if not said.changed and not (said.quiet and incident.status != "monitoring"):
            return ALREADY
        draft = self._draft(incident, now, shop)
        said.count_into(draft.facts)
        if said.earliest is not None:
            draft.facts.detected_at = min(draft.facts.detected_at, said.earliest)
        if incident.status == "monitoring":
            if said.fired:
                wake(draft, said.new)
                raise_or_inform(draft, said.worst, said.new)
        else:
            if said.fired:
                raise_or_inform(draft, said.worst, said.new)
            if said.quiet:
                begin_monitoring(draft)
        self._keep(draft, incident)
        return DONE

    def _begin(self, group: AlertGroup, new_id: str, said: "Said", now: int, shop: Shop) -> str:
        """Rule 7: nothing, the next cycle of what is resolved, or a new incident."""
        if not said.fired:
            return DONE if said.changed else ALREADY
        old = self.incidents.get(self.latest.get(group.key, ""))
        if old is not None and now - (old.resolved_at or now) <= self.ladders[old.policy].plans[old.severity].reopen:
            draft = self._draft(old, now, shop)
            said.count_into(draft.facts)
            next_cycle(draft, said.worst, said.new)
            self._keep(draft, old)
            return DONE
        ladder = shop.default
        if group.source == OWN and shop.operator is not None:
            ladder = shop.operator
        elif shop.database is not None and group.group_labels.get("team") == "db":
            ladder = shop.database
        facts = Facts(
            id=new_id,
            key=group.key,
            source=group.source,
            policy=ladder.hash,
            severity=said.worst,
            detected_at=min(now, now if said.earliest is None else said.earliest),
            paging_from=now,
        )
        said.count_into(facts)
        draft = self._drafted(facts, ladder, shop, now)
        park(draft, said.new)
        page_at_once(draft, "at_once")
        self._keep(draft, None)
        return DONE

    def _declared(self, event: Declared, now: int, shop: Shop) -> str:
        if event.by not in shop.people and event.by != LOCAL:
            return REFUSED
        ladder = shop.database if shop.database is not None and event.labels.get("team") == "db" else shop.default
        if event.policy is not None:
            named = [one for one in (shop.database, shop.default) if one is not None and one.name == event.policy]
            if not named:
                return INVALID
            ladder = named[0]
        facts = Facts(
            id=event.incident,
            key=event.incident,
            source="by_hand",
            policy=ladder.hash,
            severity=str(event.severity),
            detected_at=now,
            paging_from=now,
        )
        draft = self._drafted(facts, ladder, shop, now)
        page_at_once(draft, "at_once")
        self._keep(draft, None)
        return DONE

    # -- everything else --------------------------------------------------------------------------------------------

    def _act(self, draft: Draft, event: Event) -> str:
        if isinstance(event, NoteAdded):
            return DONE
        if isinstance(event, PageAccepted):
            return page_accepted(draft, event)
        if isinstance(event, PageFailed):
            return page_failed(draft, event)
        if not draft.facts.open:
            return OVER if isinstance(event, Act) and not isinstance(event, Declared) else ALREADY
        return self._act_on_open(draft, event)

    def _act_on_open(self, draft: Draft, event: Event) -> str:  # noqa: PLR0911 -- a table
        match event:
            case Acknowledged():
                return acknowledge(draft, event.by)
            case Unacknowledged():
                return unacknowledge(draft)
            case Escalated():
                return escalate(draft, event)
            case Resolved():
                return self._resolve(draft, event)
            case SeveritySet():
                return set_severity(draft, event)
            case ClockDue():
                return clock_due(draft)
            case PagingHeld():
                return hold_paging(draft)
            case _:
                return ALREADY

    def _resolve(self, draft: Draft, event: Resolved) -> str:
        facts = draft.facts
        # A checklist, and nobody here attests it (44); of its own troubles rungbell asks none.
        asks_for_more = facts.source != OWN and not draft.ladder.plans[facts.severity].window
        if (facts.firing or asks_for_more) and not event.reason:
            return INVALID
        relieve(facts, draft.now)
        release(draft)
        facts.status, facts.resolved_at, facts.resolved_by = "resolved", draft.now, event.by
        facts.monitoring_since, facts.reminded_at, facts.firing = None, None, 0
        for alert in self.alerts.get(facts.key, {}).values():
            alert.firing = False
        withdraw(draft, EVERY_PAGE)
        return DONE

    # -- the outbox -------------------------------------------------------------------------------------------------

    def claimed(self, row: PageRow, until: int) -> None:
        """A sender takes a page: it is leased, or need not leave any more where an attempt went before."""
        row.attempts += 1
        row.state, row.due_at = "leased", until
        facts = self.incidents.get(row.intent.partition(":")[0])
        if facts is not None and row.attempts > 1 and pointless(facts, self.ladders[facts.policy], row):
            row.state, row.due_at = "withdrawn", None


def change_of(known: Alert | None, firing: bool, starts: int | None, now: int) -> str:
    """Rules 10 and 11: what one alert of a message means."""
    if known is None:
        return "fired" if firing else "remembered"
    later = starts is not None and (starts > known.starts_at or (known.starts_at > now and starts != known.starts_at))
    if firing:
        return "fired" if later or (starts is None and not known.firing) else "same"
    if known.firing:
        return "same" if starts is not None and not later and starts < known.starts_at else "resolved"
    return "remembered" if later else "same"
