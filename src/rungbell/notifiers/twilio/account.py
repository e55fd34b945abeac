"""An account at Twilio: whom it may reach, what it may cost, and one message or call handed to it (integrations 7.1).

Rules
-----
* Only a 2xx with a ``sid`` is acceptance. A refusal is told by Twilio's number of it, never by its words: those hold
  telephone numbers.
* What counts against a limit is what may have left, once however often it was tried; what was refused does not. A limit
  that is reached is final for this page, so the next channel goes on.

May import: ``domain``, ``notifiers`` (the port, ``answering`` and ``http``), the rest of ``twilio``, structlog.
"""

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import structlog

from rungbell.domain.errors import StoreError
from rungbell.domain.events import FailureReason
from rungbell.domain.plain_text import masked
from rungbell.domain.severity import Severity
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.answering import Answer, Hear, Undelivered
from rungbell.notifiers.http import Answer as Said
from rungbell.notifiers.http import Endpoint, refused
from rungbell.notifiers.twilio.memory import Memory, memory_of
from rungbell.notifiers.twilio.settings import TwilioSettings, bare

if TYPE_CHECKING:
    import aiohttp

log = structlog.get_logger()

SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
STOPPED = 21610
"""The recipient has sent STOP."""
EVERYBODY = ""
NOT_DELIVERED = frozenset({"failed", "busy", "no-answer", "undelivered", "canceled"})
DELIVERED = frozenset({"completed", "delivered", "read"})
MACHINES = ("machine", "fax")

Form = Sequence[tuple[str, str]]


class Account:
    """Hands calls and messages to Twilio."""

    def __init__(self, settings: TwilioSettings, session: "aiohttp.ClientSession", sender: str, what: str) -> None:
        self._settings = settings
        root = str(settings.api_url).rstrip("/")
        self._endpoint = Endpoint(settings, session, f"{root}/2010-04-01/Accounts/{settings.account_sid}/{what}.json")
        self.memory: Memory = memory_of(session, (what, settings.account_sid, sender))

    def number_of(self, message: Message) -> str:
        """Give the number of whom the message is for.

        Raises:
            SendFailed: there is none that may be reached.
        """
        given = message.person.contacts.get("phone", "")
        if not given:
            raise SendFailed(FailureReason.RECIPIENT_GONE, "no telephone number", permanent=True)
        number = bare(given)
        why = self._settings.refuses(given) or ("the number has sent STOP" if number in self.memory.stopped else "")
        if why:
            raise SendFailed(FailureReason.REFUSED, why, permanent=True)
        return number

    async def create(self, message: Message, number: str, form: Form) -> str:
        """Hand it over and give its sid.

        Raises:
            SendFailed: it was not taken, or there have been enough.
        """
        now = message.sent_at
        self._spend(message, number, now)
        try:
            answer = await self.ask("POST", form=form)
            reference = self._reference(answer, number, now)
        except SendFailed:
            self._take_back(message, number)
            raise
        how = self.memory.ended.get(reference, "")
        if how and how not in DELIVERED:  # it was so quick that the page did not count as taken yet
            raise SendFailed(FailureReason.UNREACHABLE, how, permanent=True)
        return reference

    async def ask(self, method: str, query: str = "", form: Form = ()) -> Said:
        """Ask the account's collection of calls or messages."""
        settings = self._settings
        login = f"{settings.account_sid}:{settings.auth_token.get_secret_value()}"
        headers = {
            "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        data = urlencode(form).encode() if form else None
        return await self._endpoint.request(method, query, data=data, headers=headers)

    async def ended(self, sid: str, status: str, intent: str, undelivered: str, hear: Hear) -> Answer:
        """Take in what a callback says of a call or message; ``undelivered`` says why it reached nobody, if so.

        Callbacks come in any order and more than once. Only how it ended matters, and that once.
        """
        if sid in self.memory.ended:
            return Answer(204)
        if not undelivered:
            if intent:
                self.memory.taken[intent] = sid
            if status in DELIVERED:
                self.memory.ended[sid] = status
            return Answer(204)
        self.memory.taken.pop(intent, None)
        self.memory.ended[sid] = undelivered
        how = Undelivered(
            once=f"{sid}:{status}",
            reason=FailureReason.UNREACHABLE,
            detail=undelivered,
            intent=intent,
            reference="" if intent else sid,
        )
        try:
            await hear(how)
        except StoreError:
            del self.memory.ended[sid]
            raise
        return Answer(204)

    def _reference(self, answer: Said, number: str, now: datetime) -> str:
        said = answer.fields()
        if not answer.ok:
            code = said.get("code")
            if code == STOPPED:
                self.memory.stopped[number] = "refused"
            raise refused(answer, now, f"Twilio {code}" if isinstance(code, int) else "")
        sid = said.get("sid")
        if not isinstance(sid, str) or not SID.fullmatch(sid):
            raise SendFailed(FailureReason.PROVIDER_ERROR, "the answer has no sid, so it is not Twilio's")
        return sid

    def _spend(self, message: Message, number: str, now: datetime) -> None:
        sent, settings = self.memory.sent, self._settings
        if message.intent in self.memory.counted:
            return
        worst = message.incident is not None and message.incident.severity is Severity.P0
        for name, limit in ((number, settings.limit_per_person), (EVERYBODY, settings.limit)):
            if sent.count(name, now) >= limit and not (worst and message.first):
                whose = "for one number" if name else "for all"
                log.warning("a limit of Twilio is reached", number=masked(number), limit=limit, which=whose)
                detail = f"{limit} an hour {whose} have left"
                raise SendFailed(FailureReason.RATE_LIMITED, detail, permanent=True)
        sent.add(number, now)
        sent.add(EVERYBODY, now)
        self.memory.counted[message.intent] = number

    def _take_back(self, message: Message, number: str) -> None:
        if self.memory.counted.pop(message.intent, None) is None:
            return
        self.memory.sent.take_back(number)
        self.memory.sent.take_back(EVERYBODY)


FORGED = Answer(403, b"the signature does not hold", alarm="a request that is not signed as Twilio's")
NOTHING_HERE = Answer(404, b"nothing is heard here")
UNREADABLE = Answer(400, b"that is no callback of Twilio")
