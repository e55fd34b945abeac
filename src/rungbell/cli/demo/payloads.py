"""What Alertmanager would post (webhook version 4): a group of alerts, firing or resolved.

May import: the standard library.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

NO_END = "0001-01-01T00:00:00Z"
"""How Alertmanager writes the end of an alert that still fires."""


def group(
    labels: Sequence[Mapping[str, str]], summary: str, since: datetime, until: datetime | None = None
) -> dict[str, Any]:
    """Give the message about alerts with these labels, grouped by their name."""
    status = "firing" if until is None else "resolved"
    name = labels[0]["alertname"]
    common = {key: value for key, value in labels[0].items() if all(one.get(key) == value for one in labels)}
    return {
        "version": "4",
        "receiver": "rungbell",
        "status": status,
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "truncatedAlerts": 0,
        "groupLabels": {"alertname": name},
        "commonLabels": common,
        "commonAnnotations": {"summary": summary},
        "externalURL": "http://alertmanager.example:9093",
        "alerts": [
            {
                "status": status,
                "labels": dict(one),
                "annotations": {"summary": summary},
                "startsAt": _written(since),
                "endsAt": NO_END if until is None else _written(until),
                "generatorURL": "http://prometheus.example:9090/graph",
            }
            for one in labels
        ],
    }


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def high_error_rate(since: datetime, until: datetime | None = None) -> dict[str, Any]:
    """One alert that wakes somebody."""
    labels = {"alertname": "HighErrorRate", "severity": "page", "job": "checkout"}
    return group([labels], "7 % of requests", since, until)


DISKS = 12


def disks_filling(since: datetime, until: datetime | None = None) -> dict[str, Any]:
    """A dozen warnings about one thing."""
    labels = [
        {"alertname": "DiskFilling", "severity": "warning", "job": "node", "instance": f"db-{number}:9100"}
        for number in range(1, DISKS + 1)
    ]
    return group(labels, "less than 10 % left", since, until)


def watchdog(since: datetime) -> dict[str, Any]:
    """The alert that always fires, to show that the path is alive."""
    return group([{"alertname": "Watchdog", "severity": "none"}], "the path is alive", since)
