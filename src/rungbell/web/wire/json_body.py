"""JSON in and out: bodies that people and programs send, and answers.

May import: ``domain``, pydantic, aiohttp.
"""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from rungbell.domain.errors import MalformedInput


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is too far away") from error


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A time with its offset; in UTC once it is read."""


class SignedBody(BaseModel):
    """What every body may say: who it is, where no token does."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    by: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Who acts, by id; only where no token says so, and else no other than the token's person.",
    )


Body = TypeVar("Body", bound=BaseModel)


async def read_body(request: web.Request, model: type[Body]) -> Body:
    """Read the body of a request; none at all counts as ``{}``.

    Raises:
        MalformedInput: it is not what the model describes; the message names the place.
    """
    raw = await request.read()
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise MalformedInput(f"{where}: {first['msg']}") from error


def json_answer(data: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Give a model as an answer."""
    return web.Response(
        status=status, body=data.model_dump_json().encode(), content_type="application/json", headers=headers
    )
