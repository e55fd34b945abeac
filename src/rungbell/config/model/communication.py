"""``clients`` and ``communication`` as the writer of the file sees them: who is told of incidents, where and by whom.

May import: ``domain``, ``fields``, ``mistakes``, ``readers``, ``section`` and pydantic.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from rungbell.config.fields import Email, Matchers, Names, Phone, Text, one_or_many
from rungbell.config.mistakes import wrong
from rungbell.config.readers import Before
from rungbell.config.section import Section

RESTRICTED = "restricted"
"""The room of incidents that not everybody may know of."""


def _automatic(value: object) -> object:
    found = one_or_many(value)
    if isinstance(found, list | tuple) and "clients" in found:
        raise wrong("clients are never told without a review", "leave `clients` out")
    return found


Automatic = Annotated[tuple[Literal["internal", "executives"], ...], Before(_automatic)]


class ClientSection(Section):
    """``clients.<id>``: somebody who uses the product, and how they are told."""

    name: Text | None = None
    email: Email | None = None
    contacts: dict[str, Text] = Field(default_factory=dict)
    through: Names | None = None
    match: Matchers = ()
    technicians: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _said_once(self) -> "ClientSection":
        if "email" in self.contacts:
            raise wrong("`email` stands among the contacts", "write `email:` beside `name:`")
        return self


class SupportSection(Section):
    """``communication.support``: where clients turn to."""

    email: Email | None = None
    phone: Phone | None = None


class ThroughAllSection(Section):
    """``communication.clients``: by which channels clients are told that name none of their own."""

    through: Names


class RoomSection(Section):
    """``communication.internal.<P0…P3, restricted>``: where the team reads; spelled short, a channel."""

    through: str
    room: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled_short(cls, value: object) -> object:
        return {"through": value} if isinstance(value, str) else value


class ExecutivesSection(Section):
    """``communication.executives``: whom to tell, people and schedules, and by which channels."""

    tell: Names
    through: Names


class CommunicationSection(Section):
    """``communication``: who is told of incidents, where, and in whose name."""

    product: Text | None = None
    support: SupportSection = SupportSection.model_construct()
    sign_off: Text | None = None
    engineers: Text | None = None
    clients: ThroughAllSection | None = None
    internal: dict[Literal["P0", "P1", "P2", "P3", "restricted"], RoomSection] = Field(default_factory=dict)
    executives: ExecutivesSection | None = None
    automatic: Automatic = ("internal", "executives")
    templates: Text | None = None
