"""``rungbell playbook``: when the playbook, the runbooks and a drill were gone through, and what is due.

May import: ``client``, ``connection``, ``output``, ``verbs``, the standard library, click.
"""

from typing import Any

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import connection, pass_client
from rungbell.cli.output import output_option, printable, show_table, write_json
from rungbell.cli.verbs import VerbGroup

REVIEWS = "/api/v1/reviews"
KINDS = ["playbook", "runbooks", "drill"]


@click.group(cls=VerbGroup)
@connection
def playbook() -> None:
    """Say when the playbook was gone through, and what is due."""


@playbook.command()
@click.option("--kind", type=click.Choice(KINDS), default="playbook", show_default=True, help="What was gone through.")
@click.option("--note", default="", help="What came of it, in a sentence.")
@click.option("--at", metavar="TIME", help="When it was, as 2026-12-04T15:00Z; default: now.")
@output_option
@connection
@pass_client
def reviewed(client: Client, kind: str, note: str, at: str | None, output: str) -> None:
    """Note that the playbook or the runbooks were gone through, or that a drill was held."""
    body = {"kind": kind, "note": note} | ({"at": at} if at else {})
    answer = client.post(REVIEWS, body)
    if output in {"json", "jsonl"}:
        write_json(answer, output)
    elif output == "name":
        click.echo(answer["review"]["kind"])
    else:
        click.echo(printable(answer["message"]))


@playbook.command()
@click.option("--limit", type=click.IntRange(1, 200), default=5, show_default=True, help="Reviews that are listed.")
@output_option
@connection
@pass_client
def status(client: Client, limit: int, output: str) -> None:
    """Say what is due, and list the last reviews."""
    found = client.get(f"{REVIEWS}?limit={limit}")
    if output in {"json", "jsonl"}:
        write_json(found, output)
        return
    if output == "name":
        for one in found["due"]:
            if one["due"]:
                click.echo(one["kind"])
        return
    show_table(["REVIEW", "LAST (UTC)", "BY", "DUE (UTC)", "WHY"], [_row(one) for one in found["due"]])
    if found["reviews"]:
        click.echo()
        rows = [[one["at"][:10], one["kind"], one["by"], one["note"]] for one in found["reviews"]]
        show_table(["DAY", "REVIEW", "BY", "NOTE"], rows, fit=output != "wide")


def _row(one: dict[str, Any]) -> list[str]:
    due = f"{one['due_at'][:10]}" if one["due_at"] else ""
    due = f"NOW, since {due}" if one["due"] and due else due or "NOW"
    return [one["kind"], one["last_at"][:10] if one["last_at"] else "never", one["last_by"] or "", due, one["because"]]
