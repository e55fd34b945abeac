"""``/api/v1/oncall/swaps``: two people take each other's shifts, in one commit.

Rules
-----
* The shift of a person is the running one or else the next, from a moment on; of a running one the rest is swapped.
* Each stands in for the other alone: whoever is on call with them stays so.

May import: the rest of ``web``, ``domain``, pydantic.
"""

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from rungbell.domain.oncall import Schedule
from rungbell.domain.override import Override
from rungbell.domain.rota import LONGEST_PERIOD, shifts
from rungbell.domain.shifts import Shift
from rungbell.web.json_body import SignedBody, read_body
from rungbell.web.moments import Written, moment
from rungbell.web.oncall import zone_of
from rungbell.web.overrides import REASON_LENGTH, acting, known_person, known_schedule, make, unusable
from rungbell.web.services import SERVICES


class ShiftBody(BaseModel):
    """Whose shift, and which."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    person: str
    on: Written | None = Field(
        default=None, description="The shift that runs then, or else the next one. With a zone, or by the clocks."
    )


class SwapBody(SignedBody):
    """Two shifts of one schedule that change hands."""

    schedule: str = Field(min_length=1, max_length=64)
    one: ShiftBody
    other: ShiftBody
    reason: str = Field(default="", max_length=REASON_LENGTH)


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
    one, other = await services.ahead(lambda: _swapped(schedule, people, moments, now))

    def standing_in(person: str, shift: Shift) -> Override:
        return Override(
            id="",
            schedule=schedule.name,
            person=person,
            begins=shift.begins,
            ends=shift.ends,
            instead_of=shift.person,
            reason=body.reason.strip() or f"swap of {one.person} and {other.person}",
            made_by=by,
            made_at=now,
        )

    return await make(request, schedule, standing_in(other.person, one), standing_in(one.person, other), by=by)


def _moment(asked: ShiftBody, zone: str, now: datetime, field: str) -> datetime:
    return now if asked.on is None else moment(asked.on, zone, now, f"{field}.on")


def _swapped(
    schedule: Schedule, people: tuple[str, str], moments: list[datetime], now: datetime
) -> tuple[Shift, Shift]:
    """Find the two shifts, and see that nobody takes one while having another: a place would be nobody's."""
    ends = now + LONGEST_PERIOD
    everybody = shifts(schedule, now, ends)
    one, other = (
        _shift(schedule, [own for own in everybody if own.person == person], person, at, ends)
        for person, at in zip(people, moments, strict=True)
    )
    for person, taken in ((other.person, one), (one.person, other)):
        if any(own.person == person and own.begins < taken.ends and taken.begins < own.ends for own in everybody):
            raise unusable(f"{person} is on call during the shift of {taken.person} too: a place would be empty")
    return one, other


def _shift(schedule: Schedule, own: list[Shift], person: str, at: datetime, ends: datetime) -> Shift:
    """Give the shift of a person that runs at a moment, or else the next; what is past of it stays as it was."""
    found = next((one for one in own if one.ends > at), None)
    if found is None:
        raise unusable(f"{person} has no such shift of {schedule.name} within a year")
    if found.ends >= ends:
        raise unusable(f"the shift of {person} for {schedule.name} does not end within a year")
    return found
