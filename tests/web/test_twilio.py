"""A daemon that calls and writes through Twilio, and people who answer by a key or a code."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import structlog

from rungbell.domain.errors import StoreError
from rungbell.notifiers.twilio.sms import REPLIES
from rungbell.testing.provider import serving
from tests.harness.providers.twilio import ACCOUNT, ERROR, OURS, TOKEN, Line, Twilio
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.web.running import POLICY, Running, running

ALICE, BOB = "+442079460001", "+442079460002"


def policy(twilio: Twilio, kind: str, more: str = "") -> str:
    """Page by one kind of channel."""
    own = (
        f"account_sid: {ACCOUNT}, auth_token: {TOKEN}, previous_auth_token: the-one-before, "
        f'from: "{OURS}", countries: ["+44"], api_url: "{twilio.url}"{more}'
    )
    return (
        POLICY.replace('{type: webhook, url: "http://127.0.0.1:9/page"}', f"{{type: {kind}, {own}}}")
        .replace("alice: {name: Alice}", f'alice: {{name: Alice, phone: "{ALICE[:3]} 20 7946 0001"}}')
        .replace("bob: {name: Bob}", f'bob: {{name: Bob, phone: "{BOB}"}}')
        .replace("chen: {name: Chen}", 'chen: {name: Chen, phone: "+442079460003"}')
    )


@pytest_asyncio.fixture
async def twilio() -> AsyncIterator[Twilio]:
    async with serving(Twilio()) as provider:
        yield provider


@pytest_asyncio.fixture
async def line(twilio: Twilio) -> AsyncIterator[Line]:
    async with aiohttp.ClientSession() as session:
        yield Line(twilio, session)


@pytest_asyncio.fixture
async def calls(tmp_path: Path, twilio: Twilio) -> AsyncIterator[Running]:
    """A daemon that calls."""
    async with running(tmp_path / "calls", policy(twilio, "twilio_voice"), stub=False) as found:
        yield found


@pytest_asyncio.fixture
async def texts(tmp_path: Path, twilio: Twilio) -> AsyncIterator[Running]:
    """A daemon that writes."""
    async with running(tmp_path / "texts", policy(twilio, "twilio_sms"), stub=False) as found:
        yield found


async def paged(daemon: Running, line: Line, name: str = "DiskFull") -> str:
    """Let an alert fire; give the sid of the call or message."""
    await daemon.opened_by(firing(name))
    return list(line.twilio.created)[-1]


async def created(line: Line, wanted: int) -> str:
    async def so_many() -> bool:
        return len(line.twilio.created) == wanted

    await eventually(so_many, f"{wanted} have left", within=10, every=0.01)
    return list(line.twilio.created)[-1]


async def status_of(daemon: Running) -> str:
    return str((await daemon.incident(1))["status"])


def code(line: Line, sid: str) -> str:
    return line.twilio.created[sid]["Body"][0].partition("Reply 4 ")[2][:5]


# -- calls ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement(53)
async def test_whoever_presses_4_has_acknowledged_and_is_told_so(calls: Running, line: Line) -> None:
    sid = await paged(calls, line)

    heard = await line.pick_up(sid, "4")

    assert heard[0].startswith("P 1, incident 1, Disk Full")
    assert heard[0].endswith("Press 4 to acknowledge, 5 to escalate, 6 to resolve.")
    assert heard[1] == "Incident 1 acknowledged. Goodbye."
    incident = await calls.incident(1)
    assert (incident["status"], incident["acknowledged_by"]) == ("acknowledged", "alice")
    entry = next(one for one in await calls.timeline(1) if one["kind"] == "acknowledged")
    assert "call" in str(entry), entry


async def test_5_escalates_and_6_says_what_is_missing_or_resolves(calls: Running, line: Line) -> None:
    sid = await paged(calls, line)

    assert (await line.pick_up(sid, "5"))[-1] == "Incident 1 escalated. Goodbye."
    second = await created(line, 2)
    assert line.twilio.created[second]["To"] == [BOB]

    heard = await line.pick_up(second, "6", "4")
    assert "1 alerts still fire" in heard[1]
    assert heard[1].endswith("Press 6 again to resolve it all the same, 4 to acknowledge.")
    assert heard[-1] == "Incident 1 acknowledged. Goodbye."

    third = await line.pick_up(second, "6", "6")
    assert third[-1] == "Incident 1 resolved. Goodbye."
    assert await status_of(calls) == "resolved"
    assert "by telephone, all the same (although 1 alerts still fire" in str(await calls.timeline(1))


@pytest.mark.parametrize("answered_by", ["", "machine_start", "fax"])
async def test_a_voicemail_acknowledges_nothing_and_hears_it_three_times_at_most(
    calls: Running, line: Line, answered_by: str
) -> None:
    sid = await paged(calls, line)

    heard = await line.pick_up(sid, **({"AnsweredBy": answered_by} if answered_by else {}))
    assert await line.ends(sid, "completed") == 204

    assert sum("Disk Full" in said for said in heard) == (1 if answered_by else 3)
    assert heard[-1] == "Nothing was recorded. Goodbye."
    assert await status_of(calls) == "triggered"


async def test_a_person_who_is_taken_for_a_machine_is_heard(calls: Running, line: Line) -> None:
    sid = await paged(calls, line)

    assert (await line.pick_up(sid, "4", AnsweredBy="machine_start"))[-1] == "Incident 1 acknowledged. Goodbye."
    assert await line.ends(sid, "completed", AnsweredBy="machine_start") == 204

    assert [one["state"] for one in (await calls.incident(1))["pages"]] == ["accepted"]


async def test_a_key_that_means_nothing_is_asked_for_again_but_not_for_ever(calls: Running, line: Line) -> None:
    sid = await paged(calls, line)

    heard = await line.pick_up(sid, "9", "*", "4")
    assert heard[1].startswith("That key means nothing here.")
    assert heard[-1] == "Incident 1 acknowledged. Goodbye."

    assert len(await line.pick_up(sid, *"9" * 50)) < 12


async def test_the_same_key_told_again_has_no_second_effect(calls: Running, line: Line) -> None:
    sid = await paged(calls, line)
    await line.pick_up(sid, "4")
    await calls.act(1, "unacknowledge", {"by": "alice"})

    again = await line.pick_up(sid, "4")

    assert again[-1].startswith("Incident 1 is triggered")
    assert await status_of(calls) == "triggered"


async def test_a_call_that_went_to_another_number_answers_for_nobody(calls: Running, line: Line) -> None:
    sid = await paged(calls, line)

    assert "nobody of the configuration" in (await line.pick_up(sid, "4", To="+442079469999"))[-1]

    assert await status_of(calls) == "triggered"


async def test_whoever_calls_our_number_is_told_that_nobody_can_be_paged_so(calls: Running, line: Line) -> None:
    await paged(calls, line)

    status, said = await line.ask(f"{calls.url}/answers/pager/call", {"CallSid": "CA1", "From": ALICE, "To": OURS})

    assert status == 200
    assert "Nobody can be paged by calling this number" in said


async def test_without_a_store_the_key_is_asked_for_again(
    calls: Running, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = await paged(calls, line)
    handle = type(calls.services.handler).handle
    away = [True, False]

    async def sometimes(*args: object, **more: object) -> object:
        if away.pop(0):
            raise StoreError("the disk is away")
        return await handle(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(calls.services.handler), "handle", sometimes)
    heard = await line.pick_up(sid, "4", "4")

    assert heard[1].startswith("Not recorded. Press again.")
    assert heard[2] == "Incident 1 acknowledged. Goodbye."


async def test_without_a_store_the_end_of_a_call_is_told_again(
    calls: Running, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = await paged(calls, line)
    with monkeypatch.context() as patched:
        patched.setattr(type(calls.services.hearing), "hear", _away)
        assert await line.ends(sid, "busy") == 503

    assert await line.ends(sid, "busy") == 204
    await created(line, 2)


async def _away(*_: object) -> None:
    raise StoreError("the disk is away")


async def test_a_busy_line_lets_the_next_one_ring_and_what_comes_late_or_twice_changes_nothing(
    calls: Running, line: Line
) -> None:
    sid = await paged(calls, line)

    assert await line.ends(sid, "busy", sequence=3) == 204
    second = await created(line, 2)
    assert line.twilio.created[second]["To"] == [BOB]
    for status, sequence in (("ringing", 1), ("initiated", 0), ("busy", 3), ("completed", 2)):
        assert await line.ends(sid, status, sequence=sequence) == 204
    for status, sequence in (("completed", 3), ("no-answer", 2), ("failed", 1)):
        assert await line.ends(second, status, sequence=sequence) == 204

    await asyncio.sleep(0)
    assert len(line.twilio.created) == 2
    states = [one["state"] for one in (await calls.incident(1))["pages"]]
    assert sorted(states) == ["accepted", "failed"]


async def test_a_machine_that_took_the_call_is_no_answer(calls: Running, line: Line) -> None:
    sid = await paged(calls, line)

    assert await line.ends(sid, "completed", AnsweredBy="machine_end_beep") == 204

    assert line.twilio.created[await created(line, 2)]["To"] == [BOB]


async def test_what_is_not_signed_by_twilio_is_refused_and_the_operator_hears_of_it(calls: Running, line: Line) -> None:
    sid = await paged(calls, line)
    line.token = "the token of somebody else"

    assert await line.pick_up(sid, "4") == [ERROR]
    assert [status for status, _ in line.answers] == [403, 403]
    assert await line.ends(sid, "busy") == 403
    titles = [one["title"] for one in await calls.incidents()]
    assert any("RungbellAnswersRefused" in title for title in titles)

    line.token = "the-one-before"
    assert (await line.pick_up(sid, "4"))[-1] == "Incident 1 acknowledged. Goodbye."


async def test_a_proxy_in_between_changes_nothing(calls: Running, line: Line) -> None:
    sid = await paged(calls, line)
    url = line.twilio.created[sid]["StatusCallback"][0]

    said = {"CallSid": sid, "CallStatus": "ringing"}
    assert (await line.ask(url, said, X_Forwarded_Host="evil.example", X_Forwarded_Proto="https"))[0] == 204
    assert (await line.ask(url, said, Host="evil.example"))[0] == 204
    assert (await line.ask(url, {"CallSid": sid}))[0] == 400


# -- messages ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("A24")
async def test_whoever_sends_the_code_has_acknowledged_and_is_told_so(texts: Running, line: Line) -> None:
    sid = await paged(texts, line)

    said = await line.text(f"{texts.url}/answers/pager/sms", ALICE, f" 4 {code(line, sid)} \n")

    assert said == ["#1 acknowledged"]
    assert (await texts.incident(1))["acknowledged_by"] == "alice"


async def test_an_incident_that_still_fires_is_resolved_with_a_reason_only(texts: Running, line: Line) -> None:
    sid = await paged(texts, line)
    url, known = f"{texts.url}/answers/pager/sms", code(line, sid)

    (said,) = await line.text(url, ALICE, f"6 {known}")
    assert said.startswith("#1: 1 alerts still fire")
    assert said.endswith("send it again with the reason behind the code")
    assert await line.text(url, ALICE, f"6 {known} the disk was replaced") == ["#1 resolved"]
    assert "resolved by alice: the disk was replaced" in str(await texts.timeline(1))


@pytest.mark.parametrize(
    "body",
    [
        "yes",
        "4",
        "ok",
        "5 {wrong}",
        "Reply 4 {code} to acknowledge",
        "4 {code} 4 {code}",
        "4 {code} on it",
        "64 {code}",
    ],
)
async def test_anything_but_a_digit_and_the_code_acknowledges_nothing(texts: Running, line: Line, body: str) -> None:
    sid = await paged(texts, line)
    known = code(line, sid)
    wrong = f"{(int(known) + 1) % 100_000:05}"

    await line.text(f"{texts.url}/answers/pager/sms", ALICE, body.format(code=known, wrong=wrong))

    assert await status_of(texts) == "triggered"


async def test_a_code_is_worth_nothing_from_another_number(texts: Running, line: Line) -> None:
    sid = await paged(texts, line)

    for number in (BOB, "+442079469999", ""):
        url = f"{texts.url}/answers/pager/sms"
        form = {"MessageSid": f"SM{number}", "From": number, "Body": f"4 {code(line, sid)}"}
        status, _ = await line.ask(url, form)
        assert status == (200 if number else 400)

    assert await status_of(texts) == "triggered"


async def test_a_stranger_gets_no_reply_and_two_machines_do_not_talk_for_ever(texts: Running, line: Line) -> None:
    await paged(texts, line)
    url = f"{texts.url}/answers/pager/sms"

    assert await line.text(url, "+442079469999", "4 12345") == []
    replies = [await line.text(url, ALICE, "I am on holiday") for _ in range(REPLIES + 3)]

    assert [len(one) for one in replies] == [1] * REPLIES + [0] * 3


async def test_the_same_sms_told_again_has_no_second_effect(texts: Running, line: Line) -> None:
    sid = await paged(texts, line)
    url, body = f"{texts.url}/answers/pager/sms", f"4 {code(line, sid)}"
    await line.text(url, ALICE, body, sid="SM1")
    await texts.act(1, "unacknowledge", {"by": "alice"})

    await line.text(url, ALICE, body, sid="SM1")

    assert await status_of(texts) == "triggered"


@pytest.mark.parametrize("word", ["STOP", "StopAll", "unsubscribe", "Cancel", "END", "quit"])
async def test_whoever_sends_stop_is_reached_another_way_until_start(texts: Running, line: Line, word: str) -> None:
    await paged(texts, line)
    url = f"{texts.url}/answers/pager/sms"

    with structlog.testing.capture_logs() as logged:
        assert await line.text(url, ALICE, word) == []
    assert [one["number"] for one in logged if "number" in one] == ["…0001"]
    assert ALICE[3:] not in str(logged)
    assert await status_of(texts) == "triggered"
    await texts.accepted(firing("Another"))
    assert line.twilio.created[await created(line, 2)]["To"] == [BOB]

    assert await line.text(url, ALICE, "start") == []
    await paged(texts, line, "Third")
    assert line.twilio.created[list(line.twilio.created)[-1]]["To"] == [ALICE]


async def test_a_message_that_reached_nobody_lets_the_next_one_be_written_to(texts: Running, line: Line) -> None:
    sid = await paged(texts, line)

    for status in ("sent", "undelivered", "delivered", "undelivered"):
        assert await line.ends(sid, status, ErrorCode="30003") == 204

    assert line.twilio.created[await created(line, 2)]["To"] == [BOB]
    failed = next(one for one in await texts.timeline(1) if one["kind"] == "page_failed")
    assert "undelivered, Twilio 30003" in failed["text"]
    assert not any(ALICE[3:] in str(one) for one in await texts.timeline(1))


async def test_nothing_else_is_heard_at_other_addresses(texts: Running, line: Line) -> None:
    await paged(texts, line)

    assert (await line.ask(f"{texts.url}/answers/pager/else", {"From": ALICE}))[0] == 404


# -- test pages -------------------------------------------------------------------------------------------------


async def test_a_test_call_is_answered_by_a_key(calls: Running, line: Line) -> None:
    await calls.ask("POST", "/api/v1/people/alice/test-page", json={"channel": "pager"})

    heard = await line.pick_up(await created(line, 1), "4")

    assert heard[0].startswith("TEST: nothing is wrong")
    assert heard[-1].startswith("TEST: pager reaches alice")


async def test_a_test_message_is_answered_by_its_code(texts: Running, line: Line) -> None:
    await texts.ask("POST", "/api/v1/people/alice/test-page", json={"channel": "pager"})
    sid = await created(line, 1)

    (said,) = await line.text(f"{texts.url}/answers/pager/sms", ALICE, f"4 {code(line, sid)}")

    assert said.startswith("TEST: pager reaches alice")
