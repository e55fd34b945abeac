"""A calendar is fetched from a real server, with a limit on everything."""

import gzip
import resource
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from pydantic import SecretStr

from rungbell.config.model.schedules import CalendarSection
from rungbell.config.settings import CalendarSettings
from rungbell.ical.content import LARGEST
from rungbell.ical.events import CalendarError
from rungbell.runtime.calendars.fetch import Fetched, Known, fetch
from rungbell.testing import http_provider
from tests.harness.calendar_server import Answer, CalendarServer
from tests.harness.certificates import Authority
from tests.harness.ports import free_port
from tests.ical.calendars import calendar, shift
from tests.notifiers.test_http import serving

TEAM = calendar(shift("alice", "20260401T090000Z", "20260401T170000Z"))


@pytest_asyncio.fixture
async def server() -> AsyncIterator[CalendarServer]:
    async with CalendarServer() as found:
        found.says(TEAM)
        yield found


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as found:
        yield found


def at(url: str | None, file: Path | None = None) -> CalendarSettings:
    place = {"url": url} if url else {"file": str(file)}
    section = CalendarSection.model_validate(place)
    return CalendarSettings(
        name="team",
        schedule="team",
        url=SecretStr(url) if url else None,
        file=file,
        http=section,
        by=section.by,
        aliases={},
        zone="UTC",
        refresh=section.refresh,
        stale_after=section.stale_after,
    )


async def complaint(url: str, session: aiohttp.ClientSession, within: float = 10.0) -> str:
    with pytest.raises(CalendarError) as told:
        await fetch(at(url), session, within=within)
    assert "token" not in str(told.value)
    return str(told.value)


async def test_what_the_server_gives_is_the_calendar(server: CalendarServer, session: aiohttp.ClientSession) -> None:
    found = await fetch(at(server.url), session)
    assert found.raw == TEAM
    assert server.asked[0].headers["Accept"].startswith("text/calendar")


async def test_what_has_not_changed_is_not_sent_again(server: CalendarServer, session: aiohttp.ClientSession) -> None:
    first = await fetch(at(server.url), session)
    assert await fetch(at(server.url), session, first.known) == Fetched(None, first.known)
    server.says(TEAM + b"\r\n")
    assert (await fetch(at(server.url), session, first.known)).raw == TEAM + b"\r\n"
    assert server.statuses == [200, 304, 200]


async def test_a_304_that_nobody_asked_for_is_no_calendar(
    server: CalendarServer, session: aiohttp.ClientSession
) -> None:
    server.answer = Answer(status=304)
    assert await complaint(server.url, session) == "is answered with HTTP 304"


@pytest.mark.parametrize("status", [204, 401, 403, 404, 410, 429, 500, 503])
async def test_any_other_answer_is_told_by_its_status(
    server: CalendarServer, session: aiohttp.ClientSession, status: int
) -> None:
    server.fails(status)
    assert await complaint(server.url, session) == f"is answered with HTTP {status}"


async def test_a_packed_calendar_is_unpacked(server: CalendarServer, session: aiohttp.ClientSession) -> None:
    server.says(gzip.compress(TEAM), Content_Encoding="gzip")
    assert (await fetch(at(server.url), session)).raw == TEAM


async def test_a_bomb_is_put_away_before_it_unfolds(server: CalendarServer, session: aiohttp.ClientSession) -> None:
    bomb = gzip.compress(bytes(512 * 1024 * 1024), compresslevel=1)
    server.says(bomb, Content_Encoding="gzip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert await complaint(server.url, session) == f"is longer than {LARGEST} bytes"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


async def test_what_is_longer_than_any_calendar_is_not_read_to_its_end(
    server: CalendarServer, session: aiohttp.ClientSession
) -> None:
    server.says(bytes(LARGEST + 1))
    assert await complaint(server.url, session) == f"is longer than {LARGEST} bytes"


@pytest.mark.parametrize(
    ("body", "encoding", "told"),
    [
        (TEAM, "gzip", "is said to be packed, and is not"),
        (gzip.compress(TEAM)[:-9], "gzip", "breaks off while it is unpacked"),
        (zlib.compress(TEAM), "br", "comes packed as 'br', which was not asked for"),
    ],
)
async def test_what_cannot_be_unpacked_is_told(
    server: CalendarServer, session: aiohttp.ClientSession, body: bytes, encoding: str, told: str
) -> None:
    server.says(body, Content_Encoding=encoding)
    assert await complaint(server.url, session) == told


async def test_a_server_that_does_not_answer_is_not_waited_for(
    server: CalendarServer, session: aiohttp.ClientSession
) -> None:
    server.answer = Answer(hangs=True)
    assert await complaint(server.url, session, within=0.2) == "does not come within 0.2 s"


async def test_an_answer_that_breaks_off_is_no_calendar(server: CalendarServer, session: aiohttp.ClientSession) -> None:
    server.answer = Answer(TEAM, breaks_off=True)
    assert (await complaint(server.url, session)).startswith("cannot be had: Client")


async def test_nobody_listening_is_told(session: aiohttp.ClientSession) -> None:
    url = f"http://127.0.0.1:{free_port()}/token"
    assert (await complaint(url, session)).startswith("cannot be reached: Connect call failed")


async def test_a_certificate_of_an_unknown_authority_is_not_trusted_until_the_settings_say_so(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    async with http_provider(serving(authority.issue("localhost"))) as provider:
        url = f"https://localhost:{provider.port}/token"
        assert await complaint(url, session) == "has a server whose certificate is not trusted"
        trusting = CalendarSection.model_validate({"url": url, "tls_config": {"ca_file": str(authority.file)}})
        assert (await fetch(replace(at(url), http=trusting), session)).raw == b""


async def test_a_redirect_is_followed_within_the_same_origin(
    server: CalendarServer, session: aiohttp.ClientSession
) -> None:
    server.fails(302, Location="/elsewhere")
    told = await complaint(server.url, session)
    assert told == "is redirected more than 5 times"
    assert [request.path for request in server.asked[1:]] == 5 * ["/elsewhere"]


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data/token", "http://127.0.0.1:1/token", "ftp://example.com/token"],
)
async def test_a_redirect_to_another_place_without_https_is_not_followed(
    server: CalendarServer, session: aiohttp.ClientSession, location: str
) -> None:
    server.fails(301, Location=location)
    assert "without https" in await complaint(server.url, session)
    assert len(server.asked) == 1


@pytest.mark.parametrize("location", ["", "http://", "https:///x", "http://[::1"])
async def test_a_redirect_to_nowhere_is_told(
    server: CalendarServer, session: aiohttp.ClientSession, location: str
) -> None:
    server.fails(307, Location=location)
    assert await complaint(server.url, session)


async def test_a_file_is_read_as_it_is(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(TEAM)
    assert await fetch(at(None, tmp_path / "team.ics"), session) == Fetched(TEAM, Known())
    with pytest.raises(CalendarError, match=r"^cannot be read: No such file or directory$"):
        await fetch(at(None, tmp_path / "no"), session)
