"""What the API answers about who is on call, as models; the rules of ``answers`` hold here too.

May import: ``web.answers``, pydantic.
"""

from pydantic import Field

from rungbell.web.answers import Moment, View


class OnCallView(View):
    """One schedule as it stands now."""

    schedule: str
    zone: str = Field(description="By whose clocks times without a zone are read.")
    people: list[str] = Field(description="Who is on call; empty: nobody.")
    planned: list[str] = Field(description="Who would be without overrides.")
    round_robin: bool = Field(description="Each new incident goes to the next one of the people.")
    until: Moment | None = Field(description="When somebody else is on call; null: not within a year.")
    next: list[str] | None = Field(description="Who is on call from then on.")


class OnCallList(View):
    """Who is on call now, schedule by schedule."""

    at: Moment
    schedules: list[OnCallView]


class ShiftView(View):
    """One person is on call without a break; cut off where the period begins and ends."""

    schedule: str
    person: str
    begins: Moment
    ends: Moment


class ShiftList(View):
    """Everybody's shifts in a period, schedule by schedule, by their beginning."""

    shifts: list[ShiftView]


class GapView(View):
    """Nobody is on call."""

    schedule: str
    begins: Moment
    ends: Moment


class GapList(View):
    """When nobody is on call."""

    until: Moment = Field(description="So far was looked.")
    gaps: list[GapView]
