"""JSON in and out: bodies that people and programs send, and answers.

Rules
-----
* Half a character (a lone surrogate) is refused with the place where it stands: whoever sends a body can mend it.

May import: ``services``, ``domain``, pydantic, aiohttp.
"""

import json
import re
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from rungbell.domain.errors import MalformedInput
from rungbell.web.services import SERVICES


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is too far away") from error


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A time with its offset; in UTC once it is read."""


class SignedBody(BaseModel):
    """What every body may say: who it is, where no token does."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    by: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Who acts, by id; only where no token says so, and else no other than the token's person.",
    )


Body = TypeVar("Body", bound=BaseModel)
_HALF = re.compile("[\ud800-\udfff]")
_Link = tuple["_Link", str] | None
"""A key or place, behind the way that leads to it."""
LOOKED_THROUGH = 1 << 20
"""Bytes of the largest body in which it is looked where half a character stands."""
LONGEST_PLACE = 200


async def read_body(request: web.Request, model: type[Body]) -> Body:
    """Read the body of a request; none at all counts as ``{}``.

    Raises:
        MalformedInput: it is not what the model describes; the message names the place.
    """
    raw = await request.read()
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid" and (where := _half_in(raw)) is not None:
            raise MalformedInput(f"{where}: half a character (a lone surrogate) is no text; send it whole") from error
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise MalformedInput(f"{where}: {first['msg'].removeprefix('Value error, ')}") from error


def _half_in(raw: bytes) -> str | None:
    """Give where half a character stands in JSON; ``None``: nowhere, or in too much to be looked through."""
    try:
        waiting: list[tuple[_Link, object]] = [(None, json.loads(raw) if len(raw) <= LOOKED_THROUGH else None)]
    except (ValueError, RecursionError):
        return None
    while waiting:
        link, value = waiting.pop()
        if isinstance(value, dict):
            if any(map(_HALF.search, value)):
                return _place(link)
            waiting += [((link, name), one) for name, one in value.items()]
        elif isinstance(value, list):
            waiting += [((link, str(at)), one) for at, one in enumerate(value)]
        elif isinstance(value, str) and _HALF.search(value):
            return _place(link)
    return None


def _place(link: _Link) -> str:
    parts: list[str] = []
    while link is not None:
        link, part = link
        parts.append(part)
    return ".".join(reversed(parts))[:LONGEST_PLACE] or "the body"


def json_answer(
    request: web.Request, data: BaseModel, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Give a model as an answer, without the ids of those who were forgotten (``wire.view``)."""
    body = data.model_dump_json(context=request.app[SERVICES].forgotten.nameless())
    return web.Response(status=status, body=body.encode(), content_type="application/json", headers=headers)
