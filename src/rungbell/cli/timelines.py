"""Verbs of ``rungbell incidents`` about timelines: write into one, export it, verify it.

Rules
-----
* An export is a document in one of its own two forms, so ``-o`` has those.
* A timeline that is not what was written is a no (exit code 1), whether the daemon was asked or a file was read.

May import: ``chained_file``, ``client``, ``connection``, ``exit_codes``, ``one_incident``, ``output``, the standard
library, click.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any
from urllib.parse import urlencode

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_incident, connection, pass_client
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.one_incident import ONE, act_on, path_of
from rungbell.cli.output import output_option, printable, show_table, write_json

KINDS = ("note", "observation", "decision", "action", "containment", "workaround", "affected", "cause")
MANY_FROM = 20
"""From so many timelines on a terminal sees how far it is."""
CLIENTS = click.option("--client-visible", is_flag=True, help="Clients may read it, as a line of an update.")


@click.command()
@ONE
@click.argument("text")
@click.option("--kind", type=click.Choice(KINDS), default="note", show_default=True, help="What it is.")
@CLIENTS
@output_option
@connection
@pass_client
def note(client: Client, incident: str, text: str, kind: str, output: str, *, client_visible: bool) -> None:
    """Write TEXT into the timeline; - reads standard input.

    A containment, a workaround, whom it affects and the cause are also what texts to clients and the postmortem say.
    """
    words = sys.stdin.read() if text == "-" else text
    body = {"text": words, "kind": kind, "client_visible": client_visible}
    act_on(client, (incident,), "notes", body, output, yes=True)


@click.command()
@ONE
@click.argument("words", metavar="TEXT...", nargs=-1, required=True)
@CLIENTS
@output_option
@connection
@pass_client
def say(client: Client, incident: str, words: tuple[str, ...], output: str, *, client_visible: bool) -> None:
    """Say it as an incident commander does, and it becomes what it means.

    \b
    Decision: We will … because …              a decision with its reason
    Action item: PERSON will … by TIME         an action item with owner and day
    Scribe: Please log … in timeline at TIME   an entry that says when it was
    Status update: …, Who is investigating …?  notes, as is everything else
    """
    body = {"text": " ".join(words), "client_visible": client_visible}
    act_on(client, (incident,), "notes", body, output, yes=True)


@click.command()
@ONE
@click.option(
    "-o",
    "--output",
    type=click.Choice(["markdown", "json"]),
    default="markdown",
    show_default=True,
    help="A table to read, or everything with its hashes.",
)
@connection
@pass_client
def export(client: Client, incident: str, output: str) -> None:
    """Print the whole timeline: as a table in Markdown, or in JSON that can be verified without the daemon."""
    if output == "markdown":
        click.echo(printable(client.fetch(path_of(incident, "timeline/markdown")).decode()), nl=False)
    else:
        write_json(client.get(path_of(incident, "timeline/export")), output)


@click.command()
@click.argument("names", metavar="[INCIDENT]...", nargs=-1, shell_complete=complete_incident)
@click.option("--all", "everything", is_flag=True, help="Of every incident in the store.")
@click.option(
    "--file",
    "files",
    type=click.File("rb"),
    multiple=True,
    help="What `export -o json` wrote, - for standard input; no daemon is asked. Repeatable.",
)
@output_option
@connection
@click.pass_context
def verify(
    context: click.Context, names: tuple[str, ...], files: tuple[IO[bytes], ...], output: str, *, everything: bool
) -> None:
    """Look whether timelines are what was written: nothing changed, removed, added or in another order.

    Exit code 1 where one is not, and which entry is the first that is not.
    """
    if sum((bool(names), everything, bool(files))) != 1:
        raise click.UsageError("name incidents, or give --all, or --file")
    found = list(_of_files(files) if files else _of_daemon(names, everything=everything))
    _show(found, output)
    if not all(one["whole"] for one in found):
        context.exit(NEGATIVE)


def _of_files(files: Iterable[IO[bytes]]) -> Iterator[dict[str, Any]]:
    from rungbell.cli.chained_file import verification  # the core takes a moment to import

    for file in files:
        yield verification(file.read(), getattr(file, "name", "standard input"))


@pass_client
def _of_daemon(client: Client, names: tuple[str, ...], *, everything: bool) -> list[dict[str, Any]]:
    wanted = list(_numbers(client)) if everything else list(names)
    hidden = len(wanted) < MANY_FROM or not sys.stderr.isatty()
    with click.progressbar(wanted, label="timelines", file=sys.stderr, hidden=hidden) as numbers:
        return [client.get(path_of(name, "timeline/verification")) for name in numbers]


def _numbers(client: Client) -> Iterator[str]:
    after: str | None = None
    while True:
        page = client.get("/api/v1/incidents?" + urlencode({"limit": 500} | ({"after": after} if after else {})))
        yield from (str(one["number"]) for one in page["incidents"])
        after = page["next"]
        if after is None:
            return


def _show(found: list[dict[str, Any]], output: str) -> None:
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        for one in found:
            if not one["whole"]:
                click.echo(str(one["incident"]))
    elif not found:
        click.echo("No incidents.", err=True)
    else:
        show_table(["#", "ENTRIES", "HASH OF THE LAST", "VERDICT"], [_row(one, output) for one in found])


def _row(one: dict[str, Any], output: str) -> list[str]:
    last = one["head"]["hash"] if one["head"] else ""
    at = one["broken"]
    verdict = "whole" if at is None else f"BROKEN at entry {at['seq']}: {at['what']}"
    return [str(one["incident"]), str(one["entries"]), last if output == "wide" else last[:12], verdict]


VERBS = (note, say, export, verify)
"""What joins the group."""
