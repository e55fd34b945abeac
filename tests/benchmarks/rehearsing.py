"""Rows 7 and 8: a thousand tests of a policy, those of the shipped playbook over and over, and one look ahead."""

import asyncio
import re
import sys
import time
from pathlib import Path

from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Row, Spread, ratios

SHIPPED = Path(__file__).parents[2] / "config" / "rungbell.test.yml"
TESTS = 1_000
WITHIN = 2.0
LOOK = (
    "simulate",
    "alertname=DatabaseDown",
    "severity=critical",
    "--config.file",
    str(SHIPPED.with_name("rungbell.yml")),
)
LOOKED_WITHIN = 0.4


async def policy_tests(bench: Bench) -> list[Row]:
    """Run the thousand as one process, beside one that only runs one of them."""
    alone, thousand = bench.directory / "one.test.yml", bench.directory / "thousand.test.yml"
    alone.write_text(repeated(1), encoding="utf-8")
    thousand.write_text(repeated(TESTS), encoding="utf-8")
    ours: list[float] = []
    starts: list[float] = []
    for number in range(bench.rounds):
        bench.tell(f"{TESTS:,} tests of a policy, round {number + 1}")
        starts.append(await _seconds("test", str(alone)))
        ours.append(await _seconds("test", str(thousand)))
    return [
        Row(
            f"7 {TESTS:,} tests of a policy",
            Spread(ours).words(" s", digits=2),
            f"{ratios(ours, starts).words('x')} one test",
            f"<= {WITHIN:.0f} s",
            Spread(ours).median <= WITHIN,
        )
    ]


async def look_ahead(bench: Bench) -> list[Row]:
    """Ask who an alert would wake, as one process, beside one that only says how it is called."""
    ours: list[float] = []
    helps: list[float] = []
    for number in range(bench.rounds):
        bench.tell(f"rungbell simulate, round {number + 1}")
        helps.append(await _seconds("--help"))
        ours.append(await _seconds(*LOOK))
    return [
        Row(
            "8 rungbell simulate, as a process",
            Spread(ours).words(" s", digits=2),
            f"{ratios(ours, helps).words('x')} --help",
            f"<= {LOOKED_WITHIN} s",
            Spread(ours).median <= LOOKED_WITHIN,
        )
    ]


def repeated(count: int) -> str:
    """Give a test file of ``count`` tests of the playbook, over and over under new names."""
    head, _, body = SHIPPED.read_text(encoding="utf-8").partition("tests:\n")
    tests = re.split(r"^(?=  - name: )", body, flags=re.MULTILINE)[1:]
    head = head.replace("config: rungbell.yml", f"config: {SHIPPED.with_name('rungbell.yml')}")
    chosen = (tests[number % len(tests)] for number in range(count))
    return f"{head}tests:\n" + "".join(
        re.sub(r"^  - name: .*$", f"  - name: test {number}", test, count=1, flags=re.MULTILINE)
        for number, test in enumerate(chosen)
    )


async def _seconds(*words: str) -> float:
    began = time.perf_counter()
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rungbell", *words, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await running.communicate()
    assert running.returncode == 0, told.decode()
    return time.perf_counter() - began
