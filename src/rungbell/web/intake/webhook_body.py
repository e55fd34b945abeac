"""Reading what Alertmanager and Grafana send (webhook version 4, Grafana's variant of it).

Rules
-----
* Only ``alerts`` is needed; unknown fields are ignored, ``null`` stands for empty, everything else has a default.
* What is odd is repaired where its meaning is clear: invalid UTF-8, lone surrogates and NUL become U+FFFD, label values
  that are numbers become text, times nobody can read count as missing.
* What remains can never be understood, and only that raises ``MalformedInput``.
* The fast way reads well-formed bodies in one step; the lenient way is tried when that fails.

May import: ``domain``, ``clock``, pydantic.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from rungbell.clock import to_milliseconds
from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.errors import MalformedInput
from rungbell.domain.values import dataclass

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BOM = b"\xef\xbb\xbf"
YEAR_ONE = 1
"""Go's zero time is in it, and means that there is no time."""
_datetime = TypeAdapter(datetime)
_ODD = re.compile("[\0\ud800-\udfff]")
_NUL = b"\\u0000"
"""As JSON may have it; written as itself, no reader takes it."""


_TOLERANT = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class AlertBody(TypedDict, total=False):
    """One alert of a message; there may be ten thousand of them, and a dictionary is read faster than a model."""

    __pydantic_config__ = _TOLERANT  # type: ignore[misc]

    status: str | None
    labels: dict[str, str] | None
    annotations: dict[str, str] | None
    startsAt: datetime | None
    endsAt: datetime | None
    generatorURL: str | None


class WebhookBody(BaseModel):
    """One message."""

    model_config = _TOLERANT

    receiver: str | None = None
    status: str | None = None
    alerts: list[AlertBody] | None
    groupLabels: dict[str, str] | None = None  # noqa: N815 -- Alertmanager's name
    truncatedAlerts: int | None = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """What a body says."""

    group: AlertGroup
    unreadable: int = 0
    """How many of its alerts could not be read."""
    lasting: bool = True
    """Read at another time, it says the same: no alert leaves it to its ``endsAt`` whether it fires."""


def read_group(body: bytes, source: str, now: datetime) -> ReadMessage:
    """Read a message of ``source``.

    Raises:
        MalformedInput: it can never be understood.
    """
    unreadable = 0
    try:
        message = WebhookBody.model_validate_json(body)
    except ValidationError:
        message, unreadable = _read_leniently(body)
    else:
        if _NUL in body:
            message, unreadable = _read_leniently(body)
    alerts = tuple(_alert(alert, now) for alert in message.alerts or ())
    group = AlertGroup(
        source=source,
        receiver=_unquote(message.receiver or ""),
        group_labels=message.groupLabels or {},
        alerts=alerts,
        firing=message.status != "resolved" if message.status else any(alert.firing for alert in alerts),
        truncated=max(0, message.truncatedAlerts or 0),
    )
    lasting = not unreadable and all(alert.get("status") for alert in message.alerts or ())
    return ReadMessage(group, unreadable, lasting)


def _alert(alert: AlertBody, now: datetime) -> Alert:
    status = alert.get("status")
    fires = status and status != "resolved"
    ends_at = None if fires else _moment(alert.get("endsAt"))
    resolved = not fires and (status == "resolved" or (ends_at is not None and ends_at <= now))
    return Alert(
        labels=alert.get("labels") or {},
        firing=not resolved,
        starts_at=_moment(alert.get("startsAt")),
        ends_at=ends_at if resolved else None,
        annotations=alert.get("annotations"),
        generator_url=alert.get("generatorURL") or "",
    )


def _moment(at: datetime | None) -> datetime | None:
    """Bring a time into UTC; times of the year one, or out of every calendar, count as missing."""
    if at is None or at.year <= YEAR_ONE:
        return None
    try:
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        return to_milliseconds(at) if at.microsecond % 1000 else at
    except OverflowError:
        return None


def _unquote(receiver: str) -> str:
    """Undo the regular-expression quoting that Alertmanager gives receiver names."""
    return receiver.replace("\\", "")


def _read_leniently(body: bytes) -> tuple[WebhookBody, int]:
    try:
        data = json.loads(body.removeprefix(BOM).decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise MalformedInput(f"the body is not JSON: {_short(error)}") from error
    if not isinstance(data, dict):
        raise MalformedInput(f"the body is a JSON {_kind(data)}, not an object with `alerts`")
    found = data.get("alerts")
    if "alerts" not in data or not isinstance(found, list | None):
        raise MalformedInput("the body has no list `alerts`; rungbell reads Alertmanager's webhook version 4")
    alerts = [alert for alert in found or [] if isinstance(alert, dict)]
    if found and not alerts:
        raise MalformedInput("none of the `alerts` is an object")
    try:
        message = WebhookBody.model_validate(
            {
                "receiver": _text_or_none(data.get("receiver")),
                "status": _text_or_none(data.get("status")),
                "alerts": [_lenient_alert(alert) for alert in alerts],
                "groupLabels": _labels(data.get("groupLabels")),
                "truncatedAlerts": _count(data.get("truncatedAlerts")),
            }
        )
    except (ValidationError, RecursionError) as error:
        raise MalformedInput(f"the body cannot be read: {_short(error)}") from error
    return message, len(found or []) - len(alerts)


def _lenient_alert(alert: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": _text_or_none(alert.get("status")),
        "labels": _labels(alert.get("labels")),
        "annotations": _labels(alert.get("annotations")),
        "startsAt": _time(alert.get("startsAt")),
        "endsAt": _time(alert.get("endsAt")),
        "generatorURL": _text_or_none(alert.get("generatorURL")),
    }


def _labels(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {_text(name): _text(item) for name, item in value.items() if item is not None}


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:1_000]
    return _ODD.sub(REPLACEMENT, text)


def _time(value: object) -> datetime | None:
    try:
        return _datetime.validate_python(value)
    except ValidationError:
        return None


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def _kind(value: object) -> str:
    return {list: "array", str: "text", int: "number", float: "number", bool: "boolean"}.get(type(value), "null")


def _short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"]
    return "too deeply nested" if isinstance(error, RecursionError) else str(error)[:200]
