"""The rows of the table of decisions that belong to incident command.

May import: ``answers``, ``events`` and the rules of this package.
"""

from rungbell.domain.answers import Answers, answers, ignore, over
from rungbell.domain.command.declare import declare
from rungbell.domain.command.events import HandedOff, ImpactStated, RoleAssumed, RoleGivenUp, Ticked
from rungbell.domain.command.handoff import hand_off
from rungbell.domain.command.impact import state_impact
from rungbell.domain.command.roles import give_up_role, take_role
from rungbell.domain.command.tick import tick
from rungbell.domain.events import Declared

ANSWERS: Answers = {
    **answers(Declared, triggered=declare, resolved=ignore("it is over; declared it was, or need not be any more")),
    **answers(RoleAssumed, triggered=take_role),
    **answers(RoleGivenUp, triggered=give_up_role),
    **answers(HandedOff, triggered=hand_off),
    # What is attested and stated still matters after the end: for the all clear, and for the postmortem.
    **answers(Ticked, triggered=tick, resolved=tick, ended=over),
    **answers(ImpactStated, triggered=state_impact, resolved=state_impact, ended=over),
}
