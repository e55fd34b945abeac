"""Bodies as Alertmanager sends them to a webhook (version 4), with its key order, spellings and quirks."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

NEVER = "0001-01-01T00:00:00Z"
"""How Go writes no time at all: the ``endsAt`` of an alert that fires."""
ALERTMANAGER_URL = "http://alertmanager.example.org:9093"
PROMETHEUS_URL = "http://prometheus.example.org:9090"

_OFFSET, _PRIME, _SEPARATOR = 0xCBF29CE484222325, 0x100000001B3, b"\xff"


def alert(
    labels: Mapping[str, str],
    *,
    summary: str = "",
    starts_at: datetime,
    ends_at: datetime | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Json:
    """Build one alert; it fires unless it has an end."""
    notes = dict(annotations or {})
    if summary:
        notes["summary"] = summary
    return {
        "status": "firing" if ends_at is None else "resolved",
        "labels": dict(sorted(labels.items())),
        "annotations": dict(sorted(notes.items())),
        "startsAt": written(starts_at),
        "endsAt": NEVER if ends_at is None else written(ends_at),
        "generatorURL": f"{PROMETHEUS_URL}/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
        "fingerprint": fingerprint(labels),
    }


def message(
    alerts: Iterable[Json],
    *,
    group_by: Iterable[str] = ("alertname",),
    receiver: str = "rungbell",
    route: str = "{}",
    truncated: int = 0,
) -> Json:
    """Build the message of one group; its group and common labels follow from its alerts."""
    members = list(alerts)
    first = members[0]["labels"]
    group = {name: first[name] for name in sorted(group_by) if name in first}
    shown = ", ".join(f'{name}="{value}"' for name, value in group.items())
    return {
        "receiver": receiver,
        "status": "firing" if any(one["status"] == "firing" for one in members) else "resolved",
        "alerts": members,
        "groupLabels": group,
        "commonLabels": _common(one["labels"] for one in members),
        "commonAnnotations": _common(one["annotations"] for one in members),
        "externalURL": ALERTMANAGER_URL,
        "version": "4",
        "groupKey": f"{route}:{{{shown}}}",
        "truncatedAlerts": truncated,
    }


def firing(name: str, *, at: datetime | None = None, severity: str = "critical", summary: str = "") -> Json:
    """Build the plainest message there is: a group with one alert that fires since ``at``."""
    return message([_only(name, at, severity, summary, ends_at=None)])


def resolved(name: str, *, at: datetime, ends_at: datetime, severity: str = "critical", summary: str = "") -> Json:
    """Build the message that ends what ``firing`` began: ``at`` and the rest must be the same."""
    return message([_only(name, at, severity, summary, ends_at=ends_at)])


def _only(name: str, at: datetime | None, severity: str, summary: str, ends_at: datetime | None) -> Json:
    return alert(
        {"alertname": name, "instance": "10.0.0.7:9100", "job": "node", "severity": severity},
        summary=summary or f"{name} is down",
        starts_at=at or datetime.now(UTC),
        ends_at=ends_at,
    )


def written(moment: datetime) -> str:
    """Write a time as Go does: UTC, milliseconds without trailing zeros, ``Z``."""
    utc = moment.astimezone(UTC)
    fraction = f".{utc.microsecond // 1000:03}".rstrip("0").rstrip(".")
    return f"{utc:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def fingerprint(labels: Mapping[str, str]) -> str:
    """Compute Alertmanager's own 64-bit name of a label set (FNV-1a)."""
    value = _OFFSET
    for name in sorted(labels):
        for byte in name.encode() + _SEPARATOR + labels[name].encode() + _SEPARATOR:
            value = ((value ^ byte) * _PRIME) % 2**64
    return f"{value:016x}"


def _common(sets: Iterable[Mapping[str, str]]) -> dict[str, str]:
    every = list(sets)
    return {name: value for name, value in every[0].items() if all(one.get(name) == value for one in every)}
