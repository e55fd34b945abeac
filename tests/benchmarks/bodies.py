"""The webhooks that are sent."""

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from tests.benchmarks.raw import post
from tests.harness.webhooks import alert, firing, message

PATH = "/api/v1/alertmanager"
MARK = "Bench00000000"
DESCRIPTION = "The filesystem has had less than ten percent free for a quarter of an hour and fills further. " * 4


def new_groups(port: int, start: int = 1) -> Callable[[], bytes]:
    """Give requests with one alert each, every one of them a new group."""
    pieces = post(PATH, port, json.dumps(firing(MARK)).encode()).split(MARK.encode())
    numbers: Iterator[int] = itertools.count(start)
    return lambda: f"Bench{next(numbers):08}".encode().join(pieces)


def named(name: str) -> bytes:
    """Write a message with one alert."""
    return json.dumps(firing(name)).encode()


def large(alerts: int, name: str) -> bytes:
    """Write a message of many alerts, each as large as real ones are (9.3 MB for 10,000)."""
    began = datetime.now(UTC)
    return json.dumps(
        message(
            alert(
                {
                    "alertname": name,
                    "cluster": "production-eu-west-1",
                    "device": "/dev/nvme1n1",
                    "instance": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}:9100",
                    "job": "node-exporter",
                    "mountpoint": "/var/lib/data",
                    "namespace": "monitoring",
                    "severity": "critical",
                },
                summary=f"the disk of host {number} is filling up",
                starts_at=began,
                annotations={
                    "description": DESCRIPTION,
                    "runbook_url": "https://runbooks.example.org/node/disk-filling",
                },
            )
            for number in range(alerts)
        )
    ).encode()
