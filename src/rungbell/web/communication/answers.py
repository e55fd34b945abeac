"""What the API answers about communications: who was told what, when, and whether it arrived.

May import: ``wire.view``, ``domain``, pydantic.
"""

from pydantic import Field

from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.communication.record import CommunicationState
from rungbell.domain.page import PageState
from rungbell.web.wire.view import Moment, PersonId, View


class StepView(View):
    """Who took it on, and when."""

    by: PersonId
    at: Moment


class TextView(View):
    """The words for one recipient."""

    subject: str
    body: str


class CopyLine(View):
    """One line of the ledger: a copy to one recipient through one channel."""

    recipient: PersonId
    channel: str
    state: PageState = Field(description="`accepted`: the provider took it; whether somebody read it, it does not say.")
    attempts: int
    created_at: Moment
    last_failure: str | None


class CommunicationView(View):
    """A text to one audience."""

    incident: int = Field(description="The number of its incident.")
    number: int = Field(description="Its own, within the incident.")
    kind: CommunicationKind
    audience: Audience
    recipients: list[PersonId]
    state: CommunicationState
    drafted: StepView
    reviewed: StepView | None
    sent: StepView | None
    discarded: StepView | None
    reason: str
    copies: list[CopyLine]


class CommunicationDetail(CommunicationView):
    """A text to one audience, with its words."""

    texts: dict[PersonId, TextView] = Field(
        description="By recipient: as they left or were reviewed, else as they would be now."
    )


class ToldView(View):
    """What an audience was told so far."""

    first_at: Moment
    last_at: Moment
    recipients: list[PersonId]


class WaiverView(View):
    """Why an audience need not be told."""

    by: PersonId
    at: Moment
    reason: str


class CommunicationList(View):
    """The ledger of one incident."""

    communications: list[CommunicationView]
    told: dict[Audience, ToldView]
    waived: dict[Audience, WaiverView]


class WaitingList(View):
    """What waits to be reviewed or sent."""

    communications: list[CommunicationView]
