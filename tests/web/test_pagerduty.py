"""PagerDuty both ways, with a real daemon: its alert, its acknowledgement, its rule of three refusals."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from pydantic import AnyHttpUrl, SecretStr

from rungbell.notifiers.pagerduty import PagerDutySettings
from rungbell.notifiers.pagerduty.reconciling import Reconciling
from rungbell.testing.provider import serving
from tests.harness.providers.pagerduty import ALICE, API_TOKEN, ROUTING_KEY, SECRET, PagerDuty
from tests.harness.waiting import eventually
from tests.web.running import POLICY, MovableClock, Running, running

CHANNEL = (
    '{{type: pagerduty, routing_key: "{key}", url: "{url}", webhook_secret: {secret}, previous_webhook_secret: before}}'
)


@pytest_asyncio.fixture
async def pagerduty() -> AsyncIterator[PagerDuty]:
    async with serving(PagerDuty()) as found:
        yield found


@pytest_asyncio.fixture
async def paging(pagerduty: PagerDuty, tmp_path: Path) -> AsyncIterator[Running]:
    """A daemon that pages through PagerDuty, where Alice is somebody."""
    channel = CHANNEL.format(key=ROUTING_KEY, url=pagerduty.url, secret=SECRET)
    config = POLICY.replace('{type: webhook, url: "http://127.0.0.1:9/page"}', channel)
    config = config.replace("{name: Alice}", f"{{name: Alice, contacts: {{pagerduty: {ALICE}}}}}")
    async with running(tmp_path / "daemon", config, stub=False) as daemon:
        pagerduty.now = daemon.services.clock.now()
        yield daemon


async def becomes(pagerduty: PagerDuty, *states: str) -> None:
    async def so() -> bool:
        return [one.status for one in pagerduty.alerts] == list(states)

    await eventually(so, f"PagerDuty shows {states}, not {[one.status for one in pagerduty.alerts]}", within=10)


async def becomes_ours(pagerduty: PagerDuty) -> None:
    """Wait until PagerDuty has heard of an acknowledgement from here."""

    async def so() -> bool:
        return any(one.path == "/v2/enqueue" and one.json["event_action"] == "acknowledge" for one in pagerduty.taken)

    await eventually(so, "PagerDuty hears of the acknowledgement", within=10)


async def test_who_acknowledges_in_pagerduty_holds_the_incident(paging: Running, pagerduty: PagerDuty) -> None:
    number = await paging.opened("DiskFull")
    (alert,) = pagerduty.alerts

    status = await pagerduty.deliver(f"{paging.url}/answers/pager", pagerduty.acts(alert.key, "acknowledged"))

    assert status == 202
    incident = await paging.incident(number)
    assert (incident["status"], incident["acknowledged_by"]) == ("acknowledged", "alice")
    entries = [one for one in await paging.timeline(number) if one["kind"] == "acknowledged"]
    assert [one["text"] for one in entries] == ["acknowledged by alice (provider)"]


async def test_a_redelivery_has_no_second_effect(paging: Running, pagerduty: PagerDuty) -> None:
    number = await paging.opened("DiskFull")
    event = pagerduty.acts(pagerduty.alerts[0].key, "acknowledged")
    url = f"{paging.url}/answers/pager"
    await pagerduty.deliver(url, event)
    await paging.ask("POST", f"/api/v1/incidents/{number}/unacknowledge", json={"by": "alice"})

    assert [await pagerduty.deliver(url, event) for _ in range(3)] == [202, 202, 202]

    assert (await paging.incident(number))["status"] == "triggered"


async def test_what_was_given_back_here_is_not_acknowledged_again_by_asking_pagerduty_what_its_webhook_had_told(
    paging: Running, pagerduty: PagerDuty
) -> None:
    number = await paging.opened("DiskFull")
    key = pagerduty.alerts[0].key
    await pagerduty.deliver(f"{paging.url}/answers/pager", pagerduty.acts(key, "acknowledged"))
    await becomes_ours(pagerduty)
    await paging.ask("POST", f"/api/v1/incidents/{number}/unacknowledge", json={"by": "alice"})
    pagerduty.acts(key, "acknowledged")  # by a person, at that time: our own event changes nothing of it there
    settings = PagerDutySettings(
        routing_key=SecretStr(ROUTING_KEY), api_token=SecretStr(API_TOKEN), api_url=AnyHttpUrl(pagerduty.url)
    )

    async with aiohttp.ClientSession() as session:
        heard = await Reconciling(settings, session).look(partial(paging.services.hearing.hear, "pager"))

    assert heard == 1
    assert (await paging.incident(number))["status"] == "triggered"


async def test_what_is_acknowledged_and_resolved_here_is_so_there(paging: Running, pagerduty: PagerDuty) -> None:
    number = await paging.opened("DiskFull", severity="warning")

    await paging.ask("POST", f"/api/v1/incidents/{number}/acknowledge", json={"by": "alice"})
    await becomes(pagerduty, "acknowledged")
    await paging.ask("POST", f"/api/v1/incidents/{number}/resolve", json={"by": "alice", "reason": "replaced"})
    await becomes(pagerduty, "resolved")


async def test_what_pagerduty_does_by_itself_and_what_is_of_another_tool_is_taken_and_changes_nothing(
    paging: Running, pagerduty: PagerDuty
) -> None:
    number = await paging.opened("DiskFull")
    url, key = f"{paging.url}/answers/pager", pagerduty.alerts[0].key
    by_itself = pagerduty.acts(key, "acknowledged", user=None)
    stranger = pagerduty.acts(key, "acknowledged", user="PMALLORY")
    other = pagerduty.acts(key, "acknowledged")
    other["event"]["data"]["incident_key"] = "of-another-tool"
    like_a_number = pagerduty.acts(key, "acknowledged")
    like_a_number["event"]["data"]["incident_key"] = f"{number}:1"
    gone = pagerduty.acts(key, "acknowledged")
    gone["event"]["data"]["incident_key"] = "0190aa:1"
    ping = {"event": {**other["event"], "event_type": "pagey.ping", "data": {"message": "Hello"}}}

    events = (by_itself, stranger, other, like_a_number, gone, ping)
    assert [await pagerduty.deliver(url, one) for one in events] == [202] * 6

    assert pagerduty.active
    assert (await paging.incident(number))["status"] == "triggered"


async def test_what_is_over_does_not_stay_open_in_pagerduty_however_long_that_was_away(
    clock: MovableClock, paging: Running, pagerduty: PagerDuty
) -> None:
    number = await paging.opened("DiskFull", severity="warning")
    pagerduty.answers(503)
    sender = vars(paging.daemon)["_sender"]
    await paging.act(number, "acknowledge", {"by": "alice"})
    await paging.act(number, "resolve", {"by": "alice", "reason": "replaced"})
    tried = 0
    for _ in range(6 * 60):
        clock.ahead += timedelta(seconds=30)
        await sender.look()
        tried = len(pagerduty.requests)
    assert 30 < tried < 60, "again after 1, 2, 4 … 30 seconds, then every five minutes"

    pagerduty.status = None
    for _ in range(11):
        clock.ahead += timedelta(seconds=30)
        await sender.look()

    await becomes(pagerduty, "resolved")


async def test_the_secret_before_counts_while_it_is_changed_and_a_third_one_mutes_the_channel_and_is_told(
    paging: Running, pagerduty: PagerDuty
) -> None:
    await paging.opened("DiskFull")
    url, event = f"{paging.url}/answers/pager", pagerduty.acts(pagerduty.alerts[0].key, "acknowledged")

    assert await pagerduty.deliver(url, event, secret="before") == 202
    assert [await pagerduty.deliver(url, event, secret="guessed") for _ in range(4)] == [401, 401, 401, 0]
    assert not pagerduty.active
    titles = [one["title"] for one in (await paging.get("/api/v1/incidents"))["incidents"]]
    assert any("RungbellAnswersRefused" in title for title in titles)


async def test_while_the_store_is_away_pagerduty_is_asked_to_come_back(
    paging: Running, pagerduty: PagerDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paging.opened("DiskFull")
    event = pagerduty.acts(pagerduty.alerts[0].key, "acknowledged")
    monkeypatch.setattr(paging.services, "draining", True)

    assert await pagerduty.deliver(f"{paging.url}/answers/pager", event) == 503
    assert pagerduty.active
