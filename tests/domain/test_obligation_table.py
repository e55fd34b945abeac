"""Each clock of an obligation: due at its boundary and not a second before, over a change of the clocks and a downtime.

Nothing leaves by itself here, so that each row is owed by people.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from rungbell.domain.book import Book
from rungbell.domain.broken import overdue
from rungbell.domain.clock import ClockName
from rungbell.domain.clocks import deadlines
from rungbell.domain.command.checklists import VERIFIED
from rungbell.domain.command.events import HandedOff, ImpactStated, RoleAssumed, Ticked
from rungbell.domain.command.record import Role
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.events import Waived
from rungbell.domain.communication.kinds import CommunicationKind as Kind
from rungbell.domain.decision import Outcome
from rungbell.domain.events import Declared, Event, NoteAdded
from rungbell.domain.incident import OVER
from rungbell.domain.obligation_clocks import AGAIN, DAILY, HOURLY, OBLIGATIONS
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld
from rungbell.domain.postmortem.record import DocumentState, ItemStatus
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind, NoteKind
from tests.domain.shipped import opened, shipped
from tests.domain.test_communication import Desk
from tests.domain.world import MONDAY_10, World

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY_18 = MONDAY_10 + 8 * HOUR
SPRING = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
"""London's clocks go from 01:00 to 02:00, on a Sunday."""
AUTUMN = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
"""They go from 02:00 back to 01:00."""

Begin = Callable[[datetime], World]
Act = Callable[[World], object]


@cache
def by_hand() -> Book:
    """The shipped book where nothing leaves by itself."""
    return replace(shipped(), communication=replace(shipped().communication, automatic=frozenset()))


# -- how each begins, and what meets it


def fires(severity: str) -> Begin:
    """An incident that chen has just taken."""

    def begin(at: datetime) -> World:
        world = opened(severity, at=at, book=by_hand())
        world.acknowledge("chen")
        return world

    return begin


def does(world: World, event: Event) -> None:
    assert world.happen(event).reply.outcome is Outcome.DONE, event


def declares(world: World) -> None:
    does(world, Declared(incident=world.id, by="chen", commander="chen"))


def declared(severity: str) -> Begin:
    def begin(at: datetime) -> World:
        world = fires(severity)(at)
        declares(world)
        return world

    return begin


def told(severity: str, kind: Kind) -> Begin:
    """An incident of which somebody has just been told."""

    def begin(at: datetime) -> World:
        world = fires(severity)(at)
        tells(kind)(world)
        return world

    return begin


def tells(kind: Kind) -> Act:
    def act(world: World) -> None:
        if kind.audience is Audience.CLIENTS and kind not in world.state().command.drafts:
            assert Desk(world).draft(kind).outcome is Outcome.DONE
        if kind.audience is Audience.CLIENTS:
            number = world.state().command.drafts[kind]
            Desk(world).review(number)
            assert Desk(world).send(number).outcome is Outcome.DONE
        else:
            assert Desk(world).draft(kind, send=True).outcome is Outcome.DONE

    return act


def waives(audience: Audience) -> Act:
    return lambda world: does(world, Waived(incident=world.id, by="chen", audience=audience, reason="told by phone"))


def ended(severity: str, *before: Act) -> Begin:
    """An incident that was over at once."""

    def begin(at: datetime) -> World:
        world = fires(severity)(at)
        for act in before:
            act(world)
        world.resolve("chen", "repaired")
        return world

    return begin


def ticks(world: World) -> None:
    does(world, Ticked(incident=world.id, by="chen", line=VERIFIED))


def fills(world: World) -> None:
    for role in set(Role) - world.state().command.roles.keys():
        does(world, RoleAssumed(incident=world.id, by="chen", role=role, person="bob"))


def resolves(world: World) -> None:
    world.resolve("chen", "repaired")


def finds_cause(world: World) -> None:
    does(world, NoteAdded(incident=world.id, by="chen", kind=NoteKind.CAUSE, text="an index is missing"))


def hands_off(world: World) -> None:
    does(world, HandedOff(incident=world.id, by="chen", to="farah", reason="the shift is over"))


def moves(state: DocumentState) -> Act:
    return lambda world: does(world, PostmortemMoved(incident=world.id, by="chen", state=state))


def holds_review(world: World) -> None:
    does(world, ReviewHeld(incident=world.id, by="chen", outcome="understood"))


def publishes(world: World) -> None:
    holds_review(world)
    moves(DocumentState.PUBLISHED)(world)


def adds_item(world: World) -> None:
    does(world, ItemAdded(incident=world.id, by="chen", text="add the index", owner="dana", priority=Severity.P2))


def finishes_item(world: World) -> None:
    does(world, ItemChanged(incident=world.id, by="dana", number=1, status=ItemStatus.DONE))


def reviews_items(world: World) -> None:
    does(world, ItemsReviewed(incident=world.id, by="chen"))


@dataclass(frozen=True)
class Row:
    """One clock: how it begins, how long after that it is due, what meets it, how often it is told again."""

    begin: Begin
    within: timedelta
    met_by: Act
    again: timedelta | None = AGAIN
    breaks: bool = True
    starts: datetime = MONDAY_10


ROWS: dict[ClockName, Row] = {
    ClockName.TRIAGE: Row(fires("P0"), 5 * MINUTE, ticks),
    ClockName.DECLARATION: Row(fires("P1"), 5 * MINUTE, declares),
    ClockName.ROLES: Row(declared("P0"), 5 * MINUTE, fills),
    ClockName.EXECUTIVE_NOTE: Row(fires("P1"), 2 * HOUR, tells(Kind.EXECUTIVE_NOTE)),
    ClockName.CLIENT_DRAFT: Row(fires("P0"), 5 * MINUTE, tells(Kind.CLIENT_NOTICE), again=None, breaks=False),
    ClockName.CLIENT_NOTICE: Row(fires("P0"), 30 * MINUTE, tells(Kind.CLIENT_NOTICE)),
    ClockName.UPDATE_SOON: Row(
        told("P0", Kind.INTERNAL_UPDATE), 15 * MINUTE, tells(Kind.INTERNAL_UPDATE), again=None, breaks=False
    ),
    ClockName.INTERNAL_UPDATE: Row(told("P1", Kind.INTERNAL_UPDATE), 30 * MINUTE, tells(Kind.INTERNAL_UPDATE)),
    ClockName.CLIENT_UPDATE: Row(told("P1", Kind.CLIENT_NOTICE), HOUR, tells(Kind.CLIENT_UPDATE)),
    ClockName.EXECUTIVE_UPDATE: Row(told("P0", Kind.EXECUTIVE_NOTE), 15 * MINUTE, tells(Kind.EXECUTIVE_UPDATE)),
    ClockName.ALL_CLEAR: Row(ended("P0", tells(Kind.CLIENT_NOTICE)), 30 * MINUTE, tells(Kind.ALL_CLEAR)),
    ClockName.SLA_RISK: Row(fires("P1"), 90 * MINUTE, resolves, again=None, breaks=False),
    ClockName.PROVIDER: Row(fires("P0"), 30 * MINUTE, finds_cause, again=None, breaks=False),
    ClockName.HANDOFF: Row(declared("P0"), 4 * HOUR, hands_off, again=HOURLY, breaks=False),
    ClockName.POSTMORTEM_DRAFT: Row(ended("P0"), 2 * DAY, moves(DocumentState.DRAFT), again=DAILY),
    # Five business days after a Monday evening: the close of the next Monday, an hour before it must be published.
    ClockName.POSTMORTEM_REVIEW: Row(ended("P0"), 7 * DAY - HOUR, holds_review, again=DAILY, starts=MONDAY_18),
    ClockName.POSTMORTEM_PUBLICATION: Row(ended("P0"), 7 * DAY, publishes, again=DAILY),
    ClockName.ACTION_ITEMS: Row(ended("P0", adds_item), 14 * DAY, finishes_item, again=DAILY),
    ClockName.ITEM_REVIEW: Row(ended("P0", adds_item), 7 * DAY, reviews_items, again=DAILY, breaks=False),
    ClockName.REVIEW_AGAIN: Row(
        ended("P0", adds_item, finishes_item), 7 * DAY, reviews_items, again=DAILY, breaks=False
    ),
}
EACH = pytest.mark.parametrize("clock", list(ROWS), ids=str)
MARKS = pytest.mark.requirement(
    "8", "11", "12", "18", "28", "46", "52", "61", "66", "A10", "A16", "A30", "A33", "A38", "A41", "A42"
)


def tellings(world: World, clock: ClockName) -> list[datetime]:
    """When it was said to be overdue, or somebody was reminded."""
    return [entry.at for entry in world.entries if entry.facts.get("obligation") == clock]


def kinds(world: World, clock: ClockName) -> set[EntryKind]:
    return {entry.kind for entry in world.entries if entry.facts.get("obligation") == clock}


def owes(world: World, clock: ClockName, at: datetime) -> bool:
    assert world.policy is not None
    return clock in overdue(world.state(), world.policy, at)


def due(world: World, clock: ClockName) -> datetime | None:
    assert world.policy is not None
    return next((one.due for one in deadlines(world.state(), world.policy) if one.clock is clock), None)


def told_from(world: World, at: datetime) -> datetime:
    """When people hear of it: at once, after the end in business hours."""
    return shipped().routes[-1].policy.hours.next_open(at) if world.state().status in OVER else at


def test_every_row_of_the_table_is_tried_and_says_how_often_and_whether_it_breaks() -> None:
    assert [(one.name, one.again, one.breaks) for one in OBLIGATIONS] == [
        (name, row.again, row.breaks) for name, row in ROWS.items()
    ]


@MARKS
@EACH
def test_it_is_due_at_its_boundary_and_not_one_second_before(clock: ClockName) -> None:
    row = ROWS[clock]
    world = row.begin(row.starts)
    at = row.starts + row.within
    hears = told_from(world, at)
    world.pass_time(hears - SECOND)
    assert tellings(world, clock) == []
    assert not owes(world, clock, at - SECOND)
    assert owes(world, clock, at) is row.breaks

    world.pass_time(hears)
    assert tellings(world, clock) == [hears]
    assert kinds(world, clock) == {EntryKind.OVERDUE if row.breaks else EntryKind.REMINDED}
    assert world.broken[clock] == row.breaks


@MARKS
@pytest.mark.parametrize("clock", [clock for clock in ROWS if clock is not ClockName.POSTMORTEM_REVIEW], ids=str)
@pytest.mark.parametrize("change", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_it_lasts_as_long_where_the_clocks_change_meanwhile(clock: ClockName, change: datetime) -> None:
    row = ROWS[clock]
    starts = change - row.within / 2
    world = row.begin(starts)
    at = starts + row.within
    hears = told_from(world, at)
    world.pass_time(hears - SECOND)
    assert tellings(world, clock) == []
    world.pass_time(hears)
    assert tellings(world, clock) == [hears]


@pytest.mark.requirement("46", "A16")
@pytest.mark.parametrize(
    ("ends", "closes"),
    [
        (datetime(2026, 3, 25, 18, 0, tzinfo=UTC), datetime(2026, 4, 1, 16, 0, tzinfo=UTC)),
        (datetime(2026, 10, 21, 18, 0, tzinfo=UTC), datetime(2026, 10, 28, 17, 0, tzinfo=UTC)),
    ],
    ids=["spring", "autumn"],
)
def test_business_days_end_by_the_clocks_of_the_office(ends: datetime, closes: datetime) -> None:
    world = ended("P0")(ends)
    assert due(world, ClockName.POSTMORTEM_REVIEW) == told_from(world, closes)
    assert owes(world, ClockName.POSTMORTEM_REVIEW, closes)
    assert not owes(world, ClockName.POSTMORTEM_REVIEW, closes - SECOND)


@MARKS
@EACH
def test_after_three_hours_of_downtime_it_is_told_once_and_nothing_is_replayed(clock: ClockName) -> None:
    row = ROWS[clock]
    world = row.begin(row.starts)
    hears = told_from(world, row.starts + row.within)
    world.pass_time(hears - SECOND)
    world.now = hears + 3 * HOUR
    world.tick()
    assert tellings(world, clock) == [world.now]
    assert world.broken[clock] == row.breaks

    back = world.now
    follows = told_from(world, back + row.again) if row.again else None
    if follows is not None:
        world.pass_time(follows)
        assert tellings(world, clock) == [back, follows]
        assert world.broken[clock] == row.breaks, "it is the same lapse"


@MARKS
@EACH
def test_met_in_time_it_is_never_told(clock: ClockName) -> None:
    row = ROWS[clock]
    world = row.begin(row.starts)
    at = row.starts + row.within
    world.pass_time(at - SECOND)
    row.met_by(world)
    world.pass_time(told_from(world, at))
    assert tellings(world, clock) == []
    assert world.broken[clock] == 0
    assert not owes(world, clock, world.now)


@MARKS
@pytest.mark.parametrize("clock", [clock for clock, row in ROWS.items() if row.again is not None], ids=str)
def test_met_late_it_is_told_no_more(clock: ClockName) -> None:
    row = ROWS[clock]
    assert row.again is not None
    world = row.begin(row.starts)
    hears = told_from(world, row.starts + row.within)
    world.pass_time(hears)
    row.met_by(world)
    world.pass_time(told_from(world, hears + row.again) if row.again > AGAIN else hears + row.again - SECOND)
    assert tellings(world, clock) == [hears]


# -- a severity that changes


def hurts_clients(world: World) -> None:
    does(world, ImpactStated(incident=world.id, by="chen", client_impacting=True))


@dataclass(frozen=True)
class Change:
    """A severity that changes after a while, and when the clock is due then, from the start."""

    clock: ClockName
    begin: Begin
    to: Severity
    after: timedelta
    due: timedelta | None


def impacting(severity: str) -> Begin:
    def begin(at: datetime) -> World:
        world = fires(severity)(at)
        hurts_clients(world)
        return world

    return begin


P0, P1, P2 = Severity.P0, Severity.P1, Severity.P2
RESTARTS = [
    Change(ClockName.DECLARATION, fires("P2"), P1, HOUR, HOUR + 5 * MINUTE),
    Change(ClockName.ROLES, declared("P1"), P0, 3 * MINUTE, 8 * MINUTE),
    Change(ClockName.CLIENT_DRAFT, fires("P2"), P1, HOUR, HOUR + 5 * MINUTE),
    Change(ClockName.CLIENT_NOTICE, fires("P1"), P0, 10 * MINUTE, 40 * MINUTE),
    Change(ClockName.CLIENT_NOTICE, impacting("P2"), P1, HOUR, 2 * HOUR),
]
GOES_ON = [
    Change(ClockName.EXECUTIVE_NOTE, fires("P2"), P1, HOUR, 2 * HOUR),
    Change(ClockName.EXECUTIVE_NOTE, fires("P1"), P0, HOUR, timedelta()),
    Change(ClockName.SLA_RISK, fires("P2"), P1, HOUR, 90 * MINUTE),
    Change(ClockName.PROVIDER, fires("P1"), P0, 10 * MINUTE, 30 * MINUTE),
    Change(ClockName.HANDOFF, declared("P1"), P0, HOUR, 4 * HOUR),
    Change(ClockName.INTERNAL_UPDATE, told("P1", Kind.INTERNAL_UPDATE), P0, 10 * MINUTE, 30 * MINUTE),
    Change(ClockName.CLIENT_UPDATE, told("P1", Kind.CLIENT_NOTICE), P0, 10 * MINUTE, 30 * MINUTE),
    Change(ClockName.EXECUTIVE_UPDATE, told("P1", Kind.EXECUTIVE_NOTE), P0, 10 * MINUTE, 15 * MINUTE),
    Change(ClockName.UPDATE_SOON, told("P1", Kind.INTERNAL_UPDATE), P0, 10 * MINUTE, 15 * MINUTE),
]
LOWERED = [
    Change(ClockName.TRIAGE, fires("P0"), P1, MINUTE, None),  # whoever says how bad it is has assessed it
    Change(ClockName.DECLARATION, fires("P0"), P2, MINUTE, None),
    Change(ClockName.EXECUTIVE_NOTE, fires("P1"), P2, HOUR, None),
    Change(ClockName.CLIENT_NOTICE, fires("P0"), P1, 10 * MINUTE, 70 * MINUTE),
    Change(ClockName.CLIENT_NOTICE, fires("P1"), P2, 10 * MINUTE, None),
    Change(ClockName.CLIENT_NOTICE, impacting("P1"), P2, 10 * MINUTE, 2 * HOUR),
    Change(ClockName.CLIENT_UPDATE, told("P0", Kind.CLIENT_NOTICE), P2, 10 * MINUTE, HOUR),
    Change(ClockName.INTERNAL_UPDATE, told("P1", Kind.INTERNAL_UPDATE), P2, 10 * MINUTE, None),
    Change(ClockName.SLA_RISK, fires("P1"), P2, HOUR, None),
    Change(ClockName.PROVIDER, fires("P0"), P1, 10 * MINUTE, None),
    Change(ClockName.HANDOFF, declared("P1"), P2, HOUR, None),
]


@pytest.mark.requirement("8", "11", "12", "28", "52", "61", "A21")
@pytest.mark.parametrize(
    "change",
    [*RESTARTS, *GOES_ON, *LOWERED],
    ids=lambda change: f"{change.clock}, then {change.to}",
)
def test_response_times_run_from_a_change_and_durations_go_on(change: Change) -> None:
    world = change.begin(MONDAY_10)
    world.pass_time(change.after)
    assert world.set_severity("chen", change.to, "as it turned out").outcome is Outcome.DONE
    expected = None if change.due is None else MONDAY_10 + change.due
    assert due(world, change.clock) == expected
    if expected is not None:
        late = expected <= world.now
        world.pass_time(world.now if late else expected - SECOND)
        assert tellings(world, change.clock) == ([world.now] if late else [])
        world.pass_time(max(expected, world.now))
        assert len(tellings(world, change.clock)) == 1


@pytest.mark.requirement("28", "A21")
def test_an_alert_that_raises_it_wants_to_be_assessed_anew() -> None:
    world = fires("P2")(MONDAY_10)
    world.pass_time(HOUR)
    world.fire("critical", instance="two")
    assert due(world, ClockName.TRIAGE) == MONDAY_10 + HOUR + 5 * MINUTE


# -- where a reading asks for more than the boundary


@pytest.mark.requirement("66", "A30")
def test_a_shift_that_ends_first_asks_for_the_handoff_and_the_question_comes_again() -> None:
    starts = MONDAY_10 - 90 * MINUTE  # 08:30, half an hour before the handover of the support rotation
    world = opened("P1", at=starts, book=by_hand())
    (on_call, *_) = world.state().paged
    world.acknowledge(on_call)
    does(world, Declared(incident=world.id, by=on_call))
    world.pass_time(starts + 150 * MINUTE)
    assert tellings(world, ClockName.HANDOFF) == [starts + 30 * MINUTE + turn * HOUR for turn in range(3)]


@pytest.mark.requirement("12", "A44")
def test_over_before_clients_had_to_be_told_it_is_closed_as_not_required_and_no_all_clear_is_due() -> None:
    world = fires("P0")(MONDAY_10)
    world.pass_time(30 * MINUTE - SECOND)
    resolves(world)
    assert world.told(EntryKind.NOT_REQUIRED)
    assert due(world, ClockName.ALL_CLEAR) is None
    assert world.broken[ClockName.CLIENT_NOTICE] == 0


@pytest.mark.requirement("12", "80")
def test_over_with_clients_never_told_it_is_one_broken_obligation_whenever_it_is_said() -> None:
    world = fires("P0")(MONDAY_10)
    world.pass_time(HOUR)
    resolves(world)
    assert world.broken[ClockName.CLIENT_NOTICE] == 1


@pytest.mark.requirement("11", "12")
@pytest.mark.parametrize(
    ("clock", "audience"),
    [(ClockName.EXECUTIVE_NOTE, Audience.EXECUTIVES), (ClockName.CLIENT_NOTICE, Audience.CLIENTS)],
    ids=str,
)
def test_what_somebody_waived_with_a_reason_is_not_owed(clock: ClockName, audience: Audience) -> None:
    row = ROWS[clock]
    world = row.begin(MONDAY_10)
    waives(audience)(world)
    world.pass_time(row.within + HOUR)
    assert tellings(world, clock) == []


@pytest.mark.requirement("12", "A21")
def test_a_waiver_outlives_a_lower_severity_and_not_a_higher_one() -> None:
    world = fires("P1")(MONDAY_10)
    waives(Audience.CLIENTS)(world)
    world.pass_time(MINUTE)
    hurts_clients(world)
    assert world.set_severity("chen", P2, "less than it was").outcome is Outcome.DONE
    assert due(world, ClockName.CLIENT_NOTICE) is None
    world.pass_time(2 * MINUTE)
    world.set_severity("chen", P0)
    assert due(world, ClockName.CLIENT_NOTICE) == MONDAY_10 + 32 * MINUTE
