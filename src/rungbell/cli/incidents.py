"""``rungbell incidents``: look at incidents and act on them, over the API.

May import: ``client``, ``output``, click.
"""

import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import click

from rungbell.cli.client import PARTIAL, Client, NegativeAnswerError, NotReachedError, make_client
from rungbell.cli.output import FORMATS, show_incident, show_incidents, show_timeline, write_json

ASK_FROM = 20
"""More incidents than this in one command want a ``--yes``."""


@click.group()
@click.option("--url", help="Where the daemon is.  [default: http://127.0.0.1:11911, or RUNGBELL_URL]")
@click.option("--as", "person", help="Who acts, by id in the configuration; not needed with a token.")
@click.option("--token-file", help="A file with an API token.  [or RUNGBELL_TOKEN_FILE]")
@click.pass_context
def incidents(context: click.Context, url: str | None, person: str | None, token_file: str | None) -> None:
    """Look at incidents and act on them."""
    context.obj = make_client(url, person, token_file)


def _output(default: str = "table") -> Callable[[Any], Any]:
    return click.option("-o", "--output", type=click.Choice(FORMATS), default=default, show_default=True)


def _path(incident: str, act: str = "") -> str:
    return f"/api/v1/incidents/{quote(incident, safe='')}{'/' + act if act else ''}"


@incidents.command("list")
@click.argument("matchers", nargs=-1)
@click.option("--status", type=click.Choice(["triggered", "acknowledged", "monitoring", "resolved"]))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@_output()
@click.pass_obj
def list_(client: Client, matchers: tuple[str, ...], status: str | None, limit: int, output: str) -> None:
    """List incidents, newest first; MATCHERS as in Alertmanager, for example 'severity="P0"' 'team=~"db|shop"'."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while len(found) < limit:
        query = [("limit", str(min(500, limit - len(found)))), ("status", status), ("after", after)]
        query += [("filter", matcher) for matcher in matchers]
        page = client.get("/api/v1/incidents?" + urlencode([(name, value) for name, value in query if value]))
        found += page["incidents"]
        after = page["next"]
        if after is None:
            break
    show_incidents(found, output)


@incidents.command()
@click.argument("incident")
@_output()
@click.pass_obj
def show(client: Client, incident: str, output: str) -> None:
    """Show one incident whole: clocks, tiers, pages."""
    show_incident(client.get(_path(incident)), output)


@incidents.command()
@click.argument("incident")
@_output()
@click.pass_obj
def timeline(client: Client, incident: str, output: str) -> None:
    """Show what happened, and why."""
    show_timeline(client.get(_path(incident, "timeline"))["timeline"], output)


def _act(client: Client, names: tuple[str, ...], act: str, body: dict[str, Any], output: str, *, yes: bool) -> None:
    """Do the same to each; one that fails does not stop the others."""
    if len(names) > ASK_FROM and not yes:
        click.confirm(f"{act} {len(names)} incidents?", abort=True, err=True)
    failed = 0
    for name in names:
        try:
            answer = client.post(_path(name, act), body)
        except (NegativeAnswerError, NotReachedError) as error:
            if len(names) == 1:
                raise
            failed += 1
            click.echo(f"{name}: {error.message}", err=True)
        else:
            _tell(answer, output)
    if failed:
        raise click.exceptions.Exit(PARTIAL if failed < len(names) else 1)


def _tell(answer: dict[str, Any], output: str) -> None:
    if output in {"json", "jsonl"}:
        write_json(answer, output)
    elif output == "name":
        click.echo(str(answer["incident"]["number"]))
    else:
        click.echo(f"#{answer['incident']['number']} {answer['incident']['status']}: {answer['message']}")


_MANY = click.argument("names", metavar="INCIDENT...", nargs=-1, required=True)
_YES = click.option("--yes", is_flag=True, help="Do not ask, however many they are.")


@incidents.command()
@_MANY
@_YES
@_output()
@click.pass_obj
def ack(client: Client, names: tuple[str, ...], output: str, *, yes: bool) -> None:
    """Take incidents on."""
    _act(client, names, "acknowledge", {}, output, yes=yes)


@incidents.command()
@_MANY
@_YES
@_output()
@click.pass_obj
def unack(client: Client, names: tuple[str, ...], output: str, *, yes: bool) -> None:
    """Give incidents back; the ladder climbs again."""
    _act(client, names, "unacknowledge", {}, output, yes=yes)


@incidents.command()
@_MANY
@click.option("--because", "reason", default="", help="Needed while alerts still fire.")
@_YES
@_output()
@click.pass_obj
def resolve(client: Client, names: tuple[str, ...], reason: str, output: str, *, yes: bool) -> None:
    """Say that incidents are over."""
    _act(client, names, "resolve", {"reason": reason}, output, yes=yes)


@incidents.command()
@click.argument("incident")
@click.option("--to", type=click.Choice(["L1", "L2", "L3", "L4", "L5"]), help="Which tier; default: the next one.")
@click.option("--because", "reason", help="One of the playbook's reasons, for example code_fix or vendor.")
@click.option("--note", default="", help="A sentence for whoever is paged.")
@_output()
@click.pass_obj
def escalate(client: Client, incident: str, to: str | None, reason: str | None, note: str, output: str) -> None:
    """Page a higher tier by hand."""
    body = {"to": to, "reason": reason, "note": note}
    body = {name: value for name, value in body.items() if value}
    _act(client, (incident,), "escalate", body, output, yes=True)


@incidents.command()
@click.argument("incident")
@click.argument("text")
@_output()
@click.pass_obj
def note(client: Client, incident: str, text: str, output: str) -> None:
    """Write TEXT into the timeline; - reads standard input."""
    words = sys.stdin.read() if text == "-" else text
    _act(client, (incident,), "notes", {"text": words}, output, yes=True)
