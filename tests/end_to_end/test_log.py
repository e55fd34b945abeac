"""The log of a process: what repeats is one line and a count, and every event is counted where Prometheus sees it."""

import json

import aiohttp
import pytest

from tests.harness.api import Json
from tests.harness.daemon import Daemon
from tests.telemetry.exposition import figure

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(120)]

TIMES = 40


def lines(rungbell: Daemon) -> list[Json]:
    return [json.loads(line) for line in rungbell.logs.splitlines()]


async def test_forty_equal_complaints_are_a_line_and_a_count_by_the_end_and_forty_in_the_metrics(
    rungbell: Daemon,
) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(TIMES):
            async with session.post(rungbell.webhook_url, data=b"nonsense") as answer:
                assert answer.status == 400
    assert figure(await rungbell.api.metrics(), "rungbell_log_messages_total", level="error") == TIMES

    assert await rungbell.terminate() == 0

    about = [line for line in lines(rungbell) if line["event"].startswith("unreadable webhook")]
    assert about[0]["event"] == "unreadable webhook"
    assert 2 <= len(about) <= 5, "one, and a count every half minute and at the end"
    assert sum(line.get("repeated", 1) for line in about) == TIMES
    assert "repeated" in lines(rungbell)[-1], "what was counted is told after the last word"
