"""``/api/v1/oncall/overrides``: somebody is on call in the place of others, for a while.

Rules
-----
* Times without a zone are read by the clocks of the schedule; what else counts is in ``runtime.oncall_changes``.

May import: the rest of ``oncall``, the packages below, ``runtime``, ``domain``, pydantic.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from aiohttp import web
from pydantic import Field

from rungbell.domain.act import LOCAL
from rungbell.domain.book import Book
from rungbell.domain.errors import MalformedInput, StoreBusy
from rungbell.domain.oncall import Schedule
from rungbell.domain.override import LONGEST_REASON, Override
from rungbell.runtime.books.overrides import TooManyOverridesError
from rungbell.runtime.oncall_changes import known_schedule, period, stand_in, told, zone_of
from rungbell.web.access.callers import acting, actor
from rungbell.web.oncall.answers import OverrideAnswer, OverrideList
from rungbell.web.oncall.schedules import asked_for, override_view
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import SignedBody, json_answer, read_body
from rungbell.web.wire.moments import Lasts, Written, moment
from rungbell.web.wire.problem import problem, unusable
from rungbell.web.wire.query import idempotency
from rungbell.web.wire.route import Parameter

ALL = Parameter(
    "all", "query", "Also those that are over, as long as they are kept.",
    {"type": "string", "enum": ["true", "false"]},
)  # fmt: skip


class OverrideBody(SignedBody):
    """Who is on call instead, and for how long: with an end, or with how long it lasts."""

    schedule: str = Field(min_length=1, max_length=64)
    person: str | None = Field(default=None, description="Who is on call; else whoever acts.")
    begins: Written | None = Field(default=None, description="With a zone, or by the schedule's clocks; else now.")
    ends: Written | None = Field(default=None, description="The same; `18:00` is the next time it is six.")
    lasts: Lasts | None = Field(default=None, description="Instead of `ends`: how long, such as `1h30m`.")
    instead_of: str | None = Field(default=None, description="Whose place it takes; else everybody's.")
    reason: str = Field(default="", max_length=LONGEST_REASON)


async def list_overrides(request: web.Request) -> web.Response:
    """List overrides, in the order in which they were made; those that are over only where they are asked for."""
    services = request.app[SERVICES]
    book, now = services.handler.book, services.clock.now()
    everything = request.query.get("all", "false")
    if everything not in {"true", "false"}:
        raise MalformedInput("`all` must be true or false")
    names = {schedule.name for schedule in asked_for(request, book)}
    only = "schedule" in request.query
    found = await services.overrides.listed(now if everything == "false" else now - timedelta(days=36500))
    rows = [override_view(one, book.roster, now) for one in found if not only or one.schedule in names]
    return json_answer(request, OverrideList(overrides=rows))


async def make_override(request: web.Request) -> web.Response:
    """Let somebody be on call in the place of others, for a while.

    Without a `person` it is whoever acts: they take the pager. 200 where the same `Idempotency-Key` had made it before.
    """
    services = request.app[SERVICES]
    body = await read_body(request, OverrideBody)
    book, now = services.handler.book, services.clock.now()
    by = acting(request, body.by, book.roster)
    schedule = known_schedule(body.schedule, book)
    override = _wanted(body, by, schedule, book, now)
    return await make(request, schedule, override, by=by)


def _wanted(body: OverrideBody, by: str, schedule: Schedule, book: Book, now: datetime) -> Override:
    if body.person is None and by == LOCAL:
        raise unusable(
            "`person`: who is to be on call? no token says who you are; name somebody, or say who acts (`by`)"
        )
    lasts = _period(body, zone_of(schedule, book), now)
    return stand_in(
        schedule,
        body.person or by,
        lasts,
        book.roster,
        by=by,
        now=now,
        instead_of=body.instead_of,
        reason=body.reason,
    )


def _period(body: OverrideBody, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """Give from when to when.

    Raises:
        MalformedInput: a time cannot be read.
        Refusal: there is no such period, or it is too long.
    """
    begins = now if body.begins is None else moment(body.begins, zone, now, "begins")
    if (body.ends is None) == (body.lasts is None):
        raise unusable("`ends` or `lasts`: until when? give one of them")
    ends = begins + body.lasts if body.lasts is not None else moment(body.ends or "", zone, begins, "ends")
    return period(begins, ends, zone, now)


async def make(request: web.Request, schedule: Schedule, *overrides: Override, by: str) -> web.Response:
    """Make them in one commit, and answer with what that means."""
    services = request.app[SERVICES]
    try:
        made = await services.overrides.make(*overrides, once=await idempotency(request, by))
    except TooManyOverridesError as error:
        return problem(409, str(error))
    if len(made.overrides) < len(overrides):
        return problem(409, f"it was made at {made.before:%Y-%m-%d %H:%M:%S} UTC and has been removed since")
    zone = zone_of(schedule, services.handler.book)
    try:
        words = "; ".join(await services.looking.ahead(lambda: list(told(schedule, made, zone))))
    except StoreBusy:
        words = "it is made"  # whoever came back would make it twice
    return _answer(request, words, made.overrides, made.overlapping, status=200 if made.before else 201)


async def end_override(request: web.Request) -> web.Response:
    """Let an override count no more from now on.

    One that has begun ends now; one that has not is gone.
    """
    services = request.app[SERVICES]
    now = services.clock.now()
    identity = request.match_info["override"]
    found = await services.overrides.end(identity, actor(request, None))
    if found is None:
        raise web.HTTPNotFound(reason="there is no override with this number")
    if found.ends <= now:
        return problem(409, f"override {identity} was over at {found.ends:%Y-%m-%d %H:%M} UTC")
    if found.begins < now:
        return _answer(request, f"override {identity} ends now", (replace(found, ends=now),), ())
    return _answer(request, f"override {identity} is removed", (found,), (), removed=True)


def _answer(
    request: web.Request,
    message: str,
    overrides: Iterable[Override],
    overlapping: Iterable[Override],
    *,
    status: int = 200,
    removed: bool = False,
) -> web.Response:
    services = request.app[SERVICES]
    roster, now = services.handler.book.roster, services.clock.now()
    views = [override_view(one, roster, now) for one in overrides]
    if removed:
        views = [one.model_copy(update={"state": "removed"}) for one in views]
    others = [override_view(one, roster, now) for one in overlapping]
    return json_answer(request, OverrideAnswer(message=message, overrides=views, overlapping=others), status)
