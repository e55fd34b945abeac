"""Twilio: takes calls and messages, rings people who press keys, and tells how it went, out of order and twice."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp import web
from yarl import URL

from rungbell.testing import HttpProvider, Request

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "token-of-the-account-0123456789"
OURS = "+442079460100"
SERVICE = "MG" + "0123456789abcdef" * 2
ERROR = "an application error has occurred"

Form = dict[str, str]


def problem(status: int, code: int, message: str) -> web.Response:
    said = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(said, status=status)


def form_of(request: Request) -> dict[str, list[str]]:
    return parse_qs(request.body.decode(), keep_blank_values=True)


def signature(token: str, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    base = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), base.encode(), hashlib.sha1).digest()).decode()


@dataclass(slots=True)
class Twilio(HttpProvider):
    """One account, with a list of who has sent STOP."""

    stopped: set[str] = field(default_factory=set)
    landlines: set[str] = field(default_factory=set)
    created: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """What was taken, by its sid."""

    @property
    def url(self) -> str:
        return self.root

    def usual(self, request: Request) -> web.Response:
        login = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {login}":
            return problem(401, 20003, "Authenticate")
        what = request.path.removeprefix(f"/2010-04-01/Accounts/{ACCOUNT}/")
        if what not in {"Calls.json", "Messages.json"}:
            return problem(404, 20404, "The requested resource was not found")
        if request.method == "GET":
            return web.json_response({"messages": [self._listed(sid) for sid in self.created]})
        form = form_of(request)
        refusal = self._refusal(form, what)
        if refusal is not None:
            return refusal
        sid = f"{what[0]}{'A' if what[0] == 'C' else 'M'}{len(self.created) + 1:032x}".replace("MM", "SM", 1)
        self.created[sid] = form
        return web.json_response({"sid": sid, "status": "queued", "to": form["To"][0]}, status=201)

    def _refusal(self, form: dict[str, list[str]], what: str) -> web.Response | None:
        to, sender = form.get("To", [""])[0], form.get("From", form.get("MessagingServiceSid", [""]))[0]
        wrong = {
            (21211, f"The 'To' number {to} is not a valid phone number."): not re.fullmatch(r"\+[1-9][0-9]{6,14}", to),
            (21606, f"The 'From' number {sender} is not yours"): sender not in {OURS, SERVICE},
        }
        if what == "Calls.json":
            wrong[21205, "Url is not valid"] = ("Url" in form) == ("Twiml" in form)
            wrong[21218, "Twiml is too long"] = len(form.get("Twiml", [""])[0]) > 4000
            wrong[21216, "Timeout is not valid"] = int(form.get("Timeout", ["60"])[0]) not in range(1, 601)
        else:
            wrong[21610, f"Attempt to send to unsubscribed recipient {to}"] = to in self.stopped
            wrong[21614, f"'To' number {to} is not a valid mobile number"] = to in self.landlines
            wrong[21617, "The body exceeds the 1600 character limit"] = len(form["Body"][0]) not in range(1, 1601)
            seconds = int(form.get("ValidityPeriod", ["36000"])[0])
            wrong[21705, "ValidityPeriod is out of range"] = seconds not in range(1, 36001)
        return next((problem(400, *said) for said, is_so in wrong.items() if is_so), None)

    def _listed(self, sid: str) -> dict[str, object]:
        form = self.created[sid]
        now = format_datetime(datetime.now(UTC))
        return {
            "sid": sid,
            "to": form["To"][0],
            "body": form.get("Body", [""])[0],
            "status": "sent",
            "date_created": now,
        }


@dataclass(slots=True)
class Line:
    """What Twilio does with what it took: the calls to us, and the people at the other end."""

    twilio: Twilio
    session: aiohttp.ClientSession
    token: str = TOKEN
    answers: list[tuple[int, str]] = field(default_factory=list)
    """What we said to each request: the status and the body."""

    async def ask(self, url: str, form: Form, **headers: str) -> tuple[int, str]:
        """Call us with a form that is signed."""
        sent = {"X-Twilio-Signature": signature(self.token, url, form.items())}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(
            URL(url, encoded=True), data=form, headers=sent, allow_redirects=False
        ) as response:
            found = response.status, await response.text()
        self.answers.append(found)
        return found

    async def pick_up(self, sid: str, *keys: str, **more: str) -> list[str]:
        """Be the person who takes the call: give what they hear while they press these keys, one a question."""
        asked = {name: values[0] for name, values in self.twilio.created[sid].items()}
        form = {
            "CallSid": sid,
            "AccountSid": ACCOUNT,
            "From": asked["From"],
            "To": asked["To"],
            "Direction": "outbound-api",
        }
        form |= {"CallStatus": "in-progress", "ApiVersion": "2010-04-01", **more}
        said = await self._document(asked.get("Url", ""), asked.get("FallbackUrl", ""), form)
        heard, pressed, url = [spoken(said)], list(keys), asked.get("Url", "")
        while (gather := said.find("Gather")) is not None:
            url = urljoin(url, gather.attrib["action"])
            key = pressed.pop(0) if pressed else ""
            said = await self._document(url, "", {**form, "Digits": key, "msg": "Gather End"})
            heard.append(spoken(said))
        return heard

    async def _document(self, url: str, fallback: str, form: Form) -> ET.Element:
        for one in filter(None, (url, fallback)):
            status, body = await self.ask(one, form, I_Twilio_Idempotency_Token="4d5e")
            if status == 200:
                return ET.fromstring(body)  # noqa: S314 -- what we wrote ourselves
        return ET.fromstring(f"<Response><Say>{ERROR}</Say></Response>")  # noqa: S314

    async def ends(self, sid: str, status: str, *, sequence: int = 3, **more: str) -> int:
        """Tell how a call or message goes; give what we answered."""
        kind = "Call" if sid.startswith("CA") else "Message"
        form = {f"{kind}Sid": sid, f"{kind}Status": status, "AccountSid": ACCOUNT, "SequenceNumber": str(sequence)}
        to = self.twilio.created[sid]["To"][0]
        found, _ = await self.ask(self.twilio.created[sid]["StatusCallback"][0], {**form, "To": to, **more})
        return found

    async def text(self, url: str, number: str, body: str, **more: Any) -> list[str]:  # noqa: ANN401 -- of the form
        """Be somebody who sends an SMS: give what they get in return."""
        sid = more.pop("sid", f"SM{len(self.answers) + 1000:032x}")
        form = {
            "MessageSid": sid,
            "AccountSid": ACCOUNT,
            "From": number,
            "To": OURS,
            "Body": body,
            "NumMedia": "0",
            **more,
        }
        status, said = await self.ask(url, form)
        assert status == 200, said
        document = ET.fromstring(said)  # noqa: S314 -- what we wrote ourselves
        return [message.text or "" for message in document.iter("Message")]


def spoken(document: ET.Element) -> str:
    """Give what a document has said."""
    return " ".join(unescape(one.text or "") for one in document.iter("Say"))


def about(url: str) -> dict[str, str]:
    """Give what an address of ours carries."""
    (packed,) = parse_qs(url.partition("?")[2])["about"]
    found = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    assert isinstance(found, dict)
    return found
