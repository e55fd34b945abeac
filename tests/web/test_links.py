"""The link of a page: looking changes nothing, pressing the button acknowledges, and what is over is said plainly."""

import asyncio
import html
import re
import stat
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.app import Daemon
from rungbell.domain.errors import ConfigError
from rungbell.runtime.link_tokens import LIFE, LinkSigner, LinkToken, load_keys
from tests.harness.pager_receiver import PagerReceiver
from tests.harness.webhooks import alert, firing, message, resolved
from tests.web.running import CLOSED, OPEN, Answer, MovableClock, Running, now, running

PAGER = "http://127.0.0.1:9/page"


def keys_of(daemon: Running) -> Path:
    """Where the keys of a daemon stand."""
    return daemon.store.with_name(f"{daemon.store.name}.keys")


async def link_of(
    daemon: Running, number: int, person: str = "alice", cycle: int = 1, life: timedelta = timedelta(days=1)
) -> str:
    """Sign a link as the daemon would."""
    incident = await daemon.incident(number)
    token = LinkToken(incident["id"], cycle, person, 1, now() + life)
    return f"/a/{LinkSigner(load_keys(keys_of(daemon))).sign(token)}"


async def start_again(daemon: Running) -> None:
    """Start a daemon on the same store, and stop it."""
    again = Daemon(daemon.daemon.options)
    try:
        await again.start()
    finally:
        await again.stop()


def words(answer: Answer) -> str:
    """Give what a person reads."""
    text = re.sub(r"<style.*?</style>|<[^>]*>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def has_button(answer: Answer) -> bool:
    """Whether the page lets one act."""
    return "<button" in answer.text and '<form method="post">' in answer.text


@pytest_asyncio.fixture
async def pager() -> AsyncIterator[PagerReceiver]:
    """Take real pages."""
    async with PagerReceiver() as found:
        yield found


async def test_the_link_of_a_real_page_takes_the_incident_on(tmp_path: Path, pager: PagerReceiver) -> None:
    async with running(tmp_path, OPEN.replace(PAGER, pager.url), stub=False) as daemon:
        number = await daemon.opened("DiskFull")
        (page,) = await pager.wait_for(1, within=5)
        assert page.acknowledge_url.startswith(f"{daemon.url}/a/")
        path = page.acknowledge_url.removeprefix(daemon.url)
        shown = await daemon.ask("GET", path)
        assert shown.status == 200
        assert has_button(shown)
        assert "DiskFull is down" in words(shown)
        pressed = await daemon.ask("POST", path)
        assert (pressed.status, f"/a/{pressed.headers['Location']}") == (303, path)
        incident = await daemon.incident(number)
        assert (incident["status"], incident["acknowledged_by"]) == ("acknowledged", "alice")


@pytest.mark.requirement("A19")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
async def test_nothing_but_a_post_changes_anything(method: str, daemon: Running) -> None:
    link = await link_of(daemon, await daemon.opened("DiskFull"))
    before = await daemon.whole_view()
    for _ in range(3):
        answer = await daemon.ask(method, link)
        assert answer.status == (200 if method in {"GET", "HEAD"} else 405)
    assert await daemon.whole_view() == before
    assert has_button(await daemon.ask("GET", link)), "and the link can still be used"


def shown_as(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC"


async def test_the_second_press_says_so_and_changes_nothing(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    link = await link_of(daemon, number)
    assert (await daemon.ask("POST", link)).status == 303
    incident = await daemon.incident(number)
    before = await daemon.whole_view()
    assert (await daemon.ask("POST", link)).status == 303
    assert await daemon.whole_view() == before
    shown = await daemon.ask("GET", link)
    assert shown.status == 200
    assert f"You hold this incident since {shown_as(incident['acknowledged_at'])}, until" in words(shown)
    assert not has_button(shown)


async def test_a_link_is_used_once_also_after_the_incident_was_given_back(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    link = await link_of(daemon, number)
    assert (await daemon.ask("POST", link)).status == 303
    assert (await daemon.act(number, "unacknowledge")).status == 200
    before = await daemon.whole_view()
    pressed = await daemon.ask("POST", link)
    assert pressed.status in {303, 410}
    assert await daemon.whole_view() == before
    shown = await daemon.ask("GET", link)
    assert shown.status == 410
    assert "This link was used at" in words(shown)
    assert "nobody holds the incident now" in words(shown)
    assert not has_button(shown)


async def test_somebody_elses_acknowledgement_is_shown_with_name_and_time(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    link = await link_of(daemon, number)
    assert (await daemon.act(number, "acknowledge", {"by": "bob"})).status == 200
    incident = await daemon.incident(number)
    shown = await daemon.ask("GET", link)
    assert shown.status == 200
    assert f"Acknowledged by bob since {shown_as(incident['acknowledged_at'])}, until" in words(shown)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_resolved_incident_says_by_whom_and_when(method: str, daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    link = await link_of(daemon, number)
    assert (await daemon.act(number, "resolve", {"by": "bob", "reason": "a drill"})).status == 200
    before = await daemon.whole_view()
    at = (await daemon.incident(number))["resolved_at"]
    answer = await daemon.ask(method, link)
    assert answer.status == 410
    assert f"Already resolved by bob at {shown_as(at)}" in words(answer)
    assert not has_button(answer)
    assert await daemon.whole_view() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_link_of_an_earlier_cycle_does_nothing(method: str, daemon: Running) -> None:
    began = now()
    number = await daemon.opened("DiskFull", at=began)
    link = await link_of(daemon, number)
    await daemon.accepted(resolved("DiskFull", at=began, ends_at=now()))
    assert (await daemon.act(number, "resolve", {"by": "bob", "reason": "a drill"})).status == 200
    again = await daemon.opened("DiskFull", at=now() + timedelta(milliseconds=1))
    assert again == number
    before = await daemon.whole_view()
    answer = await daemon.ask(method, link)
    assert answer.status == 410
    assert "belongs to cycle 1" in words(answer)
    assert not has_button(answer)
    assert await daemon.whole_view() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_ends_after_its_life(method: str, clock: MovableClock, daemon: Running) -> None:
    link = await link_of(daemon, await daemon.opened("DiskFull"), life=LIFE)
    assert (await daemon.ask("GET", link)).status == 200
    clock.ahead = LIFE + timedelta(seconds=1)
    answer = await daemon.ask(method, link)
    assert answer.status == 410
    assert "This link expired at" in words(answer)
    assert not has_button(answer)


async def test_the_link_of_somebody_who_has_left_changes_nothing_and_names_nobody_else(daemon: Running) -> None:
    link = await link_of(daemon, await daemon.opened("DiskFull"), person="mallory")
    before = await daemon.whole_view()
    answer = await daemon.ask("POST", link)
    assert answer.status == 410
    assert await daemon.whole_view() == before
    assert "chen" not in words(answer), "who is in the configuration is nobody's business here"


async def test_without_its_store_a_link_says_so_and_what_else_to_try(daemon: Running) -> None:
    link = await link_of(daemon, await daemon.opened("DiskFull"))
    await daemon.services.store.close()
    for method in ("GET", "POST"):
        answer = await daemon.ask(method, link)
        assert (answer.status, answer.kind) == (503, "text/html")
        assert "This may not be recorded; try again" in words(answer)


async def test_an_acknowledgement_waits_for_nobody_who_reads(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    link = await link_of(daemon, number)
    over = threading.Event()
    reading = asyncio.ensure_future(daemon.services.store.read(lambda _transaction: over.wait(60)))
    try:
        async with asyncio.timeout(10):
            pressed = await daemon.ask("POST", link, allow_redirects=False)
    finally:
        over.set()
        await reading
    assert pressed.status == 303
    assert (await daemon.incident(number))["status"] == "acknowledged"


async def test_every_answer_of_a_link_keeps_it_secret(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    link, other = await link_of(daemon, number), await link_of(daemon, number, person="bob")
    answers = [await daemon.ask("GET", link), await daemon.ask("POST", link), await daemon.ask("GET", "/a/garbage")]
    assert (await daemon.act(number, "resolve", {"reason": "a drill"})).status == 200
    answers += [await daemon.ask("GET", other), await daemon.ask("POST", other)]
    assert [answer.status for answer in answers] == [200, 303, 404, 410, 410]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer", answer.status
        assert answer.headers["Cache-Control"] == "no-store", answer.status
    for answer in answers:
        if answer.status != 303:
            assert answer.headers["X-Robots-Tag"] == "noindex"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "script-src" not in policy
            assert "unsafe" not in policy


async def test_each_page_has_a_nonce_of_its_own_and_loads_nothing(daemon: Running) -> None:
    link = await link_of(daemon, await daemon.opened("DiskFull"))
    first, second = await daemon.ask("GET", link), await daemon.ask("GET", link)
    nonces = [re.findall(r"nonce-([\w-]+)", answer.headers["Content-Security-Policy"]) for answer in (first, second)]
    assert nonces[0] != nonces[1]
    assert f'<style nonce="{nonces[0][0]}">' in first.text
    assert not re.findall(r"""(src|href|url)\s*[=(]""", first.text)
    assert link.removeprefix("/a/") not in first.text


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></h1></main><h2>you were had",
    "{{ 777 * 777 }}{% raw %}",
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{RIGHT-TO-LEFT ISOLATE}\N{ZERO WIDTH SPACE}gpj.exe",
    "\N{LINE SEPARATOR}\x07\x1b[31mred",
    "long " * 2_048,
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
async def test_whatever_an_alert_says_the_page_keeps_its_shape(text: str, daemon: Running) -> None:
    plain = await daemon.ask("GET", await link_of(daemon, await daemon.opened("DiskFull")))
    labels = {"alertname": f"N{text}", "severity": text}
    body = message([alert(labels, summary=f"S{text}", starts_at=now(), annotations={"description": text})])
    number = await daemon.accepted(body)
    assert number is not None
    shown = await daemon.ask("GET", await link_of(daemon, number))
    assert shown.status == 200
    assert re.findall(r"</?\w+", shown.text) == re.findall(r"</?\w+", plain.text)
    assert not set(shown.text) & set("\u202e\u2067\u200b\u2028\x07\x1b\0")
    assert len(shown.text) < len(plain.text) + 6_000
    assert "603729" not in words(shown)


async def test_no_log_line_holds_a_link(daemon: Running, capfd: pytest.CaptureFixture[str]) -> None:
    link = await link_of(daemon, await daemon.opened("DiskFull"))
    for method in ("GET", "POST", "GET", "POST", "PUT"):
        await daemon.ask(method, link)
    await daemon.services.store.close()
    await daemon.ask("GET", link)
    told = capfd.readouterr()
    assert link.removeprefix("/a/") not in told.out + told.err


# -- keys ----------------------------------------------------------------------------------------------------------


async def test_a_new_first_key_keeps_old_links_valid_and_a_dropped_one_ends_them(tmp_path: Path) -> None:
    async with running(tmp_path, CLOSED) as daemon:
        number = await daemon.opened("DiskFull")
        old = await link_of(daemon, number)
    keys = keys_of(daemon)
    first = keys.read_text()
    keys.write_text("n" * 43 + "\n" + first)
    async with running(tmp_path, CLOSED) as daemon:
        new = await link_of(daemon, number)
        assert new != old
        assert (await daemon.ask("GET", old)).status == 200
        assert (await daemon.ask("GET", new)).status == 200
    keys.write_text("n" * 43 + "\n")
    async with running(tmp_path, CLOSED) as daemon:
        before = await daemon.whole_view()
        assert (await daemon.ask("GET", old)).status == 404
        assert (await daemon.ask("POST", old)).status == 404
        assert await daemon.whole_view() == before
        assert (await daemon.ask("GET", new)).status == 200


async def test_the_keys_and_the_store_are_their_owners_only(daemon: Running) -> None:
    for path in (keys_of(daemon), daemon.store):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (key,) = keys_of(daemon).read_text().splitlines()
    assert len(key) >= 43, "256 bits"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
async def test_keys_that_others_may_read_are_refused_until_it_is_mended(mode: int, tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        keys = keys_of(daemon)
    keys.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        await start_again(daemon)
    keys.chmod(0o600)
    async with running(tmp_path) as again:
        assert (await again.ask("GET", "/-/healthy")).status == 200


@pytest.mark.parametrize("text", ["", "\n\n", "short\n", "k" * 43 + "\nshort\n"], ids=ascii)
async def test_keys_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        keys_of(daemon).write_text(text)
    with pytest.raises(ConfigError, match="at least 32 characters"):
        await start_again(daemon)


async def test_a_daemon_on_an_ipv6_address_pages_with_links_that_work(tmp_path: Path, pager: PagerReceiver) -> None:
    config = OPEN.replace(PAGER, pager.url)
    async with running(tmp_path, config, host="::1", stub=False) as daemon:
        await daemon.accepted(firing("DiskFull"))
        (page,) = await pager.wait_for(1, within=5)
        assert page.acknowledge_url.startswith(f"{daemon.url}/a/"), page.acknowledge_url
        assert (await daemon.ask("GET", page.acknowledge_url.removeprefix(daemon.url))).status == 200
