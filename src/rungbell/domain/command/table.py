"""The rows of the table of decisions that belong to incident command.

May import: ``answers``, ``events`` and the rules of this package.
"""

from rungbell.domain.answers import Answers, answers, ignore
from rungbell.domain.command.declare import declare
from rungbell.domain.events import Declared

ANSWERS: Answers = {
    **answers(Declared, triggered=declare, resolved=ignore("it is over; declared it was, or need not be any more")),
}
