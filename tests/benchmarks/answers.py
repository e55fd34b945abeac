"""Row 11: a provider calls back, the acknowledgement is on disk, and nobody is called any more.

Incidents lapse every second meanwhile, so that a page which an acknowledgement should have stopped would be seen. A
bare aiohttp is sent the same requests.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping

from rungbell.testing.provider import serving
from tests.benchmarks.bare import Bare
from tests.benchmarks.bench import Bench
from tests.benchmarks.bodies import PATH, named
from tests.benchmarks.callbacks import NAMED, Desk, PagerDutyDesk, Press, SlackDesk, TwilioDesk
from tests.benchmarks.daemons import one_value, reading
from tests.benchmarks.figures import Row, quantile
from tests.benchmarks.raw import Connection, post
from tests.harness.daemon import Daemon
from tests.harness.pager_receiver import PagerReceiver

ANSWERED_WITHIN = 0.100
STOPPED_WITHIN = 0.250
EVERY = 1 / 20
QUIET = 3.0
"""Seconds after the last answer in which a page would be one too many."""
DESKS: tuple[Callable[[], Desk], ...] = (PagerDutyDesk, TwilioDesk, SlackDesk)
CONFIG = """\
zone: UTC
people:
  alice: {{name: Alice, {contact}}}
  bob: {{name: Bob}}
channels:
  desk: {desk}
  ring: {{type: webhook, url: "{ring}"}}
tiers:
  L1: {{role: Support, reach: alice, through: [desk, ring]}}
  L2: {{role: Senior, reach: bob, through: [ring]}}
severities:
  P0: &plan
    page: [L1]
    acknowledge_within: 1s
    climb_to: L2
    acknowledgement_lasts: 4h
    stable_for: 30m
    resolves: person
  P1: *plan
  P2: *plan
  P3: *plan
"""


async def answers(bench: Bench) -> list[Row]:
    """Let alerts fire, acknowledge each a moment later where somebody was paged, and look who is still called."""
    return [row for number, desk in enumerate(DESKS) for row in await _through(bench, number, desk())]


async def _through(bench: Bench, number: int, desk: Desk) -> list[Row]:
    directory = bench.directory / f"answers-{number}"
    directory.mkdir()
    count = bench.choose(300, 100)
    async with serving(desk.provider), PagerReceiver() as ring, Bare(directory, "read") as bare:
        config = directory / "rungbell.yml"
        config.write_text(CONFIG.format(contact=desk.contact, desk=desk.channel, ring=ring.url))
        async with Daemon(directory, config) as rungbell:
            answered, plain, at = await _run(bench, rungbell, desk, bare.port, count)
            await asyncio.sleep(QUIET)
            with reading(rungbell.store) as store:
                held = one_value(store, "SELECT count(*) FROM incidents WHERE status = 'acknowledged'")
        assert held == count, f"{count} acknowledgements were answered and {held} are in the store"
    assert len(ring.pages) > count, "nobody lapsed: there was nothing to stop"
    late = max(page.came - at[NAMED.findall(page.raw)[0]] for page in ring.pages)
    most = quantile(answered, 0.99)
    return [
        Row(
            f"11 {desk.called} to the durable acknowledgement ({count} of them)",
            f"p50 {quantile(answered, 0.5) * 1e3:.1f} ms, p99 {most * 1e3:.1f} ms",
            f"{quantile(answered, 0.5) / quantile(plain, 0.5):.1f}x a bare POST",
            f"p99 <= {ANSWERED_WITHIN * 1e3:.0f} ms",
            most <= ANSWERED_WITHIN,
        ),
        Row(
            f"   the last page after it ({len(ring.pages)} pages, lapsing every second)",
            f"{late * 1e3:+.0f} ms",
            goal=f"<= {STOPPED_WITHIN * 1e3:.0f} ms",
            met=late <= STOPPED_WITHIN,
        ),
    ]


async def _run(
    bench: Bench, rungbell: Daemon, desk: Desk, bare: int, count: int
) -> tuple[list[float], list[float], Mapping[str, float]]:
    """Give how long each callback took, a bare POST of the same, and when each alert was answered."""
    chance = random.Random(11)
    answered: list[float] = []
    plain: list[float] = []
    at: dict[str, float] = {}
    async with Connection(rungbell.port) as fires, Connection(rungbell.port) as calls, Connection(bare) as theirs:
        waiting: dict[str, tuple[float, Press]] = {}
        fired = 0
        began = time.monotonic()
        while fired < count or waiting or len(at) < count:
            if fired < count and time.monotonic() >= began + fired * EVERY:
                await fires.exchange(post(PATH, rungbell.port, named(f"Answer{fired:05}")))
                fired += 1
                if fired % 20 == 0:
                    bench.tell(f"{desk.called}, {fired} of {count}")
            for name, press in desk.paged():
                if name not in waiting and name not in at:
                    waiting[name] = (time.monotonic() + chance.uniform(0.1, 2.5), press)
            for name in [name for name, (due, _) in waiting.items() if due <= time.monotonic()]:
                request = await waiting.pop(name)[1](rungbell.port)
                plain.append(await theirs.exchange(request))
                answered.append(await calls.exchange(request, expected=desk.expected))
                at[name] = time.monotonic()
            await asyncio.sleep(0.002)
    return answered, plain, at
