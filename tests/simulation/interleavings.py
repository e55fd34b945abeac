"""Every order in which an acknowledgement, a climb, a resolve, a re-fire, a reload and the result of a page can come.

Rules
-----
* All sequences of the six up to a depth, from several beginnings; nothing is left out for being like another. From one
  of them, in which something is owed, a declaration comes between them too.
* What is due to be sent is always in a sender's hands, so that results come after whatever else has happened.
* The same invariants and the same second reading judge each step. A branch is a savepoint of the store.
* And pairs of them raced: the one commits between the other's reading and writing, as two replicas would. Not two
  messages of one group: an alert has no version to compare, so these must be taken one after the other.
"""

from collections.abc import Callable, Coroutine
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.events import (
    Acknowledged,
    AlertsReceived,
    ClockDue,
    Declared,
    Event,
    FailureReason,
    PageAccepted,
    PageFailed,
    Resolved,
)
from rungbell.domain.page import LEASE
from rungbell.store.transaction import VersionConflict
from tests.simulation.database import Commit, Database, MemoryStore
from tests.simulation.hosting import begin_anew, hosted
from tests.simulation.invariants import Broken
from tests.simulation.judge import Judge, Kept
from tests.simulation.moments import HOUR, MONDAY, instant, milliseconds
from tests.simulation.reading import Reading
from tests.simulation.replica import DOING, WatchedHandler, metrics
from tests.simulation.shops import SHOPS, Shop, shop

ACTIONS = ("acknowledge", "climb", "resolve", "re-fire", "reload", "send-result")
ONE_BY_ONE = frozenset({"re-fire", "send-result"})
GROUP = {"alertname": "Disk"}
INCIDENT = "i1"
RACED_AFTER = 2
"""Actions before every pair is raced."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a tree begins."""

    severity: str
    shops: tuple[int, int]
    """The configuration, and the one that a reload brings; another reload brings back the first."""
    actions: tuple[str, ...] = ACTIONS


BEGINNINGS = (
    Beginning("disaster", (61, 26)),
    Beginning("critical", (SHOPS + 73, 113), (*ACTIONS, "declare")),
    Beginning("warning", (18, 9)),
)


class Branching(Database):
    """A database in which work is a savepoint within those of the branches."""

    BEGIN, COMMIT, ROLLBACK = "SAVEPOINT work", "RELEASE work", "ROLLBACK TO work"


class StillClock:
    """Time that the branch says."""

    def __init__(self) -> None:
        self.at = 0

    def now(self) -> datetime:
        return instant(self.at)


@dataclass(slots=True)
class State:
    """What a branch must be able to come back to, beside the store."""

    at: int
    reloaded: bool
    firing: bool
    since: int
    results: int


class Bare:
    """A replica that is nothing but a door: no loops, no faults."""

    def __init__(self, number: int) -> None:
        self.number = number

    def doing(self) -> str:
        return DOING.get()

    def commit(self) -> Commit:
        return Commit(self.number, DOING.get())

    async def step(self, point: str) -> None:
        """Nothing comes between."""

    def commit_fails(self) -> bool:
        return False


def handler_over(database: Database, clock: StillClock, present: Shop, number: int = 0) -> WatchedHandler:
    """A door to that database."""
    store = MemoryStore(database, Bare(number))
    return WatchedHandler(store=store, clock=clock, book=present.book, metrics=metrics())


def finish(work: Coroutine[Any, Any, Any]) -> None:
    """Run work that waits for nobody."""
    try:
        while True:
            work.send(None)
    except StopIteration:
        return


class Tree:
    """All branches from one beginning."""

    def __init__(self, beginning: Beginning) -> None:
        self._beginning = beginning
        self.database = Branching()
        self.database.connection.execute("BEGIN")
        self.steps = 0
        self.path: list[str] = []
        self._clock = StillClock()
        self._judge = Judge(self.database)
        self._rival: Callable[[], None] | None = None
        self.database.committed = self._committed
        self.database.between = self._between
        first = shop(beginning.shops[0])
        self.handlers = [handler_over(self.database, self._clock, first, number) for number in range(2)]
        self._state = State(MONDAY + 10 * HOUR, reloaded=False, firing=True, since=MONDAY + 10 * HOUR, results=0)
        self._clock.at = self._state.at
        self._message()
        self._take_in_hand()

    # -- branches -----------------------------------------------------------------------------------------------

    def grow(self, depth: int, first: tuple[str, ...] = ()) -> None:
        """Try every sequence of that many actions that begins with ``first``."""
        if depth == len(self.path):
            return
        for action in first[len(self.path) : len(self.path) + 1] or self._beginning.actions:
            with self._branch(action):
                self._do(action)
                self.grow(depth, first)

    def race(self, depth: int) -> None:
        """After every sequence of that many actions, try every pair with the one between the other's steps."""
        for one, other in product(self._beginning.actions, repeat=2):
            if "reload" not in {one, other} and (one != other or one not in ONE_BY_ONE):
                with self._branch(f"{one} while {other}"):
                    self.database.shared = True
                    self._rival = partial(self._do, other, replica=1)
                    try:
                        self._do(one)
                    finally:
                        self.database.shared, self._rival = False, None
        if depth == len(self.path):
            return
        for action in self._beginning.actions:
            with self._branch(action):
                self._do(action)
                self.race(depth)

    def _branch(self, action: str) -> "_Branch":
        return _Branch(self, action)

    def keep(self) -> tuple[Any, ...]:
        """Everything to come back to."""
        judge, reading = self._judge, self._judge.reading
        mine = Reading(
            dict(reading.incidents),
            {name: {intent: copy(row) for intent, row in rows.items()} for name, rows in reading.pages.items()},
            alerts={
                key: {name: copy(alert) for name, alert in alerts.items()} for key, alerts in reading.alerts.items()
            },
            letters=dict(reading.letters),
            latest=dict(reading.latest),
            ladders=reading.ladders,
            served=dict(reading.served),
        )
        kept: dict[str, Kept] = dict(judge.kept)
        told = (dict(judge.owners), set(judge.began), copy(judge.accepted), copy(judge.ambiguous), copy(judge.climbs))
        return replace(self._state), mine, kept, told

    def come_back(self, kept: tuple[Any, ...]) -> None:
        """Forget what happened since."""
        judge = self._judge
        self._state, judge.reading, judge.kept, told = kept
        judge.owners, judge.began, judge.accepted, judge.ambiguous, judge.climbs = told
        self._clock.at = self._state.at
        self._use()

    # -- actions ------------------------------------------------------------------------------------------------

    def _do(self, action: str, replica: int = 0) -> None:
        state, facts = self._state, self._judge.reading.incidents[INCIDENT]
        self.steps += 1
        state.at = self._clock.at = state.at + 1
        match action:
            case "acknowledge":
                self._ask(Acknowledged(incident=INCIDENT, by="alice"), replica)
            case "resolve":
                self._ask(Resolved(incident=INCIDENT, by="alice", reason="it is over"), replica)
            case "declare":
                self._ask(Declared(incident=INCIDENT, by="alice"), replica)
            case "climb":
                kept = self._judge.kept[INCIDENT]
                state.at = self._clock.at = max(state.at, kept.wake_at or 0)
                self._ask(ClockDue(incident=INCIDENT), replica)
            case "re-fire":
                state.firing = not state.firing or not facts.open
                state.since = state.at if state.firing else state.since
                self._message(replica)
            case "reload":
                state.reloaded = not state.reloaded
                self._use()
            case _:
                self._result(replica)
        if self._rival is None and not self.database.shared:
            self._take_in_hand()

    def _use(self) -> None:
        present = shop(self._beginning.shops[self._state.reloaded])
        for handler in self.handlers:
            handler.book = present.book

    def _message(self, replica: int = 0) -> None:
        state = self._state
        labels = {"alertname": "Disk", "severity": self._beginning.severity}
        now = instant(state.at)
        alert = Alert(labels, state.firing, instant(state.since), None if state.firing else now)
        group = AlertGroup("shop", "rungbell", GROUP, (alert,), firing=state.firing)
        names = self._judge.reading.incidents
        self._ask(AlertsReceived(group=group, new_id=INCIDENT if not names else f"i{len(names) + 1}"), replica)

    def _result(self, replica: int) -> None:
        """The oldest page in hand comes back: refused, taken, refused … Copies of texts stay in hand."""
        in_hand = (row for rows in self._judge.reading.pages.values() for row in rows.values() if row.state == "leased")
        rows = [row for row in in_hand if row.kind != "copy"]
        if not rows:
            return
        row = min(rows, key=lambda row: (row.created_at, row.intent))
        owner = self._judge.owners[row.intent]
        self._judge.owners[row.intent] = (replica, *owner[1:])  # whoever raced, it is the one that has it
        self._state.results += 1
        about: Any = {"incident": row.intent.partition(":")[0], "intent": row.intent, "attempt": row.attempts}
        if self._state.results % 2:
            self._ask(PageFailed(**about, reason=FailureReason.REFUSED, permanent=True), replica)
        else:
            self._judge.was_accepted(row.intent)
            self._ask(PageAccepted(**about), replica)

    def _take_in_hand(self) -> None:
        """A sender leases what is due, on every channel."""
        now = instant(self._state.at)
        due = self.database.rows(
            "SELECT DISTINCT channel FROM outbox WHERE state = 'waiting' AND due_at <= ?", milliseconds(now)
        )
        in_hand = frozenset(self._judge.owners)
        for (channel,) in sorted(due):
            self.database.run(
                lambda transaction, name=channel: transaction.claim(name, now, now + LEASE, 16, but=in_hand),  # type: ignore[misc]
                Commit(0, "looking"),
            )

    def _ask(self, event: Event, replica: int) -> None:
        for _ in range(3):
            try:
                finish(self.handlers[replica].handle(event))
            except VersionConflict:
                continue
            return

    def _committed(self, commits: list[Commit]) -> None:
        self._judge.committed(commits)

    def _between(self, _commit: Commit, _statement: str) -> None:
        if self._rival is not None:
            rival, self._rival = self._rival, None
            self.database.shared = False
            try:
                rival()
            finally:
                self.database.shared = True


class _Branch:
    """One action and everything after it, undone at its end; what breaks in it says the way there."""

    def __init__(self, tree: Tree, action: str) -> None:
        self._tree, self._action = tree, action

    def __enter__(self) -> None:
        tree = self._tree
        self._kept = tree.keep()
        tree.path.append(self._action)
        tree.database.connection.execute(f"SAVEPOINT b{len(tree.path)}")

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        tree = self._tree
        if isinstance(error, Broken) and " → " not in error.invariant:
            error.invariant = f"{error.invariant} after {' → '.join(tree.path)}"
        tree.database.connection.execute(f"ROLLBACK TO b{len(tree.path)}")
        tree.database.connection.execute(f"RELEASE b{len(tree.path)}")
        tree.path.pop()
        tree.come_back(self._kept)


@dataclass(frozen=True, slots=True)
class Share:
    """A piece of the work: the sequences of so many actions that begin like this; or the races after so many."""

    beginning: Beginning
    depth: int
    first: tuple[str, ...] = ()
    races: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a piece of work."""

    steps: int
    broken: str = ""


def count(beginning: Beginning, depth: int) -> int:
    """How many steps there are from one beginning, each sequence sharing those it has in common with others."""
    return sum(len(beginning.actions) ** length for length in range(1, depth + 1))


def shares(depth: int) -> list[Share]:
    """All of the work."""
    sequences = [
        Share(beginning, depth, first)
        for beginning in BEGINNINGS
        for first in product(beginning.actions, repeat=min(2, depth))
    ]
    return sequences + [Share(beginning, min(RACED_AFTER, depth), races=True) for beginning in BEGINNINGS]


def explore(share: Share) -> Found:
    """Do a piece of the work."""
    with hosted() as log:
        begin_anew(0)
        tree = Tree(share.beginning)
        try:
            if share.races:
                tree.race(share.depth)
            else:
                tree.grow(share.depth, share.first)
        except Broken as broken:
            return Found(tree.steps, f"{share.beginning.severity}: {broken.invariant}: {broken.text}")
        finally:
            tree.database.close()
    return Found(tree.steps, log.errors[0] if log.errors else "")
