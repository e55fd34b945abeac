"""What Slack sends, understood: a press of a button, an emoji, a command.

The same payloads come over Socket Mode and over HTTP; what is made of them depends on nothing else.

Rules
-----
* Only what comes of our own messages and commands is ours; anything else is nothing, and nothing here raises for it.
* Each has the identity by which Slack would tell it again (integrations 6.3, 6.4).
* 👀 acknowledges where somebody puts it on a page of ours (A19). Skin tones make no difference, taking it away again is
  nothing, and what a bot does is nothing.

May import: ``domain``, ``notifiers`` (the port), the rest of this package.
"""

import re
from collections.abc import Mapping
from typing import Any

from rungbell.domain.events import Via
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass
from rungbell.notifiers.answering import Heard, Wish
from rungbell.notifiers.slack.threads import Spot, spot_of

EMOJI = "eyes"
ANSWER = 11_500
"""UTF-16 units of an answer to a command that are shown whole; Slack takes more (integrations 6.1)."""
PRESSED = {
    "rungbell.acknowledge": Wish.ACKNOWLEDGE,
    "rungbell.unacknowledge": Wish.UNACKNOWLEDGE,
    "rungbell.undo": Wish.UNACKNOWLEDGE,
    "rungbell.escalate": Wish.ESCALATE,
    "rungbell.resolve": Wish.RESOLVE,
}
"""By the ``action_id`` of a button."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What somebody said, and where they are answered."""

    heard: Heard
    user: str
    channel: str
    spot: Spot | None = None
    """The message that was answered."""
    undo: bool = False
    """It was the button that takes an acknowledgement back."""
    author: str = ""
    """Whose message it was, where that is known."""
    answer_to: str = ""
    """Where Slack takes what is told later of a command, as it says itself; to be believed only of Slack's own host."""


def press(payload: Any) -> Spoken | None:  # noqa: ANN401 -- whatever a stranger sends
    """Understand an interaction."""
    if _text(payload, "type") != "block_actions":
        return None
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    wish = PRESSED.get(_text(action, "action_id"))
    user = _text(payload, "user", "id")
    channel = _text(payload, "container", "channel_id") or _text(payload, "channel", "id")
    ts = _text(payload, "container", "message_ts")
    if wish is None or not user:
        return None
    once = f"press:{channel}:{ts}:{user}:{_text(action, 'action_id')}:{_text(action, 'action_ts')}"
    heard = Heard(
        wish=wish, once=once, via=Via.CHAT, contact=("slack", user), ticket=_text(action, "value") or "no ticket"
    )
    undo = _text(action, "action_id") == "rungbell.undo"
    return Spoken(heard, user, channel, spot_of(f"{channel}:{ts}"), undo)


def reaction(envelope: Any, too_light_for: frozenset[Severity]) -> Spoken | None:  # noqa: ANN401
    """Understand an event; ``too_light_for`` are the severities that ask for the button."""
    event = envelope.get("event") if isinstance(envelope, Mapping) else None
    if _text(event, "type") != "reaction_added" or _text(event, "item", "type") != "message":
        return None
    if _text(event, "reaction").partition("::")[0] != EMOJI or _text(event, "bot_id"):
        return None
    user, once = _text(event, "user"), _text(envelope, "event_id")
    spot = spot_of(f"{_text(event, 'item', 'channel')}:{_text(event, 'item', 'ts')}")
    if not user or not once or spot is None:
        return None
    heard = Heard(
        wish=Wish.ACKNOWLEDGE,
        once=f"event:{once}",
        via=Via.CHAT,
        contact=("slack", user),
        reference=str(spot),
        too_light_for=too_light_for,
    )
    return Spoken(heard, user, spot.channel, spot, author=_text(event, "item_user"))


def command(fields: Any) -> Spoken | None:  # noqa: ANN401
    """Understand a slash command."""
    user, once = _text(fields, "user_id"), _text(fields, "trigger_id")
    if not user or not once or not _text(fields, "command"):
        return None
    words = _plain(_text(fields, "text"))
    who = ("slack", user)
    heard = Heard(wish=Wish.SAY, once=f"command:{once}", via=Via.CHAT, contact=who, words=words, room=ANSWER)
    return Spoken(heard, user, _text(fields, "channel_id"), answer_to=_text(fields, "response_url"))


def _plain(text: str) -> str:
    """Give what was typed: Slack escapes three characters, and makes links of addresses."""
    bare = re.sub(r"<(https?://[^|>]*)(?:\|[^>]*)?>", r"\1", text)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _text(value: Any, *keys: str) -> str:  # noqa: ANN401
    """Give the text at a place; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
