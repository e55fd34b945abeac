"""Rotations over every change of the clocks in every zone from 2000 to 2037: never a gap, never two turns at once.

Only around a change can anything go wrong, so each is looked at with a handover that falls on it, one in the middle of
what the clocks skip or show twice, and one at the end of that. Changes of several zones are one where the clocks of all
of them do the same for ``NEAR`` before and after, which is longer than anything that a turn there depends on.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from rungbell.domain.rotation import Rotation, Turn
from tests.domain.zone_data import Change, changes, zones

MOMENT = timedelta(microseconds=1)
LENGTHS = tuple(timedelta(hours=hours) for hours in (1, 12, 24, 36, 168))
NEAR = timedelta(days=21)
"""Three times the longest turn."""


def handovers(change: Change) -> tuple[datetime, ...]:
    """Wall times of what a change skips or shows twice: the first, one in the middle, and the first after it."""
    low, high = sorted((change.was, change.shows))
    return low, low + (high - low) / 2, high


def rotation(change: Change, handover: datetime, every: timedelta) -> Rotation:
    """A rotation one of whose handovers, but not the first, is at that wall time."""
    starts = handover - 100 * every
    return Rotation(
        zone=change.zone, people=("alice", "bob", "chen"), every=every, starts=starts.date(), at=starts.time()
    )


def turns_around(rotation: Rotation, at: datetime, reach: timedelta) -> list[Turn]:
    """The turns from ``reach`` before ``at`` until ``reach`` after it, each found from where the one before ends."""
    turn = rotation.turn(at - reach)
    assert turn is not None
    assert turn.begins <= at - reach < turn.ends
    found = [turn]
    while found[-1].ends <= at + reach:
        following = rotation.turn(found[-1].ends)
        assert following is not None
        assert following.begins == found[-1].ends, (rotation, found[-1], following)
        assert rotation.turn(following.ends - MOMENT) == following, (rotation, following)
        found.append(following)
    return found


def different_changes() -> tuple[int, list[Change]]:
    """How many changes there are, and one of each kind."""
    count = 0
    kinds: dict[object, Change] = {}
    for same in zones():
        found = list(changes(same[0]))
        count += len(found) * len(same)
        for change in found:
            near = [one for one in found if abs(one.at - change.at) < NEAR]
            kinds.setdefault(tuple((one.at, one.was, one.shows) for one in near), change)
    return count, [*kinds.values()]


@pytest.mark.timeout(600)  # twenty seconds of one core, but a busy machine has less of it
def test_no_rotation_has_a_gap_or_an_overlap_at_any_change_of_any_clocks() -> None:
    count, kinds = different_changes()
    assert count > 15_000, "the zone data of this machine are not whole"
    for change in kinds:
        skipped = abs(change.shows - change.was)
        for every in LENGTHS:
            for handover in handovers(change):
                one = rotation(change, handover, every)
                found = turns_around(one, change.at, 1.5 * skipped)
                for now in (change.at - MOMENT, change.at, change.at + skipped / 4, change.at + skipped * 3 / 4):
                    assert [one.turn(now)] == [turn for turn in found if turn.begins <= now < turn.ends], (one, now)


def test_the_rules_go_on_in_the_year_2100() -> None:
    rotation = Rotation(zone="Europe/London", people=("alice", "bob"), starts=date(2026, 1, 5), weekday=0)
    turns = turns_around(rotation, datetime(2100, 3, 28, 1, tzinfo=UTC), timedelta(weeks=40))
    shown = {turn.begins.astimezone(ZoneInfo("Europe/London")).time() for turn in turns}
    assert (len(turns), shown) == (81, {time(9)})
