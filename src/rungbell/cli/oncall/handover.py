"""``rungbell oncall note|notes``: what people leave behind for the next on call.

May import: ``client``, ``connection``, ``output``, the rest of the package, the standard library, click.
"""

import sys

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_schedule, connection, pass_client
from rungbell.cli.oncall.looking import ONCALL, asked, zones
from rungbell.cli.oncall.showing import local, show
from rungbell.cli.output import output_option, write_json


@click.command()
@click.argument("schedule", shell_complete=complete_schedule)
@click.argument("text")
@output_option
@connection
@pass_client
def note(client: Client, schedule: str, text: str, output: str) -> None:
    """Leave TEXT for whoever is next on call for SCHEDULE; - reads standard input."""
    words = sys.stdin.read() if text == "-" else text
    answer = client.post(f"{ONCALL}/notes", {"schedule": schedule, "text": words})
    if output in {"json", "jsonl"}:
        write_json(answer, output)
    elif output == "name":
        click.echo(answer["note"]["schedule"])
    else:
        click.echo(answer["message"])


@click.command()
@click.option("--schedule", shell_complete=complete_schedule, help="Only this one; default: all of them.")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="Of each schedule.")
@output_option
@connection
@pass_client
def notes(client: Client, schedule: str | None, limit: int, output: str) -> None:
    """List what was left for the next on call, the last first."""
    found = asked(client, "/notes", schedule=schedule, limit=limit)["notes"]
    zone = zones(client) if output in {"table", "wide"} else {}
    show(
        found,
        output,
        name=lambda one: str(one["schedule"]),
        columns=["SCHEDULE", "LEFT", "BY", "TEXT"],
        row=lambda one: [
            one["schedule"],
            local(one["at"], zone.get(one["schedule"], "UTC")),
            one["by"],
            " ".join(one["text"].split()),
        ],
        nothing="No handover notes.",
    )
