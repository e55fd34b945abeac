"""Requests of Slack as a notifier gets them, without the way there."""

from collections.abc import Mapping
from datetime import UTC, datetime

from multidict import CIMultiDict, CIMultiDictProxy, MultiDict

from rungbell.notifiers.answering import Callback, Heard, Told, Undelivered


def callback(body: bytes, headers: Mapping[str, str], at: float) -> Callback:
    """Give a request."""
    came = CIMultiDict(headers)
    came.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return Callback(
        method="POST",
        what="",
        url="https://rungbell.example/answers/pager",
        query=MultiDict(),
        headers=CIMultiDictProxy(came),
        body=body,
        at=datetime.fromtimestamp(at, UTC),
    )


async def nobody(heard: Heard | Undelivered) -> Told:
    """Fail where anything is heard."""
    raise AssertionError(f"{heard} was believed")
