"""A page walks from a provider that is down to one that has had enough, to an SMS that nobody reads, to a call.

On a clock that the test puts forward; each provider is a server on loopback that behaves as its documents say.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from rungbell.runtime.sending.outbox_sender import OutboxSender
from rungbell.testing.provider import serving
from tests.harness.providers.pagerduty import ROUTING_KEY, PagerDuty
from tests.harness.providers.slack import BOT_TOKEN, Slack
from tests.harness.providers.twilio import ACCOUNT, OURS, TOKEN, Line, Twilio
from tests.harness.webhooks import firing
from tests.web.running import POLICY, Json, MovableClock, Running, running

NUMBER = "+442079460001"


@dataclass
class Walk:
    """A daemon with a clock of its own, and everything around it."""

    daemon: Running
    clock: MovableClock
    pagerduty: PagerDuty
    slack: Slack
    line: Line

    async def pass_time(self, seconds: int) -> None:
        """Let time pass, second by second; what is due leaves."""
        sender = vars(self.daemon.daemon)["_sender"]
        assert isinstance(sender, OutboxSender)
        for _ in range(seconds):
            self.clock.ahead += timedelta(seconds=1)
            await sender.look()

    async def ledger(self) -> list[str]:
        """What was tried, in order: after how many seconds, through what, and what came of it."""
        entries = await self.daemon.timeline(1)
        began = _seconds(entries[0])
        kinds = {"page_accepted", "page_retried", "page_failed", "withdrawn", "acknowledged"}
        return [f"{_seconds(one) - began:4.0f} s  {one['text']}" for one in entries if one["kind"] in kinds]


def _seconds(entry: Json) -> float:
    return datetime.fromisoformat(entry["at"]).timestamp()


@pytest_asyncio.fixture
async def walk(tmp_path: Path, clock: MovableClock) -> AsyncIterator[Walk]:
    async with (
        serving(PagerDuty()) as pagerduty,
        serving(Slack()) as slack,
        serving(Twilio()) as twilio,
        aiohttp.ClientSession() as session,
    ):
        own = (
            f'account_sid: {ACCOUNT}, auth_token: {TOKEN}, from: "{OURS}", countries: ["+44"], api_url: "{twilio.url}"'
        )
        channels = f"""
  pager: {{type: pagerduty, routing_key: "{ROUTING_KEY}", url: "{pagerduty.url}"}}
  chat: {{type: slack, bot_token: {BOT_TOKEN}, room: incidents, api_url: "{slack.url}"}}
  sms: {{type: twilio_sms, {own}}}
  phone: {{type: twilio_voice, {own}}}"""
        config = POLICY.replace('\n  pager: {type: webhook, url: "http://127.0.0.1:9/page"}', channels)
        config = config.replace("{name: Alice}", f'{{name: Alice, phone: "{NUMBER}"}}')
        config = config.replace(
            "reach: alice, through: [pager]", "reach: alice, through: [pager, {chat: 30s}, {sms: 1m}, {phone: 85s}]"
        )
        async with running(tmp_path / "daemon", config, stub=False) as daemon:
            yield Walk(daemon, clock, pagerduty, slack, Line(twilio, session))


@pytest.mark.requirement("53", "A35")
async def test_a_page_walks_from_pagerduty_to_slack_to_sms_to_a_call_that_is_answered(
    walk: Walk,
) -> None:
    walk.pagerduty.answers(503)
    walk.slack.answers(429, Retry_After="60")
    await walk.daemon.accepted(firing("DiskFull"))

    await walk.pass_time(29)
    assert not walk.slack.requests
    assert len(walk.pagerduty.requests) == 5, "again after 1, 2, 4 and 8 seconds"
    await walk.pass_time(31)
    assert walk.slack.requests
    (sms,) = walk.line.twilio.created
    assert walk.line.twilio.created[sms]["To"] == [NUMBER]
    assert await walk.line.ends(sms, "delivered") == 204, "that a telephone has it is no answer"
    assert (await walk.daemon.incident(1))["status"] == "triggered"

    await walk.pass_time(26)
    _, call = walk.line.twilio.created
    heard = await walk.line.pick_up(call, "4")

    assert heard[-1] == "Incident 1 acknowledged. Goodbye."
    incident = await walk.daemon.incident(1)
    assert (incident["status"], incident["acknowledged_by"]) == ("acknowledged", "alice")
    walk.pagerduty.status = walk.slack.status = None
    await walk.pass_time(150)
    assert walk.pagerduty.alerts == [], "what did not leave need not leave any more"
    assert len(walk.line.twilio.created) == 2

    ledger = await walk.ledger()
    print("\n".join(ledger))  # noqa: T201 -- the ledger, shown with -s
    tried = [(line.split()[2], " ".join(line.split()[2:6])) for line in ledger]
    assert [channel for channel, _ in tried].count("pager") == 7, "six attempts, and that it is not needed any more"
    assert ("chat", "chat did not take") in tried
    assert [line for line in ledger if "rate_limited" in line]
    assert [channel for channel, said in tried if "took the" in said] == ["sms", "phone"]
    states = {page["channel"]: page["state"] for page in incident["pages"]}
    assert states == {"pager": "waiting", "chat": "waiting", "sms": "accepted", "phone": "accepted"}
    states = {page["channel"]: page["state"] for page in (await walk.daemon.incident(1))["pages"]}
    assert states == {"pager": "withdrawn", "chat": "withdrawn", "sms": "accepted", "phone": "accepted"}
