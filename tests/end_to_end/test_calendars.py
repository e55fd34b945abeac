"""The daemon as a process, and a calendar on a server that comes and goes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.harness.calendar_server import CalendarServer
from tests.harness.daemon import Daemon
from tests.harness.failures import show_logs_when_failing
from tests.harness.pager_receiver import PagerReceiver
from tests.harness.quickstart import derive
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.ical.calendars import calendar, shift

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0)


def names(person: str) -> bytes:
    """A calendar by which somebody is on call for weeks."""
    begins, ends = (f"{TODAY + timedelta(days=days):%Y%m%dT000000Z}" for days in (-7, 30))
    return calendar(shift(person, begins, ends))


@pytest.mark.end_to_end
@pytest.mark.timeout(120)
async def test_whom_the_calendar_names_is_paged_also_by_a_daemon_that_starts_while_its_server_is_down(
    pager: PagerReceiver, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    show_logs_when_failing(request, tmp_path)
    async with CalendarServer() as server:
        server.says(names("Dana"))
        config = derive(tmp_path / "rungbell.yml", page_url=pager.url, acknowledge_within="1h")
        text = config.read_text().replace("reach: alice", "reach: support")
        config.write_text(f"{text}schedules:\n  support: {{calendar: {{url: '{server.url}', refresh: 1m}}}}\n")
        async with Daemon(tmp_path, config) as daemon:
            await daemon.api.send(firing("DiskFull"))
            assert [page.body["person"] for page in await pager.wait_for(1, 10)] == ["dana"]

            await daemon.terminate()
            await server.stop()
            await daemon.start()
            await daemon.api.send(firing("MemoryFull"))
            assert [page.body["person"] for page in await pager.wait_for(2, 10)] == ["dana", "dana"]
            assert 'rungbell_calendar_last_success_timestamp_seconds{calendar="support"}' in await daemon.api.metrics()

            await server.start()
            server.says(names("Eli"))
            assert await daemon.api.reload() == 200

            async def read_again() -> bool:
                return (
                    bool(server.asked) and server.statuses[-1] == 200 and "a calendar can be used again" in daemon.logs
                )

            await eventually(read_again, "the calendar is read again", within=20)
            await daemon.api.send(firing("LoadHigh"))
            assert (await pager.wait_for(3, 10))[-1].body["person"] == "eli"
        assert "token-of-the-calendar" not in daemon.logs
