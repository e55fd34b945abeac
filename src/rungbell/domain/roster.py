"""The roster: who is on call now, and by which ways people are really reached.

Rules
-----
* It is always today's: an incident that keeps an old policy rings whoever stands there now (requirements 3.11 rule 18).
* Who is unknown today, or has no usable way, is left out; that a tier is empty then is for the ladder to say.

May import: ``policy``, ``severity``, ``language``, ``oncall``, ``override``, ``preference``, ``shifts`` and the
standard library's pure parts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime

from rungbell.domain.language import Language
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.override import Override, in_order
from rungbell.domain.policy import TierPlan
from rungbell.domain.preference import Ways, chosen, one_at_once
from rungbell.domain.severity import Severity
from rungbell.domain.shifts import Shifts
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be paged; ``contacts`` holds what channels need (``email``, ``phone`` …)."""

    id: str
    name: str
    contacts: Mapping[str, str] = field(default_factory=dict)
    reached: Mapping[Severity, Ways] = field(default_factory=dict)
    """What they chose, by severity; without one the tier decides alone (see ``preference``)."""
    zone: str | None = None
    """By whose clocks they live, where they said so: times are told in UTC, and beside it in theirs."""
    language: Language = Language.EN


@dataclass(frozen=True, slots=True)
class Channel:
    """A configured notifier; ``needs`` names the contact a person must have to be reached through it."""

    name: str
    needs: str | None = None
    follows: bool = False
    """It hears what becomes of the incidents that it was told of; see ``echo``."""
    calls: bool = False
    """It rings a telephone: news go another way, see ``preference``."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Today's people, schedules and channels."""

    people: Mapping[str, Person]
    schedules: Mapping[str, Schedule]
    channels: Mapping[str, Channel]
    round_robins: frozenset[str] = field(init=False)
    """The schedules with which incidents take turns."""

    def __post_init__(self) -> None:
        names = frozenset(name for name, schedule in self.schedules.items() if schedule.round_robin)
        object.__setattr__(self, "round_robins", names)

    def with_overrides(self, overrides: Iterable[Override]) -> "Roster":
        """Give the roster in which exactly these overrides count, the one made last before all others.

        One for a schedule or a person that is unknown today is left out: who is on call without it stays so.
        """
        of: dict[str, list[Override]] = {name: [] for name in self.schedules}
        for override in in_order(overrides):
            if override.schedule in of and override.person in self.people:
                of[override.schedule].append(override)
        schedules = {name: replace(schedule, overrides=tuple(of[name])) for name, schedule in self.schedules.items()}
        return replace(self, schedules=schedules)

    def with_calendars(self, calendars: Mapping[str, Shifts]) -> "Roster":
        """Give the roster in which these are the shifts of the calendars with those names."""

        def filled(layer: Layer) -> Layer:
            known = calendars.get(layer.shifts.calendar) if layer.shifts else None
            return layer if known is None else replace(layer, shifts=known)

        schedules = {
            name: replace(schedule, layers=tuple(filled(layer) for layer in schedule.layers))
            for name, schedule in self.schedules.items()
        }
        return replace(self, schedules=schedules)

    def on_tier(
        self,
        plan: TierPlan,
        now: datetime,
        nth: Mapping[str, int] | None = None,
        *,
        severity: Severity | None = None,
    ) -> tuple[tuple[str, Ways], ...]:
        """Who stands on a tier now, each with the ways that really reach them, for ``severity`` as they chose.

        ``nth`` holds the number that an incident has in each schedule with a round robin; without it everybody of that
        schedule stands there. People who are unknown today or have no usable way are left out; an empty answer is an
        empty tier.
        """
        found: dict[str, Ways] = {}
        for name in plan.reach:
            schedule = self.schedules.get(name)
            for person in schedule.on_call(now, nth.get(name) if nth else None) if schedule else (name,):
                ways = self.ways(person, plan.through, severity)
                if ways:
                    found[person] = ways
        return tuple(found.items())

    def ways(self, person: str, through: Ways, severity: Severity | None = None) -> Ways:
        """Those of ``through`` that reach ``person``, for ``severity`` as they chose; the first leaves at once."""
        known = self.people.get(person)
        if known is None:
            return ()
        channels = self.channels
        usable = tuple([way for way in through if (channel := channels.get(way.channel)) and self._has(known, channel)])
        wanted = known.reached.get(severity, ()) if severity is not None else ()
        return one_at_once(chosen(usable, wanted))

    def ways_for_news(self, person: str, through: Ways, severity: Severity | None = None) -> Ways:
        """The ways by which ``person`` hears what asks for no answer: none that calls, where there is another."""
        wanted = self.ways(person, through, severity)
        for ways in (wanted, self.ways(person, through)):
            quiet = tuple(way for way in ways if not self.channels[way.channel].calls)
            if quiet:
                return one_at_once(quiet)
        return wanted

    @staticmethod
    def _has(person: Person, channel: Channel) -> bool:
        return channel.needs is None or bool(person.contacts.get(channel.needs))
