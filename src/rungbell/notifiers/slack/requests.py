"""Requests of Slack: who sends them is proved, then they are what Socket Mode would have brought.

Rules
-----
* The signature is that of integrations 6.2, over the raw bytes, and good for five minutes. Garbage is a plain 401.
* ``ssl_check`` has no signature, and does nothing.

May import: ``notifiers`` (the port, ``signatures``, ``whole_text``), pydantic, the rest of this package.
"""

from typing import Any
from urllib.parse import parse_qsl

from pydantic import SecretStr

from rungbell.notifiers.answering import Answer, Callback
from rungbell.notifiers.signatures import any_matches
from rungbell.notifiers.slack.conversation import Kind, private
from rungbell.notifiers.whole_text import json_said

WINDOW = 300
"""Seconds."""


class UnreadableError(Exception):
    """A request that is signed, and says nothing that could be read."""


def is_check(callback: Callback) -> bool:
    """Whether Slack only looks whether the certificate is good."""
    found = parse_qsl(callback.body.decode(errors="replace"), max_num_fields=20) if len(callback.body) < 1000 else []
    return ("ssl_check", "1") in found or callback.query.get("ssl_check") == "1"


def refusal(callback: Callback, secret: SecretStr) -> str:
    """Give why a request is not believed; empty where it is."""
    stamp = callback.header("X-Slack-Request-Timestamp")
    given = callback.header("X-Slack-Signature")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return "a request for Slack's answers without a signature"
    signed = b"v0:" + stamp.encode() + b":" + callback.body
    if not any_matches([secret], signed, [given.encode(errors="replace")], b"v0="):
        return "a signature that does not hold: it is not Slack, or `signing_secret` is not that of the app"
    apart = callback.at.timestamp() - int(stamp)
    if abs(apart) > WINDOW:
        return f"a signed request that is {apart:.0f} s old: it was kept, or the clock of this machine is wrong"
    return ""


def read(callback: Callback) -> tuple[Kind | None, Any]:
    """Give what came, and its payload; ``None`` with a challenge is the question whether we are here.

    Raises:
        UnreadableError: it is nothing that Slack sends.
    """
    try:
        if callback.header("Content-Type").startswith("application/json"):
            return _event(json_said(callback.body))
        fields = dict(parse_qsl(callback.body.decode(), keep_blank_values=True, max_num_fields=100))
        if "payload" in fields:
            return Kind.PRESS, json_said(fields["payload"])
    except ValueError as error:
        raise UnreadableError from error
    if "command" not in fields:
        raise UnreadableError
    return Kind.COMMAND, fields


def _event(envelope: Any) -> tuple[Kind | None, Any]:  # noqa: ANN401 -- whatever is JSON
    if not isinstance(envelope, dict):
        raise UnreadableError
    if envelope.get("type") == "url_verification" and isinstance(envelope.get("challenge"), str):
        return None, envelope["challenge"]
    return Kind.EVENT, envelope


def ephemeral(text: str) -> Answer:
    """Answer a command so that only who typed it reads it."""
    from pydantic_core import to_json

    return Answer(body=to_json(private(text)), content_type="application/json")
