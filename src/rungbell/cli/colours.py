"""Whether what is printed has colours.

Rules
-----
* Only on a terminal that can, and never alone: a word stands beside each.
* ``--no-color`` is ``NO_COLOR`` for this command and all it starts; ``TERM=dumb`` is kept.

May import: the standard library, click.
"""

import os
import sys
from typing import Any, TypeVar

import click

Command = TypeVar("Command")


def coloured() -> bool:
    """Whether standard output may have colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, **style: Any) -> str:  # noqa: ANN401 -- what click.style takes
    """Give the text in colour where that is wanted."""
    return click.style(text, **style) if coloured() else text


def no_color_option(command: Command) -> Command:
    """Let a command be typed with ``--no-color``."""
    option = click.option(
        "--no-color", is_flag=True, expose_value=False, callback=_take_colours, help="Print without colours."
    )
    return option(command)  # type: ignore[type-var]  # click's own variable is for functions and commands


def _take_colours(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        os.environ["NO_COLOR"] = "1"
