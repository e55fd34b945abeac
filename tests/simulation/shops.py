"""Shops: who works there and what their configuration says, in the simulation's own plain words.

From the same words come rungbell's book and what the second reading expects, so that neither is made from the other.

Rules
-----
* A shop is drawn from its number; the same number is the same shop in every process.
* Whatever is drawn would pass ``rungbell check config``: tiers without a gap, no severity above its cap.
* All shops share people and channels, so that a reload from one to another takes some away and brings others.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from rungbell.domain.calendar import BusinessHours
from rungbell.domain.matchers import Matcher
from rungbell.domain.policy import (
    Book,
    Channel,
    Person,
    Policy,
    PolicyRoute,
    Resolves,
    Roster,
    SeverityPlan,
    Through,
    Tier,
    TierPlan,
    pinned,
)
from rungbell.domain.severity import Severity, SeverityRule, SeverityRules

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
"""Milliseconds: the unit of every time in the simulation."""
TIERS: Final = ("L1", "L2", "L3", "L4", "L5")
SEVERITIES: Final = ("P0", "P1", "P2", "P3")
PEOPLE: Final = ("alice", "bob", "chen", "dana", "eli", "farah")
CHANNELS: Final = {"chat": None, "phone": None, "mail": "email"}
"""Channel to the contact that it needs."""
LABELS: Final = {"disaster": "P0", "critical": "P1", "warning": "P2", "odd": "P2", "info": "P3", "none": None}
"""The label ``severity`` to what it means: the shops' own rule, the shipped defaults, the fallback, never."""
SHOPS: Final = 160
MONDAY: Final = 1_795_392_000_000
"""2026-11-23 00:00 UTC."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier: people, the channels with their delays, and the severities it is paged for."""

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


@dataclass(frozen=True, slots=True)
class Shop:
    """A whole configuration."""

    number: int
    people: dict[str, tuple[str, ...]]
    """Person to their contacts."""
    channels: tuple[str, ...]
    default: Ladder
    database: Ladder | None
    """Where the label ``team`` says ``db``."""
    operator: Ladder | None
    book: Book

    @property
    def ladders(self) -> list[Ladder]:
        """Every policy."""
        return [ladder for ladder in (self.database, self.default, self.operator) if ladder is not None]

    def ways(self, person: str, through: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
        """The channels that reach somebody, with their delays; if all of them wait, the first waits no more."""
        if person not in self.people:
            return []
        found = [
            (channel, after)
            for channel, after in through
            if channel in self.channels and CHANNELS[channel] in {None, *self.people[person]}
        ]
        if found and all(after for _, after in found):
            found[0] = (found[0][0], 0)
        return found

    def on_rung(self, rung: Rung) -> list[tuple[str, list[tuple[str, int]]]]:
        """Who stands on a tier and can be reached, with how."""
        found = {person: self.ways(person, rung.through) for person in rung.reach}
        return [(person, ways) for person, ways in found.items() if ways]


NUMBERS: Final[dict[int, int]] = {}
"""Identity of a book, which nobody lets go of, to the number of its shop."""


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def instant(at: int) -> datetime:
    """The time in UTC."""
    return EPOCH + timedelta(milliseconds=at)


@cache
def shop(number: int) -> Shop:
    """Draw a shop."""
    rng = Random(f"shop {number}")
    channels = tuple(sorted(rng.sample(sorted(CHANNELS), rng.choice((1, 2, 2, 3)))))
    people: dict[str, tuple[str, ...]] = {name: rng.choice((("email",), ())) for name in PEOPLE if rng.random() < 0.85}
    people.setdefault("alice", ("email",))
    hours = Hours(rng.choice(("UTC", "Europe/London")), rng.choice(((), (date(2026, 11, 25),))))
    ladders = [_ladder(rng, name, hours, channels, people) for name in ("default", "database", "operator")]
    default = ladders[0]
    database = ladders[1] if rng.random() < 0.4 else None
    operator = rng.choice((None, default, ladders[2], ladders[2]))
    drawn = [ladder for ladder in (database, default, operator) if ladder is not None]
    policies = {ladder.name: _policy(ladder) for ladder in drawn}
    hashed = {ladder.name: replace(ladder, hash=policies[ladder.name].hash) for ladder in drawn}
    routes = [PolicyRoute((), policies["default"])]
    if database is not None:
        routes.insert(0, PolicyRoute((Matcher("team", "=", "db"),), policies["database"]))
    book = Book(
        rules=SeverityRules((SeverityRule(Severity.P0, (Matcher("severity", "=", "disaster"),), "rules[0]"),)),
        routes=tuple(routes),
        roster=_roster(people, channels),
        operator=None if operator is None else policies[operator.name],
    )
    NUMBERS[id(book)] = number
    return Shop(
        number=number,
        people=people,
        channels=channels,
        default=hashed["default"],
        database=hashed.get("database"),
        operator=None if operator is None else hashed[operator.name],
        book=book,
    )


def _ladder(
    rng: Random, name: str, hours: Hours, channels: tuple[str, ...], people: dict[str, tuple[str, ...]]
) -> Ladder:
    top = rng.choice((1, 2, 3, 4, 5, 5, 5))
    everybody = [*people, *PEOPLE]  # those who left the shop may still stand in its policy
    rungs = {}
    for tier in TIERS[:top]:
        through = tuple(
            (channel, rng.choice((0, 0, 0, 2 * MINUTE)))
            for channel in rng.sample(sorted(CHANNELS), rng.choice((1, 1, 1, 1, 2)))
        )
        reach = tuple(dict.fromkeys(rng.choices(everybody, k=rng.choice((1, 1, 1, 1, 2)))))
        rungs[tier] = Rung(reach, through, ("P0",) if tier == "L5" else SEVERITIES)
    if rng.random() < 0.8:  # most can be reached at all
        rungs["L1"] = replace(rungs["L1"], reach=("alice",), through=((channels[0], 0),))
        if CHANNELS[channels[0]] is not None:
            people["alice"] = ("email",)
    return Ladder(name, rungs, {severity: _plan(rng, severity, rungs) for severity in SEVERITIES}, hours)


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


def _policy(ladder: Ladder) -> Policy:
    return pinned(
        Policy(
            name=ladder.name,
            tiers={Tier(name): _tier(Tier(name), rung) for name, rung in ladder.rungs.items()},
            severities={Severity(name): _severity(plan) for name, plan in ladder.plans.items()},
            hours=BusinessHours(ladder.hours.zone, holidays=frozenset(ladder.hours.holidays)),
        )
    )


def _tier(tier: Tier, rung: Rung) -> TierPlan:
    through = tuple(Through(channel, _span(after)) for channel, after in rung.through)
    return TierPlan(tier, f"role of {tier}", rung.reach, through, frozenset(map(Severity, rung.only)))


def _severity(plan: Plan) -> SeverityPlan:
    return SeverityPlan(
        page=tuple(map(Tier, plan.page)),
        acknowledge_within=_span(plan.within),
        climb_to=Tier(plan.climb_to),
        acknowledgement_lasts=None if plan.lasts is None else _span(plan.lasts),
        stable_for=_span(plan.stable),
        resolves=Resolves.WINDOW if plan.window else Resolves.PERSON,
        reopen_within=_span(plan.reopen),
        engineering_within=None if plan.engineering is None else _span(plan.engineering),
        while_unresolved={Tier(tier): _span(after) for tier, after in plan.unresolved},
        business_hours_only=plan.business,
        repage_unanswered=plan.repage,
        repeat_exhausted_every=None if plan.repeat is None else _span(plan.repeat),
    )


def _span(length: int) -> timedelta:
    return timedelta(milliseconds=length)


def _roster(people: dict[str, tuple[str, ...]], channels: tuple[str, ...]) -> Roster:
    return Roster(
        people={name: Person(name, name.title(), dict.fromkeys(has, "somewhere")) for name, has in people.items()},
        schedules={},
        channels={name: Channel(name, CHANNELS[name]) for name in channels},
    )
