"""What responders do with an incident: take it on, give it back, ask for more, say how bad it is, write down, end it.

Rules
-----
* Every act is one event through the door, as ``acting`` has it.

May import: ``acting``, ``domain``, pydantic.
"""

from aiohttp import web
from pydantic import Field

from rungbell.domain.events import (
    Acknowledged,
    Escalated,
    NoteAdded,
    Reason,
    Resolved,
    SeveritySet,
    Unacknowledged,
)
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import NoteKind
from rungbell.web.acts.acting import ActBody, enact


class EscalateBody(ActBody):
    """Where to, and why."""

    to: Tier | None = None
    reason: Reason | None = None
    note: str = ""


class ResolveBody(ActBody):
    """Why, where alerts still fire."""

    reason: str = ""


class NoteBody(ActBody):
    """What to write down.

    A plain note may be one of the commander's sentences: `Decision: … because …`, `Action item: … will … by …`,
    `Scribe: please log … in timeline at …`.
    """

    text: str
    kind: NoteKind = NoteKind.NOTE
    client_visible: bool = Field(default=False, description="Clients may read it, as a line of an update.")


class SeverityBody(ActBody):
    """How bad it really is."""

    severity: Severity
    reason: str = ""


async def acknowledge(request: web.Request) -> web.Response:
    """Take an incident on."""
    return await enact(request, ActBody, Acknowledged)


async def unacknowledge(request: web.Request) -> web.Response:
    """Give it back."""
    return await enact(request, ActBody, Unacknowledged)


async def escalate(request: web.Request) -> web.Response:
    """Ask for a higher tier."""
    return await enact(request, EscalateBody, Escalated)


async def resolve(request: web.Request) -> web.Response:
    """Say it is over."""
    return await enact(request, ResolveBody, Resolved)


async def add_note(request: web.Request) -> web.Response:
    """Write something down."""
    return await enact(request, NoteBody, NoteAdded)


async def set_severity(request: web.Request) -> web.Response:
    """Say how bad it is."""
    return await enact(request, SeverityBody, SeveritySet)
