"""The same done to several things in one command.

Rules
-----
* One that fails does not stop the others; it is told by its name, and the exit code says how many failed.
* One alone fails as if there were no list.

May import: ``exit_codes``, ``failures``, the standard library, click.
"""

from collections.abc import Callable, Sequence

import click

from rungbell.cli.exit_codes import NEGATIVE, PARTIAL, UNREACHED
from rungbell.cli.failures import NegativeAnswerError, NotReachedError


def each(names: Sequence[str], act: Callable[[str], None]) -> None:
    """Do it to each in turn.

    Raises:
        NegativeAnswerError, NotReachedError: there is only one, and it failed.
        click.exceptions.Exit: some of several failed, or all of them.
    """
    failed = unreached = 0
    for name in names:
        try:
            act(name)
        except (NegativeAnswerError, NotReachedError) as error:
            if len(names) == 1:
                raise
            failed += 1
            unreached += isinstance(error, NotReachedError)
            click.echo(f"{name}: {error.message}", err=True)
    if failed:
        everywhere = UNREACHED if unreached == failed else NEGATIVE
        raise click.exceptions.Exit(PARTIAL if failed < len(names) else everywhere)
