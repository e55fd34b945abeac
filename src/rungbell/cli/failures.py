"""How a verb fails: one line on standard error, and the exit code that says what kind of no it is.

May import: ``exit_codes``, click.
"""

import click

from rungbell.cli.exit_codes import NEGATIVE, UNREACHED


class NotReachedError(click.ClickException):
    """The daemon cannot be reached, cannot answer now, or does not let us in."""

    exit_code = UNREACHED


class NegativeAnswerError(click.ClickException):
    """The answer is no: the daemon's, or because of what a file holds."""

    exit_code = NEGATIVE
