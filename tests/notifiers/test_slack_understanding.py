"""Whatever comes is understood or nothing: nobody can make Slack's payloads raise."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.notifiers.answering import Wish
from rungbell.notifiers.slack import requests, understanding
from tests.harness.providers.slack import interaction, pressed, reacted, slash
from tests.web.slack_calls import callback

MESSAGE: dict[str, Any] = {
    "channel": "C0INCIDENTS",
    "ts": "1764000000.000100",
    "user": "U0RUNGBELL",
    "blocks": [{"elements": [{"action_id": "rungbell.acknowledge", "value": "7.1.x"}]}],
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- JSON
    """Every place in a payload."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in below for place in places(inner, (*path, key)))]


@st.composite
def spoilt(draw: st.DrawFn) -> Any:  # noqa: ANN401 -- JSON
    """A payload in which something stands in place of something else."""
    given = draw(st.sampled_from([pressed(MESSAGE, "acknowledge"), reacted(MESSAGE), slash("ack 1")]))
    whole: Any = {"": json.loads(json.dumps(given))}
    place = ("", *draw(st.sampled_from(places(given))))
    at = whole
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = draw(VALUES)
    return whole[""]


@given(spoilt())
def test_a_payload_in_which_anything_is_wrong_raises_nothing(payload: Any) -> None:  # noqa: ANN401
    found = [
        understanding.press(payload), understanding.reaction(payload, frozenset()), understanding.command(payload),
    ]  # fmt: skip
    for spoken in found:
        assert spoken is None or spoken.heard.contact == ("slack", spoken.user)
        assert spoken is None or spoken.heard.once


@given(st.binary(max_size=300), st.sampled_from(["application/json", "application/x-www-form-urlencoded", ""]))
def test_a_body_is_read_or_unreadable(body: bytes, kind: str) -> None:
    with contextlib.suppress(requests.UnreadableError):
        requests.read(callback(body, {"Content-Type": kind}, 0))


def test_what_is_whole_is_understood() -> None:
    spoken = understanding.press(pressed(MESSAGE, "acknowledge"))
    assert spoken is not None
    assert (spoken.heard.wish, spoken.heard.ticket, str(spoken.spot)) == (
        Wish.ACKNOWLEDGE, "7.1.x", "C0INCIDENTS:1764000000.000100",
    )  # fmt: skip
    kind, payload = requests.read(callback(interaction(pressed(MESSAGE, "acknowledge")), {}, 0))
    assert kind == "interactive"
    assert understanding.press(payload) == spoken


@pytest.mark.parametrize("ts", ["", "now", "1", "\u00b2.\u00b2", "1.1:2", "-1.1"])
def test_a_place_that_cannot_be_one_is_none(ts: str) -> None:
    assert understanding.reaction(reacted({**MESSAGE, "ts": ts}), frozenset()) is None
