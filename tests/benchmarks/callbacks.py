"""What people press in each provider: the requests with which it calls back, signed as it signs."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import urlencode, urljoin
from xml.etree import ElementTree as ET

import aiohttp
from yarl import URL

from rungbell.testing import HttpProvider
from tests.harness.ports import LOOPBACK
from tests.harness.providers import pagerduty, slack, twilio

FORM = "application/x-www-form-urlencoded"
NUMBER = "+442079460123"
NAMED = re.compile(r"Answer\d{5}")
"""What an alert of the measurement is called, in whatever shows it."""

Press = Callable[[int], Awaitable[bytes]]
"""Gives the request that a press comes to, for the daemon that listens at a port."""


class Desk(ABC):
    """One provider, as the channel ``desk``."""

    called: ClassVar[str]
    contact: ClassVar[str]
    expected: ClassVar[int] = 200
    provider: HttpProvider

    @property
    @abstractmethod
    def channel(self) -> str:
        """What the configuration says of it."""

    @abstractmethod
    def paged(self) -> Iterator[tuple[str, Press]]:
        """Give each alert that somebody was paged for, and how it is acknowledged."""


class PagerDutyDesk(Desk):
    """Somebody acknowledges in PagerDuty, which tells by a webhook."""

    called = "PagerDuty's callback"
    contact = f"contacts: {{pagerduty: {pagerduty.ALICE}}}"
    expected = 202

    def __init__(self) -> None:
        self.provider: pagerduty.PagerDuty = pagerduty.PagerDuty()

    @property
    def channel(self) -> str:
        """The key of the service, and the secret of the subscription."""
        secrets = f'routing_key: "{pagerduty.ROUTING_KEY}", webhook_secret: {pagerduty.SECRET}'
        return f'{{type: pagerduty, {secrets}, url: "{self.provider.url}"}}'

    def paged(self) -> Iterator[tuple[str, Press]]:
        """Give the alerts that are open there."""
        for one in self.provider.alerts:
            yield _name(one.summary), lambda port, key=one.key: self._acknowledged(port, key)  # type: ignore[misc]

    async def _acknowledged(self, port: int, key: str) -> bytes:
        self.provider.now = datetime.now(UTC)
        body = json.dumps(self.provider.acts(key, "acknowledged")).encode()
        signed = {"X-PagerDuty-Signature": pagerduty.signature(pagerduty.SECRET, body)}
        return _post(port, "/answers/desk", body, "application/json", signed)


class TwilioDesk(Desk):
    """Somebody is called, hears the text, and presses 4; the last request of the call is what is measured."""

    called = "Twilio's keypad"
    contact = f'phone: "{NUMBER}"'

    def __init__(self) -> None:
        self.provider: twilio.Twilio = twilio.Twilio()

    @property
    def channel(self) -> str:
        """An account whose limits are not what is measured."""
        account = f'account_sid: {twilio.ACCOUNT}, auth_token: {twilio.TOKEN}, from: "{twilio.OURS}"'
        limits = 'countries: ["+44"], limit_per_person: 100000, limit: 100000'
        return f'{{type: twilio_voice, {account}, {limits}, api_url: "{self.provider.url}"}}'

    def paged(self) -> Iterator[tuple[str, Press]]:
        """Give the calls that were taken."""
        for sid, form in self.provider.created.items():
            told = twilio.about(form["Url"][0])["text"]
            yield _name(told), lambda port, sid=sid: self._keyed(port, sid)  # type: ignore[misc]

    async def _keyed(self, port: int, sid: str) -> bytes:
        asked = {name: values[0] for name, values in self.provider.created[sid].items()}
        form = {"CallSid": sid, "AccountSid": twilio.ACCOUNT, "From": asked["From"], "To": asked["To"]}
        form |= {"CallStatus": "in-progress", "Direction": "outbound-api", "ApiVersion": "2010-04-01"}
        async with aiohttp.ClientSession() as session:
            said = await twilio.Line(self.provider, session).ask(asked["Url"], form)
        gather = ET.fromstring(said[1]).find("Gather")  # noqa: S314 -- what we wrote ourselves
        assert gather is not None, f"no key is asked for: {said}"
        url = urljoin(asked["Url"], gather.attrib["action"])
        form |= {"Digits": "4", "msg": "Gather End"}
        signed = {"X-Twilio-Signature": twilio.signature(twilio.TOKEN, url, form.items())}
        return _post(port, URL(url, encoded=True).raw_path_qs, urlencode(form).encode(), FORM, signed)


class SlackDesk(Desk):
    """Somebody presses Acknowledge on the message in the room, and Slack tells by a signed request."""

    called = "Slack's button"
    contact = "contacts: {slack: U0ALICE}"

    def __init__(self) -> None:
        self.provider: slack.Slack = slack.Slack()

    @property
    def channel(self) -> str:
        """A room, and the secret of the app."""
        secrets = f"bot_token: {slack.BOT_TOKEN}, signing_secret: {slack.SIGNING_SECRET}"
        return f'{{type: slack, room: incidents, {secrets}, api_url: "{self.provider.url}"}}'

    def paged(self) -> Iterator[tuple[str, Press]]:
        """Give the messages of incidents."""
        for (_, ts), one in self.provider.messages.items():
            if "thread_ts" not in one:
                yield _name(json.dumps(one)), lambda port, one=one, ts=ts: self._pressed(port, one, ts)  # type: ignore[misc]

    async def _pressed(self, port: int, message: slack.Json, at: str) -> bytes:
        body = slack.interaction(slack.pressed(message, "acknowledge", at=at))
        return _post(port, "/answers/desk", body, FORM, slack.signed(body, datetime.now(UTC).timestamp()))


def _name(text: str) -> str:
    found = NAMED.search(text)
    assert found is not None, f"no alert of the measurement: {text}"
    return found.group()


def _post(port: int, path: str, body: bytes, kind: str, signed: dict[str, str]) -> bytes:
    head = {"Host": f"{LOOPBACK}:{port}", "Content-Type": kind, **signed, "Content-Length": str(len(body))}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
