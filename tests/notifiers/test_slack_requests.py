"""Requests that say they are of Slack: which are believed."""

import pytest
from multidict import CIMultiDict
from pydantic import SecretStr

from rungbell.notifiers.slack.requests import WINDOW, refusal
from tests.web.slack_calls import callback

SECRET = SecretStr("8f742231b10e8888abcd99yyyzzz85a5")
AT = 1531420618
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def refused(signature: str = SIGNATURE, stamp: str = str(AT), at: float = AT, body: bytes = BODY) -> str:
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
    return refusal(callback(body, headers, at), SECRET)


def test_the_golden_vector_is_believed() -> None:
    assert refused() == ""


@pytest.mark.parametrize("seconds", [-WINDOW, WINDOW])
def test_five_minutes_are_the_end(seconds: int) -> None:
    assert refused(at=AT + seconds) == ""
    assert "clock" in refused(at=AT + seconds + (1 if seconds > 0 else -1))


@pytest.mark.parametrize(
    "signature", ["", SIGNATURE[3:], SIGNATURE.upper(), f"{SIGNATURE} ", "v1" + SIGNATURE[2:], "v0=", "v0=ü", "\udcff"]
)
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert refused(signature)


@pytest.mark.parametrize("stamp", ["", "now", "-1", "1e9", "٣", "1531420618.0", " 1531420618", "9" * 400, "\udcff"])
def test_what_is_no_time_is_refused(stamp: str) -> None:
    assert refused(stamp=stamp)


@pytest.mark.parametrize("name", ["X-Slack-Request-Timestamp", "X-Slack-Signature"])
def test_a_header_that_comes_twice_is_none(name: str) -> None:
    given = CIMultiDict({"X-Slack-Request-Timestamp": str(AT), "X-Slack-Signature": SIGNATURE})
    given.add(name, given[name])

    assert refusal(callback(BODY, given, AT), SECRET)
