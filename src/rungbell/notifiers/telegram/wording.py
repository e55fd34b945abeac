"""The form of a message of the bot: HTML that shows a text of strangers as what it is, and its buttons.

Limits: Telegram, Bot API (4,096 characters of text, counted in UTF-16; 64 bytes of ``callback_data``).

May import: ``domain`` (the language), ``words``, ``notifiers`` (the ports, ``fitting``), the standard library.
"""

import html
from typing import Any

from rungbell.domain.language import Language
from rungbell.notifiers import Message
from rungbell.notifiers.answering import Wish
from rungbell.notifiers.fitting import fit, heading_and_body, in_utf16
from rungbell.notifiers.following import Change
from rungbell.words import words_of

MOST = 4_096
WISHES = {"a": Wish.ACKNOWLEDGE, "e": Wish.ESCALATE, "r": Wish.RESOLVE}


def page(message: Message) -> dict[str, Any]:
    """Give what a page says, with its buttons."""
    heading, body = heading_and_body(message)
    above = f"<b>{html.escape(heading)}</b>"
    rest = fit((html.escape(char) for char in body), MOST - in_utf16(above) - 1, in_utf16)
    return {
        "text": f"{above}\n{rest}" if rest else above,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        **buttons(message.ticket, "aer" if message.incident is not None else "a", message.person.language),
    }


def change(told: Change) -> dict[str, Any]:
    """Give what stands in the place of a page when the incident has changed."""
    wanted = "" if not told.incident.open else "er" if told.incident.holder else "aer"
    text = fit(told.text, MOST, in_utf16)
    return {"text": text, "link_preview_options": {"is_disabled": True}, **buttons(told.ticket, wanted)}


def plain(sent: dict[str, Any]) -> dict[str, Any]:
    """Give the same without markup."""
    text = html.unescape(sent["text"].replace("<b>", "").replace("</b>", ""))
    return {**{name: value for name, value in sent.items() if name != "parse_mode"}, "text": fit(text, MOST, in_utf16)}


def buttons(ticket: str, wanted: str, language: Language = Language.EN) -> dict[str, Any]:
    """Give the buttons under a message; none where nothing can be answered."""
    if not ticket or not wanted:
        return {}
    words = words_of(language).buttons
    labels = {"a": words.acknowledge, "e": words.escalate, "r": words.resolve}
    row = [{"text": labels[key], "callback_data": f"{key}:{ticket}"} for key in wanted]
    return {"reply_markup": {"inline_keyboard": [row]}}
