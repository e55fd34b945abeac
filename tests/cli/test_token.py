"""``rungbell token`` as people and pipes use it, against a real daemon."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.harness.ports import free_port
from tests.web.running import INCIDENTS, TOKEN_ALICE, Running, bearer


@pytest.fixture
def alice(tmp_path: Path) -> str:
    """A file with the token of somebody who may make others."""
    file = tmp_path / "alice"
    file.write_text(TOKEN_ALICE + "\n")
    return str(file)


async def piped(*words: str) -> tuple[int | None, str, str]:
    """Run it as a process of its own, whose standard output is a pipe that holds no log of the daemon."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rungbell", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await child.communicate()
    return child.returncode, out.decode(), err.decode()


async def test_a_secret_stands_alone_on_standard_output_and_works(closed: Running, typed: Type, alice: str) -> None:
    me = ("token", "--url", closed.url, "--token-file", alice)
    code, told, beside = await piped(*me, "create", "on call", "--scope", "act", "--person", "bob", "--lasts", "90d")
    assert code == 0, beside
    (secret,) = told.splitlines()
    assert (await closed.ask("GET", INCIDENTS, headers=bearer(secret))).status == 200
    identity = secret.split("_")[1]
    assert identity in beside
    assert "until" in beside
    assert secret not in beside

    listed = await typed(*me, "list")
    for words in (identity, "live", "act", "bob", "on call"):
        assert words in listed.output
    assert secret not in listed.output
    assert (await typed(*me, "list", "-o", "name")).stdout == identity + "\n"
    (found,) = json.loads((await typed(*me, "list", "-o", "json")).stdout)
    assert json.loads((await typed(*me, "list", "-o", "jsonl")).stdout) == found

    revoked = await typed(*me, "revoke", identity)
    assert revoked.exit_code == 0, revoked.output
    assert (await closed.ask("GET", INCIDENTS, headers=bearer(secret))).status == 401
    assert (await typed(*me, "list", "-o", "name")).stdout == ""
    assert "revoked" in (await typed(*me, "list", "--all")).stdout


async def test_a_secret_is_written_to_a_new_file_for_its_owner_only(
    closed: Running, typed: Type, alice: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    words = ("token", "--url", closed.url, "--token-file", alice, "create", "x", "--scope", "read", "--out", str(file))
    code, told, _ = await piped(*words)
    assert (code, told) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert (await typed("incidents", "--url", closed.url, "--token-file", str(file), "list")).exit_code == 0
    secret = file.read_text()

    again = await typed(*words)
    assert again.exit_code == 1
    assert file.read_text() == secret
    assert len((await closed.get("/api/v1/tokens"))["tokens"]) == 1, "no token whose secret is lost"


async def test_a_token_that_is_refused_leaves_no_file(closed: Running, typed: Type, alice: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    me = ("token", "--url", closed.url, "--token-file", alice)
    refused = await typed(*me, "create", "x", "--scope", "act", "--out", str(file))
    assert refused.exit_code == 1
    assert "person" in refused.stderr
    assert not file.exists()


async def test_the_exit_code_says_how_it_went(closed: Running, typed: Type, alice: str) -> None:
    me = ("token", "--url", closed.url, "--token-file", alice)
    assert (await typed("token", "--url", closed.url, "list")).exit_code == 4, "not let in"
    assert (await typed("token", "--url", f"http://127.0.0.1:{free_port()}", "list")).exit_code == 4
    assert (await typed(*me, "create", "x")).exit_code == 2, "no scope"
    assert (await typed(*me, "create", "x", "--scope", "root")).exit_code == 2
    assert (await typed(*me, "revoke", "0" * 12)).exit_code == 1
    assert (await typed(*me, "create", "x", "--scope", "read")).exit_code == 0
    identity = (await typed(*me, "list", "-o", "name")).stdout.strip()
    assert (await typed(*me, "revoke", "0" * 12, "1" * 12)).exit_code == 1, "none of several"
    some = await typed(*me, "revoke", identity, "0" * 12)
    assert some.exit_code == 5
    assert "0" * 12 in some.stderr


async def test_the_first_token_is_made_at_the_machine_itself_and_then_needed(daemon: Running, typed: Type) -> None:
    me = ("token", "--url", daemon.url)
    made = await typed(*me, "--as", "alice", "create", "mine", "--scope", "admin", "--person", "alice")
    assert made.exit_code == 0, made.output
    assert "also at this machine" in made.stderr
    refused = await typed(*me, "list")
    assert refused.exit_code == 4
    assert "401" in refused.stderr


def test_it_imports_nothing_of_the_daemon() -> None:
    heavy = "('sqlalchemy', 'aiohttp', 'pydantic', 'rich')"
    code = f"import sys, rungbell.cli.token; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
