"""Rows 4 and 7: from the webhook to the page that leaves, and from the link in it to an acknowledgement on disk."""

import asyncio
import time
from urllib.parse import urlsplit

from tests.benchmarks.bare import Bare
from tests.benchmarks.bench import Bench
from tests.benchmarks.bodies import PATH, named
from tests.benchmarks.daemons import daemon, one_value, reading
from tests.benchmarks.figures import Row, Spread, quantile
from tests.benchmarks.raw import Connection, post
from tests.harness.pager_receiver import Page, PagerReceiver

EVERY = 1 / 20
HALF_WITHIN, MOST_WITHIN = 0.005, 0.025
ACKNOWLEDGED_WITHIN = 0.100


async def pages(bench: Bench) -> list[Row]:
    """Send twenty alerts a second, each followed by the same body to bare aiohttp; then use every link."""
    directory = bench.directory / "pages"
    directory.mkdir()
    count = bench.choose(400, 120)
    async with Bare(directory, "read") as bare, PagerReceiver() as pager, daemon(directory, pager.url) as rungbell:
        async with Connection(rungbell.port) as ours, Connection(bare.port) as theirs:
            sent, answered, plain = await _send(bench, ours, theirs, count)
        came = await pager.wait_for(count, 10)
        leaves = [page.came - sent[_name(page)] for page in came]
        async with Connection(rungbell.port) as ours, Connection(bare.port) as theirs:
            acts, plain_acts = await _acknowledge(bench, ours, theirs, came)
        with reading(rungbell.store) as store:
            held = one_value(store, "SELECT count(*) FROM incidents WHERE status = 'acknowledged'")
        assert held == count, f"{count} acknowledgements were answered and {held} are in the store"
    half, most = quantile(leaves, 0.5), quantile(leaves, 0.99)
    late = quantile(acts, 0.99)
    return [
        Row(
            f"4 webhook to page leaving, 20 alerts/s ({count} of them)",
            f"p50 {half * 1e3:.1f} ms, p99 {most * 1e3:.1f} ms (max {max(leaves) * 1e3:.0f})",
            f"{half / quantile(plain, 0.5):.1f}x, p99 {most / quantile(plain, 0.99):.1f}x a bare POST",
            f"p50 <= {HALF_WITHIN * 1e3:.0f} ms, p99 <= {MOST_WITHIN * 1e3:.0f} ms",
            half <= HALF_WITHIN and most <= MOST_WITHIN,
        ),
        Row(
            "  webhook to its answer (durable)",
            f"p50 {quantile(answered, 0.5) * 1e3:.1f} ms, p99 {quantile(answered, 0.99) * 1e3:.1f} ms",
            f"{Spread(answered).median / Spread(plain).median:.1f}x a bare POST",
        ),
        Row(
            "7 acknowledgement by link, durable",
            f"p50 {quantile(acts, 0.5) * 1e3:.1f} ms, p99 {late * 1e3:.1f} ms",
            f"{quantile(acts, 0.5) / quantile(plain_acts, 0.5):.1f}x a bare POST",
            f"p99 <= {ACKNOWLEDGED_WITHIN * 1e3:.0f} ms",
            late <= ACKNOWLEDGED_WITHIN,
        ),
    ]


async def _send(
    bench: Bench, ours: Connection, theirs: Connection, count: int
) -> tuple[dict[str, float], list[float], list[float]]:
    sent: dict[str, float] = {}
    answered: list[float] = []
    plain: list[float] = []
    began = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number * EVERY - time.monotonic()))
        if number % 20 == 0:
            bench.tell(f"20 alerts a second, {number} of {count}")
        name = f"Page{number:05}"
        request = post(PATH, ours.port, named(name))
        sent[name] = time.monotonic()
        answered.append(await ours.exchange(request))
        await asyncio.sleep(max(0.0, began + (number + 0.5) * EVERY - time.monotonic()))
        plain.append(await theirs.exchange(post(PATH, theirs.port, named(name))))
    return sent, answered, plain


async def _acknowledge(
    bench: Bench, ours: Connection, theirs: Connection, came: list[Page]
) -> tuple[list[float], list[float]]:
    bench.tell("acknowledging by link")
    acts: list[float] = []
    plain: list[float] = []
    for page in came:
        path = urlsplit(page.acknowledge_url).path
        plain.append(await theirs.exchange(post(path, theirs.port)))
        acts.append(await ours.exchange(post(path, ours.port), expected=303))
        await asyncio.sleep(0.005)
    return acts, plain


def _name(page: Page) -> str:
    title = str(page.body["incident"]["title"])
    return title.partition(":")[0]
