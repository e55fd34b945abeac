"""What Slack shows of a page: blocks, buttons, and the text that stands for them in a notification.

Rules
-----
* ``&``, ``<`` and ``>`` of texts are escaped, so no alert mentions anybody or hides where a link leads; ``verbatim``
  keeps Slack from finding names. Addresses are links that show where they lead. Only the person who is paged is
  mentioned, by the contact ``slack`` (a user id) of the configuration.
* A section holds 3000 characters, counted in UTF-16 units, the strictest that may be meant.
* Buttons carry the ticket of the message. Where nobody can answer, there is a link in their place.

May import: ``domain``, ``notifiers`` (the port, ``fitting``).
"""

import re
from collections.abc import Iterator
from typing import Any

from rungbell.domain.roster import Person
from rungbell.notifiers import IncidentView, Message
from rungbell.notifiers.answering import Wish
from rungbell.notifiers.fitting import fit, heading_and_body, in_utf16

Blocks = list[dict[str, Any]]

SECTION = 3000
BODY = "rungbell.body"
"""The ``block_id`` of what a page says below its heading."""
UNDO = "rungbell.undo"
EVENT = "rungbell_page"
"""The ``event_type`` of our metadata."""
_INSTEAD = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_PIECES = re.compile(r"https?://[\w\-./:?#&=%+,;$@]+(?<![.,:;?])|.", re.ASCII | re.DOTALL)
_USER = re.compile(r"[UW][A-Z0-9]{2,20}")


def escape(text: str) -> Iterator[str]:
    """Give a text as mrkdwn that shows it, in pieces that may not be cut."""
    for piece in _PIECES.findall(text):
        escaped = "".join(_INSTEAD.get(char, char) for char in piece)
        yield f"<{escaped}>" if len(piece) > 1 else escaped


def shown(text: str, most: int = SECTION) -> str:
    """Give a text as mrkdwn, as far as it fits."""
    return fit(escape(text), most, in_utf16)


def user_of(person: Person) -> str:
    """Give the user id of a person; empty where they have none that could be one."""
    user = person.contacts.get("slack", "").strip()
    return user if _USER.fullmatch(user) else ""


def section(text: str, block_id: str = "") -> dict[str, Any]:
    """Give a block of mrkdwn."""
    block: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
    return {**block, "block_id": block_id} if block_id else block


def button(label: str, wish: Wish, ticket: str, *, style: str = "", sure: str = "") -> dict[str, Any]:
    """Give a button that carries a ticket; ``sure`` is what is asked before it counts."""
    found: dict[str, Any] = {
        "type": "button",
        "action_id": f"rungbell.{wish}",
        "text": {"type": "plain_text", "text": label},
        "value": ticket,
    }
    if style:
        found["style"] = style
    if sure:
        found["confirm"] = {
            "title": {"type": "plain_text", "text": label},
            "text": {"type": "plain_text", "text": sure},
            "confirm": {"type": "plain_text", "text": label},
            "deny": {"type": "plain_text", "text": "Cancel"},
        }
    return found


def buttons(ticket: str, *, held: bool) -> Blocks:
    """Give the row of buttons of an incident that is open; none without a ticket."""
    if not ticket:
        return []
    first = (
        button("Give back", Wish.UNACKNOWLEDGE, ticket, sure="The ladder climbs again.")
        if held
        else button("Acknowledge", Wish.ACKNOWLEDGE, ticket, style="primary")
    )
    rest = [
        button("Escalate", Wish.ESCALATE, ticket, sure="The next tier is paged."),
        button("Resolve", Wish.RESOLVE, ticket, style="danger", sure="The incident is over."),
    ]
    return [{"type": "actions", "elements": [first, *rest]}]


def undo(ticket: str) -> Blocks:
    """Give the button that takes an acknowledgement back."""
    if not ticket:
        return []
    return [{"type": "actions", "elements": [{**button("Undo", Wish.UNACKNOWLEDGE, ticket), "action_id": UNDO}]}]


def acknowledging(ticket: str) -> Blocks:
    """Give the one button by which an acknowledgement counts for every severity."""
    return [{"type": "actions", "elements": [button("Acknowledge", Wish.ACKNOWLEDGE, ticket, style="primary")]}]


def body_of(message: Message) -> str:
    """Give what a page says below its heading, as mrkdwn."""
    heading, body = heading_and_body(message)
    return shown(body or message.person.name or heading)


def page(message: Message, *, answers: bool, reply: bool = False) -> dict[str, Any]:
    """Give a message as Slack takes it; a ``reply`` has its buttons where its thread begins."""
    heading, _ = heading_and_body(message)
    user = user_of(message.person)
    mention = f"<@{user}> " if user else ""
    room = SECTION - in_utf16(mention)
    blocks: Blocks = [section(mention + shown(heading, room)), section(body_of(message), BODY)]
    if (message.test or message.bundle) and answers and message.ticket:
        blocks += acknowledging(message.ticket)
    elif answers and not reply:
        blocks += buttons(message.ticket, held=bool(message.incident and message.incident.holder))
    elif message.acknowledge_url and not answers:
        blocks.append(_link(message.acknowledge_url))
    about = message.incident.id if message.incident else message.thread
    return {
        "text": mention + shown(heading, room),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": EVENT, "event_payload": {"intent": message.intent, "incident": about}},
    }


def _link(url: str) -> dict[str, Any]:
    label = {"type": "plain_text", "text": "Acknowledge"}
    leads = {"type": "button", "action_id": "rungbell.link", "text": label, "url": url}
    return {"type": "actions", "elements": [leads]}


def standing(text: str, incident: IncidentView, body: str, ticket: str, room: str = "") -> dict[str, Any]:
    """Give the first message of an incident as it stands now; ``body`` is what its page said, ``room`` its own one."""
    heading, _, stands = text.partition("\n")
    blocks: Blocks = [section(shown(heading))]
    if body:
        blocks.append(section(body, BODY))
    where = f"Room: <#{room}>" if room else ""
    if stands or where:
        rest = SECTION - in_utf16(where) - 1
        blocks.append(section("\n".join(part for part in (shown(stands, rest), where) if part)))
    blocks += buttons(ticket if incident.open else "", held=bool(incident.holder))
    return {"text": shown(text), "blocks": blocks}


def body_in(message: dict[str, Any]) -> str:
    """Give what a page of ours said below its heading, from how Slack gives it back."""
    for block in message.get("blocks") or ():
        if isinstance(block, dict) and block.get("block_id") == BODY:
            text = (block.get("text") or {}).get("text")
            return text if isinstance(text, str) else ""
    return ""


def intent_in(message: dict[str, Any]) -> str:
    """Give the intent of a message of ours, from how Slack gives it back."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT:
        return ""
    intent = (metadata.get("event_payload") or {}).get("intent")
    return intent if isinstance(intent, str) else ""
