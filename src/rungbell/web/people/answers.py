"""What the API answers about people, as models; the rules of ``incidents.answers`` hold here too.

May import: ``wire.view``, pydantic.
"""

from pydantic import Field

from rungbell.web.wire.view import View


class PersonView(View):
    """A person of the configuration, or one who was forgotten."""

    id: str
    name: str = Field(description="Of whoever is forgotten, `forgotten person` and a number.")
    forgotten: bool


class PeopleList(View):
    """Everybody of the configuration, and everybody who was forgotten."""

    people: list[PersonView]


class ForgottenView(View):
    """What became of what the store held of a person."""

    id: str
    name: str = Field(description="What stands where names are shown.")
    tokens: int = Field(description="Revoked now.")
    overrides: int = Field(description="Ended now.")
    handover_notes: int = Field(description="Blanked now.")
