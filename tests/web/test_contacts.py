"""Test pages and what they show: who is really reached, and by which contact, without showing it to others."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest_asyncio

from rungbell.domain.contacts import mark_of
from rungbell.runtime.link_tokens import TrialToken
from rungbell.web.routes import ROUTES
from tests.harness.pager_receiver import Page, PagerReceiver
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.web.running import CLOSED, OPEN, Json, MovableClock, Running, bearer, running
from tests.web.test_links import has_button, words

PAGER = "http://127.0.0.1:9/page"
NUMBER, ADDRESS = "+44 20 7946 0173", "alice.ng@example.org"
EXTERNAL = "https://rungbell.example.com"
CONTACTS = "/api/v1/contacts"
REACHED = (
    ("{name: Alice}", f"{{name: Alice, phone: '{NUMBER}', email: {ADDRESS}, language: de, zone: Asia/Tokyo}}"),
    ("reach: alice, through: [pager]", "reach: alice, through: [pager, mail]"),
    ("tiers:\n", "  mail: {type: email, host: 127.0.0.1, from: r@example.org}\ntiers:\n"),
)


def reached(config: str, pager: str = PAGER) -> str:
    """Alice has a number and an address, and is paged through the pager and by mail."""
    for old, new in REACHED:
        assert config.count(old) == 1, old
        config = config.replace(old, new)
    return config.replace(PAGER, pager)


@pytest_asyncio.fixture
async def pager() -> AsyncIterator[PagerReceiver]:
    """Take real pages."""
    async with PagerReceiver() as found:
        yield found


@pytest_asyncio.fixture
async def daemon(clock: MovableClock, tmp_path: Path, pager: PagerReceiver) -> AsyncIterator[Running]:
    """Run a daemon whose pager is there."""
    async with running(tmp_path, reached(OPEN, pager.url), stub=False, external_url=EXTERNAL) as found:
        yield found


def link_in(page: Page) -> str:
    """Give the path of the link of a page."""
    return urlsplit(page.acknowledge_url).path


async def tried(daemon: Running, pager: PagerReceiver, person: str = "alice", channel: str = "pager") -> Page:
    """Send a test page, and give it as it arrives."""
    arrived = len(pager.received)
    answer = await daemon.ask("POST", f"/api/v1/people/{person}/test-page", json={"channel": channel})
    assert answer.status == 201, answer.text
    return (await pager.wait_for(arrived + 1, within=5))[-1]


async def contact(daemon: Running, person: str = "alice", channel: str = "pager") -> Json:
    """Read what is known of one contact."""
    found = (await daemon.get(CONTACTS))["contacts"]
    (one,) = [one for one in found if (one["person"], one["channel"]) == (person, channel)]
    assert isinstance(one, dict)
    return one


async def unverified(daemon: Running) -> int:
    """What the metrics say of contacts that are not verified."""
    found = re.search(r"^rungbell_contacts_unverified (\d+)", (await daemon.ask("GET", "/metrics")).text, re.MULTILINE)
    assert found is not None
    return int(found[1])


async def test_who_answers_a_test_page_shows_that_the_channel_reaches_them(
    daemon: Running, pager: PagerReceiver
) -> None:
    assert (await contact(daemon))["standing"] == "never"
    before = await unverified(daemon)

    page = await tried(daemon, pager)

    assert (page.kind, page.person, page.body["test"], page.body["incident"]) == ("page", "alice", True, None)
    assert page.body["text"].startswith("TEST: alles ist in Ordnung. local prüft, ob pager dich erreicht\n")
    assert "Tokyo)" in page.body["text"]
    path = link_in(page)
    shown = await daemon.ask("GET", path)
    assert (shown.status, has_button(shown)) == (200, True)
    assert "Bestätige, dass pager dich erreicht, alice" in words(shown)
    assert (await contact(daemon))["standing"] == "never", "looking changes nothing"
    pressed = await daemon.ask("POST", path)
    assert (pressed.status, f"/a/{pressed.headers['Location']}") == (303, path)

    known = await contact(daemon)
    assert known["standing"] == "verified"
    assert known["verified_at"]
    assert (known["tried"]["state"], known["tried"]["failure"]) == ("accepted", None)
    assert await unverified(daemon) == before - 1
    after = await daemon.ask("GET", path)
    assert (after.status, has_button(after)) == (200, False)
    assert "pager erreicht dich, alice; bestätigt" in words(after)
    assert "Tokyo)" in words(after)
    assert await daemon.incidents() == [], "a test page is about no incident"


async def test_who_answers_a_page_shows_it_too(daemon: Running, pager: PagerReceiver) -> None:
    await daemon.accepted(firing("DiskFull"))
    (page,) = await pager.wait_for(1, within=5)
    pressed = await daemon.ask("POST", link_in(page))
    assert pressed.status == 303
    assert (await contact(daemon))["standing"] == "verified"
    assert (await contact(daemon, channel="mail"))["standing"] == "never"


async def test_after_ninety_days_it_has_to_be_shown_again(
    daemon: Running, pager: PagerReceiver, clock: MovableClock
) -> None:
    page = await tried(daemon, pager)
    await daemon.ask("POST", link_in(page))
    clock.ahead = timedelta(days=91)
    assert (await contact(daemon))["standing"] == "old"


async def test_another_contact_in_the_file_is_not_verified_and_a_test_page_to_the_old_one_shows_nothing(
    tmp_path: Path,
) -> None:
    config = reached(OPEN)
    async with running(tmp_path, config, external_url=EXTERNAL) as daemon:
        services, way = daemon.services, ("alice", "mail")
        token = TrialToken(*way, mark_of(services.handler.book.roster, way), services.clock.now())
        link = f"/a/{services.signer.sign_trial(token)}"
        assert (await daemon.ask("POST", link)).status == 303
        assert (await contact(daemon, channel="mail"))["standing"] == "verified"

        (tmp_path / "rungbell.yml").write_text(config.replace(ADDRESS, "alice.other@example.org"))
        await services.reload()

        assert (await contact(daemon, channel="mail"))["standing"] == "changed"
        answer = await daemon.ask("POST", link)
        assert (answer.status, "einen Kontakt, den die Konfiguration nicht mehr hat" in words(answer)) == (410, True)
        assert (await contact(daemon, channel="mail"))["standing"] == "changed"


async def test_a_link_is_good_for_a_day(daemon: Running, pager: PagerReceiver, clock: MovableClock) -> None:
    path = link_in(await tried(daemon, pager))
    clock.ahead = timedelta(days=1)
    for method in ("GET", "POST"):
        answer = await daemon.ask(method, path)
        assert (answer.status, "abgelaufen" in words(answer)) == (410, True)
    assert (await contact(daemon))["standing"] == "never"


async def test_one_key_sends_one_test_page_and_one_person_gets_one_a_minute(
    daemon: Running, pager: PagerReceiver, clock: MovableClock
) -> None:
    path, key = "/api/v1/people/alice/test-page", {"Idempotency-Key": "k1"}
    assert (await daemon.ask("POST", path, json={"channel": "pager"}, headers=key)).status == 201
    again = await daemon.ask("POST", path, json={"channel": "pager"}, headers=key)
    assert (again.status, again.json["message"]) == (200, "it was sent before")
    soon = await daemon.ask("POST", path, json={"channel": "pager"})
    assert (soon.status, "a moment ago" in soon.problem) == (422, True)
    assert len(await pager.wait_for(1, within=5)) == 1
    clock.ahead += timedelta(seconds=61)
    await tried(daemon, pager)


async def test_what_cannot_be_tried_is_refused_with_what_there_is(daemon: Running) -> None:
    async def refused(person: str, body: Json) -> tuple[int, str]:
        answer = await daemon.ask("POST", f"/api/v1/people/{person}/test-page", json=body)
        return answer.status, answer.problem

    assert await refused("zoe", {}) == (404, "'zoe' is nobody of the configuration")
    assert await refused("alice", {"channel": "fax"}) == (422, "there is no channel 'fax'; known: mail, pager")
    assert await refused("bob", {"channel": "mail"}) == (422, "bob has no `email`, and mail needs one")
    assert (await refused("bob", {"channels": "mail"}))[0] == 400


async def test_a_test_page_that_nobody_takes_says_why(tmp_path: Path) -> None:
    async with running(tmp_path, reached(OPEN), stub=False, external_url=EXTERNAL) as daemon:
        assert (await daemon.ask("POST", "/api/v1/people/alice/test-page", json={"channel": "pager"})).status == 201

        async def failed() -> bool:
            told = (await contact(daemon))["tried"]
            return told is not None and told["failure"] == "unreachable"

        await eventually(failed, "the failure is told", within=10, every=0.05)


async def test_contacts_are_masked_and_shown_in_full_to_whom_they_belong_who_asks(tmp_path: Path) -> None:
    config = reached(CLOSED)
    for person in ("alice", "bob"):
        config = config.replace(f"token: token-of-{person}}}", f"token: token-of-{person}, scopes: [read]}}")
    config += "  chen: {token: token-of-chen}\n"
    async with running(tmp_path, config, external_url=EXTERNAL) as daemon:

        async def mail(asker: str, query: str = "?reveal=true") -> str:
            found = (await daemon.get(CONTACTS + query, headers=bearer(f"token-of-{asker}")))["contacts"]
            return next(str(one["contact"]) for one in found if one["channel"] == "mail")

        assert await mail("alice", "") == "a…@example.org"
        assert await mail("alice") == ADDRESS
        assert await mail("bob") == "a…@example.org"
        assert await mail("chen", "") == "a…@example.org"
        assert await mail("chen") == ADDRESS, "an administrator"


async def test_no_answer_to_somebody_else_says_how_anybody_is_reached(tmp_path: Path) -> None:
    """Every route that only reads, with an incident and a test page there."""
    async with running(tmp_path, reached(OPEN), external_url=EXTERNAL) as daemon:
        await daemon.opened("DiskFull")
        await daemon.ask("POST", "/api/v1/people/alice/test-page", json={})
        looked = 0
        for route in ROUTES:
            if route.method != "GET" or "{token}" in route.path:
                continue
            path = route.path.replace("{incident}", "1").replace("{kind}", "internal_declaration")
            answer = await daemon.ask("GET", re.sub(r"{\w+}", "1", path))
            looked += answer.status == 200
            if route.path != "/-/backup":
                digits = re.sub(rb"[ ().-]", b"", answer.body)
                assert b"442079460173" not in digits, route.path
                assert ADDRESS.encode() not in answer.body, route.path
        assert looked > 20
