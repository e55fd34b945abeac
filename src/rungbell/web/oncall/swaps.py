"""``/api/v1/oncall/swaps``: two people take each other's shifts, in one commit.

Rules
-----
* The shift of a person is the running one or else the next, from a moment on; of a running one the rest is swapped.
* Each stands in for the other alone: whoever is on call with them stays so.

May import: the rest of ``oncall``, the packages below, ``runtime``, pydantic.
"""

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from rungbell.domain.override import LONGEST_REASON
from rungbell.runtime.oncall_changes import known_person, known_schedule, swap, zone_of
from rungbell.web.access.callers import acting
from rungbell.web.oncall.overrides import make
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import SignedBody, read_body
from rungbell.web.wire.moments import Written, moment
from rungbell.web.wire.problem import unusable


class ShiftBody(BaseModel):
    """Whose shift, and which."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    person: str
    on: Written | None = Field(
        default=None, description="The shift that runs then, or else the next one. With a zone, or by the clocks."
    )


class SwapBody(SignedBody):
    """Two shifts of one schedule that change hands."""

    schedule: str = Field(min_length=1, max_length=64)
    one: ShiftBody
    other: ShiftBody
    reason: str = Field(default="", max_length=LONGEST_REASON)


async def swap_shifts(request: web.Request) -> web.Response:
    """Let two people take each other's shifts.

    It makes two overrides at once. 200 where the same `Idempotency-Key` had made them before.
    """
    services = request.app[SERVICES]
    body = await read_body(request, SwapBody)
    book, now = services.handler.book, services.clock.now()
    by = acting(request, body.by, book.roster)
    schedule = known_schedule(body.schedule, book)
    zone = zone_of(schedule, book)
    for field, asked in (("one", body.one), ("other", body.other)):
        known_person(asked.person, f"{field}.person", book.roster)
    if body.one.person == body.other.person:
        raise unusable(f"`other.person`: {body.one.person} cannot swap with {body.one.person}")
    moments = [_moment(asked, zone, now, field) for field, asked in (("one", body.one), ("other", body.other))]
    people = (body.one.person, body.other.person)
    made = await services.looking.ahead(lambda: swap(schedule, people, moments, by=by, now=now, reason=body.reason))
    return await make(request, schedule, *made, by=by)


def _moment(asked: ShiftBody, zone: str, now: datetime, field: str) -> datetime:
    return now if asked.on is None else moment(asked.on, zone, now, f"{field}.on")
