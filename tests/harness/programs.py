"""The real programs around rungbell: Prometheus and Alertmanager, on free ports with generated configurations."""

import math
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import aiohttp
import pytest
import yaml

from tests.harness.ports import LOOPBACK, free_port
from tests.harness.process import Child
from tests.harness.waiting import eventually

SHIPPED = Path(__file__).parents[2] / "deploy" / "prometheus"
ALERT_NAME = "VictimDown"
SUMMARY = "The victim does not answer any more"


def find_program(*names: str) -> str:
    """Find a program by any of its names, or skip the test."""
    for name in names:
        if path := shutil.which(name):
            return path
    return do_without(f"{' or '.join(names)} is not installed")


def do_without(reason: str) -> NoReturn:
    """Skip the test, since this machine lacks something; fail where RUNGBELL_REQUIRE_PROGRAMS says it must not."""
    if os.environ.get("RUNGBELL_REQUIRE_PROGRAMS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


class Program:
    """A server program with a directory and a port of its own."""

    def __init__(self, name: str, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.directory = directory
        self.port = free_port()
        self.address = f"{LOOPBACK}:{self.port}"
        self.url = f"http://{self.address}"
        self.child = Child(name, directory / f"{name}.log")

    def command(self) -> list[str]:
        """Write the configuration and give the command line."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.child.start(self.command())
        try:
            await eventually(self._ready, f"{self.name} is ready", within=30)
        except BaseException:
            await self.child.kill()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.child.kill()

    async def _ready(self) -> bool:
        self.child.check_running()
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def _write(self, name: str, document: object) -> Path:
        target = self.directory / name
        target.write_text(yaml.safe_dump(document, sort_keys=False))
        return target


class Alertmanager(Program):
    """Sends every alert group to one webhook at once, and again a second after each change; ``more`` says how."""

    def __init__(self, directory: Path, webhook_url: str, **more: object) -> None:
        super().__init__("alertmanager", directory)
        self._program = find_program("alertmanager", "prometheus-alertmanager")
        self._webhook = {"url": webhook_url, "send_resolved": True, **more}

    def command(self) -> list[str]:
        """Route everything to the webhook, resolves included."""
        config = self._write(
            "alertmanager.yml",
            {
                "route": {
                    "receiver": "rungbell",
                    "group_by": ["alertname"],
                    "group_wait": "0s",
                    "group_interval": "1s",
                    "repeat_interval": "1h",
                },
                "receivers": [{"name": "rungbell", "webhook_configs": [self._webhook]}],
            },
        )
        return [
            self._program,
            f"--config.file={config}",
            f"--storage.path={self.directory / 'data'}",
            f"--web.listen-address={self.address}",
            "--cluster.listen-address=",
        ]


class Prometheus(Program):
    """Watches one scrape target every second and alerts as soon as it is down; ``more`` says how to scrape it."""

    def __init__(self, directory: Path, *, alertmanager: str, target: str, **more: object) -> None:
        super().__init__("prometheus", directory)
        self._program = find_program("prometheus")
        self._alertmanager = alertmanager
        self._scrape = {"job_name": "victim", "static_configs": [{"targets": [target]}], **more}

    def command(self) -> list[str]:
        """Scrape the target, evaluate the one rule, tell the Alertmanager."""
        rule = {
            "alert": ALERT_NAME,
            "expr": 'up{job="victim"} == 0',
            "for": "0s",
            "labels": {"severity": "critical"},
            "annotations": {"summary": SUMMARY},
        }
        rules = self._write("rules.yml", {"groups": [{"name": "victim", "rules": [rule]}]})
        config = self._write(
            "prometheus.yml",
            {
                "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(rules)],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [self._alertmanager]}]}]},
                "scrape_configs": [self._scrape],
            },
        )
        return [
            self._program,
            f"--config.file={config}",
            f"--storage.tsdb.path={self.directory / 'data'}",
            f"--web.listen-address={self.address}",
        ]

    async def sees_target(self, health: str, *, within: float = 20) -> None:
        """Wait until the target's last scrape was ``up`` or ``down``."""

        async def asked() -> bool:
            return await self._health() == health

        await eventually(asked, f"Prometheus sees the victim {health}", within=within)

    async def _health(self) -> str:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/api/v1/targets") as answer:
            targets: list[dict[str, Any]] = (await answer.json())["data"]["activeTargets"]
        return str(targets[0]["health"]) if targets else "unknown"


class Scraper(Program):
    """A Prometheus with the shipped job and rules for rungbell itself, every second."""

    def __init__(self, directory: Path, *, target: str) -> None:
        super().__init__("prometheus", directory)
        self._program = find_program("prometheus")
        self._target = target

    def command(self) -> list[str]:
        """Take the shipped configuration, and change only whom it scrapes and how often."""
        shipped = yaml.safe_load((SHIPPED / "scrape.yml").read_text())
        shipped["global"] = {"evaluation_interval": "1s"}
        shipped["rule_files"] = [str(SHIPPED / name) for name in shipped["rule_files"]]
        (job,) = shipped["scrape_configs"]
        job |= {"scrape_interval": "1s", "scrape_timeout": "1s", "static_configs": [{"targets": [self._target]}]}
        return [
            self._program,
            f"--config.file={self._write('prometheus.yml', shipped)}",
            f"--storage.tsdb.path={self.directory / 'data'}",
            f"--web.listen-address={self.address}",
        ]

    async def has_scraped(self, times: int) -> None:
        """Wait until the target was scraped so often from now on."""
        before = await self._scrapes()

        async def often_enough() -> bool:
            return await self._scrapes() >= before + times

        await eventually(often_enough, f"Prometheus scrapes rungbell {times} times", within=30, every=0.2)

    async def finds(self, query: str) -> bool:
        """Whether a query gives a number now."""
        return any(math.isfinite(value) for value in await self._ask(query))

    async def _scrapes(self) -> float:
        return sum(await self._ask('count_over_time(up{job="rungbell"}[1h])'))

    async def _ask(self, query: str) -> list[float]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}/api/v1/query", params={"query": query}) as answer,
        ):
            told = await answer.json()
        assert told["status"] == "success", f"{query}: {told}"
        return [float(one["value"][1]) for one in told["data"]["result"]]
