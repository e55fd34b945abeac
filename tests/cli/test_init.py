"""``rungbell init``: answers in, a configuration out that a daemon serves and Alertmanager can speak to."""

import asyncio
import os
import pty
import re
import shlex
import stat
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml

from rungbell.cli.init.answers import Person, person_from
from rungbell.cli.serve import serve
from rungbell.config import load
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.notifiers import registry
from tests.cli.conftest import RUNGBELL, Type
from tests.harness.daemon import Daemon
from tests.harness.pager_receiver import UNAVAILABLE, PagerReceiver
from tests.harness.ports import free_port
from tests.harness.webhooks import firing

ALICE = ("--person", "Alice Ng <alice@example.com>")


@pytest_asyncio.fixture
async def pager() -> AsyncIterator[PagerReceiver]:
    """Give a pager that takes what it is sent."""
    async with PagerReceiver() as found:
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Say where the configuration is to be written."""
    return tmp_path / "new" / "rungbell.yml"


def read(path: Path) -> str:
    return path.read_text()


def there(path: Path) -> bool:
    return path.exists()


def remove(path: Path) -> None:
    path.unlink()


class Terminal:
    """The program on a terminal of its own, and somebody who waits for each question before answering it."""

    def __init__(self, *words: str, home: Path) -> None:
        self._ours, theirs = pty.openpty()
        environment = os.environ | {
            "TERM": "dumb",
            "COLUMNS": "200",
            "XDG_CONFIG_HOME": str(home),
            "TZ": "Europe/London",
        }
        self._process = subprocess.Popen(
            [RUNGBELL, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self.seen = ""
        self._answered = 0

    def answer(self, question: str, answer: str, end: str = "\n") -> None:
        """Wait for a question and answer it."""
        deadline = time.monotonic() + 20
        while question not in self.seen[self._answered :]:
            assert time.monotonic() < deadline, f"{question!r} was not asked:\n{self.seen}"
            assert self._read(), f"it ended before {question!r}:\n{self.seen}"
        self._answered = len(self.seen)
        os.write(self._ours, (answer + end).encode())

    def ends(self) -> int:
        """Read the rest and give the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait(timeout=20)

    def _read(self) -> bool:
        try:
            chunk = os.read(self._ours, 65536)
        except OSError:
            return False
        self.seen += chunk.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)


@pytest.mark.end_to_end
async def test_answered_on_a_terminal_it_pages_and_the_daemon_takes_what_alertmanager_sends_with_its_token(
    file: Path, tmp_path: Path, pager: PagerReceiver
) -> None:
    def talk() -> Terminal:
        terminal = Terminal("init", str(file), home=tmp_path)
        terminal.answer("Time zone [Europe/London]", "Europe/Lundun")
        terminal.answer("is not a time zone", "")
        terminal.answer("How are people paged", "webhook")
        terminal.answer("Who is on call", "Alice Ng")
        terminal.answer("Mail address", "nonsense")
        terminal.answer("is not a mail address", "alice@example.com")
        terminal.answer("Who is paged next", "Bob Okafor")
        terminal.answer("Mail address", "")
        terminal.answer("Who is paged next", "")
        terminal.answer("Where to POST pages", pager.url)
        terminal.answer("Bearer token it wants", "the-pagers-token")
        terminal.answer("Where do people reach this daemon", "")
        terminal.answer("Send a test page to Alice Ng by webhook now?", "y")
        assert terminal.ends() == 0, terminal.seen
        (channels,) = re.findall("Pages go to .*", terminal.seen)
        assert len(channels) <= 80
        return terminal

    terminal = await asyncio.to_thread(talk)

    (page,) = await pager.wait_for(1, within=5)
    assert page.text.startswith("TEST")
    assert (page.person, page.acknowledge_url) == ("alice", "")
    assert page.headers["Authorization"] == "Bearer the-pagers-token"
    assert "was taken by webhook" in terminal.seen
    assert "the-pagers-token" not in terminal.seen + read(file)

    receiver = yaml.safe_load(terminal.seen[terminal.seen.index("receivers:") : terminal.seen.index("Start it:")])
    webhook = receiver["receivers"][0]["webhook_configs"][0]
    token = webhook["http_config"]["authorization"]["credentials"]
    assert token not in read(file)
    async with Daemon(tmp_path / "daemon", file) as daemon, aiohttp.ClientSession() as session:
        assert webhook["url"].endswith("/api/v1/alertmanager")
        for headers, status in (({}, 401), ({"Authorization": f"Bearer {token}"}, 200)):
            async with session.post(daemon.webhook_url, json=firing("DiskFull"), headers=headers) as answer:
                assert answer.status == status
        first, *_ = (await pager.wait_for(3, within=10))[1:]
        assert "DiskFull" in first.text
        assert {one.person for one in pager.pages[1:]} == {"alice", "bob"}, "P1 rings both"


async def test_flags_answer_everything_and_secrets_stand_beside_the_file_for_their_owner_only(
    file: Path, tmp_path: Path, typed: Type
) -> None:
    password = tmp_path / "password"
    password.write_text("hunter2\n")
    done = await typed(
        "init", str(file), "--yes", *ALICE, "--person", "Bob <bob@example.com>", "--zone", "Europe/Paris",
        "--mail-host", "smtp.example.com", "--mail-user", "rungbell", "--mail-password-file", str(password),
        "--url", "https://rungbell.example.com/",
    )  # fmt: skip
    assert done.exit_code == 0, done.output

    settings = load(file, registry())
    assert settings.warnings == ()
    assert {person.contacts["email"] for person in settings.book.roster.people.values()} == {
        "alice@example.com", "bob@example.com",
    }  # fmt: skip
    channel = settings.channels["pager"]
    assert channel.type == "email"
    assert "rungbell@example.com" in repr(channel.settings)
    assert set(settings.api_tokens) == {"alice", "bob"}, "others than this machine reach it"
    assert "--web.external-url https://rungbell.example.com\n" in done.stdout
    assert '"https://rungbell.example.com/api/v1/alertmanager"' in done.stdout
    secrets = {path.name: path for path in (file.parent / "secrets").iterdir()}
    assert set(secrets) == {"alertmanager", "mail", "api-alice", "api-bob"}
    assert secrets["mail"].read_text() == "hunter2\n"
    for path in (file, *secrets.values()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((file.parent / "secrets").stat().st_mode) == 0o700
    assert not [path for path in secrets.values() if path.read_text().strip() in read(file)]
    checked = await typed(
        "check", "config", str(file), "--lint-fatal", "--web.external-url=https://rungbell.example.com"
    )
    assert checked.exit_code == 0


@pytest.mark.parametrize(
    ("url", "external", "listen", "tokens"),
    [
        ("http://127.0.0.1:11911", "", "127.0.0.1:11911", False),
        ("http://127.0.0.1:11999/pager/", "http://127.0.0.1:11999/pager", "127.0.0.1:11999", False),
        ("http://127.0.0.1:11911/pager", "http://127.0.0.1:11911/pager", "127.0.0.1:11911", False),
        ("http://localhost:11911", "http://localhost:11911", "127.0.0.1:11911", False),
        ("http://127.0.0.2:11999", "http://127.0.0.2:11999", "127.0.0.2:11999", False),
        ("http://[::1]:11999", "http://[::1]:11999", "[::1]:11999", False),
        ("http://127.0.0.1", "http://127.0.0.1", "127.0.0.1:80", False),
        ("https://localhost:8443", "https://localhost:8443", "127.0.0.1:11911", False),
        ("http://rungbell.example.com", "http://rungbell.example.com", ":80", True),
        ("https://rungbell.example.com/pager", "https://rungbell.example.com/pager", "127.0.0.1:11911", True),
    ],
)
async def test_the_start_command_serves_where_alertmanager_is_told_to_post(
    url: str, external: str, listen: str, tokens: bool, file: Path, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager = ("--webhook-url", "https://pager.example.com/") if tokens else ("--page-by", "console")
    done = await typed("init", str(file), "--yes", *ALICE, "--url", url, *pager)
    assert done.exit_code == 0, done.output
    (command,) = re.findall(r"^  rungbell serve (.+)$", done.stdout, re.MULTILINE)
    (check,) = re.findall(r"^#   rungbell (check config .+)$", read(file), re.MULTILINE)
    taken = serve.make_context("serve", shlex.split(command)).params
    assert (taken["external_url"], taken["listen"]) == (external, (listen,))
    assert f'"{external or url}/api/v1/alertmanager"' in done.stdout
    monkeypatch.chdir(file.parent)
    checked = await typed(*shlex.split(check))
    assert checked.exit_code == 0, checked.output
    assert bool(load(file, registry(), url).api_tokens) is tokens, "only who is reached from elsewhere needs them"


@pytest.mark.parametrize("people", range(1, 6))
async def test_the_ladder_has_a_tier_for_each_person_and_is_sound(people: int, file: Path, typed: Type) -> None:
    words = [word for number in range(people) for word in ("--person", f"Person {number}")]
    assert (await typed("init", str(file), "--yes", *words)).exit_code == 0
    settings = load(file, registry())
    assert settings.warnings == ()
    policy = settings.book.routes[-1].policy
    assert list(policy.tiers) == list(Tier)[:people]
    assert policy.ladder(Severity.P0)[-1] == list(Tier)[people - 1]
    assert policy.ladder(Severity.P1)[-1] <= Tier.L4
    assert len(settings.book.roster.people) == people, "five of one name are five people"
    assert not settings.api_tokens, "only this machine reaches it"


async def test_where_nobody_can_be_asked_it_says_which_flag_is_missing(file: Path, typed: Type) -> None:
    for words, flag in (
        ((), "--person"),
        ((*ALICE, "--page-by", "webhook"), "--webhook-url"),
        ((*ALICE, "--page-by", "email"), "--mail-host"),
        (("--person", "Bob", "--mail-host", "smtp.example.com"), "mail address"),
        ((*ALICE, "--mail-host", "smtp.example.com", "--mail-user", "me"), "--mail-password-file"),
        ((*ALICE, "--zone", "Europe/Lundun"), "Europe/London"),
        (("--person", "Alice <nonsense>"), "Invalid value for --person: 'nonsense' is not a mail address"),
        ((*ALICE, "--url", "rungbell.example.com"), "--url"),
        ((*ALICE, "--url", "https://rungbell.example.com/?a=1"), "--url"),
        ((*ALICE, "--url", "https://rungbell.example.com/a/../b"), "--url"),
        ((*ALICE, "--webhook-url", "https://me:secret@pager.example.com"), "bearer token"),
        (tuple(word for number in range(6) for word in ("--person", str(number))), "5 at most"),
    ):
        done = await typed("init", str(file), *words)
        assert done.exit_code == 2, (words, done.output)
        assert flag in done.stderr, words
        assert not file.parent.exists(), words


async def test_nothing_is_overwritten_without_force(file: Path, typed: Type) -> None:
    words = ("init", str(file), "--yes", *ALICE)
    assert (await typed(*words)).exit_code == 0
    before = read(file)
    token = file.parent / "secrets" / "alertmanager"
    first = read(token)
    refused = await typed(*words, "--zone", "UTC")
    assert refused.exit_code == 1
    assert "--force" in refused.stderr

    remove(file)
    refused = await typed(*words)
    assert refused.exit_code == 1
    assert str(token) in refused.stderr
    assert not there(file), "all of it or nothing"
    refused = await typed("init", str(file.with_name("another.yml")))
    assert refused.exit_code == 1, "it is said before anybody is asked, for the secrets are the same"
    assert str(token) in refused.stderr

    assert (await typed(*words, "--force")).exit_code == 0
    assert read(file) == before
    assert read(token) != first
    assert sorted(path.name for path in file.parent.iterdir()) == ["rungbell.yml", "secrets"]


@pytest.mark.end_to_end
async def test_what_is_interrupted_at_a_question_says_so_on_a_line_of_its_own(file: Path, tmp_path: Path) -> None:
    def talk() -> Terminal:
        terminal = Terminal("init", str(file), home=tmp_path)
        terminal.answer("Time zone [Europe/London]", "")
        terminal.answer("How are people paged", "\x04", end="")
        assert terminal.ends() == 130
        return terminal

    terminal = await asyncio.to_thread(talk)

    assert terminal.seen.endswith("\nInterrupted.\n")
    assert not there(file)


async def test_a_test_page_that_is_not_taken_is_said_plainly(file: Path, typed: Type, pager: PagerReceiver) -> None:
    pager.answer_next(UNAVAILABLE)
    words = ("init", str(file), "--force", "--yes", *ALICE, "--test-page")
    refused = await typed(*words, "--webhook-url", pager.url)
    assert refused.exit_code == 1
    assert "NOT taken by webhook: provider_error: HTTP 503" in refused.stderr
    gone = await typed(*words, "--webhook-url", f"http://127.0.0.1:{free_port()}/page")
    assert gone.exit_code == 1
    assert "NOT taken by webhook: unreachable" in gone.stderr
    assert there(file), "the configuration is written all the same"

    taken = await typed(*words, "--webhook-url", pager.url)
    assert taken.exit_code == 0
    assert "was taken by webhook" in taken.stdout


async def test_the_console_pages_nobody_and_says_so(file: Path, typed: Type) -> None:
    done = await typed("init", str(file), "--yes", *ALICE, "--test-page")
    assert done.exit_code == 0, done.output
    assert "TEST" in done.stdout
    assert "pages nobody who is not looking" in read(file)


async def test_a_mail_server_that_is_not_there_is_said(file: Path, typed: Type) -> None:
    done = await typed(
        "init", str(file), "--yes", *ALICE, "--mail-host", "127.0.0.1", "--url", "https://r.example.com", "--test-page"
    )
    assert done.exit_code == 1
    assert re.search(r"NOT taken by email: (unreachable|refused)", done.stderr), done.stderr


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Alice Ng <alice@example.com>", Person("alice", "Alice Ng", "alice@example.com")),
        ("Åsa", Person("asa", "Åsa")),
        ("Bob", Person("bob2", "Bob")),
        ("李 雷", Person("person", "李 雷")),
        ("Local Hero", Person("local2", "Local Hero")),
    ],
)
def test_people_get_ids_that_the_configuration_can_use(text: str, person: Person) -> None:
    assert person_from(text, [Person("bob", "Bob")]) == person
