"""What the API answers about what is ahead, as models; the rules of ``answers`` hold here too.

May import: ``domain``, ``answers``, ``timeline_answers``, ``wire.view``, pydantic.
"""

from pydantic import Field

from rungbell.domain.clock import ClockName
from rungbell.domain.page import Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.timeline import EntryKind
from rungbell.web.incidents.answers import IncidentView, PageView
from rungbell.web.incidents.timeline_answers import EntryView
from rungbell.web.wire.view import Moment, PersonId, Sentence, View


class PageAheadView(View):
    """A page that leaves if nobody acts."""

    at: Moment
    tier: Tier
    role: str
    person: PersonId = Field(description="Who stands on the tier then, as far as is known today.")
    schedule: str | None = Field(description="The schedule that puts them there; null: by name, or as the holder.")
    instead_of: list[PersonId] = Field(description="Who would stand there, were it not for an override.")
    channel: str
    purpose: Purpose
    why: str = Field(description="The purpose, in words.")


class EventAheadView(View):
    """What the timeline will tell beside the pages, if nobody acts."""

    at: Moment
    kind: EntryKind
    tier: Tier | None
    text: Sentence


class RoundView(View):
    """What goes on, again and again, until a person acts."""

    clock: ClockName
    next_at: Moment
    every_seconds: float | None = Field(description="null: on each next business day.")
    business_hours: bool = Field(description="Whether that is time in which business is open.")
    tiers: list[Tier] = Field(description="Those that are rung each time.")


class PagedView(PageView):
    """A page of the present cycle, and why it was sent."""

    why: str = Field(description="The purpose, in words.")


class Outlook(View):
    """Why people were paged for an incident, and what happens next if nobody acts."""

    incident: IncidentView
    at: Moment = Field(description="When this was so.")
    severity_rule: Sentence
    policy_hash: str = Field(description="Of the policy it keeps since it was opened.")
    zone: str = Field(description="The time zone of that policy.")
    paged: list[PagedView] = Field(description="Oldest first.")
    told: list[EntryView] = Field(description="What else happened, of that which starts, stops or moves the paging.")
    next: list[PageAheadView] = Field(
        description="What leaves, in order; of the rounds of an exhausted ladder only the first two."
    )
    events: list[EventAheadView]
    exhausted_at: Moment | None
    tells_operator: bool = Field(description="Whether the operator hears of it when the ladder ends.")
    calendar: list[str] = Field(description="What business hours change about when people are paged.")
    goes_round: RoundView | None = Field(description="null where it ends by itself, or is over.")
    cut_off: bool = Field(description="More would happen than anybody looks ahead.")
