"""A second reading of the playbook: what each event must do to an incident and its pages (requirements 3.10, 3.11).

It was written from the requirements, shares no line with ``rungbell.domain`` (whose events are its words), and is held
against what the store holds after every commit. Its parts are ``timetable``, ``ringing``, ``messages``, ``people``,
``clockwork``, ``results``, ``owing``, ``reminding``, ``leading``, ``living``, ``merged``, ``looking_back``, ``telling``
and ``copies``.

Rules
-----
* ``happens`` changes the reading as the event must change the store, and gives what must be answered.
* Numbers come from the shop, facts and pages from the reading itself.
"""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Final

from rungbell.domain.alert import AlertGroup, label_key
from rungbell.domain.command.events import HandedOff, ImpactStated, RoleAssumed, RoleGivenUp, Ticked
from rungbell.domain.communication.events import CopyAccepted, CopyFailed
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
    PageUndelivered,
    PagingHeld,
    SeveritySet,
    Unacknowledged,
)
from rungbell.domain.lifecycle.events import Merged, PartJoined, PartLeft, PartSpoke, StormJoined, WholeEnded
from tests.simulation import living, looking_back, telling
from tests.simulation.clockwork import clock_due
from tests.simulation.copies import copy_accepted, copy_failed, must_not_leave
from tests.simulation.duty import Taken
from tests.simulation.ladders import Ladder
from tests.simulation.leading import (
    declare,
    declared,
    give_up_role,
    hand_off,
    state_impact,
    take_role,
    tick,
    write_note,
)
from tests.simulation.letters import Letter
from tests.simulation.merged import end_with_whole, hear_of_part, let_part_go, merge, take_in
from tests.simulation.messages import begin_monitoring, go_on, next_cycle, raise_or_inform, raise_severity
from tests.simulation.moments import milliseconds
from tests.simulation.owing import still_owed
from tests.simulation.parking import park
from tests.simulation.people import LOCAL, acknowledge, escalate, hold_paging, refusal, set_severity, unacknowledge
from tests.simulation.record import Facts, Fired, PageRow
from tests.simulation.results import page_accepted, page_failed, page_undelivered, pointless
from tests.simulation.ringing import (
    ALREADY,
    DONE,
    INVALID,
    OVER,
    REFUSED,
    Draft,
    page_at_once,
)
from tests.simulation.shops import LABELS, Shop
from tests.simulation.umbrellas import KEY, begin_umbrella, join_umbrella, new_umbrella, rages, shelter

Rule = Callable[[Draft, Any], str]
ALWAYS: Final[dict[type[Any], Rule]] = {
    NoteAdded: write_note,
    ClockDue: lambda draft, _event: clock_due(draft),
    PageAccepted: page_accepted,
    PageFailed: page_failed,
    PageUndelivered: page_undelivered,
    CopyAccepted: copy_accepted,
    CopyFailed: copy_failed,
    **telling.ALWAYS,
    **looking_back.ACTS,
    **living.ALWAYS,
}
"""What means something whether or not it is over."""
UNTIL: Final[tuple[tuple[frozenset[str], dict[type[Any], Rule]], ...]] = (
    (frozenset({"closed", "false_positive", "merged"}), {Ticked: tick, ImpactStated: state_impact}),
    (frozenset({"closed", "merged"}), telling.UNTIL_GONE),
)
"""Until which ends something means something."""
WHILE_OPEN: Final[dict[type[Any], Rule]] = {
    Acknowledged: lambda draft, event: acknowledge(draft, event.by),
    Unacknowledged: lambda draft, _event: unacknowledge(draft),
    Escalated: escalate,
    SeveritySet: set_severity,
    PagingHeld: lambda draft, _event: hold_paging(draft),
    Declared: declare,
    RoleAssumed: take_role,
    RoleGivenUp: give_up_role,
    HandedOff: hand_off,
    **living.WHILE_OPEN,
}
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
    letters: dict[str, dict[int, Letter]] = field(default_factory=dict)
    """Incident to its texts to others, by number."""
    latest: dict[str, str] = field(default_factory=dict)
    """Alert group to its newest incident."""
    ladders: dict[str, Ladder] = field(default_factory=dict)
    """Pinned policies by their hash."""
    served: dict[str, int] = field(default_factory=dict)
    """How many incidents each round robin has had."""
    follow: list[tuple[str, str]] = field(default_factory=list)
    """What must still be decided in this commit: the name of the event, and about which incident."""
    joining: dict[str, Facts] = field(default_factory=dict)
    """What is being merged, as it stood before."""
    raised: dict[str, str] = field(default_factory=dict)
    """Parts of umbrellas that are worse than the whole now, and how bad."""
    sheltered: str = ""
    """What is being opened as a part of an umbrella."""
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
        if isinstance(event, StormJoined):
            return self._storm_joined(event, before, now, shop)
        if before is None:
            return self._declared(event, now, shop) if isinstance(event, Declared) else INVALID
        draft = self._draft(before, now, shop)
        if isinstance(event, Act) and (refused := refusal(draft, event)) is not None:
            return refused
        outcome = self._act(draft, event)
        if outcome == DONE:
            self._keep(draft, before, by_person=isinstance(event, Act))
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
        pages = self.pages.setdefault(facts.id, {})
        repeated = bool(facts.likeness) and self._repeated(facts, ladder)
        newest = self.latest.get(facts.key, facts.id)
        letters = dict(self.letters.get(facts.id, ()))
        return Draft(
            facts, ladder, shop, now, self.taken, self.served, pages, letters, repeated=repeated, newest=newest
        )

    def _repeated(self, facts: Facts, ladder: Ladder) -> bool:
        """Whether something of the kind was there not long before (A15)."""
        since = facts.detected_at - ladder.aftermath.repeat
        return any(
            one.likeness == facts.likeness and since < one.opened_at < facts.opened_at
            for one in self.incidents.values()
        )

    def _keep(self, draft: Draft, before: Facts | None, *, by_person: bool = False) -> None:
        facts = draft.facts
        if before is not None:
            _come_further(draft, before)
            telling.follow_changes(draft, before, by_person=by_person)
            was_owed = before.status == facts.status == "resolved" and still_owed(before, draft.ladder)
            if was_owed and facts != before and not still_owed(facts, draft.ladder):
                facts.status = "closed"
                _come_further(draft, before)
        if draft.settled:
            for alert in self.alerts.get(facts.key, {}).values():
                alert.firing = False
        self.follow += draft.follow
        if before is None or facts != before:
            facts.version += 1
        self.incidents[facts.id] = facts
        if before is None:
            self.latest[facts.key] = facts.id
        self.pages.setdefault(facts.id, {}).update((row.intent, row) for row in (*draft.fresh, *draft.copies))
        if draft.letters:
            self.letters[facts.id] = draft.letters

    # -- messages ---------------------------------------------------------------------------------------------------

    def _message(self, group: AlertGroup, new_id: str, now: int, shop: Shop) -> str:
        said = _said(group, self.alerts.get(group.key, {}), now)
        if said is None:
            return ALREADY
        if said.changed:
            self.alerts[group.key] = said.alerts
        incident = self.incidents.get(self.latest.get(group.key, ""))
        if incident is not None and incident.merged_into is not None and (whole := self._whole(incident)).open:
            return self._part_speaks(incident, whole, said, now, shop)
        if incident is None or not incident.open:
            return self._begin(group, new_id, said, now, shop)
        over = said.quiet and not any(incident.parts.values())
        if not said.changed and not (over and incident.status != "monitoring"):
            return ALREADY
        draft = self._draft(incident, now, shop)
        said.count_into(draft.facts)
        if said.earliest is not None:
            draft.facts.detected_at = min(draft.facts.detected_at, said.earliest)
        if said.fired:
            if incident.status == "monitoring":
                go_on(draft)
                park(draft, said.new)
            raise_or_inform(draft, said.worst, said.new)
        if over and incident.status != "monitoring":
            begin_monitoring(draft)
        self._keep(draft, incident)
        return DONE

    def _whole(self, incident: Facts) -> Facts:
        """The incident in which a merged one goes on in the end."""
        while incident.merged_into is not None:
            incident = self.incidents[incident.merged_into]
        return incident

    def _reopen_within(self, facts: Facts) -> int:
        return self.ladders[facts.policy].plans[facts.severity].reopen

    def _part_speaks(self, part: Facts, whole: Facts, said: "Said", now: int, shop: Shop) -> str:
        draft = self._draft(part, now, shop)
        said.count_into(draft.facts)
        if said.fired and said.worst < whole.severity and whole.storm and said.worst != "P0":
            raise_severity(draft, said.worst)
            self.raised[part.id] = said.worst
            draft.follow.append(("PartSpoke", part.merged_into or ""))
        elif said.fired and said.worst < whole.severity:
            next_cycle(draft, said.worst, said.new)
            page_at_once(draft, "at_once")
        elif not said.changed:
            return ALREADY
        else:
            draft.follow.append(("PartSpoke", part.merged_into or ""))
        self._keep(draft, part)
        return DONE

    def _begin(self, group: AlertGroup, new_id: str, said: "Said", now: int, shop: Shop) -> str:
        """Rule 7: nothing, the next cycle of what is resolved, or a new incident."""
        if not said.fired:
            return DONE if said.changed else ALREADY
        old = self.incidents.get(self.latest.get(group.key, ""))
        ended = None if old is None else self._whole(old).resolved_at or now
        if old is not None and ended is not None and now - ended <= self._reopen_within(old):
            draft = self._draft(old, now, shop)
            said.count_into(draft.facts)
            next_cycle(draft, said.worst, said.new)
            self._ring_or_shelter(draft, shop)
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
            opened_at=now,
            worst=said.worst,
            team=group.group_labels.get("team", ""),
            likeness=likeness(ladder, said),
        )
        said.count_into(facts)
        draft = self._drafted(facts, ladder, shop, now)
        park(draft, said.new)
        self._ring_or_shelter(draft, shop)
        self._keep(draft, None)
        return DONE

    def _ring_or_shelter(self, draft: Draft, shop: Shop) -> None:
        """In a storm it goes on in an umbrella."""
        name = draft.ladder.name
        if not rages(draft, shop.storm, self.incidents.values(), name):
            page_at_once(draft, "at_once")
            return
        umbrella = self.incidents.get(self.latest.get(KEY + name, ""))
        if umbrella is not None:
            umbrella = self._whole(umbrella)
        whole = umbrella if umbrella is not None and umbrella.open else None
        if whole is None and all(ladder.hash != draft.facts.policy for ladder in shop.ladders):
            page_at_once(draft, "at_once")  # of what a reload took away none is opened
            return
        self.sheltered = draft.facts.id
        shelter(draft, whole)

    def _storm_joined(self, event: StormJoined, before: Facts | None, now: int, shop: Shop) -> str:
        part = self.incidents[self.sheltered]
        told = ("StormJoined", part.merged_into or "")
        if told not in self.follow or (before is None) != (part.merged_into == ""):
            return f"expected by nobody: {told}"
        self.follow.remove(told)
        if before is not None:
            draft = self._draft(before, now, shop)
            outcome = join_umbrella(draft, part)
        else:
            ladder = self.ladders[part.policy]
            part.merged_into = event.incident
            draft = self._drafted(new_umbrella(event.incident, part, ladder.name, now), ladder, shop, now)
            outcome = begin_umbrella(draft, part)
        self._keep(draft, before)
        return outcome

    def _declared(self, event: Declared, now: int, shop: Shop) -> str:
        if event.by not in shop.people and event.by != LOCAL:
            return REFUSED
        if event.severity is None or (event.commander is not None and event.commander not in shop.people):
            return INVALID
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
            opened_at=now,
            worst=str(event.severity),
            team=event.labels.get("team", ""),
        )
        draft = self._drafted(facts, ladder, shop, now)
        page_at_once(draft, "at_once")
        declared(draft, event, tell=False)
        self._keep(draft, None)
        return DONE

    # -- everything else --------------------------------------------------------------------------------------------

    def _act(self, draft: Draft, event: Event) -> str:
        kind, status = type(event), draft.facts.status
        if kind in ALWAYS:
            return ALWAYS[kind](draft, event)
        for until, rules in UNTIL:
            if kind in rules and status not in until:
                return rules[kind](draft, event)
        if isinstance(event, PartJoined | PartSpoke | PartLeft | WholeEnded):
            return self._of_parts(draft, event)
        if not draft.facts.open:
            return OVER if isinstance(event, Act) and not isinstance(event, Declared) else ALREADY
        if isinstance(event, Merged):
            self.joining[draft.facts.id] = copy(draft.facts)
            return merge(draft, event, self.incidents.get(event.into))
        return WHILE_OPEN[kind](draft, event)

    def _of_parts(self, draft: Draft, event: Event) -> str:
        """What one incident means for another; it must have been expected."""
        told = (type(event).__name__, draft.facts.id)
        if told not in self.follow:
            return f"expected by nobody: {told}"
        self.follow.remove(told)
        match event:
            case PartJoined():
                return take_in(draft, self.joining.pop(event.part.id), event.by)
            case PartSpoke():
                raised = self.raised.get(event.part, "P9")
                if draft.facts.merged_into is None:
                    self.raised.pop(event.part, None)
                return hear_of_part(draft, event, raised)
            case PartLeft():
                return let_part_go(draft, event, self.incidents[event.part])
            case _:
                return end_with_whole(draft)

    # -- the outbox -------------------------------------------------------------------------------------------------

    def leases_end(self) -> list[str]:
        """No sender has any page in hand any more; gives which they had."""
        leased = [row for rows in self.pages.values() for row in rows.values() if row.state == "leased"]
        for row in leased:
            row.state, row.due_at = "waiting", row.send_after
        return [row.intent for row in leased]

    def claimed(self, row: PageRow, until: int) -> None:
        """A sender takes a page: it is leased, or need not leave any more where an attempt went before."""
        row.attempts += 1
        row.state, row.due_at = "leased", until
        facts = self.incidents.get(row.intent.partition(":")[0])
        if facts is None:
            return
        if row.kind == "copy":
            useless = must_not_leave(facts, row)
        else:
            useless = row.attempts > 1 and pointless(facts, self.ladders[facts.policy], row)
        if useless:
            row.state, row.due_at = "withdrawn", None


def _come_further(draft: Draft, before: Facts) -> None:
    """When the work came further or was thrown back; who holds it does not count."""
    facts, command = draft.facts, draft.facts.command
    if facts.stage == before.stage:
        return
    found = command.cause_found_at is None and facts.stage in {"identified", "fixing"}
    mitigated = command.mitigated_at is None and facts.stage in {"contained", "monitoring", "resolved"}
    facts.command = command._replace(
        status_changed_at=draft.now,
        cause_found_at=draft.now if found else command.cause_found_at,
        mitigated_at=draft.now if mitigated else command.mitigated_at,
    )


def likeness(ladder: Ladder, said: Said) -> str:
    """What incidents of the kind have in common: the name of the alert that is worst, where any postmortem asks."""
    if all(plan.owed.postmortem.on_repeat is None for plan in ladder.plans.values()):
        return ""
    labels, _ = min(said.new.alerts, key=lambda alert: alert[1])
    return f"alertname={labels['alertname']}"


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
