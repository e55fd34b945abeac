"""Channel ``twilio_voice``: calls, says what is wrong, and takes a key for an answer.

Rules
-----
* The keys are those that people know from other pagers: 4 acknowledges, 5 escalates, 6 resolves. Only a key answers.
* What a call is about travels in its address, which Twilio signs: any replica can go on with it, also after a restart.
* What speaks against resolving is said first; whoever presses 6 again resolves all the same, and the timeline says so.
* The call must have gone to the number of the person whose link it carries.
* A call that may have left is not made again once Twilio has called back for it. A list of calls does not say for which
  page one rang, so it is not asked: whoever is not sure rings again.
* What was said three times to nobody is said no more, and once to what is taken for a machine: it may be a person.

May import: ``domain``, ``notifiers`` (the port and ``answering``), the rest of ``twilio``.
"""

from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel

from rungbell.domain.errors import StoreError
from rungbell.domain.events import Via
from rungbell.notifiers import Message
from rungbell.notifiers.answering import Answer, Callback, Came, Hear, Heard, Told, Wish
from rungbell.notifiers.fitting import heading_and_body
from rungbell.notifiers.twilio.about import address, facts_in
from rungbell.notifiers.twilio.account import (
    FORGED,
    MACHINES,
    NOT_DELIVERED,
    NOTHING_HERE,
    UNREADABLE,
    Account,
)
from rungbell.notifiers.twilio.settings import VoiceSettings
from rungbell.notifiers.twilio.signature import Form, authentic, one
from rungbell.notifiers.twilio.twiml import DONE, digits, gather, response, say, speech, to_say, twiml

if TYPE_CHECKING:
    import aiohttp

KEYS = {"4": Wish.ACKNOWLEDGE, "5": Wish.ESCALATE, "6": Wish.RESOLVE}
MENU = "Press 4 to acknowledge, 5 to escalate, 6 to resolve."
INSIST = "Press 6 again to resolve it all the same, 4 to acknowledge."
SAID_TO_NOBODY = 3
"""So often a text is said while no key is pressed."""
ROUNDS = 8
"""So often at most whoever presses keys is asked again."""
EVENTS = ("initiated", "ringing", "answered", "completed")


class TwilioVoiceNotifier:
    """Calls with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = VoiceSettings
    needs: ClassVar[str | None] = "phone"
    calls: ClassVar[bool] = True

    def __init__(self, settings: VoiceSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._account = Account(settings, session, settings.sender, "Calls")

    async def send(self, message: Message) -> str:
        """Have the person called; give the sid of the call."""
        number = self._account.number_of(message)
        if message.attempt > 1 and (known := self._account.memory.taken.get(message.intent)):
            return known
        form = [("To", number), ("From", self._settings.sender), ("Timeout", str(self._settings.ring_seconds))]
        if self._settings.machine_detection:
            form.append(("MachineDetection", "Enable"))
        return await self._account.create(message, number, [*form, *self._course(message)])

    def _course(self, message: Message) -> list[tuple[str, str]]:
        """Say what happens in the call, and who hears of its end."""
        heading, body = heading_and_body(message)
        text = to_say(f"{heading}\n{body}" if body else heading)
        if not message.answers_url:
            return [("Twiml", response(say(speech(text), language=self._settings.language)))]
        link = message.acknowledge_url.rpartition("/")[2]
        url = address(f"{message.answers_url}/call", {"intent": message.intent, "link": link, "text": text})
        return [
            ("Url", url),
            ("FallbackUrl", url),
            ("StatusCallback", address(f"{message.answers_url}/status", {"intent": message.intent})),
            *(("StatusCallbackEvent", event) for event in EVENTS),
        ]

    async def receive(self, callback: Callback, hear: Hear) -> Answer:
        """Go on with a call, or hear how one ended."""
        form = authentic(self._settings.tokens, callback)
        if form is None:
            return FORGED
        if callback.what == "call":
            return await self._go_on(callback, form, hear)
        if callback.what == "status":
            return await self._ended(callback, form, hear)
        return NOTHING_HERE

    async def _ended(self, callback: Callback, form: Form, hear: Hear) -> Answer:
        sid, status = one(form, "CallSid"), one(form, "CallStatus")
        if not sid or not status:
            return UNREADABLE
        why = status if status in NOT_DELIVERED else ""
        if status == "completed" and one(form, "AnsweredBy").startswith(MACHINES):
            why = "a machine answered"
        if why and (code := one(form, "ErrorCode")).isdigit():
            why = f"{why}, Twilio {code}"
        return await self._account.ended(sid, status, facts_in(callback.query).get("intent", ""), why, hear)

    async def _go_on(self, callback: Callback, form: Form, hear: Hear) -> Answer:
        about, sid = facts_in(callback.query), one(form, "CallSid")
        if not about.get("link") or not sid:
            return self._say("Nobody can be paged by calling this number. Goodbye.")
        self._account.memory.taken[about.get("intent", "")] = sid
        text = speech(about.get("text", ""))
        most = 1 if one(form, "AnsweredBy").startswith(MACHINES) else SAID_TO_NOBODY
        key, before = one(form, "Digits"), _rounds(about.get("round", ""))
        if key in KEYS:
            return await self._pressed(callback, form, key, before, hear)
        if not key and before >= most:
            return self._say("Nothing was recorded. Goodbye.")
        return self._ask(callback, before, "That key means nothing here." if key else text, MENU)

    async def _pressed(self, callback: Callback, form: Form, key: str, before: int, hear: Hear) -> Answer:
        wish, about = KEYS[key], facts_in(callback.query)
        insists = about.get("insists") == key
        try:
            told = await hear(
                Heard(
                    wish=wish,
                    once=f"{one(form, 'CallSid')}:{before}:{key}",
                    via=Via.CALL,
                    contact=("phone", one(form, "To")),
                    link=about["link"],
                    reason="by telephone, all the same" if insists else "",
                )
            )
        except StoreError:
            return self._ask(callback, before, "Not recorded. Press again.", MENU)
        if told.came in {Came.DONE, Came.ALREADY}:
            self._account.memory.ended[one(form, "CallSid")] = "completed"
        if told.came is not Came.REFUSED:
            return self._say(result(told, wish), "Goodbye.")
        if wish is Wish.RESOLVE and not insists:
            return self._ask(callback, before, speech(told.text), INSIST, insists=key)
        return self._ask(callback, before, speech(told.text), MENU)

    def _say(self, *texts: str) -> Answer:
        return twiml(say(*texts, language=self._settings.language), "<Hangup/>")

    def _ask(self, callback: Callback, before: int, *texts: str, insists: str = "") -> Answer:
        """Say something and wait for a key; the address of what comes then is that of this call, one round on."""
        if before >= ROUNDS:
            return self._say(*texts[:-1], "Goodbye.")
        about = {**facts_in(callback.query), "round": str(before + 1), "insists": insists}
        action = address(callback.url.partition("?")[0], about)
        return twiml(gather(say(*texts, language=self._settings.language), action))


def result(told: Told, wish: Wish) -> str:
    """Say what came of a key."""
    if told.incident is None:
        return f"{speech(told.text)}."
    incident = f"Incident {digits(told.incident.number)}"
    if told.came is Came.DONE:
        return f"{incident} {DONE[wish]}."
    held = f", held by {speech(told.incident.holder)}" if told.incident.holder else ""
    return f"{incident} is {told.incident.status.replace('_', ' ')}{held}."


def _rounds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
