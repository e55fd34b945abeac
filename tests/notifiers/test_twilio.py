"""Channels ``twilio_voice`` and ``twilio_sms``: the contract, what leaves, and what it may cost."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import ClassVar
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict
from pydantic import ValidationError
from yarl import URL

from rungbell.domain.errors import StoreBusy
from rungbell.domain.events import FailureReason
from rungbell.domain.language import Language
from rungbell.domain.roster import Person
from rungbell.domain.severity import Severity
from rungbell.notifiers import Message
from rungbell.notifiers.answering import Answer, Callback, Came, Heard, Receiving, Told, Undelivered, Wish
from rungbell.notifiers.twilio.about import address, facts_in
from rungbell.notifiers.twilio.segments import OCTETS, SEGMENTS, fitted, in_bits, is_gsm
from rungbell.notifiers.twilio.settings import SmsSettings, VoiceSettings
from rungbell.notifiers.twilio.sms import TwilioSmsNotifier, text_of
from rungbell.notifiers.twilio.sms import result as sms_result
from rungbell.notifiers.twilio.twiml import SPOKEN, gather, say, speech, to_say, twiml
from rungbell.notifiers.twilio.voice import ROUNDS, TwilioVoiceNotifier
from rungbell.notifiers.twilio.voice import result as voice_result
from rungbell.testing import (
    HOSTILE,
    Cell,
    Failure,
    Fault,
    HttpStage,
    Limit,
    NotifierContract,
    NotPossible,
    Request,
    failure_of,
    http_faults,
    in_bytes,
    message,
    notice,
    shape,
    status,
)
from rungbell.testing.http import hangs_after
from rungbell.testing.messages import of_severity
from rungbell.testing.provider import serving
from rungbell.words import words_of
from tests.harness.providers.twilio import ACCOUNT, OURS, SERVICE, TOKEN, Twilio, about, form_of, signature

ALICE = "+442079460001"
ANSWERS = "https://rungbell.example.org/answers/phone"
REFUSED = {"code": 21211, "message": f"The 'To' number {ALICE} is not a valid phone number."}


class TwilioStage(HttpStage):
    """An account, and what it may do."""

    secrets = (TOKEN, "token-of-alice", ALICE, ALICE[3:])
    provider: Twilio

    def given(self, url: str) -> dict[str, object]:
        own = {"account_sid": ACCOUNT, "auth_token": TOKEN, "from": OURS, "countries": ["+44"], "api_url": url}
        return {**own, "limit_per_person": 100}

    @property
    def forms(self) -> list[dict[str, str]]:
        return [{name: " ".join(values) for name, values in form.items()} for form in self.provider.created.values()]

    def structure(self, request: Request) -> object:
        kept = {name.lower(): value for name, value in request.headers.items() if name.lower() != "content-length"}
        return request.method, request.path, request.query, kept, shape(form_of(request))


class VoiceStage(TwilioStage):
    """Calls."""

    notifier_type = TwilioVoiceNotifier

    async def arrived(self) -> list[str]:
        return [about(form["Url"])["text"] if "Url" in form else unescape(form["Twiml"]) for form in self.forms]


class SmsStage(TwilioStage):
    """Messages."""

    notifier_type = TwilioSmsNotifier

    async def arrived(self) -> list[str]:
        return [form["Body"] for form in self.forms]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as found:
        yield found


@pytest.fixture
async def twilio() -> AsyncIterator[Twilio]:
    async with serving(Twilio()) as provider:
        yield provider


@pytest.fixture
def voice(twilio: Twilio, session: aiohttp.ClientSession) -> VoiceStage:
    return VoiceStage(twilio, session)


@pytest.fixture
def sms(twilio: Twilio, session: aiohttp.ClientSession) -> SmsStage:
    return SmsStage(twilio, session)


def faults() -> Mapping[Fault, Cell]:
    """Twilio keeps to the usual meaning of statuses."""
    return http_faults(
        error_in_success=Failure(status(200, b'{"code": 30001, "status": "failed"}'), FailureReason.PROVIDER_ERROR),
        unauthorized=Failure(
            status(401, b'{"code":20003,"message":"Authenticate"}'), FailureReason.UNAUTHORIZED, permanent=True
        ),
    )


FAILURES: Mapping[str, Failure] = {
    "a sid that is none": Failure(status(201, b'{"sid": "../../x"}'), FailureReason.PROVIDER_ERROR),
    "busy account": Failure(status(429, b'{"code": 20429}'), FailureReason.RATE_LIMITED),
    "an error that names the number": Failure(
        status(400, str(REFUSED).replace("'", '"').encode()), FailureReason.REFUSED, permanent=True
    ),
}


class TestVoice(NotifierContract):
    """The contract, for calls."""

    provider = "twilio_voice"
    faults: ClassVar[Mapping[Fault, Cell]] = faults()
    failures: ClassVar[Mapping[str, Failure]] = FAILURES
    limits = (Limit("text", SPOKEN, in_bytes, lambda stage: about(stage.forms[-1]["Url"])["text"]),)
    repeat = NotPossible("Twilio knows no key by which it would fold a repeat")

    @pytest.fixture
    def stage(self, voice: VoiceStage) -> VoiceStage:
        return voice


class TestSms(NotifierContract):
    """The contract, for messages."""

    provider = "twilio_sms"
    faults: ClassVar[Mapping[Fault, Cell]] = faults()
    failures: ClassVar[Mapping[str, Failure]] = FAILURES
    first_of_a_line = 100
    limits = (Limit("body", SEGMENTS * OCTETS * 8, in_bits, lambda stage: stage.forms[-1]["Body"]),)
    repeat = NotPossible("Twilio knows no key by which it would fold a repeat")

    @pytest.fixture
    def stage(self, sms: SmsStage) -> SmsStage:
        return sms


# -- what leaves ------------------------------------------------------------------------------------------------


async def test_a_call_leads_to_us_by_an_address_that_says_what_it_is_about(voice: VoiceStage) -> None:
    sid = await voice.notifier.send(message("P1 #7 DiskFull\nthe disk is full"))

    form = voice.provider.created[sid]
    assert {name: form[name] for name in ("To", "From", "Timeout", "StatusCallbackEvent")} == {
        "To": [ALICE],
        "From": [OURS],
        "Timeout": ["25"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }
    (url,), (told,) = form["Url"], form["StatusCallback"]
    assert url.startswith(f"{ANSWERS}/call?")
    assert form["FallbackUrl"] == [url]
    assert about(url) == {
        "intent": "0190aa:1:1:L1:alice:pager:at_once",
        "link": "token-of-alice",
        "language": "en",
        "text": "P1 #7 DiskFull . the disk is full",
    }
    assert (told.partition("?")[0], about(told)) == (f"{ANSWERS}/status", {"intent": about(url)["intent"]})


async def test_what_asks_for_no_answer_is_only_said(voice: VoiceStage) -> None:
    await voice.notifier.send(notice())

    (form,) = voice.forms
    assert {"Url", "StatusCallback"} & form.keys() == set()
    assert form["Twiml"].endswith("You are on call for support</Say></Response>")


async def test_an_sms_says_how_to_answer_and_is_worth_nothing_once_the_next_tier_is_rung(sms: SmsStage) -> None:
    await sms.notifier.send(message("P1 #7 DiskFull\nthe disk is full"))

    (form,) = sms.forms
    told = form.pop("StatusCallback")
    assert (told.partition("?")[0], about(told)) == (f"{ANSWERS}/status", {"intent": message().intent})
    assert form == {
        "To": ALICE,
        "From": OURS,
        "Body": "P1 #7 DiskFull\nthe disk is full\nReply 4 04711 to acknowledge, 5 04711 escalate, 6 04711 resolve",
        "ValidityPeriod": "900",
    }


@pytest.mark.parametrize(("useful", "seconds"), [(timedelta(days=2), "36000"), (timedelta(milliseconds=3), "1")])
async def test_a_validity_is_one_that_twilio_takes(sms: SmsStage, useful: timedelta, seconds: str) -> None:
    await sms.notifier.send(message(useful_for=useful))

    assert sms.forms[0]["ValidityPeriod"] == seconds


async def test_a_messaging_service_may_send(sms: SmsStage) -> None:
    sms.point_to(sms.provider.url, **{"from": None, "messaging_service_sid": SERVICE})

    await sms.notifier.send(message())

    assert sms.forms[0]["MessagingServiceSid"] == SERVICE
    assert "From" not in sms.forms[0]


@pytest.mark.parametrize(
    ("text", "gsm"),
    [
        ("disk " * 400, True),
        ("[{x}] €" * 200, True),
        ("Füllstand \u2013 \u201evoll\u201c\u2026 " * 60, True),
        ("диск " * 200, False),
        ("🔥" * 300, False),
    ],
)
def test_a_text_is_cut_to_three_segments_and_says_how_to_answer_all_the_same(text: str, gsm: bool) -> None:
    sent = text_of(message(f"P1 #7 DiskFull\n{text}"))

    assert is_gsm(sent) is gsm
    assert 0.95 * SEGMENTS * OCTETS * 8 < in_bits(sent) <= SEGMENTS * OCTETS * 8
    assert sent.endswith("Reply 4 04711 to acknowledge, 5 04711 escalate, 6 04711 resolve")


def test_a_sign_far_behind_does_not_halve_what_fits() -> None:
    assert is_gsm(fitted("disk " * 400 + "диск"))
    assert fitted("short") == "short"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("P1 #42 DiskFull: db_1 is full", "P 1, incident 4 2, Disk Full: db 1 is full"),
        ("runbook: https://wiki.example.org/x?y=1 HTTPErrors", "runbook: HTTP Errors"),
        ("<script>{{ 7*7 }}</script>", "script 7 7 script"),
    ],
)
def test_speech_is_for_ears(text: str, said: str) -> None:
    assert speech(text) == said


@pytest.mark.parametrize("text", list(HOSTILE.values()), ids=list(HOSTILE))
def test_what_is_said_of_a_hostile_text_is_xml_with_one_text(text: str) -> None:
    answer = twiml(
        gather(say(speech(to_say(text + "\ufffe\x0b]]>")), language="en-US"), f"https://x.example/?a={text[:99]}")
    )

    document = ET.fromstring(answer.body)  # noqa: S314 -- what we wrote ourselves
    assert [one.tag for one in document.iter()] == ["Response", "Gather", "Say"]
    assert len((document.findtext("Gather/Say") or "").encode()) < 2 * SPOKEN


def test_what_carries_nothing_readable_carries_nothing() -> None:
    for odd in ("", "x", "é", "W10", "eyJhIjox", "bnVsbA", "eyJhIjoxfQ", "/" * 5000):
        assert facts_in({"about": odd}) == {}
    assert facts_in({}) == {}


def test_what_is_closed_is_told_as_resolved_by_who_did_that() -> None:
    known = message().incident
    assert known is not None
    incident = replace(known, status="closed", open=False, holder="", resolved_by="dana")
    told = Told(Came.REFUSED, "closed", "alice", incident)

    assert sms_result(told, Wish.ACKNOWLEDGE) == f"#{known.number} is resolved, by dana"
    heard = voice_result(told, Wish.ACKNOWLEDGE, words_of(Language.EN).telephone)
    assert heard.endswith(" is resolved, by dana.")


# -- whom it may reach, and what it may cost --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        ("", "no telephone number"),
        ("020 7946 0001", "not international"),
        ("+1 202 555 0100", "not among `countries`"),
        ("+44 20 7946 0100", "our own"),
    ],
)
async def test_a_number_that_may_not_be_called_fails_at_once(voice: VoiceStage, phone: str, why: str) -> None:
    failed = await failure_of(
        voice.notifier, message(person=Person("alice", "Alice", {"phone": phone} if phone else {}))
    )

    assert failed.permanent
    assert why in failed.detail
    assert voice.provider.requests == []


@pytest.mark.parametrize("which", ["limit", "limit_per_person"])
async def test_a_limit_holds_back_what_is_beyond_it_but_never_the_first_page_of_a_p0(sms: SmsStage, which: str) -> None:
    sms.point_to(sms.provider.url, **{which: 2})
    for n in range(2):
        await sms.notifier.send(message(intent=f"page-{n}"))

    failed = await failure_of(sms.notifier, message(intent="page-3", first=True))
    assert (failed.reason, failed.permanent) == (FailureReason.RATE_LIMITED, True)
    worst = replace(message(), incident=of_severity(Severity.P0).incident, intent="p0")
    assert (await failure_of(sms.notifier, worst)).reason is FailureReason.RATE_LIMITED

    await sms.notifier.send(replace(worst, first=True))
    later = message(intent="page-4", sent_at=message().sent_at + timedelta(hours=1))
    await sms.notifier.send(later)
    assert len(sms.forms) == 4


async def test_what_was_refused_and_what_is_tried_again_costs_nothing_more(sms: SmsStage) -> None:
    sms.point_to(sms.provider.url, limit=2)
    sms.provider.answers(503)
    for attempt in (1, 2, 3):
        await failure_of(sms.notifier, message(attempt=attempt))
    sms.provider.status = None

    await sms.notifier.send(message(intent="one"))
    await sms.notifier.send(message(intent="two"))

    assert (await failure_of(sms.notifier, message(intent="three"))).reason is FailureReason.RATE_LIMITED


async def test_a_reload_forgets_no_cost(sms: SmsStage) -> None:
    sms.point_to(sms.provider.url, limit=1)
    await sms.notifier.send(message(intent="one"))

    sms.point_to(sms.provider.url, limit=1)

    assert (await failure_of(sms.notifier, message(intent="two"))).reason is FailureReason.RATE_LIMITED


@pytest.mark.parametrize(("code", "group"), [(21610, "stopped"), (21614, "landlines")])
async def test_who_cannot_be_written_to_is_never_tried_again(sms: SmsStage, code: int, group: str) -> None:
    getattr(sms.provider, group).add(ALICE)

    failed = await failure_of(sms.notifier, message())

    assert (failed.detail, failed.permanent) == (f"HTTP 400: Twilio {code}", True)


async def test_whoever_sent_stop_is_not_even_asked_for(sms: SmsStage) -> None:
    sms.provider.stopped.add(ALICE)
    await failure_of(sms.notifier, message())

    failed = await failure_of(sms.notifier, message(intent="another"))

    assert "has sent STOP" in failed.detail
    assert len(sms.provider.requests) == 1


# -- what may have left -----------------------------------------------------------------------------------------


async def test_a_message_whose_answer_was_lost_is_looked_for_before_it_is_sent_again(sms: SmsStage) -> None:
    await hangs_after(sms)
    now = message().sent_at
    with pytest.raises(TimeoutError):
        await _within(sms, message())
    sms.provider.hangs_after = False

    sid = await sms.notifier.send(message(attempt=2))
    other = await sms.notifier.send(message(attempt=2, code="11111", sent_at=now))

    assert (sid, other) == tuple(sms.provider.created)


async def test_a_list_that_cannot_be_had_is_no_reason_not_to_send(
    sms: SmsStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.notifiers.twilio.sms.LISTING", 0.05)
    await hangs_after(sms)
    with pytest.raises(TimeoutError):
        await _within(sms, message())

    with pytest.raises(TimeoutError):
        await _within(sms, message(attempt=2), seconds=0.5)

    assert len(sms.provider.created) == 2


@pytest.mark.parametrize("kind", [VoiceStage, SmsStage])
async def test_what_was_called_back_for_does_not_leave_again_unless_it_reached_nobody(
    kind: type[TwilioStage], twilio: Twilio, session: aiohttp.ClientSession
) -> None:
    stage, heard = kind(twilio, session), Ear()
    await hangs_after(stage)
    with pytest.raises(TimeoutError):
        await _within(stage, message())
    twilio.hangs_after = False
    ((first, form),) = twilio.created.items()
    (url,), what = form["StatusCallback"], "Call" if kind is VoiceStage else "Message"

    await receiving(stage).receive(told(url, {f"{what}Sid": first, f"{what}Status": "sent"}), heard)
    assert await stage.notifier.send(message(attempt=2)) == first

    await receiving(stage).receive(told(url, {f"{what}Sid": first, f"{what}Status": "failed"}), heard)
    assert [(one.intent, one.detail) for one in heard.undelivered] == [(message().intent, "failed")]
    if kind is VoiceStage:
        assert await stage.notifier.send(message(attempt=2)) != first


async def test_what_ended_before_its_create_was_answered_has_failed(voice: VoiceStage) -> None:
    url, sid = f"{ANSWERS}/status", "CA" + "0" * 31 + "1"
    await receiving(voice).receive(told(url, {"CallSid": sid, "CallStatus": "busy"}), Ear())

    failed = await failure_of(voice.notifier, message())

    assert (failed.reason, failed.detail, failed.permanent) == (FailureReason.UNREACHABLE, "busy", True)


class Ear:
    """Takes what a notifier has heard, and knows no page."""

    def __init__(self) -> None:
        self.undelivered: list[Undelivered] = []

    async def __call__(self, heard: Heard | Undelivered) -> Told:
        if isinstance(heard, Undelivered):
            self.undelivered.append(heard)
        return Told(Came.UNKNOWN, "nothing is known of it")


def receiving(stage: TwilioStage) -> Receiving:
    """The notifier as what its provider calls."""
    assert isinstance(stage.notifier, Receiving)
    return stage.notifier


def told(url: str, form: Mapping[str, str]) -> Callback:
    """A request of Twilio, as the daemon hands it on."""
    headers = CIMultiDict({"Content-Type": "application/x-www-form-urlencoded"})
    headers["X-Twilio-Signature"] = signature(TOKEN, url, form.items())
    what, query = url.partition("?")[0].rpartition("/")[2], MultiDict(URL(url, encoded=True).query)
    body = urlencode(form).encode()
    return Callback("POST", what, url, query, CIMultiDictProxy(headers), body, message().sent_at)


@pytest.mark.parametrize(("key", "came"), [("4", None), ("6", Came.REFUSED), ("9", None)])
async def test_a_call_that_ends_after_many_keys_says_that_nothing_was_recorded(
    voice: VoiceStage, key: str, came: Came | None
) -> None:
    async def hear(_: Heard | Undelivered) -> Told:
        if came is None:
            raise StoreBusy("too much waits")
        return Told(came, "2 alerts still fire", "alice", message().incident)

    facts = {"intent": "i", "link": "l", "text": "db is down", "language": "de", "round": str(ROUNDS)}
    url = address(f"{ANSWERS}/call", facts)
    answer = await receiving(voice).receive(told(url, {"CallSid": "CA1", "Digits": key, "To": ALICE}), hear)

    heard = " ".join(one.text or "" for one in ET.fromstring(answer.body).iter("Say"))  # noqa: S314 -- what we wrote
    assert heard.endswith("Es wurde nichts festgehalten. Auf Wiederhören.")
    assert ("2 alerts still fire" in heard) is (came is not None)


NAMES = [
    "CallSid",
    "CallStatus",
    "Digits",
    "To",
    "From",
    "Body",
    "MessageSid",
    "MessageStatus",
    "AnsweredBy",
    "ErrorCode",
]
VALUES = st.one_of(
    st.sampled_from(
        ["4", "6", "busy", "failed", "completed", "machine_start", "4 12345", "6 12345 why", "STOP", ALICE, ""]
    ),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40),
)


@given(
    what=st.sampled_from(["call", "status", "sms", "else", ""]),
    form=st.dictionaries(st.sampled_from(NAMES), VALUES),
    about=st.one_of(
        st.dictionaries(st.sampled_from(["intent", "link", "text", "round", "insists"]), VALUES), st.binary(max_size=40)
    ),
)
@settings(max_examples=400)
def test_whatever_is_signed_gets_an_answer(what: str, form: dict[str, str], about: object) -> None:
    packed = about if isinstance(about, bytes) else json.dumps(about).encode()
    request = told(f"{ANSWERS}/{what}?about={base64.urlsafe_b64encode(packed).rstrip(b'=').decode()}", form)
    account = {"account_sid": ACCOUNT, "auth_token": TOKEN, "from": OURS, "countries": ["+44"]}

    async def answers() -> list[Answer]:
        async with aiohttp.ClientSession() as session:
            voice = TwilioVoiceNotifier(VoiceSettings.model_validate(account), session)
            sms = TwilioSmsNotifier(SmsSettings.model_validate(account), session)
            return [await one.receive(request, Ear()) for one in (voice, sms)]

    for answer in asyncio.run(answers()):
        assert answer.status in {200, 204, 400, 404}
        if answer.content_type == "text/xml":
            ET.fromstring(answer.body)  # noqa: S314 -- what we wrote ourselves


async def _within(stage: TwilioStage, sent: Message, seconds: float = 0.2) -> None:
    async with asyncio.timeout(seconds):
        await stage.notifier.send(sent)


# -- settings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"account_sid": "AC123"}, "account_sid"),
        ({"from": "020 7946"}, "is not an international telephone number"),
        ({"countries": []}, "countries"),
        ({"countries": ["44"]}, "is not the beginning of telephone numbers"),
        ({"ring_seconds": 601}, "ring_seconds"),
        ({"api_url": "http://twilio.example.org"}, "would send the token in the clear"),
    ],
)
def test_what_cannot_work_is_a_mistake(change: dict[str, object], why: str) -> None:
    given = {"account_sid": ACCOUNT, "auth_token": TOKEN, "from": OURS, "countries": ["+44"]}
    assert not VoiceSettings.model_validate(given).stays_here

    with pytest.raises(ValidationError, match=why):
        VoiceSettings.model_validate(given | change)


@pytest.mark.parametrize("sender", [{}, {"from": OURS, "messaging_service_sid": SERVICE}])
def test_a_message_has_one_sender(sender: dict[str, object]) -> None:
    given = {"account_sid": ACCOUNT, "auth_token": TOKEN, "countries": ["+44"]}

    with pytest.raises(ValidationError, match="either `from` or `messaging_service_sid`"):
        SmsSettings.model_validate(given | sender)
