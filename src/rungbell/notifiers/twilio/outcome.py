"""What came of a key or of a short message, in one sentence of the person's language.

May import: ``domain``, ``words``, ``notifiers`` (the ports).
"""

from collections.abc import Callable

from rungbell.domain.incident import Status
from rungbell.notifiers import IncidentView
from rungbell.notifiers.answering import Came, Told, Wish
from rungbell.words import words_of
from rungbell.words.words import AnswerWords


def sentence(
    told: Told, incident: IncidentView, wish: Wish, words: AnswerWords, number: str, name: Callable[[str], str] = str
) -> str:
    """Say what was done, or else how the incident stands; ``number`` and ``name`` as they are shown or spoken."""
    if told.came is Came.DONE:
        done = {Wish.ESCALATE: words.escalated, Wish.RESOLVE: words.resolved}.get(wish, words.acknowledged)
        return done.format(number=number)
    known, status = words_of(told.reader), Status(incident.status)
    if incident.resolved_by not in {"", "window"}:
        return words.ended.format(number=number, status=known.ended(status), person=name(incident.resolved_by))
    stands = words.held if incident.holder else words.stands
    return stands.format(number=number, status=known.statuses[status], person=name(incident.holder))
