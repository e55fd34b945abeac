"""``rungbell incidents``: look at incidents and act on them, over the API.

May import: ``client``, ``connection``, ``exit_codes``, ``failures``, ``output``, ``several``, ``verbs``, the standard
library, click.
"""

import sys
from typing import Any
from urllib.parse import quote, urlencode

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_incident, connection, pass_client
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.failures import NegativeAnswerError, NotReachedError
from rungbell.cli.output import output_option, show_answer, show_incident, show_incidents, show_timeline
from rungbell.cli.several import each
from rungbell.cli.verbs import VerbGroup

ASK_FROM = 20
"""More incidents than this in one command want a ``--yes``."""


@click.group(cls=VerbGroup)
@connection
def incidents() -> None:
    """Look at incidents and act on them."""


_ONE = click.argument("incident", shell_complete=complete_incident)
_MANY = click.argument("names", metavar="INCIDENT...", nargs=-1, required=True, shell_complete=complete_incident)
_YES = click.option("--yes", is_flag=True, help="Do not ask, however many they are.")


class SeverityChoice(click.Choice[str]):
    """P0 to P3; people also type ``p1``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 -- click's form
        """Give the severity as the API writes it."""
        return str(super().convert(str(value).upper(), param, ctx))


_SEVERITY = SeverityChoice(["P0", "P1", "P2", "P3"])


def _path(incident: str, act: str = "") -> str:
    return f"/api/v1/incidents/{quote(incident, safe='')}{'/' + act if act else ''}"


@incidents.command("list")
@click.argument("matchers", nargs=-1)
@click.option("--status", type=click.Choice(["triggered", "acknowledged", "monitoring", "resolved"]))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@output_option
@connection
@pass_client
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
@_ONE
@output_option
@connection
@pass_client
def show(client: Client, incident: str, output: str) -> None:
    """Show one incident whole: clocks, tiers, pages."""
    show_incident(client.get(_path(incident)), output)


@incidents.command()
@_ONE
@output_option
@connection
@pass_client
def timeline(client: Client, incident: str, output: str) -> None:
    """Show what happened, and why."""
    show_timeline(client.get(_path(incident, "timeline"))["timeline"], output)


def _act(client: Client, names: tuple[str, ...], act: str, body: dict[str, Any], output: str, *, yes: bool) -> None:
    """Do the same to each, and speak of flags where the API speaks of fields."""
    if len(names) > ASK_FROM and not yes and not click.confirm(f"{act} {len(names)} incidents?", err=True):
        raise click.exceptions.Exit(NEGATIVE)

    def one(name: str) -> None:
        try:
            answer = client.post(_path(name, act), body)
        except (NegativeAnswerError, NotReachedError) as error:
            raise type(error)(error.message.replace("`reason`", "`--because`")) from None
        show_answer(answer, output)

    each(names, one)


@incidents.command()
@_MANY
@_YES
@output_option
@connection
@pass_client
def ack(client: Client, names: tuple[str, ...], output: str, *, yes: bool) -> None:
    """Take incidents on."""
    _act(client, names, "acknowledge", {}, output, yes=yes)


@incidents.command()
@_MANY
@_YES
@output_option
@connection
@pass_client
def unack(client: Client, names: tuple[str, ...], output: str, *, yes: bool) -> None:
    """Give incidents back; the ladder climbs again."""
    _act(client, names, "unacknowledge", {}, output, yes=yes)


@incidents.command()
@_MANY
@click.option("--because", "reason", default="", help="Needed while alerts still fire.")
@_YES
@output_option
@connection
@pass_client
def resolve(client: Client, names: tuple[str, ...], reason: str, output: str, *, yes: bool) -> None:
    """Say that incidents are over."""
    _act(client, names, "resolve", {"reason": reason}, output, yes=yes)


@incidents.command()
@_ONE
@click.option("--to", type=click.Choice(["L1", "L2", "L3", "L4", "L5"]), help="Which tier; default: the next one.")
@click.option("--because", "reason", help="One of the playbook's reasons, for example code_fix or vendor.")
@click.option("--note", default="", help="A sentence for whoever is paged.")
@output_option
@connection
@pass_client
def escalate(client: Client, incident: str, to: str | None, reason: str | None, note: str, output: str) -> None:
    """Page a higher tier by hand."""
    body = {"to": to, "reason": reason, "note": note}
    body = {name: value for name, value in body.items() if value}
    _act(client, (incident,), "escalate", body, output, yes=True)


@incidents.command()
@_ONE
@click.argument("text")
@output_option
@connection
@pass_client
def note(client: Client, incident: str, text: str, output: str) -> None:
    """Write TEXT into the timeline; - reads standard input."""
    words = sys.stdin.read() if text == "-" else text
    _act(client, (incident,), "notes", {"text": words}, output, yes=True)


@incidents.command()
@_ONE
@click.argument("severity", type=_SEVERITY)
@click.option("--because", "reason", default="", help="Needed to lower it.")
@output_option
@connection
@pass_client
def severity(client: Client, incident: str, severity: str, reason: str, output: str) -> None:
    """Say how bad it really is; raising it pages at once."""
    _act(client, (incident,), "severity", {"severity": severity, "reason": reason}, output, yes=True)


@incidents.command("open")
@click.argument("title")
@click.option("--severity", type=_SEVERITY, required=True, help="How bad it is.")
@click.option("--summary", default="", help="More of what is known; - reads standard input.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="For policies and filters; repeatable.")
@click.option("--policy", help="Which policy to follow; default: the first whose matchers hold for the labels.")
@output_option
@connection
@pass_client
def open_(
    client: Client, title: str, severity: str, summary: str, labels: tuple[str, ...], policy: str | None, output: str
) -> None:
    """Open an incident by hand, for what no alert has told; its people are paged at once."""
    body = {
        "title": title,
        "severity": severity,
        "summary": sys.stdin.read() if summary == "-" else summary,
        "labels": dict(_label(label) for label in labels),
    }
    show_answer(client.post("/api/v1/incidents", body | ({"policy": policy} if policy else {})), output)


def _label(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE, for example team=dba", param_hint="--label")
    return name, value
