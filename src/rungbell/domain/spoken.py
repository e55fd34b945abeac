"""What the incident commander says, in the playbook's five forms (playbook L766-770, requirement 64).

Rules
-----
* ``Decision: We will … because …``, ``Action item: … will … by …`` and ``Scribe: please log … in timeline at …`` are
  taken apart; ``Status update: …`` and ``Who is investigating …?`` are known, and stay the notes they are.
* Capital letters, dashes for colons, no colon at all, more blanks and full stops at the end make no difference. Words
  that only begin alike, as "decisions", are no such sentence.
* Whoever says something else says a plain note: nothing is refused for its form.
* Expressions stay text until somebody says something: ``re`` keeps what it compiled, and most commands hear nobody.

May import: the standard library's pure parts.
"""

import re
from enum import StrEnum

from rungbell.domain.values import dataclass

LONGEST = 2_000
"""Characters of a sentence; what is longer is no sentence of a call."""


class Form(StrEnum):
    """The five forms."""

    QUESTION = "question"
    STATUS_UPDATE = "status_update"
    DECISION = "decision"
    ACTION_ITEM = "action_item"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence, taken apart."""

    form: Form
    text: str
    """What is decided, to be done, or to be logged."""
    because: str = ""
    """Why it is decided."""
    person: str = ""
    """Who will do it, as it was said."""
    when: str = ""
    """By when it will be done, or when it happened, as it was said."""


_COLON = r"(?:\s*[:,;\-\u2013\u2014]+\s*|\s+)"
_DECISION = rf"(?i)decision{_COLON}(?P<text>\S.*)"
_BECAUSE = r"(?i),?\sbecause\s+"
_ITEM = rf"(?i)action\s?item{_COLON}(?P<person>\S.{{0,79}}?)\s(?:will|to|shall|is going to)\s(?P<text>\S.*)"
_BY = r"(?i),?\sby\s"
_LOG = rf"(?i)scribe{_COLON}(?:please{_COLON})?log{_COLON}(?P<text>\S.*)"
_IN_TIMELINE = r"(?i),?\s(?:in|into|on|to)\s(?:the\s)?timeline(?=\s|$)"
_AT = r"(?i),?\sat\s"
_STATUS = rf"(?i)status\s?update{_COLON}(?P<text>\S.*)"
_QUESTION = r"(?i)who(?:'s|\sis)\sinvestigating\s(?P<text>\S.*)"


def spoken(said: str) -> Spoken | None:
    """Take a sentence apart; ``None`` where it has none of the forms."""
    words = " ".join(said.split())
    if len(words) > LONGEST:
        return None
    for form, read in ((_DECISION, _decision), (_ITEM, _item), (_LOG, _log)):
        if (found := re.fullmatch(form, words)) is not None:
            taken = read(found)
            return taken if taken.text else None
    for form, name in ((_STATUS, Form.STATUS_UPDATE), (_QUESTION, Form.QUESTION)):
        if (found := re.fullmatch(form, words)) is not None:
            return Spoken(name, words)
    return None


def _decision(found: "re.Match[str]") -> Spoken:
    decided, *why = re.split(_BECAUSE, _ended(found["text"]), maxsplit=1)
    return Spoken(Form.DECISION, decided, because=why[0] if why else "")


def _item(found: "re.Match[str]") -> Spoken:
    task, when = _last(_BY, _ended(found["text"]))
    return Spoken(Form.ACTION_ITEM, task, person=found["person"], when=when)


def _log(found: "re.Match[str]") -> Spoken:
    event, when = _last(_AT, _ended(re.sub(_IN_TIMELINE, "", _ended(found["text"]))))
    return Spoken(Form.LOG, event, when=when)


def _last(word: str, text: str) -> tuple[str, str]:
    """Part a text at the last of these words; what may follow it is a time only if somebody can read it as one."""
    places = list(re.finditer(word, text))
    if not places:
        return text, ""
    return text[: places[-1].start()], text[places[-1].end() :]


def _ended(text: str) -> str:
    return text.rstrip(" .!")
