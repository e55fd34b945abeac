"""``maintenance`` and ``storms`` as the writer of the file sees them: what is held back, or goes together.

May import: ``domain``, ``durations``, ``fields``, ``mistakes``, ``section``, ``times`` and pydantic.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from rungbell.config.durations import Duration
from rungbell.config.fields import Matchers, Severities, Text, not_empty
from rungbell.config.mistakes import wrong
from rungbell.config.section import Section
from rungbell.config.times import Days, Wall, Window, Zone, at_least, at_most
from rungbell.domain.hours import EVERY_DAY, MIDNIGHT
from rungbell.domain.maintenance import HELD_SEVERITIES


class MaintenanceSection(Section):
    """``maintenance[n]``: paging of what matches is held within hours of the week, a time once, or both together."""

    name: Text
    match: Annotated[Matchers, not_empty]
    only: Severities = tuple(sorted(HELD_SEVERITIES))
    days: Days | None = None
    hours: Window | None = None
    from_: Wall | None = Field(default=None, alias="from")
    until: Wall | None = None
    zone: Zone | None = None

    @model_validator(mode="after")
    def _ends(self) -> "MaintenanceSection":
        weekly = self.days is not None or self.hours is not None
        if not weekly and (self.from_ is None or self.until is None):
            raise wrong("says no time", "give `from` and `until`, or `days` and `hours` that come back every week")
        opens, closes = self.hours or (MIDNIGHT, MIDNIGHT)
        if self.until is None and (self.days or EVERY_DAY) == EVERY_DAY and opens == closes:
            raise wrong("never ends", "leave out a day, shorten `hours`, or say `until`")
        if self.from_ is not None and self.until is not None and self.from_ >= self.until:
            raise wrong(f"`until` ({self.until:%Y-%m-%d %H:%M}) is not after `from` ({self.from_:%Y-%m-%d %H:%M})")
        return self


class UmbrellaSection(Section):
    """``storms.umbrella``: from when on the new incidents of a policy go on in one."""

    opens: int = Field(ge=2, le=10_000)
    within: Annotated[Duration, at_least(timedelta(seconds=1)), at_most(timedelta(hours=1))] = timedelta(minutes=1)


BudgetTime = Annotated[Duration, at_least(timedelta(seconds=1)), at_most(timedelta(days=1))]


class BudgetSection(Section):
    """``storms.pages``, ``storms.channels.<name>``: how many pages may leave one by one to one person."""

    at_most: int = Field(ge=1, le=10_000)
    within: BudgetTime = timedelta(minutes=10)


class StormsSection(Section):
    """``storms``: what is done where too much happens at once; what is left out is not done."""

    umbrella: UmbrellaSection | None = None
    pages: BudgetSection | None = None
    channels: dict[str, BudgetSection] = Field(default_factory=dict)
