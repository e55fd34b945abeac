"""What the API answers about contacts, as models; the rules of ``incidents.answers`` hold here too.

May import: ``domain``, ``wire.view``, pydantic.
"""

from pydantic import Field

from rungbell.domain.contacts import Standing
from rungbell.domain.page import PageState
from rungbell.web.wire.view import Moment, View


class TriedView(View):
    """The last test page."""

    at: Moment
    state: PageState = Field(description="What came of sending it; that it was answered is another thing.")
    failure: str | None = Field(description="Why it could not be sent so far.")


class ContactView(View):
    """One way by which pages may reach somebody."""

    person: str
    name: str
    channel: str
    contact: str | None = Field(description="Masked unless `reveal`; null: the channel needs none of them.")
    standing: Standing = Field(description="changed: another contact was verified; old: longer than 90 days ago.")
    verified_at: Moment | None = Field(description="When somebody answered last through it.")
    tried: TriedView | None = Field(description="null: no test page that is remembered.")


class ContactList(View):
    """Every way by which pages may reach somebody, person by person."""

    contacts: list[ContactView]


class TestPageAnswer(View):
    """What leaves."""

    message: str
    person: str
    channels: list[str]
