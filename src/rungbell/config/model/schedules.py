"""``schedules`` as the writer of the file sees them: rotations, calendars, layers, and who hears of shifts.

May import: ``ical.people``, ``durations``, ``fields``, ``http``, ``mistakes``, ``section``, ``times`` and pydantic.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from rungbell.config.durations import Duration, format_duration
from rungbell.config.fields import InTurn, Names, Text, Together, not_empty
from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import wrong
from rungbell.config.section import Section
from rungbell.config.times import Days, Handover, Starts, TurnLength, Window, Zone, at_least, at_most
from rungbell.ical.people import NamedBy


class RotationSection(Section):
    """``rotation``: people take turns of one length; ``starts`` says when the first one begins."""

    people: InTurn
    every: TurnLength = timedelta(weeks=1)
    handover: Handover | None = None
    starts: Starts
    together: Together = 1
    zone: Zone | None = None

    @model_validator(mode="after")
    def _possible(self) -> "RotationSection":
        weekday = self.handover[0] if self.handover else None
        if weekday is not None and self.every % timedelta(weeks=1):
            raise wrong(
                f"turns of {format_duration(self.every)} do not all begin on one weekday",
                "leave the weekday out of `handover`; the first turn begins on the day `starts`",
            )
        if self.together > len(set(self.people)):
            raise wrong(f"has fewer people than the {self.together} that are on call together")
        return self


class CalendarSection(HttpSettings):
    """``calendar``: who is on call is what a calendar says, which is read at a ``url`` or in a ``file``."""

    url: SecretStr | None = None
    file: Text | None = None
    by: NamedBy = NamedBy.SUMMARY
    aliases: dict[Text, str] = Field(default_factory=dict)
    zone: Zone | None = None
    refresh: Annotated[Duration, at_least(timedelta(minutes=1))] = timedelta(minutes=15)
    stale_after: Annotated[Duration, at_least(timedelta(minutes=5))] = timedelta(hours=6)

    @model_validator(mode="after")
    def _one_place(self) -> "CalendarSection":
        if (self.url is None) == (self.file is None):
            raise wrong("needs exactly one of `url_file`, `url` and `file`")
        if self.stale_after < self.refresh:
            raise wrong("`stale_after` is shorter than `refresh`", "a calendar is read again every `refresh`")
        return self


class Duties(Section):
    """What says who is on call: people always, a rotation, people to whom incidents go in turn, or a calendar."""

    people: Names | None = None
    rotation: RotationSection | None = None
    round_robin: InTurn | None = None
    calendar: CalendarSection | None = None

    @property
    def given(self) -> int:
        """How many of these it has."""
        return sum(part is not None for part in (self.people, self.rotation, self.round_robin, self.calendar))


class LayerSection(Duties):
    """``schedules.<name>.layers[n]``: somebody is on call, within hours of the week or always."""

    days: Days | None = None
    hours: Window | None = None
    zone: Zone | None = None

    @model_validator(mode="after")
    def _one_of_four(self) -> "LayerSection":
        if self.given != 1:
            raise wrong("needs exactly one of `people`, `rotation`, `round_robin` and `calendar`")
        if self.zone and not (self.days or self.hours or self.rotation or self.calendar):
            raise wrong("`zone` does nothing here", "add `hours`, `days` or a `rotation`, or leave it out")
        return self


class TellSection(Section):
    """``schedules.<name>.tell``: through which channels people hear of their shifts."""

    through: Names
    starts: bool = True
    ends: bool = True
    before: Annotated[Duration, at_least(timedelta(minutes=1)), at_most(timedelta(weeks=1))] | None = None

    @model_validator(mode="after")
    def _something(self) -> "TellSection":
        if not (self.starts or self.ends or self.before):
            raise wrong("tells of nothing", "leave `tell` out, or one of `starts`, `ends` and `before` in")
        return self


class ScheduleSection(Duties):
    """``schedules.<name>``: who is on call, in one way or in layers of which the first that has somebody decides."""

    layers: Annotated[tuple[LayerSection, ...], not_empty] | None = None
    tell: TellSection | None = None

    @model_validator(mode="after")
    def _one_of_five(self) -> "ScheduleSection":
        if self.given + (self.layers is not None) != 1:
            raise wrong("needs exactly one of `people`, `rotation`, `round_robin`, `calendar` and `layers`")
        return self
