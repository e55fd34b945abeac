"""``rungbell incidents draft``: a text about an incident as it would be worded now.

May import: ``client``, ``colours``, ``connection``, ``kinds_of_texts``, ``one_incident``, ``output``, the standard
library, click.
"""

from urllib.parse import urlencode

import click

from rungbell.cli.client import Client
from rungbell.cli.colours import styled
from rungbell.cli.connection import connection, pass_client
from rungbell.cli.kinds_of_texts import KIND
from rungbell.cli.one_incident import ONE, path_of
from rungbell.cli.output import printable, write_json


@click.command()
@ONE
@KIND
@click.option("--client", "whom", metavar="ID", help="The client it is for, by id in the configuration.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "jsonl"]), default="text", help="How to print it.")
@connection
@pass_client
def draft(client: Client, incident: str, kind: str, whom: str | None, output: str) -> None:
    """Word a text as it would be now, from what the incident knows; nothing is kept and nothing is sent.

    What nobody has stated yet goes to standard error.
    """
    query = "?" + urlencode({"client": whom}) if whom is not None else ""
    found = client.get(path_of(incident, f"drafts/{kind}") + query)
    if output != "text":
        write_json(found, output)
        return
    click.echo(f"Subject: {printable(found['subject'])}\n\n{printable(found['body'])}", nl=False)
    for mistake in found["mistakes"]:
        click.echo(styled("template: ", fg="red", bold=True) + printable(mistake), err=True)
    for one in found["missing"]:
        click.echo(styled("not stated yet: ", fg="yellow", bold=True) + f"{one['fact']}, {one['about']}", err=True)
