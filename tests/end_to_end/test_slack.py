"""Slack and a daemon that is killed: no page is posted twice, no answer is lost, none counts twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rungbell.testing.provider import serving
from tests.harness.daemon import Daemon
from tests.harness.failures import show_logs_when_failing
from tests.harness.providers.slack import APP_TOKEN, BOT_TOKEN, Slack, pressed, reacted
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.web.running import POLICY

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(120)]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with serving(Slack()) as provider:
        yield provider


@pytest.fixture
async def rungbell(slack: Slack, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Daemon]:
    """A rungbell that pages into a room, and hears over Socket Mode."""
    show_logs_when_failing(request, tmp_path)
    config = tmp_path / "rungbell.yml"
    tokens = f"bot_token: {BOT_TOKEN}, app_token: {APP_TOKEN}"
    channel = f'pager: {{type: slack, room: incidents, {tokens}, api_url: "{slack.url}"}}'
    people = POLICY.replace("alice: {name: Alice}", "alice: {name: Alice, contacts: {slack: U0ALICE}}")
    config.write_text(people.replace('pager: {type: webhook, url: "http://127.0.0.1:9/page"}', channel))
    async with Daemon(tmp_path / "rungbell", config) as daemon:
        yield daemon


async def connected(slack: Slack) -> None:
    async def so() -> bool:
        return bool(slack.sockets)

    await eventually(so, "a connection of Socket Mode", within=20, every=0.02)


async def posted(slack: Slack) -> None:
    async def so() -> bool:
        return bool(slack.messages)

    await eventually(so, "a page stands in the room", within=20, every=0.02)


async def status(rungbell: Daemon) -> str:
    (incident,) = await rungbell.api.incidents()
    return str(incident["status"])


async def test_a_page_that_was_posted_when_the_daemon_died_is_found_and_not_posted_again(
    rungbell: Daemon, slack: Slack
) -> None:
    slack.hangs_after = True
    await rungbell.api.send(firing("DiskFull", severity="critical"))
    await posted(slack)

    await rungbell.kill()
    slack.hangs_after = False
    await rungbell.start()

    async def taken() -> bool:
        (incident,) = await rungbell.api.incidents()
        return [one["state"] for one in (await rungbell.api.incident(incident["id"]))["pages"]] == ["accepted"]

    await eventually(taken, "the page is known to be there", within=30, every=0.1)
    assert len(slack.messages) == 1


async def test_an_answer_that_slack_was_told_of_survives_and_told_again_does_nothing_more(
    rungbell: Daemon, slack: Slack
) -> None:
    await connected(slack)
    await rungbell.api.send(firing("DiskFull", severity="critical"))
    await posted(slack)
    press = pressed(slack.posted()[0], "acknowledge")
    assert await slack.deliver("interactive", press, "e1") is not None

    await rungbell.restart()
    await connected(slack)

    assert await status(rungbell) == "acknowledged"
    (incident,) = await rungbell.api.incidents()
    await rungbell.api.act(incident["id"], "unacknowledge", by="alice")
    assert await slack.deliver("interactive", press, "e2") is not None
    assert await status(rungbell) == "triggered"


async def test_an_event_that_came_to_nobody_counts_when_slack_tells_it_again(rungbell: Daemon, slack: Slack) -> None:
    await connected(slack)
    await rungbell.api.send(firing("DiskFull", severity="critical"))
    await posted(slack)
    await rungbell.kill()
    assert await slack.deliver("events_api", reacted(slack.posted()[0]), "e1", patience=0.2) is None

    await rungbell.start()
    await connected(slack)

    assert await slack.deliver("events_api", reacted(slack.posted()[0]), "e2") is not None
    assert await status(rungbell) == "acknowledged"
