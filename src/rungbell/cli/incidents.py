"""``rungbell incidents``: look at incidents and act on them, over the API.

Verbs of a family of their own stand in a module of their own and join the group at the end of this one.

May import: ``client``, ``command_output``, ``communications``, ``connection``, ``drafts``, ``failures``,
``incident_command``, ``lifecycle``, ``one_incident``, ``output``, ``timelines``, ``verbs``, the standard
library, click.
"""

import sys
from typing import Any
from urllib.parse import urlencode

import click

from rungbell.cli.client import Client
from rungbell.cli.command_output import command_lines
from rungbell.cli.communications import VERBS as COMMUNICATION_VERBS
from rungbell.cli.connection import connection, pass_client
from rungbell.cli.drafts import draft
from rungbell.cli.failures import NegativeAnswerError
from rungbell.cli.incident_command import VERBS as COMMAND_VERBS
from rungbell.cli.lifecycle import VERBS as LIFECYCLE_VERBS
from rungbell.cli.lifecycle import WORKING
from rungbell.cli.one_incident import MANY, ONE, SEVERITY, YES, act_on, path_of
from rungbell.cli.output import output_option, show_answer, show_incident, show_incidents, show_timeline
from rungbell.cli.timelines import VERBS as TIMELINE_VERBS
from rungbell.cli.verbs import VerbGroup

REASONS = (
    "client_communication", "cause_unclear", "code_fix", "infrastructure_change", "vendor", "more_engineers",
    "client_executive", "client_relationship", "security_breach", "press",
)  # fmt: skip
DETECTIONS = ("client_report", "proactive_monitoring", "internal_discovery")


@click.group(cls=VerbGroup)
@connection
def incidents() -> None:
    """Look at incidents and act on them."""


@incidents.command("list")
@click.argument("matchers", nargs=-1)
@click.option("--status", type=click.Choice(["triggered", *WORKING, "resolved", "closed", "false_positive", "merged"]))
@click.option("--overdue", is_flag=True, help="Only those that break an obligation, and which.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@output_option
@connection
@pass_client
def list_(
    client: Client, matchers: tuple[str, ...], status: str | None, limit: int, output: str, *, overdue: bool
) -> None:
    """List incidents, newest first; MATCHERS as in Alertmanager, for example 'severity="P0"' 'team=~"db|shop"'."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while len(found) < limit:
        query = [("limit", str(min(500, limit - len(found)))), ("status", status), ("after", after)]
        query += [("overdue", "true")] if overdue else []
        query += [("filter", matcher) for matcher in matchers]
        page = client.get("/api/v1/incidents?" + urlencode([(name, value) for name, value in query if value]))
        found += page["incidents"]
        after = page["next"]
        if after is None:
            break
    show_incidents(found, output, overdue=overdue)


@incidents.command()
@ONE
@output_option
@connection
@pass_client
def show(client: Client, incident: str, output: str) -> None:
    """Show one incident whole: clocks, tiers, pages."""
    one = client.get(path_of(incident))
    if one["merged_into"] and output in {"table", "wide"}:
        one["merged_into"] = _numbered(client, one["merged_into"])
    show_incident(one, output, command_lines(one))


def _numbered(client: Client, identity: str) -> str:
    """Give the number that people know an incident by; its identity where we may not look at it."""
    try:
        return f"#{client.get(path_of(identity))['number']}"
    except NegativeAnswerError:
        return identity


@incidents.command()
@ONE
@output_option
@connection
@pass_client
def timeline(client: Client, incident: str, output: str) -> None:
    """Show what happened, and why."""
    show_timeline(client.get(path_of(incident, "timeline"))["timeline"], output)


@incidents.command()
@MANY
@YES
@output_option
@connection
@pass_client
def ack(client: Client, names: tuple[str, ...], output: str, *, yes: bool) -> None:
    """Take incidents on."""
    act_on(client, names, "acknowledge", {}, output, yes=yes)


@incidents.command()
@MANY
@YES
@output_option
@connection
@pass_client
def unack(client: Client, names: tuple[str, ...], output: str, *, yes: bool) -> None:
    """Give incidents back; the ladder climbs again."""
    act_on(client, names, "unacknowledge", {}, output, yes=yes)


@incidents.command()
@MANY
@click.option("--because", "reason", default="", help="Needed while something speaks against it; what, is said.")
@YES
@output_option
@connection
@pass_client
def resolve(client: Client, names: tuple[str, ...], reason: str, output: str, *, yes: bool) -> None:
    """Say that incidents are over."""
    act_on(client, names, "resolve", {"reason": reason}, output, yes=yes)


@incidents.command()
@ONE
@click.option(
    "--to", type=click.Choice(["L1", "L2", "L3", "L4", "L5"]), help="Which tier; default: by the reason, else the next."
)
@click.option("--because", "reason", type=click.Choice(REASONS), metavar="REASON", help=f"One of {', '.join(REASONS)}.")
@click.option("--note", default="", help="A sentence for whoever is paged.")
@output_option
@connection
@pass_client
def escalate(client: Client, incident: str, to: str | None, reason: str | None, note: str, output: str) -> None:
    """Page a higher tier by hand."""
    body = {"to": to, "reason": reason, "note": note}
    body = {name: value for name, value in body.items() if value}
    act_on(client, (incident,), "escalate", body, output, yes=True)


@incidents.command()
@ONE
@click.argument("severity", type=SEVERITY)
@click.option("--because", "reason", default="", help="Needed to lower it.")
@output_option
@connection
@pass_client
def severity(client: Client, incident: str, severity: str, reason: str, output: str) -> None:
    """Say how bad it really is; raising it pages at once."""
    act_on(client, (incident,), "severity", {"severity": severity, "reason": reason}, output, yes=True)


@incidents.command("open")
@click.argument("title")
@click.option("--severity", type=SEVERITY, required=True, help="How bad it is.")
@click.option("--summary", default="", help="More of what is known; - reads standard input.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="For policies and filters; repeatable.")
@click.option("--detection", type=click.Choice(DETECTIONS), help="How it was found; default: internal_discovery.")
@click.option("--policy", help="Which policy to follow; default: the first whose matchers hold for the labels.")
@output_option
@connection
@pass_client
def open_(
    client: Client, /, title: str, severity: str, summary: str, labels: tuple[str, ...], output: str,
    **given: str | None,
) -> None:  # fmt: skip
    """Open an incident by hand, for what no alert has told; its people are paged at once."""
    body = {
        "title": title,
        "severity": severity,
        "summary": sys.stdin.read() if summary == "-" else summary,
        "labels": dict(_label(label) for label in labels),
    }
    more = {name: value for name, value in given.items() if value}
    show_answer(client.post("/api/v1/incidents", body | more), output)


def _label(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE, for example team=dba", param_hint="--label")
    return name, value


for verb in (*COMMAND_VERBS, *LIFECYCLE_VERBS, *TIMELINE_VERBS, *COMMUNICATION_VERBS, draft):
    incidents.add_command(verb)
