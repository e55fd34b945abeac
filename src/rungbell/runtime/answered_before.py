"""What was answered to something with an identity of its own, as it is kept, and given when it is told again.

Rules
-----
* What had an effect is told as done already, with when that was; what had none is answered as it was the first time.

May import: ``domain.decision`` and the standard library's pure parts.
"""

from datetime import datetime

from rungbell.domain.decision import Outcome, Reply

_MARK = "\t"
_WITHOUT = tuple(f"{outcome}{_MARK}" for outcome in Outcome if outcome is not Outcome.DONE)


def kept(reply: Reply) -> str:
    """Give the text that a store keeps of an answer."""
    return reply.text if reply.outcome is Outcome.DONE else f"{reply.outcome}{_MARK}{reply.text}"


def had_effect(text: str) -> bool:
    """Whether what was answered so had changed something."""
    return not text.startswith(_WITHOUT)


def given_again(at: datetime, text: str) -> Reply:
    """Give the answer to what is told again."""
    if had_effect(text):
        return Reply(Outcome.ALREADY, f"done at {at:%Y-%m-%d %H:%M:%S} UTC: {text}")
    outcome, _, said = text.partition(_MARK)
    return Reply(Outcome(outcome), said)
