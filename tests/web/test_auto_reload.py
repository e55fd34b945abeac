"""A changed file is read by itself: the configuration, and the secrets that it names."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from rungbell.app.changes import read_what_changes
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.telemetry.exposition import figure
from tests.web.running import CLOSED, OPEN, TOKEN_A, TOKEN_ALICE, Running, bearer, running

EVERY = 0.05
READ = "rungbell_config_last_reload_success_timestamp_seconds"
GOOD = "rungbell_config_last_reload_successful"


@asynccontextmanager
async def watched(folder: Path, config: str) -> AsyncIterator[Running]:
    async with running(folder, config) as daemon:
        watching = asyncio.create_task(read_what_changes(daemon.daemon, timedelta(seconds=EVERY)))
        await asyncio.sleep(4 * EVERY)
        try:
            yield daemon
        finally:
            watching.cancel()


def write_private(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o600)


def shown(daemon: Running, name: str) -> float:
    return figure(daemon.services.metrics.text().decode(), name)


async def comes(so: Callable[[], bool], what: str) -> None:
    async def holds() -> bool:
        return so()

    await eventually(holds, what, within=10)


async def test_a_changed_file_counts_and_one_that_stays_is_not_read_again(tmp_path: Path) -> None:
    async with watched(tmp_path / "d", OPEN) as daemon:
        first = shown(daemon, READ)
        await asyncio.sleep(6 * EVERY)
        assert shown(daemon, READ) == first

        daemon.daemon.options.config_file.write_text(OPEN.replace("Chen", "Chen Wei"))
        await comes(lambda: shown(daemon, READ) > first, "the file is read")
        second = shown(daemon, READ)
        await asyncio.sleep(6 * EVERY)
        assert shown(daemon, READ) == second


async def test_a_bad_file_is_told_once_and_the_next_change_is_seen(tmp_path: Path) -> None:
    async with watched(tmp_path / "d", OPEN) as daemon:
        with capture_logs() as told:
            daemon.daemon.options.config_file.write_text(OPEN.replace("climb_to: L2", "climb_to: L9"))
            await comes(lambda: shown(daemon, GOOD) == 0, "the mistake shows")
            await asyncio.sleep(6 * EVERY)
        assert [one["event"] for one in told if one["log_level"] == "error"] == [
            "the configuration cannot be used; the old one stays"
        ]

        daemon.daemon.options.config_file.write_text(OPEN)
        await comes(lambda: shown(daemon, GOOD) == 1, "the mended file is read")


async def test_a_secret_that_comes_after_the_file_which_names_it_counts(tmp_path: Path) -> None:
    """As in Kubernetes, where a volume of secrets is brought up to date later than that of the configuration."""
    folder = tmp_path / "d"
    named = CLOSED.replace(f"bearer_token: {TOKEN_A}", "bearer_token_file: secret")
    async with watched(folder, CLOSED) as daemon:
        daemon.daemon.options.config_file.write_text(named)
        await comes(lambda: shown(daemon, GOOD) == 0, "the secret is missing")
        await asyncio.sleep(4 * EVERY)
        write_private(folder / "secret", "another-token")
        await comes(lambda: shown(daemon, GOOD) == 1, "the file can be used")
        assert (await daemon.send(firing("One"), headers=bearer("another-token"))).status == 200


async def test_a_template_that_comes_or_goes_counts_and_other_files_of_its_folder_do_not(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "other").write_text("")
    async with watched(tmp_path / "d", f"{OPEN}communication: {{templates: {folder}}}\n") as daemon:
        first = shown(daemon, READ)
        (folder / "other").write_text("changed")
        await asyncio.sleep(4 * EVERY)
        assert shown(daemon, READ) == first

        template = folder / "all_clear.txt"
        template.write_text("Subject: over\n\nIt is over.\n")
        await comes(lambda: shown(daemon, READ) > first, "the template is read")
        second = shown(daemon, READ)
        template.unlink()
        await comes(lambda: shown(daemon, READ) > second, "the built-in one counts again")


async def test_a_secret_that_a_volume_swaps_counts(tmp_path: Path) -> None:
    """As Kubernetes does: the file is a link through a folder that is itself a link, and that one is replaced."""
    folder = tmp_path / "d"
    for name, token in (("old", TOKEN_A), ("new", "another-token")):
        (folder / name).mkdir(parents=True)
        write_private(folder / name / "cluster-a", token)
    (folder / "data").symlink_to("old")
    (folder / "secret").symlink_to("data/cluster-a")

    async with watched(folder, CLOSED.replace(f"bearer_token: {TOKEN_A}", "bearer_token_file: secret")) as daemon:
        assert (await daemon.send(firing("One"))).status == 200
        (folder / "next").symlink_to("new")
        (folder / "next").rename(folder / "data")

        async def counts() -> bool:
            return (await daemon.send(firing("Two"), headers=bearer("another-token"))).status == 200

        await eventually(counts, "the new secret counts", within=10)
        assert (await daemon.send(firing("Three"))).status == 401
        assert (await daemon.ask("GET", "/api/v1/status", headers=bearer(TOKEN_ALICE))).status == 200
