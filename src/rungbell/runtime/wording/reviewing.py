"""Texts as somebody reads them before standing for them, over the API and in a chat.

Rules
-----
* A draft is shown as it would be worded now; its words are fixed by a review, which gives them back as they were read.
* A chat gives nothing back but a few characters. So what is shown there ends with a **seal**: when it was worded, and a
  hash over who read what. A review with the seal words the text as of that time again, and counts only if every word is
  the same; else it has to be read anew. Nobody can stand for what was shown to somebody else, or is long ago.
* What is too long to be shown whole is not sealed.

May import: ``domain``, ``store`` (the port), ``runtime.wording.copies``, pydantic_core.
"""

import hashlib
import html
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic_core import to_json

from rungbell.domain.book import Book
from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.communication.kinds import Text
from rungbell.domain.communication.recipients import meant, recipient
from rungbell.domain.communication.record import Communication
from rungbell.domain.incident import Incident
from rungbell.domain.nameless import Nameless
from rungbell.domain.policy import Policy
from rungbell.domain.timeline import Entry
from rungbell.domain.values import dataclass
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.store import Transaction

SEALED_FOR = timedelta(hours=1)
"""So long what was read may be stood for."""
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """A communication, and what it is worded from."""

    incident: Incident
    policy: Policy
    entries: tuple[Entry, ...]
    communication: Communication
    copies: tuple[SentCopy, ...]


def reading(transaction: Transaction, incident: Incident, number: int, book: Book, now: datetime) -> Reading | None:
    """Give a communication of an incident, for whom it is now; ``None`` where there is none with this number."""
    communication = transaction.communication(incident.id, number)
    if communication is None:
        return None
    copies = tuple(sent for sent in transaction.copies(incident.id) if sent.copy.communication == number)
    communication = replace(communication, recipients=meant(communication, incident, book, now))
    policy = transaction.policy(incident.policy)
    return Reading(incident, policy, tuple(transaction.timeline(incident.id)), communication, copies)


def worded(found: Reading, writer: CopyWriter, book: Book, now: datetime) -> Mapping[str, Text]:
    """Give the words for each recipient; of those whom the file knows no more, what was fixed only."""
    communication = found.communication
    left = {sent.copy.recipient: sent.copy.text for sent in found.copies if sent.copy.text is not None}
    fixed = {**communication.texts, **left}
    texts: dict[str, Text] = {}
    for name in communication.recipients:
        who = recipient(name, communication.kind.audience, book)
        if name in fixed:
            texts[name] = fixed[name]
        elif who is not None:
            texts[name] = writer.text(communication.kind, found.incident, found.policy, book, found.entries, who, now)
    return texts


def read_at(communication: Communication, now: datetime) -> datetime:
    """Give the moment as of which a text is shown: a whole number of seconds after it was drafted."""
    return communication.drafted.at + (now - communication.drafted.at) // SECOND * SECOND


def seal(communication: Communication, texts: Mapping[str, Text], by: str, at: datetime) -> str:
    """Seal what was shown to somebody as of ``at``."""
    said = [[who, text.subject, text.body] for who, text in sorted(texts.items())]
    told = to_json([communication.incident, communication.number, by, said])
    return f"{(at - communication.drafted.at) // SECOND:x}-{hashlib.sha256(told).hexdigest()[:8]}"


def sealed_at(communication: Communication, given: str, now: datetime) -> datetime | None:
    """Give as of when something was shown, by its seal; ``None`` where it is none, or was long ago."""
    seconds, dash, _ = given.partition("-")
    try:
        at = communication.drafted.at + int(seconds, 16) * SECOND if dash and len(seconds) < 8 else None
    except ValueError:
        return None
    return at if at is not None and now - SEALED_FOR <= at <= now else None


def elsewhere(found: Reading) -> str:
    """Say where a text is read that a chat cannot show."""
    place = f"{found.incident.number} {found.communication.number}"
    told = f"It is too long to be read here whole. Read it and stand for it by `rungbell incidents review {place}`"
    return f"{_named(found)}\n{told}"


def to_read(
    found: Reading,
    texts: Mapping[str, Text],
    gone: Nameless,
    *,
    by: str,
    at: datetime,
    room: int,
    again: bool = False,
) -> str:
    """Give the words to whoever is to stand for them, and how; ``again``: what they gave back does not fit to them."""
    one = found.communication
    changed = "nothing was changed: these are not the words that you were shown, or it is long ago. Read again.\n"
    whole = f"{changed if again else ''}{_named(found)}\n\n{_shown(texts, gone)}"
    if one.open:
        place = f"{found.incident.number} {one.number}"
        stand = f"`review {place} {seal(one, texts, by, at)}` to stand for every word of it, then `send {place}`"
        whole = f"{whole}\n\n{stand}. Or `discard {place} because …`"
    return whole if _takes(whole) <= room else elsewhere(found)


def _named(found: Reading) -> str:
    one = found.communication
    return f"text {one.number} of #{found.incident.number}: {one.kind.replace('_', ' ')}, {one.state}"


def _takes(text: str) -> int:
    """How long a text is at most in a chat that escapes signs and makes links of addresses."""
    return len(html.escape(text).encode("utf-16-le")) // 2 + 2 * text.count("://")


def _shown(texts: Mapping[str, Text], gone: Nameless) -> str:
    """Give each text once, with everybody who gets it."""
    same: dict[tuple[str, str], list[str]] = {}
    for who, text in texts.items():
        same.setdefault((text.subject, text.body), []).append(gone.name(who))
    return "\n\n".join(
        f"To: {', '.join(everybody)}\nSubject: {subject}\n\n{body.rstrip()}"
        for (subject, body), everybody in same.items()
    )
