"""``rungbell oncall``: who is on call, over the API. Each family of its verbs is one file.

May import: the rest of the package, ``connection``, ``verbs``, click.
"""

import click

from rungbell.cli.connection import connection
from rungbell.cli.oncall.calendar import ical
from rungbell.cli.oncall.changing import override, swap, take
from rungbell.cli.oncall.contacts import contacts, test_page
from rungbell.cli.oncall.handover import note, notes
from rungbell.cli.oncall.looking import gaps, next_, now, shifts
from rungbell.cli.verbs import VerbGroup


@click.group(cls=VerbGroup)
@connection
def oncall() -> None:
    """Say who is on call, and change it for a while."""


for verb in (now, next_, shifts, gaps, ical, override, take, swap, note, notes, contacts, test_page):
    oncall.add_command(verb)
