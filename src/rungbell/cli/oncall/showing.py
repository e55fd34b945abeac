"""How who is on call is printed.

Rules
-----
* Times are shown as the clocks of the schedule show them, for handovers happen by those.

May import: ``output``, the standard library (``zoneinfo`` lazily), click.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from rungbell.cli.output import show_table, write_json

Row = dict[str, Any]
NOBODY = "(nobody)"


def local(value: str | None, zone: str) -> str:
    """``2026-11-30T09:00:00.000Z`` as ``Mon 2026-11-30 09:00 GMT``."""
    from zoneinfo import ZoneInfo

    return f"{datetime.fromisoformat(value).astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %Z}" if value else ""


def people(names: list[str] | None) -> str:
    """Name them, or say that there is nobody."""
    return ", ".join(names or ()) or NOBODY


def show(
    found: list[Row],
    output: str,
    *,
    name: Callable[[Row], str],
    columns: list[str],
    row: Callable[[Row], list[str]],
    nothing: str,
) -> None:
    """Print a list in the form that was asked for."""
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        for one in found:
            click.echo(name(one))
    elif not found:
        click.echo(nothing, err=True)
    else:
        show_table(columns, [row(one) for one in found], fit=output != "wide")
