"""The image: what is in it, and the daemon in it as a confined user on a root it cannot write to."""

import asyncio
import os
import re
import subprocess
import tomllib
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable
from pathlib import Path, PurePath
from typing import TypeVar

import pytest

from rungbell.cli.healthcheck import healthcheck
from rungbell.cli.serve import serve
from tests.deploy.commands import TOP, find_tool, flags_in, known_flags, run
from tests.deploy.image import Stage, build, context_files, read_dockerfile
from tests.harness.daemon import Daemon
from tests.harness.failures import show_logs_when_failing
from tests.harness.pager_receiver import PagerReceiver
from tests.harness.ports import LOOPBACK
from tests.harness.programs import do_without, find_program
from tests.harness.quickstart import derive
from tests.harness.webhooks import firing
from tests.ical.calendars import calendar, shift

DOCKERFILE = TOP / "Dockerfile"
INSTRUCTIONS = read_dockerfile(DOCKERFILE)
USER = 65532
Test = TypeVar("Test", bound=Callable[..., object])
LARGEST_TREE = 110_000_000
"""Bytes of /opt/rungbell; it has 94 million with Python 3.11: SQLAlchemy is a quarter of them, holidays a tenth."""


def built(test: Test) -> Test:
    """Mark a test of the built image; the first one builds it, with all it depends on."""
    for mark in (pytest.mark.end_to_end, pytest.mark.timeout(300)):
        test = mark(test)
    return test


def words_of(name: str) -> list[str]:
    (found,) = [one for one in INSTRUCTIONS if one.name == name]
    return found.words()


# -- what it says ---------------------------------------------------------------------------------------------------


def test_hadolint_finds_nothing_to_complain_of() -> None:
    run(find_tool("hadolint"), DOCKERFILE)


def test_it_does_not_run_as_root() -> None:
    assert words_of("USER") == [f"{USER}:{USER}"]


def test_it_starts_the_daemon_and_asks_for_its_health_with_flags_they_have() -> None:
    assert [*words_of("ENTRYPOINT"), *words_of("CMD")][:2] == ["rungbell", "serve"]
    assert flags_in(words_of("CMD")) <= known_flags(serve)
    assert words_of("HEALTHCHECK")[:2] == ["rungbell", "healthcheck"]
    assert flags_in(words_of("HEALTHCHECK")) <= known_flags(healthcheck)


def test_both_stages_have_the_same_base_and_no_digest_is_made_up() -> None:
    first, second = (one.words()[0] for one in INSTRUCTIONS if one.name == "FROM")
    assert first == second
    version = re.fullmatch(r"python:(3\.\d+)-slim", first)
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    assert version
    assert f"Programming Language :: Python :: {version[1]}" in project["classifiers"]


def test_the_context_holds_what_is_copied_and_little_else() -> None:
    sent = context_files(TOP)
    assert {path.parts[0] for path in sent} == {"LICENSE", "README.md", "config", "pyproject.toml", "src"}
    assert not [path for path in sent if path.suffix in {".pyc", ".db"} or "secrets" in path.parts]
    assert sum((TOP / path).stat().st_size for path in sent) < 3_000_000


def test_a_secret_beside_the_configuration_is_not_sent(tmp_path: Path) -> None:
    for name in (
        "config/rungbell.yml",
        "config/secrets/pager",
        "src/rungbell/app.py",
        "src/__pycache__/app.pyc",
        ".env",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".dockerignore").write_text((TOP / ".dockerignore").read_text())
    assert context_files(tmp_path) == [PurePath("config/rungbell.yml"), PurePath("src/rungbell/app.py")]


# -- what it does ---------------------------------------------------------------------------------------------------


class Container(Daemon):
    """The image's own command, confined as the manifests ask for; ``directory`` holds its volume and configuration."""

    def __init__(self, image: Stage, directory: Path, config: Path | None = None) -> None:
        super().__init__(directory)
        self.image = image
        (where,) = image.said["VOLUME"]
        volume = directory / "volume"
        subprocess.run(["cp", "-a", image.inside(where), volume], check=True)  # an empty volume begins as the image's
        self._mounts = ["rw", str(volume), where.lstrip("/")]
        if config:
            self._mounts += ["ro", str(config.parent), "etc/rungbell"]

    async def execute(self, *words: str) -> tuple[int, str]:
        """Run a command in the container, as its user; give the exit code and what it said."""
        into = ["nsenter", f"--target={self._child.pid}", "--mount", "--root"]
        command = [*into, *self.image.in_environment(list(words), RUNGBELL_URL=self.url)]
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    def status(self) -> dict[str, str]:
        """What the kernel says of the process that was started: nothing stands between it and the signals."""
        lines = Path(f"/proc/{self._child.pid}/status").read_text().splitlines()
        return {name: " ".join(value.split()) for name, _, value in (line.partition(":") for line in lines)}

    def _command(self) -> list[str]:
        words = [
            *self.image.said["ENTRYPOINT"],
            *self.image.said["CMD"],
            "--web.listen-address",
            f"{LOOPBACK}:{self.port}",
        ]
        return self.image.enter(self._mounts, "ro", self.image.in_environment(words))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    if os.geteuid() != 0:
        do_without("only root can make the root of a container")
    for program in ("unshare", "nsenter", "setpriv", "chroot"):
        find_program(program)
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        do_without("mount namespaces cannot be made here")
    return build(TOP, tmp_path_factory.mktemp("image"))


@pytest.fixture
async def pager() -> AsyncIterator[PagerReceiver]:
    async with PagerReceiver() as receiver:
        yield receiver


@pytest.fixture
async def container(
    image: Stage, pager: PagerReceiver, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Container]:
    show_logs_when_failing(request, tmp_path)
    (tmp_path / "config").mkdir()
    config = derive(tmp_path / "config" / "rungbell.yml", page_url=pager.url, acknowledge_within="10m")
    async with Container(image, tmp_path / "rungbell", config) as running:
        yield running


@built
async def test_it_takes_an_alert_pages_and_ends_well_when_it_is_told_to(
    container: Container, pager: PagerReceiver
) -> None:
    assert await container.api.send(firing("DiskFull")) == 200
    assert [page.tier for page in await pager.wait_for(1, 10)] == ["L1"]
    assert await container.execute(*container.image.said["HEALTHCHECK"]) == (0, "")
    assert await container.terminate() == 0


@built
async def test_it_starts_with_the_configuration_it_ships(image: Stage, tmp_path: Path) -> None:
    async with Container(image, tmp_path) as running:
        assert await running.execute(*image.said["HEALTHCHECK"]) == (0, "")
        assert (await running.execute("rungbell", "check", "config", "/etc/rungbell/rungbell.yml"))[0] == 0


@built
async def test_the_health_check_fails_where_nobody_listens(container: Container) -> None:
    code, said = await container.execute("rungbell", "healthcheck", "--url", "http://127.0.0.1:1")
    assert code == 1
    assert "refused" in said


@built
async def test_it_is_nobody_with_no_capability_and_none_to_be_had(container: Container) -> None:
    status = container.status()
    assert (status["Uid"], status["Gid"], status["Groups"]) == (*[" ".join([str(USER)] * 4)] * 2, "")
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"


@built
async def test_it_can_write_to_its_store_and_nowhere_else(container: Container) -> None:
    assert await container.execute("touch", "/var/lib/rungbell/written") == (0, "")
    for place in ("/", "/tmp", "/etc/rungbell", "/opt/rungbell", "/var/lib", "/usr", "/dev"):
        code, said = await container.execute("touch", f"{place}/written")
        assert code == 1
        assert "Read-only file system" in said
    _, mounts = await container.execute("cat", "/proc/self/mountinfo")
    open_ones = {words[4] for words in map(str.split, mounts.splitlines()) if "rw" in words[5].split(",")}
    assert open_ones == {"/var/lib/rungbell", "/dev/null", "/dev/urandom"}


@built
async def test_its_store_is_copied_in_it_and_needs_no_other_place_for_that(container: Container) -> None:
    assert (await container.execute("rungbell", "backup", "copy.db"))[0] == 0
    assert (container.directory / "volume" / "copy.db").stat().st_uid == USER


@built
async def test_it_reads_calendars_and_knows_holidays(container: Container) -> None:
    volume = container.directory / "volume"
    (volume / "team.ics").write_bytes(calendar(shift("alice", "20260101T000000Z", "20990101T000000Z")))
    config = derive(volume / "calendar.yml", page_url="http://127.0.0.1:1/page")
    schedules = "schedules: {team: {calendar: {file: team.ics}}}\nbusiness_hours: {holidays: GB}\n"
    config.write_text(config.read_text().replace("reach: alice", "reach: team") + schedules)
    code, said = await container.execute("rungbell", "check", "config", "calendar.yml")
    assert code == 0, said
    assert "calendar team: alice on call; 1 shift in 14 days" in said


@built
async def test_it_runs_what_was_installed_and_not_the_sources(container: Container) -> None:
    show = "import rungbell, aiosmtplib; print(rungbell.__file__, rungbell.__cached__)"
    code, said = await container.execute("python", "-c", show)
    file, cached = said.split()
    assert code == 0
    assert re.fullmatch(r"/opt/rungbell/lib/python3\.\d+/site-packages/rungbell/__init__\.py", file)
    assert container.image.inside(cached).is_file()


@built
def test_every_module_is_compiled_for_nothing_can_be_written_later(image: Stage) -> None:
    (packages,) = image.inside("/opt/rungbell/lib").glob("python3.*/site-packages")
    modules = {file.stem for file in packages.glob("rungbell/**/*.py")}
    compiled = {file.name.split(".")[0] for file in packages.glob("rungbell/**/__pycache__/*.pyc")}
    assert modules
    assert modules == compiled


@built
def test_the_tree_is_no_larger_than_it_was(image: Stage) -> None:
    files = [file for file in image.inside("/opt/rungbell").rglob("*") if file.is_file() and not file.is_symlink()]
    assert sum(file.stat().st_size for file in files) < LARGEST_TREE


@built
def test_nothing_in_it_belongs_to_the_daemon_or_to_everybody(image: Stage) -> None:
    found = [
        file for file in image.root.rglob("*")
        if not file.is_symlink() and (file.stat().st_uid == USER or file.stat().st_mode & 0o002)
    ]  # fmt: skip
    assert found == [image.inside("/var/lib/rungbell")]


@built
def test_only_the_daemon_can_read_its_store(image: Stage) -> None:
    assert image.inside("/var/lib/rungbell").stat().st_mode & 0o777 == 0o700
