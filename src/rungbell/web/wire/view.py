"""What all answers of the API are made of.

Rules
-----
* A field that may hold the id of somebody who is not in the configuration any more is a ``PersonId``, one that may name
  them in a sentence of rungbell's own a ``Sentence``: whoever was forgotten is a number in them. That happens when an
  answer is written (``json_body``), so nothing that makes one has to think of it.

May import: ``clock``, ``domain``, pydantic.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, SerializationInfo, WithJsonSchema

from rungbell.clock import written
from rungbell.domain.nameless import Nameless

Moment = Annotated[
    datetime, PlainSerializer(written, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""RFC 3339 in UTC, to the millisecond."""


def _person(value: str, info: SerializationInfo[Nameless | None]) -> str:
    return info.context.name(value) if info.context else value


def _sentence(value: str, info: SerializationInfo[Nameless | None]) -> str:
    return info.context.sentence(value) if info.context else value


def _key(value: str, info: SerializationInfo[Nameless | None]) -> str:
    return info.context.key(value) if info.context else value


def _facts(value: dict[str, str], info: SerializationInfo[Nameless | None]) -> dict[str, str]:
    return info.context.facts(value) if info.context else value


PersonId = Annotated[str, PlainSerializer(_person, return_type=str)]
"""The id of a person, or what says that it was none (``window``, a team)."""
Sentence = Annotated[str, PlainSerializer(_sentence, return_type=str)]
"""What rungbell says, with the ids of people in it."""
PageKey = Annotated[str, PlainSerializer(_key, return_type=str)]
"""What a page is called, with the id of a person in it."""
Facts = Annotated[dict[str, str], PlainSerializer(_facts, return_type=dict[str, str])]
"""The facts of an entry of a timeline."""


class View(BaseModel):
    """What all answers have in common."""

    model_config = ConfigDict(frozen=True, defer_build=True)
