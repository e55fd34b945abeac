"""What the API answers about who is on call, as models; the rules of ``incidents.answers`` hold here too.

May import: ``wire.view``, pydantic.
"""

from typing import Literal

from pydantic import Field

from rungbell.web.wire.view import Moment, PersonId, Sentence, View


class OverrideView(View):
    """Somebody is on call in the place of others, for a while."""

    id: str
    schedule: str
    person: PersonId
    begins: Moment
    ends: Moment
    instead_of: PersonId | None = Field(description="Whose place it takes; null: everybody's.")
    reason: str
    made_by: PersonId
    made_at: Moment
    state: Literal["coming", "active", "over", "void", "removed"] = Field(
        description="void: it counts for nothing, for its person or schedule is not in the configuration any more."
    )


class CalendarLink(View):
    """A link to a calendar of who is on call."""

    url: str = Field(description="Whoever has it sees who is on call; give it to the program that shows calendars.")


class OverrideList(View):
    """Overrides, in the order in which they were made; of several that cover a moment the one made last decides."""

    overrides: list[OverrideView]


class OverrideAnswer(View):
    """What came of it, in words, and the overrides as they now are."""

    message: Sentence
    overrides: list[OverrideView]
    overlapping: list[OverrideView] = Field(description="Those made earlier that cover a moment of these.")


class NoteView(View):
    """What somebody left behind for the next on call."""

    schedule: str
    by: PersonId
    at: Moment
    text: str


class NoteList(View):
    """Handover notes, schedule by schedule, the last one first."""

    notes: list[NoteView]


class NoteAnswer(View):
    """A note that was just left."""

    message: str
    note: NoteView


class OnCallView(View):
    """One schedule as it stands now."""

    schedule: str
    zone: str = Field(description="By whose clocks times without a zone are read.")
    people: list[str] = Field(description="Who is on call; empty: nobody.")
    planned: list[str] = Field(description="Who would be without overrides.")
    overrides: list[OverrideView] = Field(description="Those to which somebody of `people` owes it.")
    round_robin: bool = Field(description="Each new incident goes to the next one of the people.")
    until: Moment | None = Field(description="When somebody else is on call; null: not within a year.")
    next: list[str] | None = Field(description="Who is on call from then on.")
    note: NoteView | None = Field(description="The last handover note; null also while the store cannot be read.")


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
