"""Channel ``twilio_voice``: calls, says what is wrong, and takes a key for an answer.

Rules
-----
* The keys are those that people know from other pagers: 4 acknowledges, 5 escalates, 6 resolves. Only a key answers.
* What a call is about travels in its address, which Twilio signs: any replica can go on with it, also after a restart.
* What speaks against resolving is said first; whoever presses 6 again resolves all the same, and the timeline says so.
* Everybody is spoken to in their own words and with a voice of their language, which travels in the address too; what
  the core says is English, and said with an English voice.
* The call must have gone to the number of the person whose link it carries.
* A call that may have left is not made again once Twilio has called back for it. A list of calls does not say for which
  page one rang, so it is not asked: whoever is not sure rings again.
* What was said three times to nobody is said no more, and once to what is taken for a machine: it may be a person.

May import: ``domain``, ``words``, ``notifiers`` (the port and ``answering``), the rest of ``twilio``.
"""

from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel

from rungbell.domain.errors import StoreError
from rungbell.domain.events import Via
from rungbell.domain.language import Language
from rungbell.domain.values import dataclass
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
from rungbell.notifiers.twilio.outcome import sentence
from rungbell.notifiers.twilio.settings import VoiceSettings
from rungbell.notifiers.twilio.signature import Form, authentic, one
from rungbell.notifiers.twilio.twiml import digits, gather, response, say, speech, to_say, twiml
from rungbell.words import words_of
from rungbell.words.words import TelephoneWords

if TYPE_CHECKING:
    import aiohttp

KEYS = {"4": Wish.ACKNOWLEDGE, "5": Wish.ESCALATE, "6": Wish.RESOLVE}
SAID_TO_NOBODY = 3
"""So often a text is said while no key is pressed."""
NOBODY = "Nobody can be paged by calling this number."
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
        line = self._line(message.person.language)
        if not message.answers_url:
            return [("Twiml", response(line.says(line.spoken(text))))]
        link = message.acknowledge_url.rpartition("/")[2]
        facts = {"intent": message.intent, "link": link, "language": message.person.language, "text": text}
        url = address(f"{message.answers_url}/call", facts)
        return [
            ("Url", url),
            ("FallbackUrl", url),
            ("StatusCallback", address(f"{message.answers_url}/status", {"intent": message.intent})),
            *(("StatusCallbackEvent", event) for event in EVENTS),
        ]

    def _line(self, language: str) -> "Line":
        """Give in which words and voice somebody is spoken to."""
        known = Language(language) if language in set(Language) else Language.EN
        own = self._settings.language
        words = words_of(known).telephone
        return Line(words, own if own.partition("-")[0].lower() == known else words.voice)

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
        line = self._line(about.get("language", ""))
        if not about.get("link") or not sid:
            return line.ends(NOBODY)
        self._account.memory.taken[about.get("intent", "")] = sid
        most = 1 if one(form, "AnsweredBy").startswith(MACHINES) else SAID_TO_NOBODY
        key, before = one(form, "Digits"), _rounds(about.get("round", ""))
        if key in KEYS:
            return await self._pressed(callback, form, key, before, hear)
        if not key and before >= most:
            return line.ends(line.words.nothing)
        said = line.words.no_key if key else line.spoken(about.get("text", ""))
        return self._ask(callback, before, line, f"{said} {line.words.menu}")

    async def _pressed(self, callback: Callback, form: Form, key: str, before: int, hear: Hear) -> Answer:
        wish, about = KEYS[key], facts_in(callback.query)
        line, insists = self._line(about.get("language", "")), about.get("insists") == key
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
            return self._ask(callback, before, line, f"{line.words.again} {line.words.menu}")
        if told.came in {Came.DONE, Came.ALREADY}:
            self._account.memory.ended[one(form, "CallSid")] = "completed"
        other = self._line(told.language)
        if told.incident is None and told.came is not Came.REFUSED:
            return line.ends("", first=other.says(f"{other.spoken(told.text)}."))
        if told.came is not Came.REFUSED or (told.incident is not None and not told.incident.open):
            return line.ends(result(told, wish, line.words))
        why = other.says(other.spoken(told.text))
        if wish is Wish.RESOLVE and not insists:
            return self._ask(callback, before, line, line.words.insist, first=why, insists=key)
        return self._ask(callback, before, line, line.words.menu, first=why)

    def _ask(
        self, callback: Callback, before: int, line: "Line", text: str, *, first: str = "", insists: str = ""
    ) -> Answer:
        """Say something and wait for a key; the address of what comes then is that of this call, one round on."""
        if before >= ROUNDS:
            return line.ends(line.words.nothing, first=first)
        about = {**facts_in(callback.query), "round": str(before + 1), "insists": insists}
        action = address(callback.url.partition("?")[0], about)
        return twiml(gather(first + line.says(text), action))


@dataclass(frozen=True, slots=True)
class Line:
    """In which words and with which voice somebody is spoken to."""

    words: TelephoneWords
    voice: str

    def spoken(self, text: str) -> str:
        """Give a text as it is said."""
        return speech(text, self.words.incident)

    def says(self, text: str) -> str:
        """Have it said."""
        return say(text, language=self.voice)

    def ends(self, text: str, first: str = "") -> Answer:
        """Say good-bye behind a text, and behind what is said first with another voice."""
        return twiml(first + say(text, self.words.goodbye, language=self.voice), "<Hangup/>")


def result(told: Told, wish: Wish, words: TelephoneWords) -> str:
    """Say what came of a key."""
    if told.incident is None:
        return ""
    return sentence(told, told.incident, wish, words, digits(told.incident.number), speech)


def _rounds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
