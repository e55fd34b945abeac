"""``rungbell backup``: the copy is whole, private, and a daemon started on it pages nobody but the operator."""

import asyncio
import shutil
import time
from pathlib import Path

from tests.cli.conftest import Type
from tests.harness.webhooks import firing
from tests.web.running import TOKEN_ALICE, Running, running


async def test_a_daemon_started_on_a_backup_holds_paging_and_tells_the_operator_once(
    daemon: Running, typed: Type, tmp_path: Path
) -> None:
    number = await daemon.opened("DiskFull")
    copy = tmp_path / "copy.db"

    made = await typed("backup", str(copy), "--url", daemon.url)

    assert made.exit_code == 0, made.output
    assert f"{copy.stat().st_size} bytes" in made.output
    assert "To restore" in made.output
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not list(daemon.store.parent.glob("*.copy-*")), "the daemon keeps no copy"
    for _start in range(2):
        (tmp_path / "restored").mkdir(exist_ok=True)
        if not (tmp_path / "restored" / "rungbell.db").exists():
            shutil.copy(copy, tmp_path / "restored" / "rungbell.db")
        async with running(tmp_path / "restored") as restored:
            about = [one for one in await restored.incidents() if one["source"] == "rungbell"]
            assert len(about) == 1, about
            assert "backup" in str(await restored.incident(about[0]["number"]))
            pages = (await restored.incident(number))["pages"]
            assert len(pages) == len((await daemon.incident(number))["pages"])
            assert "held" in str(await restored.timeline(number)).lower()


async def test_the_daemon_that_was_copied_goes_on_as_if_nothing_had_been(
    daemon: Running, typed: Type, tmp_path: Path
) -> None:
    slowest = 0.0
    for count in range(100):
        await daemon.accepted(firing(f"Alert{count}"))
    asked = asyncio.ensure_future(typed("backup", str(tmp_path / "copy.db"), "--url", daemon.url))
    while not asked.done():
        began = time.perf_counter()
        await daemon.accepted(firing("During"))
        slowest = max(slowest, time.perf_counter() - began)

    assert (await asked).exit_code == 0
    assert slowest < 1.0


async def test_a_file_that_is_there_is_overwritten_only_by_force(daemon: Running, typed: Type, tmp_path: Path) -> None:
    file = tmp_path / "copy.db"
    file.write_text("precious")

    refused = await typed("backup", str(file), "--url", daemon.url)
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert file.read_text() == "precious"

    assert (await typed("backup", str(file), "--url", daemon.url, "--force")).exit_code == 0
    assert file.read_bytes().startswith(b"SQLite format 3")


async def test_only_people_get_a_backup_and_a_refusal_leaves_no_file(
    closed: Running, typed: Type, tmp_path: Path
) -> None:
    file = tmp_path / "copy.db"
    refused = await typed("backup", str(file), "--url", closed.url)
    assert refused.exit_code == 4
    assert "401" in refused.output
    assert not list(tmp_path.glob("*copy.db*"))  # noqa: ASYNC240 -- a look at the test's own folder

    token = tmp_path / "token"
    token.write_text(TOKEN_ALICE)
    taken = await typed("backup", str(file), "--url", closed.url, "--token-file", str(token))
    assert taken.exit_code == 0, taken.output
