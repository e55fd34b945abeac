"""The button of a page on a phone: what ntfy would do with it takes the incident on."""

import asyncio
from pathlib import Path

import aiohttp

from rungbell.testing.provider import serving
from tests.harness.providers.ntfy import TOKEN, Ntfy
from tests.web.running import OPEN, running

PAGER = '{type: webhook, url: "http://127.0.0.1:9/page"}'


async def test_the_button_of_a_real_page_acknowledges_and_the_second_press_changes_nothing(tmp_path: Path) -> None:
    async with serving(Ntfy()) as provider, aiohttp.ClientSession() as phone:
        channel = f'{{type: ntfy, url: "{provider.url}", topic: pages, token: {TOKEN}}}'
        assert PAGER in OPEN
        async with running(tmp_path, OPEN.replace(PAGER, channel), stub=False) as daemon:
            number = await daemon.opened("DiskFull")
            async with asyncio.timeout(5):
                await provider.came.wait()
            (button,) = provider.taken[0].json["actions"]

            for _ in range(2):
                async with phone.request(button["method"], button["url"]) as pressed:
                    assert pressed.status == 200
                incident = await daemon.incident(number)
                assert (incident["status"], incident["acknowledged_by"]) == ("acknowledged", "alice")
