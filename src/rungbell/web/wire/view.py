"""What all answers of the API are made of.

May import: ``clock``, pydantic.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from rungbell.clock import written

Moment = Annotated[
    datetime, PlainSerializer(written, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""RFC 3339 in UTC, to the millisecond."""


class View(BaseModel):
    """What all answers have in common."""

    model_config = ConfigDict(frozen=True, defer_build=True)
