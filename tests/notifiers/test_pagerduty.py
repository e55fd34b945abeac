"""Channel ``pagerduty``: the contract, what is triggered, and what becomes of it."""

import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import ClassVar

import aiohttp
import pytest
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict
from pydantic import SecretStr

from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind, Place
from rungbell.notifiers.answering import Answer, Callback, Came, Heard, Told, Undelivered
from rungbell.notifiers.following import Change
from rungbell.notifiers.pagerduty import PagerDutyNotifier, PagerDutySettings
from rungbell.notifiers.signatures import any_matches
from rungbell.testing import (
    NOON,
    Cell,
    Failure,
    Fault,
    Folded,
    HttpStage,
    Limit,
    NotifierContract,
    failure_of,
    http_faults,
    message,
    status,
)
from rungbell.testing.provider import serving
from tests.harness.providers.pagerduty import ALICE, API_TOKEN, ROUTING_KEY, SECRET, SUBSCRIPTION, PagerDuty, signature

KEY = "0190aa:1"


class PagerDutyStage(HttpStage):
    """A service, and its integration key."""

    notifier_type = PagerDutyNotifier
    secrets = (ROUTING_KEY, SECRET, API_TOKEN)
    provider: PagerDuty

    def given(self, url: str) -> dict[str, object]:
        return {
            "url": url,
            "routing_key": ROUTING_KEY,
            "webhook_secret": SECRET,
            "api_token": API_TOKEN,
            "api_url": url,
            "subscription": SUBSCRIPTION,
        }

    async def arrived(self) -> list[str]:
        told = [one.json["payload"] for one in self.provider.taken]
        return [f"{one['summary']}\n{one.get('custom_details', {}).get('text', '')}" for one in told]


@pytest.fixture
async def stage() -> AsyncIterator[PagerDutyStage]:
    async with serving(PagerDuty()) as provider, aiohttp.ClientSession() as session:
        yield PagerDutyStage(provider, session)


class TestPagerDuty(NotifierContract):
    """The contract."""

    provider = "pagerduty"
    faults: ClassVar[Mapping[Fault, Cell]] = http_faults(
        error_in_success=Failure(status(200, b"<html>please log in</html>"), FailureReason.PROVIDER_ERROR),
    )
    limits = (
        Limit(
            "details", 100_000, len, lambda stage: stage.provider.taken[-1].json["payload"]["custom_details"]["text"]
        ),
        Limit("body", 512_000, len, lambda stage: stage.provider.taken[-1].body.decode()),
    )
    repeat = Folded(lambda stage: [one.json["payload"]["custom_details"]["intent"] for one in stage.provider.taken])
    failures: ClassVar[Mapping[str, Failure]] = {
        "a proxy that says 202": Failure(status(202, b"{}"), FailureReason.PROVIDER_ERROR),
    }


async def test_pages_of_a_cycle_are_one_alert_and_the_next_cycle_is_another(stage: PagerDutyStage) -> None:
    first = message()
    assert first.incident is not None
    await stage.notifier.send(first)
    await stage.notifier.send(message(attempt=2))
    reference = await stage.notifier.send(message(incident=replace(first.incident, cycle=2)))

    assert reference == "0190aa:2"
    assert [(one.key, one.triggers) for one in stage.provider.alerts] == [(KEY, 2), ("0190aa:2", 1)]


async def test_what_asks_for_nothing_opens_no_alert(stage: PagerDutyStage) -> None:
    reference = await stage.notifier.send(message("for your information", kind=PageKind.NOTIFICATION))

    assert (reference, stage.provider.alerts) == ("", [])
    assert stage.provider.taken[0].path == "/v2/change/enqueue"


async def test_what_is_refused_for_its_looks_is_sent_once_more_as_the_least_there_is(stage: PagerDutyStage) -> None:
    stage.provider.shortest = 400

    await stage.notifier.send(message("P1 #7 Plattenfüllstand 🔥\n" + "x" * 1000))

    refused, taken = stage.provider.requests
    assert (len(refused.body) > 400, taken.json["payload"]["summary"]) == (True, "P1 #7 Plattenf?llstand ?")
    assert [one.key for one in stage.provider.alerts] == [KEY]


def change(*, open_: bool = True, holder: str = "", places: int = 1, cycle: int = 1) -> Change:
    incident = message().incident
    assert incident is not None
    now = replace(incident, open=open_, holder=holder, cycle=cycle, version=3)
    told = tuple(Place(KEY, "alice", 1, f"intent-{n}") for n in range(places))
    return Change("0190aa:1:echo:3:pager", now, told, "held", "", NOON)


async def test_an_acknowledgement_and_the_end_are_told_and_a_late_repeat_opens_nothing(stage: PagerDutyStage) -> None:
    notifier = stage.notifier
    assert isinstance(notifier, PagerDutyNotifier)
    await notifier.send(message())

    await notifier.follow(change(holder="alice"))
    assert [one.status for one in stage.provider.alerts] == ["acknowledged"]
    await notifier.follow(change(open_=False))
    await notifier.follow(change(open_=False))

    assert [one.status for one in stage.provider.alerts] == ["resolved"]


async def test_what_was_never_triggered_there_and_what_it_has_no_word_for_is_not_told(stage: PagerDutyStage) -> None:
    notifier = stage.notifier
    assert isinstance(notifier, PagerDutyNotifier)
    for told in (change(holder="alice", places=0), change(holder="alice", cycle=3), change()):
        assert await notifier.follow(told) == ""

    assert stage.provider.requests == []


async def test_what_opens_again_before_its_end_was_told_there_does_not_stay_open_in_the_cycle_before(
    stage: PagerDutyStage,
) -> None:
    notifier = stage.notifier
    assert isinstance(notifier, PagerDutyNotifier)
    await notifier.send(message())

    await notifier.follow(change(cycle=2))

    assert [one.status for one in stage.provider.alerts] == ["resolved"]


async def test_the_end_is_told_although_nobody_knows_whether_the_trigger_has_arrived(stage: PagerDutyStage) -> None:
    notifier = stage.notifier
    assert isinstance(notifier, PagerDutyNotifier)
    await notifier.send(message())

    await notifier.follow(change(open_=False, places=0))

    assert [one.status for one in stage.provider.alerts] == ["resolved"]


# -- what it tells us -------------------------------------------------------------------------------------------


class Ears:
    """Keeps what was heard."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    async def hear(self, heard: Heard | Undelivered) -> Told:
        assert isinstance(heard, Heard)
        self.heard.append(heard)
        return Told(Came.DONE, "")


def callback(body: bytes, **headers: str) -> Callback:
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    url = "https://rungbell.example.org/answers/pager"
    return Callback("POST", "", url, MultiDict(), CIMultiDictProxy(named), body, NOON)


async def answered(body: bytes, signed: str, secret: str = SECRET) -> tuple[Answer, list[Heard]]:
    ears = Ears()
    settings = PagerDutySettings(routing_key=SecretStr(ROUTING_KEY), webhook_secret=SecretStr(secret))
    async with aiohttp.ClientSession() as session:
        notifier = PagerDutyNotifier(settings, session)
        answer = await notifier.receive(callback(body, X_PagerDuty_Signature=signed, X_Webhook_Id="d1"), ears.hear)
    return answer, ears.heard


GOLDEN = b'{"event":{"id":"5ac64822-4adc-4fda-ade0-410becf0de4f","event_type":"incident.acknowledged"}}'
GOLDEN_SIGNATURE = "v1=c2668f1418d7e84395fcf5bfc2e43a5d987e794919ac2c5e736adfcf2b61fe88"


def test_the_signature_of_the_documents_holds() -> None:
    signed = [GOLDEN_SIGNATURE.encode()]
    assert any_matches([SecretStr("pd-secret-example")], GOLDEN, signed, b"v1=")
    assert any_matches([SecretStr("new"), SecretStr("pd-secret-example")], GOLDEN, [b"v1=0", *signed], b"v1=")
    assert not any_matches([SecretStr("new")], GOLDEN, signed, b"v1=")
    assert not any_matches([], GOLDEN, signed, b"v1=")


async def test_a_thousand_changes_of_signature_and_body_are_all_refused() -> None:
    chance = random.Random(4711)
    body = GOLDEN
    signed = signature(SECRET, body)
    for _ in range(1000):
        changed, other = bytearray(body), bytearray(signed.encode())
        target = chance.choice((changed, other))
        match chance.randrange(3):
            case 0:
                target[chance.randrange(len(target))] ^= 1 << chance.randrange(7)
            case 1:
                del target[chance.randrange(len(target))]
            case _:
                target.insert(chance.randrange(len(target)), chance.randrange(33, 127))
        given = other.decode("latin-1")
        if bytes(changed) == body and {part.strip() for part in given.split(",")} == {signed}:
            continue
        answer, heard = await answered(bytes(changed), given)
        assert (answer.status, bool(answer.alarm), heard) == (401, True, []), (changed, given)


@pytest.mark.parametrize("signed", ["", "v1=", "v0=abc", "v1=é", ",,,", "v1=" + "0" * 64])
async def test_what_is_no_signature_is_a_plain_401(signed: str) -> None:
    answer, heard = await answered(b"{}", signed)

    assert (answer.status, heard) == (401, [])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"event": 7}', b'{"event": {"event_type": "incident.resolved"}}', b"\xff"]
)
async def test_what_is_signed_and_no_webhook_is_a_400(body: bytes) -> None:
    answer, heard = await answered(body, signature(SECRET, body))

    assert (answer.status, heard) == (400, [])


# -- what it is asked -------------------------------------------------------------------------------------------


async def test_what_somebody_did_there_is_heard_once_although_no_webhook_came(stage: PagerDutyStage) -> None:
    ears = Ears()
    notifier = stage.notifier
    assert isinstance(notifier, PagerDutyNotifier)
    asking = notifier.reconciling
    assert asking is not None
    await notifier.send(message())
    assert await asking.look(ears.hear) == 0
    stage.provider.acts(KEY, "acknowledged")

    assert [await asking.look(ears.hear) for _ in range(2)] == [1, 0]
    (heard,) = ears.heard
    assert (heard.wish, heard.contact, heard.incident, heard.cycle) == (
        "acknowledge",
        ("pagerduty", ALICE),
        "0190aa",
        1,
    )


async def test_what_it_did_by_itself_and_what_is_old_is_not_heard(stage: PagerDutyStage) -> None:
    ears = Ears()
    notifier = stage.notifier
    assert isinstance(notifier, PagerDutyNotifier)
    asking = notifier.reconciling
    assert asking is not None
    await notifier.send(message())
    await notifier.follow(change(holder="alice"))
    assert await asking.look(ears.hear) == 0
    stage.provider.acts(KEY, "acknowledged")
    stage.provider.pass_time(minutes=61)

    assert await asking.look(ears.hear) == 0


async def test_a_subscription_that_was_switched_off_is_switched_on_again(stage: PagerDutyStage) -> None:
    notifier = stage.notifier
    assert isinstance(notifier, PagerDutyNotifier)
    asking = notifier.reconciling
    assert asking is not None
    stage.provider.active = False

    await asking.look(Ears().hear)

    assert stage.provider.active


async def test_a_token_that_is_refused_is_told(stage: PagerDutyStage) -> None:
    stage.point_to(stage.provider.url, api_token="another")
    notifier = stage.notifier
    assert isinstance(notifier, PagerDutyNotifier)

    failed = await failure_of(Asking(notifier), message())

    assert failed.reason is FailureReason.UNAUTHORIZED


class Asking:
    """A look, as something that fails like a send."""

    settings: ClassVar[type] = PagerDutySettings
    needs: ClassVar[str | None] = None

    def __init__(self, notifier: PagerDutyNotifier, session: object = None) -> None:
        self._notifier = notifier

    async def send(self, _: object) -> str:
        assert self._notifier.reconciling is not None
        return str(await self._notifier.reconciling.look(Ears().hear))
