"""Errors over HTTP: one shape (RFC 9457), one table from our errors to statuses, and never a traceback.

Rules
-----
* What is answered says what, where and how to mend it, and never echoes a secret or a body.
* The store's troubles are 503 everywhere, so that senders that retry do so.

May import: ``services``, ``domain``, pydantic, structlog.
"""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from pydantic_core import to_json, to_jsonable_python

from rungbell.domain.decision import Outcome
from rungbell.domain.errors import MalformedInput, Refusal, StoreError
from rungbell.web.services import SERVICES

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
TITLES = {
    400: "Not understood",
    401: "Who are you?",
    403: "Not allowed",
    404: "Not found",
    405: "Not that method",
    409: "Not as things stand",
    413: "Too large",
    415: "Not that form",
    422: "Something is missing or wrong",
    500: "Our fault",
    503: "Not now; try again",
}
STATUS_OF = {Outcome.OVER: 409, Outcome.STALE: 409, Outcome.REFUSED: 403, Outcome.INVALID: 422}
"""Answers of the core that are refusals, as statuses."""


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **more: object) -> web.Response:
    """Give an error in the one shape."""
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail, **more}
    return web.Response(status=status, body=to_json(body), content_type="application/problem+json", headers=headers)


def refused(request: web.Request, status: int, detail: str, **more: object) -> web.Response:
    """Give what the core refuses, without the ids of those who were forgotten."""
    gone = request.app[SERVICES].forgotten.nameless()
    shown = {name: to_jsonable_python(one, context=gone) for name, one in more.items()}
    return problem(status, gone.sentence(detail), None, **shown)


def unavailable(detail: str) -> web.Response:
    """Give the answer that makes Alertmanager come back."""
    return problem(503, detail, {"Retry-After": "1"})


def unusable(detail: str) -> Refusal:
    """Give what is raised where a body can be read, and what it wants cannot be done."""
    return Refusal(" ".join(detail.split()))


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into an answer."""
    try:
        return await handler(request)
    except StoreError as error:
        return unavailable(str(error))
    except MalformedInput as error:
        return problem(400, str(error))
    except Refusal as error:
        return problem(422, str(error))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        if error.status == 401:
            headers = {"WWW-Authenticate": "Bearer"}
        return problem(error.status, error.reason, headers)
    except Exception as error:
        log.exception(
            "a request failed by our fault", handler=request.match_info.route.handler.__name__, error=repr(error)
        )
        return problem(500, "rungbell failed; its log says more")
