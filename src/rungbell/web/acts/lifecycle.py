"""``/api/v1/incidents/{incident}/status|snooze|merge|false-positive|close|reopen|release``: an incident's life by hand.

Rules
-----
* Every act is one event through the door, as ``acting`` has it.
* Times without a zone are read by the clocks of the file's zone.

May import: ``acting``, the packages below, ``domain``, pydantic.
"""

from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import Field

from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.events import (
    Closed,
    FalsePositiveFound,
    Merged,
    Reopened,
    RestrictionLifted,
    Snoozed,
    StatusSet,
)
from rungbell.web.access.callers import actor
from rungbell.web.acts.acting import ActBody, enact, let_in
from rungbell.web.services import SERVICES, Services
from rungbell.web.wire.json_body import read_body
from rungbell.web.wire.moments import Lasts, Written, moment
from rungbell.web.wire.problem import unusable

REASON_LENGTH = 500


class StatusBody(ActBody):
    """How far the work has come."""

    status: Literal["acknowledged", "investigating", "identified", "contained", "fixing", "monitoring"]
    note: str = Field(default="", max_length=REASON_LENGTH)


class SnoozeBody(ActBody):
    """Until when the holder is left alone: a time, or for how long."""

    until: Written | None = Field(default=None, description="With a zone, or by the clocks of the file's zone.")
    lasts: Lasts | None = Field(default=None, description="Instead of `until`: how long, such as `30m`.")


class MergeBody(ActBody):
    """Where it goes on."""

    into: str = Field(min_length=1, max_length=64, description="Identity, number or name of an open incident.")


class FalsePositiveBody(ActBody):
    """What made it look like an incident."""

    reason: str = Field(default="", max_length=REASON_LENGTH)


class CloseBody(ActBody):
    """Why, where something is still owed."""

    reason: str = Field(default="", max_length=REASON_LENGTH)


class ReopenBody(ActBody):
    """Why it is not over."""

    reason: str = Field(default="", max_length=REASON_LENGTH)


async def set_status(request: web.Request) -> web.Response:
    """Say how far the work has come.

    `monitoring` is for an incident of which no alert fires: its stability window begins. Somebody must hold it.
    """
    body = await read_body(request, StatusBody)
    by = actor(request, body.by)
    event = StatusSet(
        incident=request.match_info["incident"], by=by, as_of=body.as_of, status=Status(body.status), note=body.note
    )
    return await let_in(request, event)


async def snooze(request: web.Request) -> web.Response:
    """Leave the holder alone for a while.

    At its end the tiers of `page` ring as at an opening. Never longer than an acknowledgement lasts.
    """
    body = await read_body(request, SnoozeBody)
    by = actor(request, body.by)
    until = _until(body, request.app[SERVICES])
    return await let_in(request, Snoozed(incident=request.match_info["incident"], by=by, as_of=body.as_of, until=until))


def _until(body: SnoozeBody, services: Services) -> datetime:
    now = services.clock.now()
    if body.until is not None and body.lasts is None:
        return moment(body.until, services.handler.book.zone, now, "until")
    if body.lasts is not None and body.until is None:
        return now + body.lasts
    raise unusable("say `until` when, or how long it `lasts`, and not both")


async def merge(request: web.Request) -> web.Response:
    """Let it go on as a part of another incident.

    The other one is open and at least as severe. Its alerts count there; what of it is worse is an incident again.
    """
    return await enact(request, MergeBody, Merged)


async def mark_false_positive(request: web.Request) -> web.Response:
    """Say that there was nothing; it needs a `reason`."""
    return await enact(request, FalsePositiveBody, FalsePositiveFound)


async def close(request: web.Request) -> web.Response:
    """Say of what is resolved that nothing of it is left to do."""
    return await enact(request, CloseBody, Closed)


async def reopen(request: web.Request) -> web.Response:
    """Say that it is not over: its next cycle begins, and pages."""
    return await enact(request, ReopenBody, Reopened)


async def release(request: web.Request) -> web.Response:
    """Let others than those paged hear of a security breach; only the incident commander may."""
    return await enact(request, ActBody, RestrictionLifted)
