"""Channel ``twilio_sms``: short messages, answered by a digit and the code of the message.

Rules
-----
* A code is worth something only from the number it was sent to; it is bound to the incident and its cycle. The answer
  is the whole message, so nothing that quotes ours acknowledges.
* Words behind the code of a 6 say why it is over, which is needed where something speaks against it.
* STOP and its like are Twilio's own words, and acknowledge nothing: whoever sends one is reached another way, at once,
  until they send START.
* Whoever sends what changes nothing is told so a few times an hour, then no more: it may be a machine, and there may be
  no end. Strangers are told nothing.
* Its fixed words, and those of the replies, are those of the reader's language.
* A message is good as long as nobody else has been rung instead: Twilio holds none back for longer.
* Before a message that may have left is sent again, Twilio is asked for one with the same words.

May import: ``domain``, ``words``, ``notifiers`` (the port and ``answering``), the rest of ``twilio``, structlog.
"""

import asyncio
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

import structlog
from pydantic import BaseModel

from rungbell.domain.errors import StoreError
from rungbell.domain.events import Via
from rungbell.domain.language import Language
from rungbell.domain.plain_text import masked
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.answering import Answer, Callback, Came, Hear, Heard, Told, Wish
from rungbell.notifiers.fitting import heading_and_body
from rungbell.notifiers.twilio.about import address, facts_in
from rungbell.notifiers.twilio.account import FORGED, NOT_DELIVERED, NOTHING_HERE, STOPPED, UNREADABLE, Account
from rungbell.notifiers.twilio.outcome import sentence
from rungbell.notifiers.twilio.segments import fitted
from rungbell.notifiers.twilio.settings import SmsSettings
from rungbell.notifiers.twilio.signature import Form, authentic, one
from rungbell.notifiers.twilio.twiml import text_message, twiml
from rungbell.words import words_of
from rungbell.words.words import SmsWords

if TYPE_CHECKING:
    import aiohttp

log = structlog.get_logger()

STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
START = frozenset({"start", "yes", "unstop"})
HELP = frozenset({"help", "info"})
ANSWER = re.compile(
    r"(?:(4|ack|acknowledge)|(5|esc|escalate)|(6|resolve))[\s:,.-]*([0-9]{5})[.!]*(?:\s+(.+))?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
WISHES = (Wish.ACKNOWLEDGE, Wish.ESCALATE, Wish.RESOLVE)
REPLIES = 5
"""So many messages of a number that change nothing are replied to in an hour."""
GUESSES = 30
"""So many are read at all: five digits are not to be guessed."""
SHORTEST, LONGEST = 1, 36_000
"""Seconds that Twilio takes for ``ValidityPeriod``."""
LOOKED_BACK = timedelta(minutes=10)
"""All attempts of a page together take less."""
LISTING = 3.0
"""Seconds; whoever cannot find out in time sends again."""


class TwilioSmsNotifier:
    """Sends with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = SmsSettings
    needs: ClassVar[str | None] = "phone"

    def __init__(self, settings: SmsSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._from = settings.sender or settings.messaging_service_sid or ""
        self._account = Account(settings, session, self._from, "Messages")

    async def send(self, message: Message) -> str:
        """Have it sent; give the sid of the message."""
        number, body = self._account.number_of(message), text_of(message)
        self._account.memory.languages[number] = message.person.language
        if message.attempt > 1 and (known := await self._sent_before(message, number, body)):
            return known
        form = [
            ("To", number),
            ("From" if self._settings.sender else "MessagingServiceSid", self._from),
            ("Body", body),
        ]
        if message.useful_for is not None:
            seconds = int(message.useful_for.total_seconds())
            form.append(("ValidityPeriod", str(min(LONGEST, max(SHORTEST, seconds)))))
        if message.answers_url:
            form.append(("StatusCallback", address(f"{message.answers_url}/status", {"intent": message.intent})))
        return await self._account.create(message, number, form)

    async def _sent_before(self, message: Message, number: str, body: str) -> str:
        """Give the sid of the same message, if an attempt before has left; empty where that is not sure."""
        if known := self._account.memory.taken.get(message.intent):
            return known
        since = message.sent_at - LOOKED_BACK
        sender = {"From": self._settings.sender} if self._settings.sender else {}
        query = urlencode({"To": number, **sender, "DateSent>": f"{since:%Y-%m-%d}", "PageSize": "50"})
        try:
            async with asyncio.timeout(LISTING):
                answer = await self._account.ask("GET", f"?{query}")
        except (SendFailed, TimeoutError):
            return ""
        found = answer.fields().get("messages") if answer.ok else None
        listed = found if isinstance(found, list) else []
        return next((str(item["sid"]) for item in listed if _is_it(item, body, since)), "")

    async def receive(self, callback: Callback, hear: Hear) -> Answer:
        """Hear what somebody sends, or how a message ended."""
        form = authentic(self._settings.tokens, callback)
        if form is None:
            return FORGED
        if callback.what == "sms":
            return await self._heard(callback, form, hear)
        if callback.what == "status":
            return await self._ended(callback, form, hear)
        return NOTHING_HERE

    async def _ended(self, callback: Callback, form: Form, hear: Hear) -> Answer:
        sid, status = one(form, "MessageSid"), one(form, "MessageStatus")
        if not sid or not status:
            return UNREADABLE
        code = one(form, "ErrorCode")
        why = ""
        if status in NOT_DELIVERED:
            why = f"{status}, Twilio {code}" if code.isdigit() else status
            if code == str(STOPPED):
                self._account.memory.stopped[one(form, "To")] = "refused"
        return await self._account.ended(sid, status, facts_in(callback.query).get("intent", ""), why, hear)

    async def _heard(self, callback: Callback, form: Form, hear: Hear) -> Answer:
        number, body, sid = one(form, "From"), one(form, "Body").strip(), one(form, "MessageSid")
        if not number or not sid:
            return UNREADABLE
        own = self._is_twilios_own(number, (one(form, "OptOutType") or body).strip().casefold())
        if own or self._account.memory.fruitless.count(number, callback.at) >= GUESSES:
            return twiml()
        found = ANSWER.fullmatch(body)
        if found is None or (found[5] and not found[3]):
            return self._reply(number, self._words(number).hint, callback.at)
        return await self._answered(found, number, sid, callback.at, hear)

    async def _answered(self, found: re.Match[str], number: str, sid: str, at: datetime, hear: Hear) -> Answer:
        wish = next(wish for wish, said in zip(WISHES, found.groups()[:3], strict=True) if said)
        try:
            told = await hear(
                Heard(
                    wish=wish,
                    once=sid,
                    via=Via.SMS,
                    contact=("phone", number),
                    code=found[4],
                    reason=found[5] or "",
                )
            )
        except StoreError:
            return twiml(text_message(self._words(number).again))
        if told.came is Came.STRANGER:
            log.warning("a stranger sent a code", number=masked(number))
            self._account.memory.fruitless.add(number, at)
            return twiml()
        if told.came is Came.DONE:
            return twiml(text_message(result(told, wish)))
        return self._reply(number, result(told, wish), at)

    def _words(self, number: str) -> SmsWords:
        """Give the words of whoever a number was last written to; after a restart English, until the next."""
        return words_of(Language(self._account.memory.languages.get(number, Language.EN))).sms

    def _is_twilios_own(self, number: str, word: str) -> bool:
        stopped = self._account.memory.stopped
        if word in STOP:
            stopped[number] = word
            log.warning("a number wants no SMS any more; pages go another way", number=masked(number))
        elif word in START and stopped.pop(number, None) is not None:
            log.info("a number wants SMS again", number=masked(number))
        return word in STOP | START | HELP

    def _reply(self, number: str, text: str, now: datetime) -> Answer:
        """Reply to what changed nothing, but not for ever."""
        fruitless = self._account.memory.fruitless
        fruitless.add(number, now)
        return twiml(text_message(text)) if fruitless.count(number, now) <= REPLIES else twiml()


def text_of(message: Message) -> str:
    """Give the page as it is sent: what it is about, cut, and how to answer, whole."""
    heading, body = heading_and_body(message)
    ending = ""
    if message.code:
        ending = "\n" + words_of(message.person.language).sms.reply.format(code=message.code)
    elif message.acknowledge_url:
        ending = f"\n{message.acknowledge_url}"
    return fitted(f"{heading}\n{body}" if body else heading, ending)


def result(told: Told, wish: Wish) -> str:
    """Say what came of an answer; why it was refused, the core says, in English."""
    words, incident = words_of(told.reader).sms, told.incident
    if incident is None:
        return fitted(told.text)
    if told.came in {Came.DONE, Came.ALREADY} or not incident.open:
        return fitted(sentence(told, incident, wish, words, str(incident.number)))
    return fitted(f"#{incident.number}: {told.text}", words.reason if _wants_reason(told, wish) else "")


def _wants_reason(told: Told, wish: Wish) -> bool:
    return wish is Wish.RESOLVE and told.came is Came.REFUSED


def _is_it(item: Any, body: str, since: datetime) -> bool:  # noqa: ANN401 -- whatever a provider lists
    if not isinstance(item, dict) or item.get("body") != body or item.get("status") in NOT_DELIVERED:
        return False
    try:
        created = parsedate_to_datetime(str(item.get("date_created")))
    except ValueError:
        return False
    return bool(item.get("sid")) and created.tzinfo is not None and created >= since
