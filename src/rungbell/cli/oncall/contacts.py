"""``rungbell oncall contacts|test-page``: whether people are really reached, and a page that shows it.

May import: ``client``, ``connection``, ``exit_codes``, ``output``, the rest of the package, the standard library,
click.
"""

from urllib.parse import quote

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_person, connection, pass_client
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.oncall.showing import Row, local, show
from rungbell.cli.output import output_option, write_json

CONTACTS = "/api/v1/contacts"
SAID = {"verified": "verified", "never": "NEVER VERIFIED", "changed": "CHANGED SINCE", "old": "OLDER THAN 90 DAYS"}


@click.command()
@click.option("--unverified", is_flag=True, help="Only those that are not; exit code 1 where there are any.")
@click.option("--reveal", is_flag=True, help="Show contacts in full: your own, and with `admin` everybody's.")
@output_option
@connection
@pass_client
def contacts(client: Client, output: str, *, unverified: bool, reveal: bool) -> None:
    """List how pages may reach people, and when each way was last shown to work.

    A way is verified where somebody answered a test page, or a page, through it within 90 days, and the contact in the
    configuration is still the same.
    """
    found = client.get(CONTACTS + ("?reveal=true" if reveal else ""))["contacts"]
    rows = [one for one in found if one["standing"] != "verified"] if unverified else found
    show(
        rows,
        output,
        name=lambda one: f"{one['person']}/{one['channel']}",
        columns=["PERSON", "CHANNEL", "CONTACT", "STANDING", "LAST ANSWER", "LAST TEST"],
        row=_row,
        nothing="Every contact is verified." if unverified else "No tier reaches anybody.",
    )
    if unverified and rows:
        raise click.exceptions.Exit(NEGATIVE)


def _row(one: Row) -> list[str]:
    return [
        one["person"],
        one["channel"],
        one["contact"] or "-",
        SAID[one["standing"]],
        local(one["verified_at"], "UTC"),
        _tried(one["tried"]),
    ]


def _tried(tried: Row | None) -> str:
    if tried is None:
        return ""
    why = f": {tried['failure']}" if tried["failure"] else ""
    return f"{local(tried['at'], 'UTC')} {tried['state']}{why}"


@click.command("test-page")
@click.argument("person", shell_complete=complete_person)
@click.option("--channel", help="Only through this one; default: every channel that pages may use for them.")
@output_option
@connection
@pass_client
def test_page(client: Client, person: str, channel: str | None, output: str) -> None:
    """Send PERSON a page that says TEST. Whoever answers it shows that the channel reaches them.

    It is about no incident and wakes nobody else; `rungbell oncall contacts` shows what came of it.
    """
    body = {"channel": channel} if channel else {}
    answer = client.post(f"/api/v1/people/{quote(person, safe='')}/test-page", body)
    if output in {"json", "jsonl"}:
        write_json(answer, output)
    elif output == "name":
        for one in answer["channels"]:
            click.echo(f"{person}/{one}")
    else:
        click.echo(f"{answer['message']}; once it is answered, `rungbell oncall contacts` says so")
