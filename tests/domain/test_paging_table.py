"""With config/rungbell.yml the paging rows of 3.10 under the rules of 3.11 hold to the second."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from rungbell.domain.events import TroubleKind
from rungbell.domain.incident import Status
from tests.domain.shipped import L1, L2, L3, L4, L5, at, opened
from tests.domain.world import World

HOUR = 3600
THREE_HOURS = 3 * HOUR
MONDAY_17, TUESDAY_9, TUESDAY_16, WEDNESDAY_9 = 7 * HOUR, 23 * HOUR, 30 * HOUR, 47 * HOUR
"""Hours since Monday 10:00."""

Rang = list[tuple[int, str]]
Answers = dict[int, Callable[[World], object]]


def together(second: int, *tiers: str) -> Rang:
    return [(second, tier) for tier in tiers]


def again_and_again(first: int, last: int, every: int, *tiers: str) -> Rang:
    return [(second, tier) for second in range(first, last + 1, every) for tier in tiers]


def takes(person: str) -> Callable[[World], object]:
    return lambda world: world.acknowledge(person)


def quietens(world: World) -> object:
    return world.quieten()


def resolves(person: str) -> Callable[[World], object]:
    return lambda world: world.resolve(person, "the service is back")


@dataclass(frozen=True)
class Row:
    """One severity and what people do, against the complete list of what rings until ``until``."""

    severity: str
    answers: Answers
    rang: Rang
    until: int = THREE_HOURS


NOBODY_ANSWERS = {
    "P0: engineering at once, manager at 5 min, CTO at 10 min, then both ends for ever": Row(
        "P0",
        {},
        together(0, L1, L2, L3)
        + together(300, L1, L2, L3, L4)
        + together(600, L1, L2, L3, L4, L5)
        + together(900, L1, L2, L3, L4, L5)  # exhausted; L3 and L4 also because nobody of L3 has engaged in 15 min
        + together(1200, L1, L3, L4, L5)  # the second time of the engagement
        + again_and_again(1500, 3300, 300, L1, L5)
        + together(3600, L1, L4, L5)  # L4: unresolved for 1 h
        + again_and_again(3900, 10800, 300, L1, L5),  # L5 is rung at 7200 for both reasons, once
    ),
    "P1: both support tiers at once, engineering at 5 min, manager at 10 min, never the CTO": Row(
        "P1",
        {},
        together(0, L1, L2)
        + together(300, L1, L2, L3)
        + together(600, L1, L2, L3, L4)
        + together(900, L1, L2, L3, L4)
        + again_and_again(1200, 1500, 300, L1, L4)
        + again_and_again(1800, 2100, 300, L1, L3, L4)  # engagement at 30 min, and once more
        + again_and_again(2400, 10800, 300, L1, L4),
    ),
    "P2: L2 at 15 min, L3 at 30 min, exhausted at 45 min": Row(
        "P2",
        {},
        together(0, L1)
        + together(900, L1, L2)
        + together(1800, L1, L2, L3)
        + together(2700, L1, L2, L3)
        + again_and_again(3600, 10800, 900, L1, L3),
    ),
    "P3: L1 every business hour of two business days": Row(
        "P3",
        {},
        again_and_again(0, 6 * HOUR, HOUR, L1)  # at 17:00 the office has closed: Tuesday 09:00
        + again_and_again(TUESDAY_9, TUESDAY_16, HOUR, L1)
        + again_and_again(WEDNESDAY_9, 48 * HOUR, HOUR, L1),
        until=48 * HOUR,
    ),
}

L1_ANSWERS = {
    "P0: engineering is still owed at 15 and 20 min, L4 at 1 h, its holder after 1 h, then nobody": Row(
        "P0",
        {60: takes("alice")},
        together(0, L1, L2, L3)
        + together(900, L3, L4)
        + together(1200, L3, L4)
        + together(3600, L4)
        + together(3660, L1)  # her acknowledgement ends
        + together(3960, L1, L2, L3, L4, L5)
        + together(4260, L1, L2, L3, L4, L5)  # exhausted
        + again_and_again(4560, 6960, 300, L1, L5)
        + together(7200, L5)
        + again_and_again(7260, 10560, 300, L1, L5),
    ),
    "P1: engineering at 30 min, again with the manager at 35 min, the holder after 2 h": Row(
        "P1",
        {60: takes("alice")},
        together(0, L1, L2)
        + together(1800, L3)
        + together(2100, L3, L4)
        + together(7260, L1)
        + together(7560, L1, L2, L3, L4)
        + again_and_again(7860, 10560, 300, L1, L4),
    ),
    "P2: L2 at 30 min although it is held, once more at 45 min, L3 at 4 h": Row(
        "P2",
        {60: takes("alice")},
        together(0, L1)
        + together(1800, L2)
        + together(2700, L2)
        + together(14400, L3)
        + together(14460, L1)
        + together(15300, L3)
        + together(15360, L1, L2, L3),
        until=16000,
    ),
    "P3: nobody until the next business day, then its holder and an hour later again": Row(
        "P3",
        {60: takes("alice")},
        together(0, L1)
        + again_and_again(TUESDAY_9, TUESDAY_16, HOUR, L1)
        + again_and_again(WEDNESDAY_9, 48 * HOUR, HOUR, L1),
        until=48 * HOUR,
    ),
}

ENGINEERING_ANSWERS = {
    "P0: only the unresolved manager and CTO, and the end of the last acknowledgement": Row(
        "P0",
        {60: takes("alice"), 120: takes("dana"), 3700: takes("farah")},
        together(0, L1, L2, L3)
        + together(3600, L4)
        + together(7200, L5)
        + together(7300, L4)  # farah's acknowledgement, given at 3700
        + together(7600, L1, L2, L3, L4, L5)
        + again_and_again(7900, 10600, 300, L1, L5),
    ),
    "P1: engineering rung at 30 min answers, and nobody else is rung before its acknowledgement ends": Row(
        "P1",
        {60: takes("alice"), 1860: takes("dana")},
        together(0, L1, L2) + together(1800, L3) + together(9060, L3) + together(9360, L1, L2, L3, L4),
        until=9600,
    ),
    "P2: engineering rung at 4 h answers, and holds it for 4 h": Row(
        "P2",
        {60: takes("alice"), 14430: takes("dana")},
        together(0, L1) + together(1800, L2) + together(2700, L2) + together(14400, L3) + together(28830, L3),
        until=29000,
    ),
    "P3: engineering counts as L1, for nobody else is rung for it": Row(
        "P3",
        {60: takes("alice"), 120: takes("dana")},
        together(0, L1) + together(TUESDAY_9, L1) + together(24 * HOUR, L1),
        until=24 * HOUR,
    ),
}

QUIET_AGAIN = {
    "P0: the holder is asked after 30 stable minutes, and says that it is over": Row(
        "P0",
        {60: takes("alice"), 600: quietens, 2460: resolves("alice")},
        together(0, L1, L2, L3) + together(2400, L1),
    ),
    "P1: the holder is asked after 30 stable minutes, and says that it is over": Row(
        "P1", {60: takes("alice"), 600: quietens, 2460: resolves("alice")}, together(0, L1, L2) + together(2400, L1)
    ),
    "P2: over by itself after 15 stable minutes": Row("P2", {60: takes("alice"), 600: quietens}, together(0, L1)),
    "P3: over by itself at once": Row("P3", {60: takes("alice"), 600: quietens}, together(0, L1), until=48 * HOUR),
}

ROWS = {**NOBODY_ANSWERS, **L1_ANSWERS, **ENGINEERING_ANSWERS, **QUIET_AGAIN}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.requirement("9", "53", "54", "55", "56", "57")
def test_the_complete_list_of_what_rings_is(name: str) -> None:
    row = ROWS[name]
    world = opened(row.severity)
    for second, answer in row.answers.items():
        at(world, second)
        answer(world)
    at(world, row.until)
    assert world.rang() == row.rang


@pytest.mark.parametrize("name", ROWS)
def test_nothing_rings_a_second_before_its_boundary_all_of_it_at_the_boundary_and_nothing_a_second_after(
    name: str,
) -> None:
    row = ROWS[name]
    world = opened(row.severity)
    boundaries = sorted({second for second, _ in row.rang} - {0} | set(row.answers))
    for second in boundaries:
        so_far = [rang for rang in row.rang if rang[0] < second]
        world.sleep_until(timedelta(seconds=second - 1))
        world.tick()
        assert world.rang() == so_far
        world.sleep_until(timedelta(seconds=second))
        world.tick()
        if second in row.answers:
            row.answers[second](world)
        assert world.rang() == [rang for rang in row.rang if rang[0] <= second]
        world.sleep_until(timedelta(seconds=second + 1))
        world.tick()
        assert world.rang() == [rang for rang in row.rang if rang[0] <= second]


@pytest.mark.parametrize(
    ("severity", "boundary", "tiers"), [("P0", 300, [L1, L2, L3, L4]), ("P1", 300, [L1, L2, L3]), ("P2", 900, [L1, L2])]
)
def test_a_watcher_that_comes_a_second_late_rings_the_same_tiers_a_second_late(
    severity: str, boundary: int, tiers: list[str]
) -> None:
    world = opened(severity)
    world.sleep_until(timedelta(seconds=boundary + 1))
    world.tick()
    assert world.rang_since(1) == [(boundary + 1, tier) for tier in tiers]


@pytest.mark.parametrize(("severity", "exhausted"), [("P0", 900), ("P1", 900), ("P2", 2700), ("P3", 3600)])
def test_the_ladder_is_exhausted_when_its_last_tier_stayed_silent_too(severity: str, exhausted: int) -> None:
    world = opened(severity)
    at(world, exhausted - 1)
    assert world.state().exhausted_at is None
    assert world.troubles == []
    at(world, exhausted)
    assert world.state().exhausted_at == world.started + timedelta(seconds=exhausted)
    assert [(trouble.kind, trouble.over) for trouble in world.troubles] == [(TroubleKind.LADDER_EXHAUSTED, False)]


@pytest.mark.parametrize(("severity", "window_ends"), [("P0", 2400), ("P1", 2400)])
def test_a_p0_or_p1_waits_for_a_person_when_its_window_is_over(severity: str, window_ends: int) -> None:
    world = at(opened(severity), 60)
    world.acknowledge("alice")
    at(world, 600).quieten()
    at(world, window_ends + 600)
    assert world.state().status is Status.MONITORING
    world.resolve("alice", "the service is back")
    assert world.state().status is Status.RESOLVED


@pytest.mark.parametrize(("severity", "window_ends"), [("P2", 1500), ("P3", 600)])
def test_a_p2_or_p3_ends_with_its_window_to_the_second(severity: str, window_ends: int) -> None:
    world = at(opened(severity), 60)
    world.acknowledge("alice")
    at(world, 599)
    assert world.state().status is Status.ACKNOWLEDGED
    at(world, 600).quieten()
    if window_ends > 600:
        at(world, window_ends - 1)
        assert world.state().status is Status.MONITORING
    at(world, window_ends)
    assert world.state().status is Status.RESOLVED
    assert world.state().resolved_at == world.started + timedelta(seconds=window_ends)


@pytest.mark.parametrize(
    ("severity", "lapse", "silent"), [("P0", 300, [L1, L2, L3]), ("P1", 300, [L1, L2]), ("P2", 900, [L1])]
)
def test_silent_tiers_are_rung_again_at_the_lapse_on_all_their_channels(
    severity: str, lapse: int, silent: list[str]
) -> None:
    world = at(opened(severity), lapse)
    for tier in silent:
        first = {page.channel for page in world.pages() if page.tier == tier and page.round == 1}
        second = {page.channel for page in world.pages() if page.tier == tier and page.round == 2}
        assert first == second != set()


def test_a_p3_out_of_hours_rings_l1_at_the_next_opening() -> None:
    friday_17 = 4 * 24 * HOUR + 7 * HOUR
    world = World(opened("P3").book)
    at(world, friday_17)
    world.fire("info")
    monday_9 = friday_17 + 64 * HOUR
    at(world, monday_9 - 1)
    assert world.rang() == []
    at(world, monday_9 + 2 * HOUR)
    assert world.rang() == [(monday_9, L1), (monday_9 + HOUR, L1), (monday_9 + 2 * HOUR, L1)]


def test_a_p3_in_the_last_second_of_business_hours_rings_at_once() -> None:
    world = World(opened("P3").book)
    at(world, MONDAY_17 - 1)
    world.fire("info")
    assert world.rang() == [(MONDAY_17 - 1, L1)]
