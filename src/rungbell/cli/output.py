"""How the command line prints: tables that fit the terminal, and forms for programs.

Rules
-----
* Data goes to standard output, everything else to standard error.
* ``table`` fits the terminal, ``wide`` tells more; ``json`` is one document, ``jsonl`` a line for each item, ``name``
  what a pipe goes on with.
* A stranger's text never speaks to the terminal.
* rich is imported for tables only, so that the other forms stay fast.

May import: ``colours``, ``defaults``, ``clock``, the standard library, click, rich (lazily).
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import click

from rungbell.cli.colours import coloured, no_color_option, styled
from rungbell.cli.defaults import defaults
from rungbell.clock import SystemClock

FORMATS = ("table", "wide", "json", "jsonl", "name")
STYLES = {"P0": "bold white on red", "P1": "bold red", "P2": "yellow", "P3": "blue"}
PIPED_WIDTH = 200
"""Columns of a table that no terminal shows."""
NARROWEST = 12
"""Columns that the last one has at least, even where the terminal has no room."""
GAP = "  "
CUT = {"TITLE", "NOTE"}
"""Last columns that are cut where there is no room; others go on in the next line."""

Command = TypeVar("Command", bound=Callable[..., Any])


def output_option(command: Command) -> Command:
    """Let a verb be told in which form to print."""
    return click.option(
        "-o", "--output", type=click.Choice(FORMATS), default=_preferred, show_default=False,
        help="In which form.  [default: RUNGBELL_OUTPUT, else table]",
    )(no_color_option(command))  # fmt: skip


def _preferred() -> str:
    """Give the form that a person always wants; theirs must be one that there is."""
    said = os.environ.get("RUNGBELL_OUTPUT") or defaults().get("output") or FORMATS[0]
    if said not in FORMATS:
        raise click.UsageError(f"{said[:40]!r}, of RUNGBELL_OUTPUT or cli.yml, is none of {', '.join(FORMATS)}")
    return said


def write_json(data: Any, output: str) -> None:  # noqa: ANN401 -- JSON
    """One document, or one line for each item."""
    if output == "jsonl":
        for item in data if isinstance(data, list) else [data]:
            click.echo(json.dumps(item, ensure_ascii=False))
    else:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def show_table(
    columns: list[str], rows: list[list[str]], styles: list[str | None] | None = None, *, fit: bool = True
) -> None:
    """Print a table: every column as wide as it needs, the last with what room is left (see ``CUT``)."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [[printable(cell) for cell in row] for row in rows]
    *widths, last = (max(map(cell_len, column)) for column in zip(columns, *rows, strict=True))
    before = sum(widths) + len(GAP) * len(widths)
    console = Console(no_color=not coloured(), highlight=False)
    full = console.width if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPED_WIDTH
    last = min(last, max(NARROWEST, full - before)) if fit else last
    console.width = before + last
    table = Table(box=None, pad_edge=False, padding=(0, len(GAP), 0, 0), header_style="bold" if coloured() else "")
    for column, width in zip(columns, [*widths, last], strict=True):
        table.add_column(column, width=width, overflow="fold")
    for index, row in enumerate(rows):
        severity = (styles[index] if styles and coloured() else None) or ""
        cells = [Text(cell, style=severity if at == 1 else "") for at, cell in enumerate(row)]
        if columns[-1] in CUT and fit:
            cells[-1].truncate(last, overflow="ellipsis")
        table.add_row(*cells)
    console.print(table)


def printable(text: str) -> str:
    """Take out what speaks to a terminal: a stranger's text may stand in any line."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)


def clock(value: str | None) -> str:
    """``2026-11-23T03:00:12.120Z`` as ``11-23 03:00:12``, in UTC."""
    return value[5:19].replace("T", " ") if value else ""


def age(value: str | None) -> str:
    """How long ago a time was, as ``lasting`` words it."""
    return lasting((SystemClock().now() - datetime.fromisoformat(value)).total_seconds()) if value else ""


def lasting(seconds: float) -> str:
    """``12s``, ``4m``, ``3h12m``, ``2d``: as much as people say."""
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole}s"
    if whole < 7200:
        return f"{whole // 60}m"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}h{minutes:02}m" if hours < 48 else f"{hours // 24}d"


def show_incidents(found: list[dict[str, Any]], output: str, *, overdue: bool = False) -> None:
    """Print a list of incidents; ``overdue``: with the obligations that each breaks, else with how many."""
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        for one in found:
            click.echo(str(one["number"]))
    elif not found:
        click.echo("Nothing is overdue." if overdue else "All quiet: no incidents.", err=True)
    else:
        wide = output == "wide"
        more = ["OPENED (UTC)", "NAME", "POLICY", "SOURCE", "FIRING", "VERSION"] if wide else ["AGE"]
        named = overdue or wide
        owing = ["OVERDUE"] if named or any(one["overdue"] for one in found) else []
        columns = ["#", "SEV", "STATUS", "TIER", "ACK BY", *owing, *more, "TITLE"]
        styles = [STYLES.get(one["severity"]) for one in found]
        rows = [_row(one, _owing(one, named=named) if owing else [], wide=wide) for one in found]
        show_table(columns, rows, styles, fit=not wide)


def _owing(one: dict[str, Any], *, named: bool) -> list[str]:
    names = [name.replace("_", " ") for name in one["overdue"]]
    return [", ".join(names) if named else str(len(names) or "")]


def _row(one: dict[str, Any], owing: list[str], *, wide: bool) -> list[str]:
    severity = one["severity"] + ("?" if one["severity_guessed"] else "")
    cells = [str(one["number"]), severity, one["status"], one["tier"] or "", one["acknowledged_by"] or ""]
    cells += owing
    if wide:
        firing = f"{one['alerts_firing']}/{one['alerts']}"
        cells += [clock(one["opened_at"]), one["name"] or "", one["policy"], one["source"], firing, str(one["version"])]
    else:
        cells.append(age(one["opened_at"]))
    return [*cells, one["title"]]


def show_incident(one: dict[str, Any], output: str, more: Iterable[str] = ()) -> None:
    """Print one incident whole, with ``more`` lines about it."""
    if output in {"json", "jsonl"}:
        write_json(one, output)
    elif output == "name":
        click.echo(str(one["number"]))
    else:
        _describe(one)
        for line in more:
            click.echo(printable(line))
        _show_clocks(one["deadlines"])
        _show_pages(one["pages"], wide=output == "wide")
        if output == "wide":
            _show_alerts(one["alert_list"])


def _describe(one: dict[str, Any]) -> None:
    name = f" ({one['name']})" if one["name"] else ""
    click.echo(printable(f"#{one['number']}{name} {one['severity']} {one['title']}"))
    click.echo(_ended(one) if one["resolved_at"] else f"{stands(one)}\nopened {age(one['opened_at'])} ago")
    found = "" if one["detection"] == "alert" else f"; found by {one['detection'].replace('_', ' ')}"
    click.echo(f"phase: {one['phase'].replace('_', ' ')}{found}")
    if one["restricted"]:
        click.echo("restricted: nobody but those paged hears of it before its incident commander releases it")
    firing = f"{one['alerts_firing']} of {one['alerts']} alerts firing; severity: " if one["alerts"] else ""
    click.echo(printable(firing + one["severity_rule"]))
    if one["suppressed"]:
        click.echo(printable(one["suppressed"]))
    for name, link in one["links"].items():
        click.echo(printable(f"{name}: {link}"))
    owing = [f"{name.replace('_', ' ')} (since {clock(since)} UTC)" for name, since in one["overdue"].items()]
    if owing:
        click.echo(styled(f"overdue: {', '.join(owing)}", fg="red", bold=True))


def stands(one: dict[str, Any]) -> str:
    """Word the status, with whoever acknowledged it and for how long that counts."""
    if not one["acknowledged_by"]:
        return str(one["status"])
    what = "snoozed" if one["snoozed"] else "acknowledged"
    by = f"{what} by {one['acknowledged_by']} until {clock(one['acknowledged_until'])} UTC"
    return by if one["status"] == "acknowledged" else f"{one['status']}, {by}"


def _ended(one: dict[str, Any]) -> str:
    ended = "resolved, closed;" if one["status"] == "closed" else one["status"].replace("_", " ")
    into = f" into {one['merged_into']}" if one["merged_into"] else ""
    return f"{ended}{into} by {one['resolved_by']} at {clock(one['resolved_at'])} UTC"


def _show_clocks(deadlines: list[dict[str, Any]]) -> None:
    if deadlines:
        click.echo()
        rows = [[clock(due["due"]), due["tier"] or "", due["clock"], due["happens"]] for due in deadlines]
        show_table(["NEXT (UTC)", "TIER", "CLOCK", "WHAT HAPPENS"], rows)


def _show_pages(pages: list[dict[str, Any]], *, wide: bool) -> None:
    if not pages:
        return
    click.echo()
    columns = ["PAGED (UTC)", "TIER", "PERSON", "CHANNEL", "WHY", "STATE"]
    rows = [
        [clock(one["created_at"]), *(one[key] for key in ("tier", "person", "channel", "purpose"))] for one in pages
    ]
    rows = [[*row, _state(one)] for row, one in zip(rows, pages, strict=True)]
    if wide:
        columns = [*columns, "TRIES", "INTENT"]
        rows = [[*row, str(one["attempts"]), one["intent"]] for row, one in zip(rows, pages, strict=True)]
    show_table(columns, rows, fit=not wide)


def _state(page: dict[str, Any]) -> str:
    failure = page["last_failure"]
    return f"{page['state']} ({failure})" if failure and page["state"] != "accepted" else str(page["state"])


def _show_alerts(alerts: list[dict[str, Any]]) -> None:
    if alerts:
        click.echo()
        rows = [
            [
                clock(alert["starts_at"]),
                "firing" if alert["firing"] else "resolved",
                " ".join(f"{name}={value}" for name, value in sorted(alert["labels"].items())),
            ]
            for alert in alerts
        ]
        show_table(["SINCE (UTC)", "STATE", "LABELS"], rows)


def show_timeline(entries: list[dict[str, Any]], output: str) -> None:
    """Print a timeline; by name, the kinds of what happened."""
    if output in {"json", "jsonl"}:
        write_json(entries, output)
    elif output == "name":
        for entry in entries:
            click.echo(entry["kind"])
    elif output == "wide":
        rows = [
            [entry["at"], entry["kind"], entry["actor"], entry["tier"] or "", entry["channel"] or "", entry["text"]]
            for entry in entries
        ]
        show_table(["AT", "WHAT", "WHO", "TIER", "CHANNEL", "TEXT"], rows, fit=False)
    else:
        rows = [[clock(entry["at"]), entry["kind"], entry["actor"], entry["text"]] for entry in entries]
        show_table(["AT (UTC)", "WHAT", "WHO", "TEXT"], rows)


def show_answer(answer: dict[str, Any], output: str) -> None:
    """Print what came of an act."""
    incident = answer["incident"]
    if output in {"json", "jsonl"}:
        write_json(answer, output)
    elif output == "name":
        click.echo(str(incident["number"]))
    else:
        told = f"#{incident['number']} {incident['status']}: {answer['message']}"
        more = f" ({incident['name'] or incident['id']}, version {incident['version']})" if output == "wide" else ""
        click.echo(told + more)


def show_tokens(found: list[dict[str, Any]], output: str) -> None:
    """Print a list of tokens."""
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        for one in found:
            click.echo(one["id"])
    elif not found:
        click.echo("No tokens.", err=True)
    else:
        rows = [
            [
                one["id"],
                one["state"],
                ", ".join(one["scopes"]),
                one["person"] or one["source"] or "",
                one["created_at"][:10],
                (one["expires_at"] or "")[:10],
                one["name"],
            ]
            for one in found
        ]
        show_table(["TOKEN", "STATE", "SCOPES", "FOR", "MADE", "EXPIRES", "NAME"], rows)
