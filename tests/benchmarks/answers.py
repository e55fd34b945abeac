"""Row 11: a provider calls back, the acknowledgement is on disk, and nobody is called any more.

Incidents lapse every second meanwhile, so that a page which an acknowledgement should have stopped would be seen.
"""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rungbell.testing.provider import serving
from tests.benchmarks.bare import Bare
from tests.benchmarks.bench import Bench
from tests.benchmarks.bodies import PATH, named
from tests.benchmarks.daemons import one_value, reading
from tests.benchmarks.figures import Row, quantile
from tests.benchmarks.raw import Connection, post
from tests.harness.daemon import Daemon
from tests.harness.pager_receiver import PagerReceiver
from tests.harness.ports import LOOPBACK
from tests.harness.providers.pagerduty import ALICE, ROUTING_KEY, SECRET, PagerDuty, signature

ANSWERED_WITHIN = 0.100
STOPPED_WITHIN = 0.250
EVERY = 1 / 20
QUIET = 3.0
"""Seconds after the last answer in which a page would be one too many."""
CONFIG = """\
zone: UTC
people:
  alice: {{name: Alice, contacts: {{pagerduty: {user}}}}}
  bob: {{name: Bob}}
channels:
  desk: {{type: pagerduty, routing_key: "{key}", webhook_secret: {secret}, url: "{desk}"}}
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
    """Let alerts fire, acknowledge each in PagerDuty a moment later, and look who is still called."""
    directory = bench.directory / "answers"
    directory.mkdir()
    count = bench.choose(300, 100)
    async with serving(PagerDuty()) as desk, PagerReceiver() as ring, Bare(directory, "read") as bare:
        config = _config(directory, desk.url, ring.url)
        async with Daemon(directory, config) as rungbell:
            answered, plain, at = await _run(bench, rungbell, desk, bare.port, count)
            await asyncio.sleep(QUIET)
            with reading(rungbell.store) as store:
                held = one_value(store, "SELECT count(*) FROM incidents WHERE status = 'acknowledged'")
        assert held == count, f"{count} acknowledgements were answered and {held} are in the store"
    assert len(ring.pages) > count, "nobody lapsed: there was nothing to stop"
    late = max(page.came - at[page.incident] for page in ring.pages)
    most = quantile(answered, 0.99)
    return [
        Row(
            f"11 PagerDuty's callback to the durable acknowledgement ({count} of them)",
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


def _config(directory: Path, desk: str, ring: str) -> Path:
    config = directory / "rungbell.yml"
    config.write_text(CONFIG.format(user=ALICE, key=ROUTING_KEY, secret=SECRET, desk=desk, ring=ring))
    return config


async def _run(
    bench: Bench, rungbell: Daemon, desk: PagerDuty, bare: int, count: int
) -> tuple[list[float], list[float], Mapping[str, float]]:
    """Give how long each callback took, a bare POST of the same, and when each incident was answered."""
    chance = random.Random(11)
    answered: list[float] = []
    plain: list[float] = []
    at: dict[str, float] = {}
    async with Connection(rungbell.port) as fires, Connection(rungbell.port) as calls, Connection(bare) as theirs:
        waiting: list[tuple[float, str]] = []
        fired = 0
        began = time.monotonic()
        while fired < count or waiting:
            if fired < count and time.monotonic() >= began + fired * EVERY:
                await fires.exchange(post(PATH, rungbell.port, named(f"Answer{fired:05}")))
                fired += 1
                if fired % 20 == 0:
                    bench.tell(f"callbacks, {fired} of {count}")
            known = {key for _, key in waiting} | {f"{key}:1" for key in at}
            waiting += [
                (time.monotonic() + chance.uniform(0.1, 2.5), one.key) for one in desk.alerts if one.key not in known
            ]
            for due in [one for one in waiting if one[0] <= time.monotonic()]:
                waiting.remove(due)
                desk.now = datetime.now(UTC)
                body = json.dumps(desk.acts(due[1], "acknowledged")).encode()
                plain.append(await theirs.exchange(_callback(bare, body)))
                answered.append(await calls.exchange(_callback(rungbell.port, body), expected=202))
                at[due[1].rpartition(":")[0]] = time.monotonic()
            await asyncio.sleep(0.002)
    return answered, plain, at


def _callback(port: int, body: bytes) -> bytes:
    head = f"POST /answers/desk HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nContent-Type: application/json\r\n"
    head += f"X-PagerDuty-Signature: {signature(SECRET, body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
