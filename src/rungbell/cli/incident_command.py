"""Verbs of ``rungbell incidents`` for its command: declare, roles, handoff, checklists, recipes, impact.

May import: ``client``, ``command_output``, ``connection``, ``one_incident``, ``output``, ``several``, the standard
library, click.
"""

from difflib import get_close_matches
from typing import Any

import click

from rungbell.cli.client import Client
from rungbell.cli.command_output import show_checklists, show_impact, show_recipes, show_roles
from rungbell.cli.connection import complete_person, connection, pass_client
from rungbell.cli.one_incident import ONE, SEVERITY, act_on, path_of
from rungbell.cli.output import output_option
from rungbell.cli.several import each

ROLES = {
    "commander": "incident_commander",
    "technical-lead": "technical_lead",
    "communication-lead": "communication_lead",
    "scribe": "scribe",
}
"""Roles as they are typed, and as the API names them."""
LISTS = ("triage", "containment", "eradication", "recovery", "handoff")
POINTS = ("timeline", "status", "decisions", "open_items", "war_room", "tracking", "announced")
"""The lines of the checklist of a handoff, without its name before them."""
FIELDS = {
    "clients_affected": "how many, or who",
    "clients": "their ids, with commas between them",
    "scope": "partial, or complete",
    "functionality": "what does not work",
    "metric": "what tells how bad it is",
    "technicians": "how many are hit",
    "business": "for executives: revenue, an estimate",
    "sla": "whether a promise is broken",
    "containment": "what keeps it from growing",
    "workaround": "what clients can do meanwhile",
    "expected_resolution": "when it will be over",
    "cause": "why",
    "plain_cause": "why, for clients",
    "resolution": "what ended it",
    "next_steps": "what comes after",
    "condition": "what would need executives to act",
    "client_impacting": "yes or no; no needs --because",
    "clients_asked": "yes where a client wants to be told",
    "impact_started_at": "when the harm began, with a zone: 2026-11-23T09:48Z",
}
"""What can be said of the harm, and what it means."""
YES_OR_NO = {"yes": True, "no": False, "true": True, "false": False}


class RoleChoice(click.Choice[str]):
    """A role, as it is typed or as the API names it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 -- click's form
        """Give the role as the API writes it."""
        typed = str(value).lower().replace("_", "-").removeprefix("incident-")
        return ROLES[str(super().convert(typed, param, ctx))]


class PointChoice(click.Choice[str]):
    """A line of the checklist of a handoff, with or without the list's name before it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 -- click's form
        """Give the line without the list's name."""
        return str(super().convert(str(value).removeprefix("handoff."), param, ctx))


_ROLE = click.argument("role", type=RoleChoice(list(ROLES)))


@click.command()
@ONE
@click.option("--severity", type=SEVERITY, help="How bad it is, where that is worse than it stands.")
@click.option("--commander", metavar="PERSON", shell_complete=complete_person, help="Who leads; default: by the rule.")
@output_option
@connection
@pass_client
def declare(client: Client, incident: str, severity: str | None, commander: str | None, output: str) -> None:
    """Declare an open incident; from then on somebody commands it."""
    body = {name: value for name, value in (("severity", severity), ("commander", commander)) if value}
    act_on(client, (incident,), "declare", body, output, yes=True)


@click.command()
@ONE
@output_option
@connection
@pass_client
def roles(client: Client, incident: str, output: str) -> None:
    """Show who commands, repairs, tells and writes down."""
    show_roles(client.get(path_of(incident)), output)


@click.command()
@ONE
@_ROLE
@click.option("--person", metavar="PERSON", shell_complete=complete_person, help="Who has it; default: you.")
@output_option
@connection
@pass_client
def assume(client: Client, incident: str, role: str, person: str | None, output: str) -> None:
    """Take a role, or give it to somebody.

    ROLE is commander, technical-lead, communication-lead or scribe. Where somebody commands already, `handoff` it is.
    """
    act_on(client, (incident,), "assume", {"role": role} | ({"person": person} if person else {}), output, yes=True)


@click.command("give-up")
@ONE
@_ROLE
@output_option
@connection
@pass_client
def give_up(client: Client, incident: str, role: str, output: str) -> None:
    """Let a role be nobody's."""
    act_on(client, (incident,), "give-up", {"role": role}, output, yes=True)


@click.command()
@ONE
@click.argument("person", shell_complete=complete_person)
@click.option("--point", "points", type=PointChoice(POINTS), multiple=True, help="What was handed over; repeatable.")
@click.option("--everything", is_flag=True, help="All seven points were.")
@click.option("--because", "reason", default="", help="Needed where a point is left out.")
@output_option
@connection
@pass_client
def handoff(
    client: Client, incident: str, person: str, points: tuple[str, ...], reason: str, output: str, *, everything: bool
) -> None:
    """Hand the command over.

    `checklist INCIDENT handoff` says what has to be true first.
    """
    attested = [f"handoff.{point}" for point in (POINTS if everything else points)]
    body = {"to": person, "attested": attested, "reason": reason}
    act_on(client, (incident,), "handoff", body, output, yes=True)


@click.command()
@ONE
@click.argument("name", type=click.Choice(LISTS), required=False, metavar="[LIST]")
@output_option
@connection
@pass_client
def checklist(client: Client, incident: str, name: str | None, output: str) -> None:
    """Show the checklists, and who ticked what.

    LIST is one of them: triage, containment, eradication, recovery or handoff.
    """
    found = client.get(path_of(incident, "checklists"))["checklists"]
    show_checklists([one for one in found if name in {None, one["name"]}], output)


@click.command()
@ONE
@click.argument("lines", metavar="LINE...", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Take it back.")
@output_option
@connection
@pass_client
def tick(client: Client, incident: str, lines: tuple[str, ...], output: str, *, undo: bool) -> None:
    """Attest lines of a checklist, for example triage.verified."""
    each(lines, lambda line: act_on(client, (incident,), "tick", {"line": line, "undone": undo}, output, yes=True))


@click.command()
@ONE
@output_option
@connection
@pass_client
def recipes(client: Client, incident: str, output: str) -> None:
    """Show what has helped before; nothing of it is executed."""
    show_recipes(client.get(path_of(incident, "recipes")), output)


_MEANINGS = "\n".join(f"{name:<20} {meaning}" for name, meaning in FIELDS.items())


@click.command(epilog=f"\b\nFields:\n{_MEANINGS}")
@ONE
@click.argument("said", metavar="[FIELD=VALUE]...", nargs=-1)
@click.option("--because", "reason", default="", help="Needed to say that clients do not feel it.")
@output_option
@connection
@pass_client
def impact(client: Client, incident: str, said: tuple[str, ...], reason: str, output: str) -> None:
    """Say what the harm is, or show it.

    Without any field it shows what was said; an empty value takes it back.
    """
    if not said:
        show_impact(client.get(path_of(incident)), output)
        return
    body = dict(_field(text) for text in said)
    act_on(client, (incident,), "impact", body | ({"reason": reason} if reason else {}), output, yes=True)


def _field(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise click.BadParameter(f"{text!r} is not FIELD=VALUE, for example scope=partial")
    if name not in FIELDS:
        close = get_close_matches(name, FIELDS, n=1)
        meant = f"did you mean {close[0]}?" if close else "see --help"
        raise click.BadParameter(f"there is no field {name!r}: {meant}")
    if name == "clients":
        return name, [client for part in value.split(",") if (client := part.strip())]
    if name in {"client_impacting", "clients_asked"}:
        if value.lower() not in YES_OR_NO:
            raise click.BadParameter(f"{name} is yes or no, not {value!r}")
        return name, YES_OR_NO[value.lower()]
    return name, value


VERBS = (declare, roles, assume, give_up, handoff, checklist, tick, recipes, impact)
