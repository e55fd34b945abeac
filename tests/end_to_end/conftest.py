"""The scenes of the end-to-end tests: who runs, and who watches."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.daemon import Daemon
from tests.harness.failures import show_logs_when_failing
from tests.harness.pager_receiver import PagerReceiver
from tests.harness.ports import LOOPBACK, PortTakenError, held
from tests.harness.programs import Alertmanager, Prometheus
from tests.harness.quickstart import PAGE_PORT
from tests.harness.victim import Victim


@dataclass(frozen=True, slots=True)
class Scene:
    """A victim, a Prometheus that watches it, an Alertmanager, rungbell as shipped, and the pager of the paged."""

    victim: Victim
    prometheus: Prometheus
    alertmanager: Alertmanager
    rungbell: Daemon
    pager: PagerReceiver


@pytest.fixture
async def scene(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """Start everything and wait until Prometheus sees the victim alive."""
    show_logs_when_failing(request, tmp_path)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(held(PAGE_PORT))
        except PortTakenError as taken:
            pytest.skip(str(taken))
        victim = Victim()
        rungbell = Daemon(tmp_path / "rungbell")
        alertmanager = Alertmanager(tmp_path / "alertmanager", rungbell.webhook_url)
        prometheus = Prometheus(
            tmp_path / "prometheus", alertmanager=alertmanager.address, target=f"{LOOPBACK}:{victim.port}"
        )
        pager = await stack.enter_async_context(PagerReceiver(PAGE_PORT))
        for one in (victim, rungbell, alertmanager, prometheus):
            await stack.enter_async_context(one)
        await prometheus.sees_target("up")
        yield Scene(victim, prometheus, alertmanager, rungbell, pager)


@pytest.fixture
async def pager() -> AsyncIterator[PagerReceiver]:
    """A pager on a free port."""
    async with PagerReceiver() as receiver:
        yield receiver


@pytest.fixture
async def rungbell(pager: PagerReceiver, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Daemon]:
    """A rungbell that pages the pager of the test and does not climb while the test runs."""
    show_logs_when_failing(request, tmp_path)
    daemon = Daemon.paging(tmp_path / "rungbell", pager.url, acknowledge_within="10m")
    async with daemon:
        yield daemon
