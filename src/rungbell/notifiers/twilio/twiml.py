"""What Twilio is to say, and how (TwiML, integrations 7.4).

Rules
-----
* Text of strangers is a text: it is escaped, and what XML cannot hold is left out.
* Speech is for ears at night: addresses are left out, names are taken apart, numbers of incidents are said digit by
  digit, and it lasts about half a minute.

May import: ``domain``, ``notifiers`` (``answering`` and ``fitting``), the standard library.
"""

import re
from html import escape

from rungbell.domain.plain_text import plain
from rungbell.notifiers.answering import Answer
from rungbell.notifiers.fitting import fit, in_bytes

SPOKEN = 450
"""Bytes of UTF-8; some thirty seconds in most languages."""
PATIENCE = 8
"""Seconds in which a key is waited for, once everything is said."""
_ADDRESS = re.compile(r"https?://\S+")
_JOINT = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBER = re.compile(r"#\s?([0-9]+)")
_SEVERITY = re.compile(r"\bP([0-3])\b")
_MARKS = re.compile(r"[_/\\|*`~<>{}\[\]#^=]+")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_say(text: str) -> str:
    """Give as much of a text as is spoken."""
    return fit(plain(text.replace("\n", " . "), len(text) + 1 + 2 * text.count("\n")), SPOKEN, in_bytes)


def speech(text: str, incident: str = "incident") -> str:
    """Give a text as it is said; ``incident`` is what stands before the number of one."""
    said = _NUMBER.sub(lambda found: f", {incident} {digits(found[1])}, ", _ADDRESS.sub(" ", text))
    said = _SEVERITY.sub(r"P \1", _JOINT.sub(" ", said))
    return " ".join(_MARKS.sub(" ", said).split()).replace(" ,", ",")


def digits(number: object) -> str:
    """Give a number digit by digit."""
    return " ".join(str(number))


def say(*texts: str, language: str) -> str:
    """Have texts spoken one after another."""
    whole = " ".join(text for text in texts if text)
    return f'<Say language="{escape(language)}">{_escaped(whole)}</Say>'


def gather(content: str, action: str) -> str:
    """Have something spoken, and wait for one key."""
    return (
        f'<Gather input="dtmf" numDigits="1" timeout="{PATIENCE}" actionOnEmptyResult="true" method="POST" '
        f'action="{_escaped(action)}">{content}</Gather>'
    )


def response(*verbs: str) -> str:
    """Give a document of some verbs."""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(verbs)}</Response>'


def text_message(text: str) -> str:
    """Have a message sent in answer to one."""
    return f"<Message>{_escaped(text)}</Message>"


def twiml(*verbs: str) -> Answer:
    """Answer with a document."""
    return Answer(body=response(*verbs).encode(), content_type="text/xml")


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("", text))
