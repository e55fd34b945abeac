"""Who is on call, as a calendar: over the API, and by a link for programs that send no token."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.ical.test_feed import events
from tests.web.running import TOKEN_ALICE, MovableClock, Running, running
from tests.web.schedules import SCHEDULED, SCHEDULED_CLOSED, TUESDAY_NOON, put_to

ICAL = "/api/v1/oncall/ical"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN_ALICE}"}


@pytest_asyncio.fixture
async def daemon(clock: MovableClock, tmp_path: Path) -> AsyncIterator[Running]:
    """Run a daemon with schedules on a Tuesday."""
    put_to(clock, TUESDAY_NOON)
    async with running(tmp_path, SCHEDULED) as found:
        yield found


@pytest_asyncio.fixture
async def closed(clock: MovableClock, tmp_path: Path) -> AsyncIterator[Running]:
    """The same where everybody needs a token."""
    put_to(clock, TUESDAY_NOON)
    async with running(tmp_path, SCHEDULED_CLOSED) as found:
        yield found


async def shown(daemon: Running, query: str) -> list[tuple[str, str, str]]:
    answer = await daemon.ask("GET", ICAL + query)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return [(one["X-RUNGBELL-PERSON"], one["CATEGORIES"], one["DTSTART"]) for one in events(answer.text)]


async def test_a_calendar_has_the_shifts_of_a_schedule_the_last_month_and_the_days_ahead(daemon: Running) -> None:
    assert await shown(daemon, "?schedule=support&days=10") == [
        ("alice", "support", "20261024T000000Z"),
        ("bob", "support", "20261026T090000Z"),
        ("alice", "support", "20261102T090000Z"),
        ("bob", "support", "20261109T090000Z"),
        ("alice", "support", "20261116T090000Z"),
        ("bob", "support", "20261123T090000Z"),
        ("alice", "support", "20261130T090000Z"),
    ]


async def test_a_person_sees_the_shifts_of_all_schedules_and_overrides_at_once(daemon: Running) -> None:
    assert {schedule for _, schedule, _ in await shown(daemon, "?person=chen")} == {"senior", "later"}
    until = {"schedule": "support", "person": "chen", "begins": "2026-11-24T12:00Z", "ends": "2026-11-24T18:00Z"}
    assert (await daemon.ask("POST", "/api/v1/oncall/overrides", json=until)).status == 201
    assert ("chen", "support", "20261124T120000Z") in await shown(daemon, "?person=chen")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?schedule=suport", "later, senior, support"),
        ("?person=alize", "there is no person 'alize'; the configuration knows alice, "),
        ("?days=335", "`days` must be a number from 1 to 334"),
        ("?who=alice", "there is no parameter 'who'; there are schedule, person, days"),
    ],
    ids=str,
)
async def test_what_cannot_be_shown_is_told_with_what_could(daemon: Running, query: str, says: str) -> None:
    for path in (ICAL, f"{ICAL}/link"):
        answer = await daemon.ask("GET", path + query)
        assert answer.status == 400
        assert says in answer.problem


async def test_a_link_shows_what_was_asked_for_to_who_has_no_token(closed: Running) -> None:
    assert (await closed.ask("GET", f"{ICAL}?person=chen")).status == 401
    assert (await closed.ask("GET", f"{ICAL}/link?person=chen")).status == 401
    link = (await closed.ask("GET", f"{ICAL}/link?person=chen&schedule=senior", headers=AUTHORIZED)).json["url"]
    answer = await closed.ask("GET", urlsplit(link).path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert {(one["X-RUNGBELL-PERSON"], one["CATEGORIES"]) for one in events(answer.text)} == {("chen", "senior")}


async def test_a_link_that_nobody_signed_or_of_somebody_who_is_gone_is_not_found(closed: Running) -> None:
    signer = closed.daemon._services.signer  # noqa: SLF001 -- as only the daemon can sign
    for token in ("x", signer.sign_calendar("attic", None, 9), signer.sign_calendar(None, "nobody", 9)):
        assert (await closed.ask("GET", f"/c/{token}")).status == 404
    acknowledging = signer.sign_calendar("support", None, 9)
    assert (await closed.ask("GET", f"/a/{acknowledging}")).status == 404
    assert (await closed.ask("GET", f"/c/{acknowledging}")).status == 200
