"""A test page: sent through the configured channel's own ``send``, without a daemon, and what came of it.

Rules
-----
* It says that it is a test before anything else, and asks for nothing.

May import: ``answers``, ``config``, ``notifiers``, ``domain``, ``clock``, aiohttp.
"""

import asyncio

import aiohttp

from rungbell import __version__
from rungbell.cli.init.answers import Answers
from rungbell.clock import SystemClock, new_id
from rungbell.config import Settings
from rungbell.domain.errors import ConfigError
from rungbell.domain.page import SEND_DEADLINE, PageKind
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.notifiers import IncidentView, Message, SendFailed, registry

TITLE = "TEST: rungbell can reach you"
TEXT = f"{TITLE}\nThis is a test page. Nothing has happened, and nobody needs to do anything."


def send_test_page(settings: Settings, answers: Answers) -> tuple[bool, str]:
    """Page the first person once; give whether it was taken, and a sentence about it."""
    person = settings.book.roster.people[answers.people[0].id]
    (channel,) = settings.channels.values()
    unique = new_id()
    message = Message(
        kind=PageKind.PAGE,
        intent=f"test:{unique}",
        incident=IncidentView(f"test-{unique}", 0, TITLE, Severity.P3, "test", answers.url),
        tier=Tier.L1,
        person=person,
        text=TEXT,
        acknowledge_url="",
        sent_at=SystemClock().now(),
    )

    async def send() -> str:
        async with aiohttp.ClientSession(headers={"User-Agent": f"rungbell/{__version__}"}) as session:
            notifier = registry()[channel.type](channel.settings, session)
            async with asyncio.timeout(SEND_DEADLINE.total_seconds()):
                return await notifier.send(message)

    try:
        reference = asyncio.run(send())
    except (SendFailed, ConfigError) as error:
        return False, f"The test page was NOT taken by {channel.type}: {error}"
    except TimeoutError:
        return False, f"The test page was NOT taken by {channel.type}: no answer within {SEND_DEADLINE.seconds} s"
    told = f" ({reference})" if reference else ""
    return True, f"The test page to {person.name} was taken by {channel.type}{told}. Did it arrive?"
