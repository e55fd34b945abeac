"""How the command line prints: tables that fit the terminal, and forms for programs.

Rules
-----
* Data goes to standard output, everything else to standard error.
* Colour only on a terminal, and never alone: the word stands beside it; ``NO_COLOR`` and ``TERM=dumb`` are kept.
* rich is imported for tables only, so that the other forms stay fast.

May import: click, rich (lazily).
"""

import json
import os
import sys
from typing import Any

import click

FORMATS = ("table", "wide", "json", "jsonl", "name")
STYLES = {"P0": "bold white on red", "P1": "bold red", "P2": "yellow", "P3": "blue"}


def write_json(data: Any, output: str) -> None:  # noqa: ANN401 -- JSON
    """One document, or one line for each item."""
    if output == "jsonl":
        for item in data if isinstance(data, list) else [data]:
            click.echo(json.dumps(item, ensure_ascii=False))
    else:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _table(columns: list[str], rows: list[list[str]], styles: list[str | None] | None = None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    width = None if sys.stdout.isatty() else 200
    console = Console(no_color=plain, width=width, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="ellipsis" if column == "TITLE" else "fold", no_wrap=column == "TITLE")
    for index, row in enumerate(rows):
        first_style = (styles or [])[index] if styles else None
        cells = [Text(cell, style=first_style or "") if at == 1 else Text(cell) for at, cell in enumerate(row)]
        table.add_row(*cells)
    console.print(table)


def _clock(value: str | None) -> str:
    """``2026-11-23T03:00:12.120Z`` as ``11-23 03:00:12``, in UTC."""
    return value[5:19].replace("T", " ") if value else ""


def show_incidents(found: list[dict[str, Any]], output: str) -> None:
    """Print a list of incidents."""
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        for one in found:
            click.echo(str(one["number"]))
    elif not found:
        click.echo("All quiet: no incidents.", err=True)
    else:
        columns = ["#", "SEV", "STATUS", "TIER", "HELD BY", "OPENED (UTC)", "TITLE"]
        wide = ["NAME", "POLICY", "SOURCE", "FIRING", "VERSION"] if output == "wide" else []
        rows = [_row(one, wide=bool(wide)) for one in found]
        _table(columns[:-1] + wide + columns[-1:], rows, [STYLES.get(one["severity"]) for one in found])


def _row(one: dict[str, Any], *, wide: bool) -> list[str]:
    severity = one["severity"] + ("?" if one["severity_guessed"] else "")
    cells = [
        str(one["number"]),
        severity,
        one["status"],
        one["tier"] or "",
        one["acknowledged_by"] or "",
        _clock(one["opened_at"]),
    ]
    if wide:
        firing = f"{one['alerts_firing']}/{one['alerts']}"
        cells += [one["name"] or "", one["policy"], one["source"], firing, str(one["version"])]
    return [*cells, one["title"]]


def show_incident(one: dict[str, Any], output: str) -> None:
    """Print one incident whole."""
    if output in {"json", "jsonl"}:
        write_json(one, output)
        return
    if output == "name":
        click.echo(str(one["number"]))
        return
    holder = (
        f"held by {one['acknowledged_by']} until {_clock(one['acknowledged_until'])}" if one["acknowledged_by"] else ""
    )
    click.echo(f"#{one['number']} {one['severity']} {one['title']}")
    click.echo(f"{one['status']} {holder}".strip())
    click.echo(f"{one['alerts_firing']} of {one['alerts']} alerts firing; severity: {one['severity_rule']}")
    if one["deadlines"]:
        rows = [[_clock(due["due"]), due["tier"] or "", due["clock"], due["happens"]] for due in one["deadlines"]]
        _table(["NEXT (UTC)", "TIER", "CLOCK", "WHAT HAPPENS"], rows)
    if one["pages"]:
        rows = [
            [_clock(page["created_at"]), page["tier"], page["person"], page["channel"], page["purpose"], page["state"]]
            for page in one["pages"]
        ]
        _table(["PAGED (UTC)", "TIER", "PERSON", "CHANNEL", "WHY", "STATE"], rows)


def show_timeline(entries: list[dict[str, Any]], output: str) -> None:
    """Print a timeline."""
    if output in {"json", "jsonl"}:
        write_json(entries, output)
        return
    rows = [[_clock(entry["at"]), entry["kind"], entry["actor"], entry["text"]] for entry in entries]
    _table(["AT (UTC)", "WHAT", "WHO", "TEXT"], rows)


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
        _table(["TOKEN", "STATE", "SCOPES", "FOR", "MADE", "EXPIRES", "NAME"], rows)
