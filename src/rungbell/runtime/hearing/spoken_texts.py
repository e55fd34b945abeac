"""What people type about texts to clients, executives and the team: ``tell 42 client-notice``, ``send 42 2``.

To stand for a text is not read here: first it has to be shown (``reviewing``).

May import: ``domain``, ``runtime.hearing.speaking``.
"""

from collections.abc import Mapping

from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationDrafted,
    CommunicationSent,
    Waived,
)
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.events import Act
from rungbell.runtime.hearing.speaking import Facts, Verb, number_of, one_of, without, word


def _tell(said: str, facts: Facts) -> Act:
    kinds = {kind.value.replace("_", "-"): kind for kind in CommunicationKind}
    return CommunicationDrafted(**facts.act, kind=one_of(word(said)[0], kinds, "kind of text"), send=True)


def _send(said: str, facts: Facts) -> Act:
    return CommunicationSent(**facts.act, communication=number_of(said, "text")[0])


def _discard(said: str, facts: Facts) -> Act:
    number, reason = number_of(said, "text")
    return CommunicationDiscarded(**facts.act, communication=number, reason=without(reason, "because"))


def _waive(said: str, facts: Facts) -> Act:
    audience, reason = word(said)
    known = {one.value: one for one in Audience}
    return Waived(**facts.act, audience=one_of(audience, known, "audience"), reason=without(reason, "because"))


VERBS: Mapping[str, Verb] = {
    "tell": Verb("KIND", "tell an audience; to clients a draft is laid out", _tell),
    "send": Verb("NUMBER", "let a text leave; to clients only what was reviewed", _send),
    "discard": Verb("NUMBER [because …]", "send a text never", _discard),
    "waive": Verb("AUDIENCE because …", "decide that an audience need not be told", _waive),
}
