"""``rungbell people``: who is known, and what the store forgets of whoever has gone.

May import: ``client``, ``connection``, ``exit_codes``, ``output``, ``verbs``, the standard library, click.
"""

from urllib.parse import quote

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import connection, pass_client
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.output import output_option, show_table, write_json
from rungbell.cli.verbs import VerbGroup

PEOPLE = "/api/v1/people"


@click.group(cls=VerbGroup)
@connection
def people() -> None:
    """Say who is known, and forget who has gone."""


@people.command("list")
@output_option
@connection
@pass_client
def list_(client: Client, output: str) -> None:
    """List the people of the configuration, and behind them those who were forgotten."""
    found = client.get(PEOPLE)["people"]
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        for one in found:
            click.echo(one["id"])
    else:
        show_table(["PERSON", "NAME"], [[one["id"], one["name"]] for one in found])


@people.command()
@click.argument("person", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@output_option
@connection
@pass_client
def forget(client: Client, person: str, output: str, *, yes: bool) -> None:
    """Let the store forget a person whom the configuration does not name any more; it cannot be undone.

    Their tokens are revoked, their overrides end, the reasons of these and their handover notes are blanked. Timelines
    are sealed and keep the ID; where names are shown it reads "forgotten person" and a number.
    """
    if not yes and not click.confirm(f"Forget {person}? It cannot be undone.", err=True):
        raise click.exceptions.Exit(NEGATIVE)
    done = client.post(f"{PEOPLE}/{quote(person, safe='')}/forget", {})
    if output in {"json", "jsonl"}:
        write_json(done, output)
    elif output == "name":
        click.echo(done["name"])
    else:
        click.echo(
            f"{done['id']} is {done['name']} from now on: {done['tokens']} tokens revoked, "
            f"{done['overrides']} overrides ended, {done['handover_notes']} handover notes blanked."
        )
