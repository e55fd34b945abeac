"""The silences of one Alertmanager: which there are, making and changing them, ending them.

May import: ``clock``, ``domain``, ``runtime.alertmanager.api``, pydantic, the standard library.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NotRequired
from urllib.parse import quote

from pydantic import AwareDatetime, ConfigDict, TypeAdapter
from pydantic_core import to_json
from typing_extensions import TypedDict

from rungbell.clock import to_milliseconds, written
from rungbell.domain.values import dataclass
from rungbell.runtime.alertmanager.api import ASIDE, AlertmanagerApi, understood

_IGNORING = ConfigDict(extra="ignore", defer_build=True)


class _Status(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    state: str


class _Matcher(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    name: str
    value: str
    isRegex: bool
    isEqual: NotRequired[bool]


class _Silence(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    id: str
    startsAt: AwareDatetime
    endsAt: AwareDatetime
    createdBy: NotRequired[str]
    comment: NotRequired[str]
    matchers: list[_Matcher]
    status: _Status


_SILENCES = TypeAdapter(list[_Silence], config=_IGNORING)


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence on the alerts that have these labels; one that is empty they must lack."""

    labels: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    by: str
    comment: str
    id: str = ""
    """As Alertmanager calls it; empty where it does not know it yet."""


async def silences_of(alertmanager: AlertmanagerApi, by: str) -> list[Silence]:
    """Give those that somebody made, in the words of ``Silence``, and that are not over.

    Raises:
        LookError: it cannot be asked, or not understood.
    """
    body = await alertmanager.ask("silences?expired=false")  # a server before 0.34 gives those that are over, too
    found = await asyncio.to_thread(_read, body) if len(body) > ASIDE else _read(body)
    return [silence for silence in found if silence.by == by]


async def silence_alerts(alertmanager: AlertmanagerApi, silence: Silence) -> None:
    """Make a silence, or change the one of that identity.

    Raises:
        RefusedError: it will never take it.
        LookError: it cannot be told.
    """
    matchers = [{"name": name, "value": value, "isRegex": False} for name, value in sorted(silence.labels.items())]
    told = {
        "matchers": matchers,
        "startsAt": written(silence.starts_at),
        "endsAt": written(silence.ends_at),
        "createdBy": silence.by,
        "comment": silence.comment,
        **({"id": silence.id} if silence.id else {}),
    }
    await alertmanager.ask("silences", "POST", to_json(told))


async def end_silence(alertmanager: AlertmanagerApi, identity: str) -> None:
    """Let a silence end now.

    Raises:
        LookError: it cannot be told.
    """
    await alertmanager.ask(f"silence/{quote(identity, safe='')}", "DELETE")


def _read(body: bytes) -> list[Silence]:
    return [
        Silence(
            labels={matcher["name"]: matcher["value"] for matcher in one["matchers"]},
            starts_at=one["startsAt"].astimezone(UTC),
            ends_at=to_milliseconds(one["endsAt"].astimezone(UTC)),
            by=one.get("createdBy", ""),
            comment=one.get("comment", ""),
            id=one["id"],
        )
        for one in understood(_SILENCES, body)
        if one["status"]["state"] != "expired"
        and all(matcher.get("isEqual", True) and not matcher["isRegex"] for matcher in one["matchers"])
    ]
