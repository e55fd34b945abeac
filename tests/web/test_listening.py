"""Where rungbell listens: several addresses, IPv6, ports the system chooses, and everything below a prefix."""

import asyncio
import socket
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
import pytest
from click.testing import CliRunner

from rungbell.app import Daemon, Options
from rungbell.cli import main
from rungbell.domain.errors import ConfigError
from rungbell.web.serving.listening import Bound
from tests.harness.pager_receiver import PagerReceiver
from tests.harness.ports import LOOPBACK, free_port
from tests.harness.webhooks import firing
from tests.web.running import CLOSED, OPEN, WEBHOOK, running

PREFIX = "/pager/rungbell"


def options(folder: Path, *listen: tuple[str, int], config: str = OPEN, **more: str) -> Options:
    file = folder / "rungbell.yml"
    file.write_text(config)
    return Options(file, folder / "rungbell.db", listen, stub_notifiers=True, **more)  # type: ignore[arg-type]


async def status(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


# -- addresses ------------------------------------------------------------------------------------------------------


async def test_every_address_is_listened_on_and_the_log_lists_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = free_port(), free_port()
    daemon = Daemon(options(tmp_path, (LOOPBACK, ports[0]), ("::1", ports[1])))
    await daemon.start()
    try:
        assert await status(f"http://{LOOPBACK}:{ports[0]}/-/healthy") == 200
        assert await status(f"http://[::1]:{ports[1]}/-/healthy") == 200
        with pytest.raises(aiohttp.ClientError):
            await status(f"http://{LOOPBACK}:{ports[1]}/-/ready")
    finally:
        await daemon.stop()
    told = capsys.readouterr()
    assert f"{LOOPBACK}:{ports[0]}, [::1]:{ports[1]}" in told.out + told.err
    assert "rungbell is up" in told.out + told.err


async def test_a_port_that_the_system_chose_stands_in_links(tmp_path: Path) -> None:
    daemon = Daemon(options(tmp_path, ("::1", 0)))
    await daemon.start()
    try:
        url = vars(daemon)["_services"].external_url
        assert url.startswith("http://[::1]:")
        assert not url.endswith(":0")
        assert await status(f"{url}/-/healthy") == 200
    finally:
        await daemon.stop()


async def test_no_host_is_every_address_of_both_families_on_one_port(tmp_path: Path) -> None:
    daemon = Daemon(options(tmp_path, ("", 0), config=CLOSED))
    await daemon.start()
    try:
        url = vars(daemon)["_services"].external_url
        for host in (LOOPBACK, "[::1]"):
            assert await status(f"{url.replace('localhost', host)}/-/healthy") == 200
    finally:
        await daemon.stop()


@pytest.mark.parametrize("place", [0, 1])
async def test_the_address_that_is_taken_is_named_and_the_others_are_let_go(tmp_path: Path, place: int) -> None:
    free = free_port()
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        addresses = [(LOOPBACK, free), ("::1", free)]
        addresses.insert(place, (LOOPBACK, port))
        with pytest.raises(ConfigError, match=f"cannot listen on {LOOPBACK}:{port}: Address already in use"):
            await Daemon(options(tmp_path, *addresses)).start()
    with socket.socket() as again:
        again.bind((LOOPBACK, free))
    assert not (tmp_path / "rungbell.db").exists()


@pytest.mark.parametrize(
    ("host", "shown"), [("192.0.2.1", "192.0.2.1:"), ("no-such-host.invalid", "no-such-host.invalid:")]
)
async def test_an_address_that_is_not_ours_is_named(tmp_path: Path, host: str, shown: str) -> None:
    with pytest.raises(ConfigError, match=f"cannot listen on {shown}"):
        await Daemon(options(tmp_path, (host, 0), config=CLOSED)).start()


def test_one_address_of_others_among_several_is_enough_to_need_credentials(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"listening on 192\.0\.2\.1 needs credentials"):
        Daemon(options(tmp_path, (LOOPBACK, 0), ("192.0.2.1", 0)))
    Daemon(options(tmp_path, (LOOPBACK, 0), ("::1", 0), ("localhost", 0)))


@pytest.mark.parametrize("address", ["11911", "::1:80", "[::1]", "[::1:80", "::1]:80", "host:", "host:70000", "a:b:1"])
def test_what_is_no_address_is_wrong_usage(address: str) -> None:
    told = CliRunner().invoke(main, ["serve", "--web.listen-address", LOOPBACK + ":0", "--web.listen-address", address])
    assert told.exit_code == 2
    assert "Invalid value for --web.listen-address: " in told.output
    assert "is not host:port" in told.output


@pytest.mark.parametrize(
    "url",
    [
        "rungbell.example.com",
        "ftp://x",
        "http://",
        "http://x?y",
        "http://x/#y",
        "http://u:p@x",
        "http://x:0",
        "http://x/a b",
        "http://x/../y",
    ],
)
def test_what_is_no_external_url_is_wrong_usage(url: str) -> None:
    told = CliRunner().invoke(main, ["serve", "--web.external-url", url])
    assert (told.exit_code, "--web.external-url" in told.output) == (2, True)


# -- the prefix -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("external_url", "route_prefix", "prefix"),
    [
        ("", None, ""),
        ("https://example.com", None, ""),
        ("https://example.com/rungbell/", None, "/rungbell"),
        ("https://example.com/rungbell", "/", ""),
        ("https://example.com/rungbell", "pager", "/pager"),
        ("", "/pager/", "/pager"),
    ],
)
def test_the_prefix_is_the_path_of_the_external_url_unless_said(
    tmp_path: Path, external_url: str, route_prefix: str | None, prefix: str
) -> None:
    said = Options(tmp_path, tmp_path, ((LOOPBACK, 0),), external_url, route_prefix=route_prefix)
    assert said.prefix == prefix


async def test_everything_moves_below_the_prefix_and_nothing_stays(tmp_path: Path) -> None:
    async with running(tmp_path, route_prefix=PREFIX) as daemon:
        assert daemon.url.endswith(PREFIX)
        await daemon.still_works("Prefixed")
        for path in ("/metrics", "/-/healthy", "/-/ready", "/", WEBHOOK.replace("alertmanager", "incidents")):
            assert (await daemon.ask("GET", path)).status == 200, path
        assert f"{PREFIX}/api/v1/incidents " in (await daemon.ask("GET", "/")).text
        root = daemon.url.removesuffix(PREFIX)
        for path in ("/metrics", "/-/healthy", "/api/v1/incidents", "/pager", "/pager/rungbellx"):
            assert await status(root + path) == 404
        async with aiohttp.ClientSession() as session, session.post(root + WEBHOOK, json=firing("Lost")) as lost:
            assert (lost.status, lost.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/", PREFIX])
async def test_the_way_to_the_front_page_is_shown(tmp_path: Path, path: str) -> None:
    async with running(tmp_path, route_prefix=PREFIX) as daemon, aiohttp.ClientSession() as session:
        url = daemon.url.removesuffix(PREFIX) + path
        async with session.get(url, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, f"{PREFIX}/")


@pytest.mark.parametrize("stripped", [False, True])
async def test_links_and_what_follows_from_them_stay_below_the_prefix(tmp_path: Path, stripped: bool) -> None:
    """``stripped``: a proxy takes the path off before rungbell sees it, and ``--web.route-prefix=/`` says so."""
    async with PagerReceiver() as pager:
        port = free_port()
        written = options(tmp_path, (LOOPBACK, port), config=OPEN.replace("http://127.0.0.1:9/page", pager.url))
        url = f"http://{LOOPBACK}:{port}{PREFIX}"
        prefix = {"route_prefix": "/"} if stripped else {}
        daemon = Daemon(Options(written.config_file, written.storage_path, written.listen, url, **prefix))  # type: ignore[arg-type]
        await daemon.start()
        try:
            served = url.removesuffix(PREFIX) if stripped else url
            async with aiohttp.ClientSession() as session:
                await session.post(served + WEBHOOK, json=firing("DiskFull"))
                (page,) = await pager.wait_for(1, 10)
                link = page.body["acknowledge_url"]
                assert link.startswith(f"{url}/a/")
                async with session.post(link.replace(url, served), allow_redirects=False) as pressed:
                    assert (pressed.status, urljoin(link, pressed.headers["Location"])) == (303, link)
                async with session.get(link.replace(url, served)) as followed:
                    assert "You hold this incident" in await followed.text()
        finally:
            await daemon.stop()


async def test_the_command_line_works_with_a_url_that_has_a_path(tmp_path: Path) -> None:
    async with running(tmp_path, route_prefix=PREFIX) as daemon:
        number = await daemon.opened("DiskFull")
        for words in (
            ["healthcheck", "--url", daemon.url],
            ["healthcheck", "--live", "--url", daemon.url + "/"],
            ["incidents", "--url", daemon.url, "--as", "alice", "ack", str(number)],
            ["backup", "--url", daemon.url, str(tmp_path / "copy.db")],
        ):
            told = await asyncio.to_thread(CliRunner().invoke, main, words)
            assert told.exit_code == 0, told.output
        nowhere = daemon.url.removesuffix(PREFIX)
        told = await asyncio.to_thread(CliRunner().invoke, main, ["healthcheck", "--url", nowhere])
        assert told.exit_code == 1


async def test_an_address_that_somebody_else_listens_on_first_is_named_too(tmp_path: Path) -> None:
    """Two may bind to an address that is to be shared; only one may listen, and the store is closed again."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((LOOPBACK, 0))
        port = other.getsockname()[1]
        bound = Bound(LOOPBACK, port)
        await bound.bind()
        other.listen()
        daemon = Daemon(options(tmp_path, (LOOPBACK, 0)))
        vars(daemon)["_bind"] = partial(asyncio.sleep, 0, [bound])
        with pytest.raises(ConfigError, match=f"cannot listen on {LOOPBACK}:{port}: "):
            await daemon.start()
        bound.close()
    again = Daemon(options(tmp_path, (LOOPBACK, 0)))
    await again.start()
    await again.stop()
