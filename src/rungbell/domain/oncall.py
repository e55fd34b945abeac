"""Who is on call: schedules, their layers, and what overrides make of them.

Rules
-----
* The first layer that has somebody on call decides, as the first rule that matches does.
* A layer is people who always are, a rotation, a round robin, or the shifts of a calendar; outside its hours it has
  nobody.
* A round robin gives each new incident to the next one of its list. Without an incident, everybody of it is on call.
* Overrides lie over what the layers say.

May import: ``calendar``, ``hours``, ``override``, ``rotation``, ``shifts`` and the standard library's pure parts.
"""

from datetime import datetime

from rungbell.domain.calendar import in_utc
from rungbell.domain.hours import WeeklyHours
from rungbell.domain.override import Override, overridden
from rungbell.domain.rotation import Rotation
from rungbell.domain.shifts import Shifts
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Exactly one of the same ``people`` always, a ``rotation``, a ``round_robin`` and ``shifts``, within ``hours``.

    Raises ``ValueError`` for none of them, or several.
    """

    people: tuple[str, ...] = ()
    rotation: Rotation | None = None
    round_robin: tuple[str, ...] = ()
    shifts: Shifts | None = None
    hours: WeeklyHours | None = None

    def __post_init__(self) -> None:
        turns = (self.rotation is not None, self.shifts is not None)
        if sum((bool(self.people), bool(self.round_robin), *turns)) != 1:
            raise ValueError("a layer is exactly one of people, a rotation, a round robin and a calendar's shifts")

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody who may ever be on call by it, each once."""
        if self.shifts is not None:
            return self.shifts.members
        return tuple(dict.fromkeys(self.rotation.people if self.rotation else self.people or self.round_robin))

    @property
    def zone(self) -> str | None:
        """The zone by whose clocks it turns, where it has one."""
        turns = self.rotation or self.hours
        return turns.zone if turns else None

    def at(self, now: datetime, nth: int | None = None) -> tuple[tuple[str, ...], datetime | None]:
        """Give who is on call at ``now``, and until when that certainly holds; ``None``: for ever.

        ``nth`` is the number that an incident has in the round robin, counted from 0.
        """
        until: datetime | None = None
        if self.hours is not None:
            open_, until = self.hours.at(now)
            if not open_:
                return (), until
        if self.rotation is not None:
            turn = self.rotation.turn(now)
            if turn is None:
                return (), _earlier(until, self.rotation.begins)
            return turn.people, until if self.rotation.alone else _earlier(until, turn.ends)
        if self.shifts is not None:
            people, changes = self.shifts.at(now)
            return people, _earlier(until, changes)
        if self.round_robin and nth is not None:
            return (self.round_robin[nth % len(self.round_robin)],), until
        return self.people or self.round_robin, until


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call at a moment, and why."""

    people: tuple[str, ...]
    planned: tuple[str, ...]
    """Who would be without overrides."""
    overrides: tuple[Override, ...]
    """Those to which somebody of ``people`` owes it."""
    layer: int | None
    """The place, counted from 0, of the layer that planned it; ``None``: nobody was planned."""
    until: datetime | None
    """So long it certainly holds; ``None``: for ever."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A name that tiers reach: ``layers`` in order, and ``overrides`` in the order in which they were made.

    Without a layer that has somebody, nobody is on call.
    """

    name: str
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody who may ever be on call by its layers, each once."""
        return tuple(dict.fromkeys(person for layer in self.layers for person in layer.members))

    @property
    def zone(self) -> str | None:
        """The zone by whose clocks its first layer turns that has one."""
        return next((layer.zone for layer in self.layers if layer.zone), None)

    @property
    def round_robin(self) -> bool:
        """Whether incidents take turns with it."""
        return any(layer.round_robin for layer in self.layers)

    def on_call(self, now: datetime, nth: int | None = None) -> tuple[str, ...]:
        """Give everybody on call at ``now`` (with a zone), in order.

        ``nth`` is the number that an incident has in the schedule's round robin; without it that has everybody.
        """
        return self.at(now, nth).people if self.overrides else self._planned(in_utc(now), nth)[0]

    def at(self, now: datetime, nth: int | None = None) -> OnCall:
        """Give who is on call at ``now`` (with a zone), and why."""
        now = in_utc(now)
        planned, decides, until = self._planned(now, nth)
        if not self.overrides:
            return OnCall(planned, planned, (), decides, until)
        counting = [override for override in self.overrides if override.covers(now)]
        for override in self.overrides:
            if now < override.ends:
                until = _earlier(until, override.begins if now < override.begins else override.ends)
        people, used = overridden(planned, counting)
        return OnCall(people, planned, used, decides, until)

    def _planned(self, now: datetime, nth: int | None) -> tuple[tuple[str, ...], int | None, datetime | None]:
        until: datetime | None = None
        for place, layer in enumerate(self.layers):
            people, ends = layer.at(now, nth)
            until = _earlier(until, ends)
            if people:
                return people, place, until
        return (), None, until


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
