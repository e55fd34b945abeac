"""The judge: after every commit it lets the same happen in the second reading and holds the store against it.

Rules
-----
* The store is looked at with SQL of the judge's own, on the rows that the commit touched.
* The numbered invariants come first; where they hold and the store still differs from the reading, that is told as
  ``3.10``/``3.11``, with what differs.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any

from rungbell.domain.events import AlertsReceived, ClockDue, Event, IncidentEvent, PagingHeld, TroubleKind
from tests.simulation import invariants
from tests.simulation.database import Commit, Database, Decided, Write
from tests.simulation.invariants import Broken, Look
from tests.simulation.ladders import Ladder
from tests.simulation.ledger import Ledger
from tests.simulation.letters import LETTERS, Letter, letter_from
from tests.simulation.moments import milliseconds
from tests.simulation.reading import OWN, Reading
from tests.simulation.record import INCIDENT, PAGES, Facts, PageRow, facts_from
from tests.simulation.shops import Shop, shop
from tests.simulation.timetable import dues, wake
from tests.simulation.without import Without

NOBODY = -1
"""The owner of a lease whose process has died."""
OUTBOX_WRITES = frozenset(
    {"LEASE", "RECORD_DELIVERY", "WITHDRAW_PAGE", "FORWARD_PAGE", "GIVE_UP_PAGE", "WORD_COPY", "TAKE_BACK"}
)


@dataclass(slots=True)
class Kept:
    """What the store held of an incident at the last look."""

    facts: Facts
    wake_at: int | None
    rows: dict[str, PageRow]
    document: str
    found: dict[str, tuple[Any, ...]]
    """The rows of pages as SQL gave them."""


@dataclass(slots=True)
class Judge:
    """One world's judge."""

    database: Database
    reading: Reading = field(default_factory=Reading)
    ledger: Ledger = field(default_factory=Ledger)
    without: Without | None = None
    """The same world without obligations, where this one has them."""
    kept: dict[str, Kept] = field(default_factory=dict)
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    commits: int = 0
    owners: dict[str, tuple[int, int, float]] = field(default_factory=dict)
    """Intent to the replica that has it, its token, and since when in the loop's time."""
    began: set[tuple[str, int]] = field(default_factory=set)
    """Attempts in which a provider was called, and whose end is not on record."""
    accepted: Counter[str] = field(default_factory=Counter)
    ambiguous: Counter[str] = field(default_factory=Counter)
    held_since_start: int = 0
    """Incidents whose paging was held."""
    climbs: Counter[tuple[str, int]] = field(default_factory=Counter)
    loop_time: Callable[[], float] = lambda: 0.0
    trace: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    """Everything that was committed, in its order."""
    tell: Callable[[str], None] | None = None
    """Takes a line for each incident that a commit touched."""

    # -- after a commit -----------------------------------------------------------------------------------------

    def committed(self, commits: list[Commit]) -> None:
        """Look at everything that one commit wrote, of which each piece of work has its part."""
        events: dict[str, list[tuple[Decided, Commit]]] = {}
        for commit in commits:
            self.commits += 1
            new = {write.values["intent"] for write in commit.writes if write.statement == "INSERT_PAGE"}
            for write in [write for write in commit.writes if not _at_once(write, new)]:
                self._written(write, commit)
            for decided in commit.decided:
                events.setdefault(self._decided(decided, commit), []).append((decided, commit))
            for write in [write for write in commit.writes if _at_once(write, new)]:
                self._written(write, commit)
        if self.reading.follow:
            invariants.what_follows_is_decided(self.reading.follow)
        touched: dict[str, Commit] = {}
        for commit in commits:
            for write in commit.writes:
                touched |= dict.fromkeys(_touched(write, self.reading), commit)
        for incident in touched | dict.fromkeys(filter(None, events)):
            if incident in self.reading.incidents or self.database.rows(INCIDENT, incident):
                self._look(incident, events.get(incident, []), touched.get(incident) or commits[-1])

    def _written(self, write: Write, commit: Commit) -> None:
        self._outbox(write, commit)
        self.ledger.written(write, commit, self.loop_time())

    def _outbox(self, write: Write, commit: Commit) -> None:
        match write.statement:
            case "LEASE" if write.changed:
                row = self._row(write.values["key"])
                owner = self.owners.get(row.intent)
                invariants.i12_one_owner(row, owner[0] if owner else None, commit.replica, write.values["now"])
                if self.without is not None:
                    self.without.claimed(row.intent, write.values["until"], self._pages(row.intent))
                self.reading.claimed(row, write.values["until"])
                if owner is not None:
                    self.nobody_knows(row.intent, owner[1])
                self.owners[row.intent] = (commit.replica, row.attempts, self.loop_time())
            case "RECORD_DELIVERY" if write.changed:
                intent = write.values["key"]
                owner = self.owners.pop(intent, None)
                token = self._row(intent).attempts
                self.began.discard((intent, token))
                invariants.i12_an_old_token_changes_nothing(
                    intent, write.values["attempt"], token, commit.replica, owner[0] if owner else None
                )
            case "RELEASE_LEASES":
                for intent in self.reading.leases_end():
                    self.owners.pop(intent, None)
                if self.without is not None:
                    self.without.leases_end()
            case "TAKE_BACK" if write.changed:
                self.accepted[write.values["key"]] -= 1
            case "GIVE_UP_PAGE":
                raise Broken("I7", f"{write.values['key']} was given up, though it can be read")

    def _pages(self, intent: str) -> dict[str, PageRow]:
        return self.reading.pages.get(intent.partition(":")[0], {})

    def _row(self, intent: str) -> PageRow:
        row = self._pages(intent).get(intent)
        if row is None:
            raise Broken("I12", f"{intent} is no page that was ever decided")
        return row

    def _decided(self, decided: Decided, commit: Commit) -> str:
        """Let an event happen in the reading too, and give the incident it was about."""
        event, reading = decided.event, self.reading
        about = event.incident if isinstance(event, IncidentEvent) else ""
        key = event.group.key if isinstance(event, AlertsReceived) else ""
        before = reading.incidents.get(about or reading.latest.get(key, ""))
        status = before.status if before is not None else "none"
        self.hits["event", f"{type(event).__name__} · {status}"] += 1
        self.hits["answer", decided.outcome] += 1
        if isinstance(event, ClockDue) and before is not None:
            for due in dues(before, reading.ladder_of(before)):
                if due.at <= decided.at:
                    self.hits["clock", due.clock] += 1
        if isinstance(event, AlertsReceived) and event.group.source == OWN:
            self._trouble(event, decided, commit)
        was_open = copy(before)
        self.ledger.counted(decided, shop(decided.shop), self.loop_time())
        if self.without is not None:
            self.without.happens(decided, reading.pages.get(about, {}))
        expected = reading.happens(event, decided.at, shop(decided.shop), decided.taken)
        invariants.i2_what_is_known_changes_nothing(commit, event, expected)
        if isinstance(event, PagingHeld):
            self.held_since_start += decided.outcome == "done"
            invariants.rule_20_holds_only_what_is_old(decided.at, milliseconds(event.away_since))
        invariants.i15_late_acts_change_nothing(commit, event, decided.outcome, was_open)
        if decided.outcome != expected:
            raise Broken("3.11", f"{_worded(event)} was answered {decided.outcome!r}; it should be {expected!r}")
        return about or reading.latest.get(key, "")

    def _trouble(self, event: AlertsReceived, decided: Decided, commit: Commit) -> None:
        for alert in event.group.alerts:
            name = alert.labels["alertname"]
            self.hits["trouble", f"{name}{'' if alert.firing else ' is over'}"] += 1
            if name == TroubleKind.WATCHDOG_SILENT and alert.firing:
                self.ledger.told_of_silence(decided.at, commit.replica)

    def _look(self, incident: str, events: list[tuple[Decided, Commit]], commit: Commit) -> None:
        now = self._fetch(incident)
        kept = self.kept.get(incident)
        facts = now.facts
        ladder = self.reading.ladders.get(facts.policy)
        if ladder is None:
            raise Broken("I19", f"{incident} follows a policy that no shop has: {facts.policy[:12]}")
        decided, commit = events[-1] if events else (None, commit)
        look = Look(
            commit=commit,
            decided=decided,
            shop=shop(decided.shop) if decided else shop(0),
            ladder=ladder,
            before=kept.facts if kept else None,
            after=facts,
            wake_at=now.wake_at,
            was=kept.rows if kept else {},
            rows=now.rows,
            reading=self.reading,
        )
        # Where several events about one incident shared a commit, nobody has seen what stood between them.
        for invariant in invariants.AFTER_A_COMMIT if len(events) < 2 else invariants.WHATEVER_HAPPENED:
            invariant(look)
        if len(events) < 2:
            self._one_climb(look)
        self._compare(incident, look)
        for row in look.fresh:
            self.hits["page", row.purpose] += 1
        said = f"{commit.doing} {incident} {facts.version} {facts.status} {now.wake_at} {len(now.rows)}\n"
        self.trace.update(said.encode())
        if self.tell is not None:
            self.tell(_line(look))
        self.kept[incident] = now

    def _fetch(self, incident: str) -> Kept:
        """Look at the store; what it holds unchanged is not read again."""
        row = self.database.rows(INCIDENT, incident)
        if not row:
            raise Broken("I3", f"{incident} should be on record and is not")
        status, severity, wake_at, version, document = row[0]
        before = self.kept.get(incident)
        if before is not None and before.document == document and before.facts.version == version:
            facts = before.facts
        else:
            facts = facts_from(document, version)
        if (facts.status, facts.severity) != (status, severity):
            raise Broken("I3", f"{incident}: the columns say {status} {severity}, the facts {facts}")
        found: dict[str, tuple[Any, ...]] = {page[0]: page for page in self.database.rows(PAGES, incident)}
        if before is None:
            rows = {intent: PageRow(*page) for intent, page in found.items()}
        else:
            was, old = before.found, before.rows
            rows = {
                intent: old[intent] if was.get(intent) == page else PageRow(*page) for intent, page in found.items()
            }
        return Kept(facts, wake_at, rows, document, found)

    def _one_climb(self, look: Look) -> None:
        if not isinstance(look.event, ClockDue) or look.before is None:
            return
        if any(tier not in look.before.tiers for tier in look.after.tiers):
            self.climbs[look.after.id, look.now] += 1
            invariants.i11_one_climb_a_tick(look.name, self.climbs[look.after.id, look.now])

    def _compare(self, incident: str, look: Look) -> None:
        if self.without is not None:
            invariants.what_is_owed_changes_no_paging(look.name, self.without.differences(incident, look.rows.values()))
        expected = self.reading.incidents.get(incident)
        if expected != look.after:
            raise Broken("3.11", f"{look.name} after {_worded(look.event)}: {_differences(expected, look.after)}")
        letters = self.reading.letters.get(incident, {})
        if (letters or look.after.command.communications) and (found := self._letters(incident)) != letters:
            different = [number for number in {**letters, **found} if letters.get(number) != found.get(number)]
            told = "; ".join(f"{number} is {found.get(number)}, expected {letters.get(number)}" for number in different)
            raise Broken("3.11", f"{look.name} after {_worded(look.event)}: communication {told}")
        rows = self.reading.pages.get(incident, {})
        if rows != look.rows:
            raise Broken("3.11", f"{look.name} after {_worded(look.event)}: {_page_differences(rows, look.rows)}")

    def _letters(self, incident: str) -> dict[int, Letter]:
        """The texts to others that the store holds."""
        rows = self.database.rows(LETTERS, incident)
        return {number: letter_from(state, document) for number, state, document in rows}

    # -- around a call ------------------------------------------------------------------------------------------

    def called(self, intent: str, attempt: int, now: int) -> None:
        """A provider is called."""
        facts = self.reading.incidents[intent.partition(":")[0]]
        invariants.i6_nothing_leaves_after_an_acknowledgement(self._row(intent), facts, now)
        self.began.add((intent, attempt))

    def was_accepted(self, intent: str) -> None:
        """The provider took it."""
        self.accepted[intent] += 1
        invariants.i8_once_without_ambiguity(intent, self.accepted[intent], self.ambiguous[intent])

    def nobody_knows(self, intent: str, attempt: int) -> None:
        """A call ended without an answer that rungbell could have read, or its result was lost."""
        if (intent, attempt) in self.began:
            self.began.discard((intent, attempt))
            self.ambiguous[intent] += 1

    def died(self, replica: int) -> None:
        """A replica is gone, with whatever it had in hand."""
        for intent, (owner, token, since) in list(self.owners.items()):
            if owner == replica:
                self.nobody_knows(intent, token)
                self.owners[intent] = (NOBODY, token, since)

    # -- in the end ---------------------------------------------------------------------------------------------

    def finish(self, present: Shop, now: int, well_since: int) -> None:
        """Everything works again and time has passed: all must have come to an end."""
        for incident in self.reading.incidents:
            kept = self.kept[incident] = self._fetch(incident)
            ladder = self.reading.ladder_of(kept.facts)
            if kept.wake_at != wake(kept.facts, ladder):
                raise Broken("I3", f"{incident} wakes at {kept.wake_at}")
            invariants.i7_every_page_came_to_an_end(kept.rows.values(), now)
            invariants.i7_somebody_was_reached(kept.facts, present, kept.rows, well_since, now)
            for row in kept.rows.values():
                self.hits["state", row.state] += 1
                if row.state not in {"waiting", "leased"}:
                    accepted, ambiguous = self.accepted[row.intent], self.ambiguous[row.intent]
                    invariants.i8_what_was_accepted_is_on_record(row, accepted, ambiguous)

    def ladder(self, incident: str) -> Ladder:
        """The policy of an incident."""
        return self.reading.ladder_of(self.reading.incidents[incident])

    def earliest_due(self) -> int | None:
        """When the next clock of any open incident is due, by the reading."""
        found: Iterable[int | None] = (kept.wake_at for kept in self.kept.values())
        return min((at for at in found if at is not None), default=None)


def _touched(write: Write, reading: Reading) -> list[str]:
    match write.statement:
        case "INSERT_INCIDENT":
            return [write.values["id"]]
        case "UPDATE_INCIDENT" | "UPDATE_CLOCKS":
            return [write.values["row"]]
        case "INSERT_PAGE" | "UPSERT_COMMUNICATION":
            return [write.values["incident"]]
        case "RELEASE_LEASES":
            return [incident for incident, rows in reading.pages.items() if rows]
        case name if name in OUTBOX_WRITES:
            return [write.values["key"].partition(":")[0]]
        case _:
            return []


def _at_once(write: Write, new: set[str]) -> bool:
    """Whether a page is leased by the commit that decided it: then it is decided first."""
    return write.statement == "LEASE" and write.values["key"] in new


def _worded(event: Event | None) -> str:
    if event is None:
        return "work on its pages"
    if isinstance(event, AlertsReceived):
        alerts = ", ".join(
            f"{alert.labels['alertname']} {'fires' if alert.firing else 'resolved'}" for alert in event.group.alerts
        )
        return f"a message ({alerts})"
    return type(event).__name__


def _differences(expected: Facts | None, found: Facts) -> str:
    if expected is None:
        return "nothing should be on record"
    different = [
        f"{one.name} is {getattr(found, one.name)!r}, expected {getattr(expected, one.name)!r}"
        for one in fields(Facts)
        if getattr(found, one.name) != getattr(expected, one.name)
    ]
    return "; ".join(different)


def _page_differences(expected: dict[str, PageRow], found: dict[str, PageRow]) -> str:
    said = [f"missing {intent}" for intent in expected.keys() - found.keys()]
    said += [f"too much {intent}" for intent in found.keys() - expected.keys()]
    for intent, row in found.items():
        other = expected.get(intent)
        if other is not None and other != row:
            different = [
                f"{one.name} {getattr(row, one.name)!r}, expected {getattr(other, one.name)!r}"
                for one in fields(PageRow)
                if getattr(row, one.name) != getattr(other, one.name)
            ]
            said.append(f"{intent}: {', '.join(different)}")
    return "; ".join(sorted(said))


def _line(look: Look) -> str:
    facts = look.after
    holder = f" held by {facts.holder.by}" if facts.holder else ""
    tiers = "+".join(facts.tiers)
    rung = f"; rings {', '.join(sorted(row.intent.partition(':')[2] for row in look.fresh))}" if look.fresh else ""
    states = Counter(row.state for row in look.rows.values())
    pages = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return (
        f"{look.commit.doing} → {facts.id} {facts.severity} {facts.status}{holder} v{facts.version}"
        f" [{tiers}] wakes {look.wake_at}{rung} ({pages})"
    )
