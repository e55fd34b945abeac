"""Ladders: what one policy of a shop says, in the simulation's own plain words.

Rules
-----
* Whatever is drawn would pass ``rungbell check config``: tiers without a gap, no severity above its cap.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from tests.simulation.duty import SCHEDULES
from tests.simulation.moments import HOUR, MINUTE, instant, milliseconds
from tests.simulation.owed import NOTHING, USUAL, Aftermath, Owed, draw_aftermath, draw_owed

TIERS: Final = ("L1", "L2", "L3", "L4", "L5")
SEVERITIES: Final = ("P0", "P1", "P2", "P3")
PEOPLE: Final = ("alice", "bob", "chen", "dana", "eli", "farah")
CHANNELS: Final = {"chat": None, "phone": None, "mail": "email"}
"""Channel to the contact that it needs."""
CALLS: Final = {"phone"}
"""Those by which a telephone rings."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one severity demands."""

    page: tuple[str, ...]
    within: int
    climb_to: str
    lasts: int | None
    stable: int
    window: bool
    reopen: int
    engineering: int | None
    unresolved: tuple[tuple[str, int], ...]
    business: bool
    repage: bool
    repeat: int | None
    owed: Owed = NOTHING


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier: people and schedules, the channels with their delays, and the severities it is paged for."""

    reach: tuple[str, ...]
    through: tuple[tuple[str, int], ...]
    only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """When the office is open."""

    zone: str
    holidays: tuple[date, ...]

    def elapse(self, start: int, duration: int) -> int:
        """When so much open time has passed since ``start``; exactly at closing time it is the next opening."""
        day = self.day(start)
        while True:
            window = _window(self, day)
            if window is not None and window[1] > start:
                begins = max(window[0], start)
                if duration < window[1] - begins:
                    return begins + duration
                duration -= window[1] - begins
            day += timedelta(days=1)

    def next_business_day(self, start: int) -> int:
        """The opening of the first business day after that of ``start``."""
        day = self.day(start) + timedelta(days=1)
        while (window := _window(self, day)) is None:
            day += timedelta(days=1)
        return window[0]

    def close_after(self, start: int, days: int) -> int:
        """The close of the last of so many business days after that of ``start``."""
        day = self.day(start)
        while days:
            day += timedelta(days=1)
            window = _window(self, day)
            days -= window is not None
        assert window is not None
        return window[1]

    def day(self, at: int) -> date:
        """The local date."""
        return instant(at).astimezone(ZoneInfo(self.zone)).date()


@cache
def _window(hours: Hours, day: date) -> tuple[int, int] | None:
    if day.weekday() > 4 or day in hours.holidays:
        return None
    zone = ZoneInfo(hours.zone)
    opens = datetime(day.year, day.month, day.day, 9, tzinfo=zone)
    return milliseconds(opens), milliseconds(opens.replace(hour=17))


@dataclass(frozen=True, slots=True)
class Ladder:
    """One policy."""

    name: str
    rungs: dict[str, Rung]
    plans: dict[str, Plan]
    hours: Hours
    aftermath: Aftermath = USUAL
    owes: bool = False
    """Whether it demands anything beside paging."""
    hash: str = ""
    """Of the policy that rungbell makes of it."""

    def allows(self, tier: str, severity: str) -> bool:
        """Whether the tier may be paged at all."""
        return tier in self.rungs and severity in self.rungs[tier].only

    def climbable(self, severity: str) -> list[str]:
        """The tiers that clocks may page, lowest first."""
        cap = self.plans[severity].climb_to
        return [tier for tier in TIERS if tier <= cap and self.allows(tier, severity)]

    def elapse(self, severity: str, start: int, duration: int) -> int:
        """When ``duration`` has passed since ``start``, as the severity counts it."""
        return self.hours.elapse(start, duration) if self.plans[severity].business else start + duration

    def acknowledgement_ends(self, severity: str, start: int) -> int:
        """When an acknowledgement given at ``start`` ends."""
        lasts = self.plans[severity].lasts
        return self.hours.next_business_day(start) if lasts is None else start + lasts


def draw_ladder(
    rng: Random, name: str, hours: Hours, channels: tuple[str, ...], people: dict[str, tuple[str, ...]]
) -> Ladder:
    top = rng.choice((1, 2, 3, 4, 5, 5, 5))
    everybody = [*people, *PEOPLE, *SCHEDULES]  # those who left the shop may still stand in its policy
    rungs = {}
    for tier in TIERS[:top]:
        through = tuple(
            (channel, rng.choice((0, 0, 0, 2 * MINUTE)))
            for channel in rng.sample(sorted(CHANNELS), rng.choice((1, 1, 1, 1, 2)))
        )
        reach = tuple(dict.fromkeys(rng.choices(everybody, k=rng.choice((1, 1, 1, 1, 2)))))
        rungs[tier] = Rung(reach, through, ("P0",) if tier == "L5" else SEVERITIES)
    if rng.random() < 0.8:  # most can be reached at all
        first = rng.choice((("alice",), ("alice",), ("alice",), ("support",), ("experts",)))
        rungs["L1"] = replace(rungs["L1"], reach=first, through=((channels[0], 0),))
        if CHANNELS[channels[0]] is not None:
            people["alice"] = ("email",)
    return Ladder(name, rungs, {severity: _plan(rng, severity, rungs) for severity in SEVERITIES}, hours)


def with_what_is_owed(rng: Random, ladder: Ladder) -> Ladder:
    """The same ladder with obligations."""
    plans = {severity: replace(plan, owed=draw_owed(rng, severity)) for severity, plan in ladder.plans.items()}
    return replace(ladder, plans=plans, aftermath=draw_aftermath(rng), owes=True)


def _plan(rng: Random, severity: str, rungs: dict[str, Rung]) -> Plan:
    usual_cap = {"P0": "L5", "P1": "L4", "P2": "L3", "P3": "L1"}[severity]
    open_to = [tier for tier, rung in rungs.items() if severity in rung.only]
    cap = min(max(open_to), rng.choice((usual_cap, usual_cap, rng.choice(TIERS))))
    below = [tier for tier in open_to if tier <= cap]
    most = {"P0": 3, "P1": 2, "P2": 1, "P3": 1}[severity]
    page = tuple(below[: rng.choice((most, 1))])
    # Some of these fall due together, some before a lapse, some long after everybody was paged.
    engineering = {"P0": (7, 10, 15), "P1": (6, 15, 30), "P2": (20, 30, 240)}.get(severity)
    after = rng.choice((9, 12, 30, 60))
    unresolved = {"P0": (("L4", after), ("L5", 2 * after)), "P2": (("L2", after),), "P1": (("L3", after),)}
    return Plan(
        page=page,
        within=rng.choice({"P0": (5, 5, 1), "P1": (5, 5, 10), "P2": (15, 15, 5), "P3": (60, 60, 15)}[severity])
        * MINUTE,
        climb_to=cap,
        lasts={"P0": HOUR, "P1": 2 * HOUR, "P2": 4 * HOUR, "P3": None}[severity],
        stable=rng.choice({"P2": (15, 15, 0), "P3": (0, 0, 15)}.get(severity, (30, 30, 15))) * MINUTE,
        window=rng.random() < (0.9 if severity in {"P2", "P3"} else 0.1),
        reopen=rng.choice((HOUR, HOUR, 10 * MINUTE)),
        engineering=rng.choice(engineering) * MINUTE if engineering and "L3" in below and rng.random() < 0.7 else None,
        unresolved=tuple(
            (tier, minutes * MINUTE)
            for tier, minutes in unresolved.get(severity, ())
            if tier in below and rng.random() < 0.7
        ),
        business=severity == "P3" and rng.random() < 0.7,
        repage=rng.random() < 0.6,
        repeat=rng.choice((None, HOUR, 3 * MINUTE)),
    )
