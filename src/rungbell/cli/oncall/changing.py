"""``rungbell oncall override|take|swap``: somebody is on call in the place of others, for a while.

May import: ``client``, ``connection``, ``failures``, ``flags``, ``output``, ``several``, ``verbs``, the rest of the
package, the standard library, click.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_override, complete_person, complete_schedule, connection, pass_client
from rungbell.cli.failures import NegativeAnswerError
from rungbell.cli.flags import in_flags
from rungbell.cli.oncall.looking import ONCALL, asked, zones
from rungbell.cli.oncall.showing import Row, local, show
from rungbell.cli.output import output_option, printable, write_json
from rungbell.cli.several import each
from rungbell.cli.verbs import VerbGroup

Command = TypeVar("Command", bound=Callable[..., Any])
OVERRIDES = f"{ONCALL}/overrides"
FLAGS = {
    "begins": "--from",
    "ends": "--until",
    "lasts": "--for",
    "instead_of": "--instead-of",
    "by": "--as",
}
"""How the command line calls what the API calls so."""


def period(command: Command) -> Command:
    """Let a verb be told from when to when, in the place of whom, and why."""
    options = (
        click.option(
            "--from", "begins", help="Such as '2026-12-24 18:00', or 18:00 for the next time.  [default: now]"
        ),
        click.option("--until", "ends", help="The same; this or --for is needed."),
        click.option("--for", "lasts", help="How long, such as 1h30m."),
        click.option(
            "--instead-of", shell_complete=complete_person, help="Whose place it takes; default: everybody's."
        ),
        click.option("--reason", help="Why, in your words."),
    )
    for option in reversed(options):
        command = option(command)
    return command


_SCHEDULE = click.argument("schedule", shell_complete=complete_schedule)


@click.group(cls=VerbGroup)
@connection
def override() -> None:
    """Let somebody else be on call for a while; see and end what lets them."""


@override.command()
@_SCHEDULE
@click.argument("person", required=False, shell_complete=complete_person)
@period
@output_option
@connection
@pass_client
def add(client: Client, /, schedule: str, person: str | None, output: str, **given: str | None) -> None:
    """Let PERSON, by default you, be on call for SCHEDULE; of several overrides the last one made decides."""
    _post(client, OVERRIDES, {"schedule": schedule, "person": person, **given}, output)


@click.command()
@_SCHEDULE
@period
@output_option
@connection
@pass_client
def take(client: Client, /, schedule: str, output: str, **given: str | None) -> None:
    """Take the pager of SCHEDULE, for example --for 1h."""
    _post(client, OVERRIDES, {"schedule": schedule, **given}, output)


@override.command("list")
@click.option("--schedule", shell_complete=complete_schedule, help="Only this one; default: all of them.")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@output_option
@connection
@pass_client
def list_(client: Client, schedule: str | None, output: str, *, everything: bool) -> None:
    """List overrides in the order in which they were made."""
    found = asked(client, "/overrides", schedule=schedule, all="true" if everything else None)["overrides"]
    zone = zones(client) if output in {"table", "wide"} else {}
    wide = output == "wide"

    def row(one: Row) -> list[str]:
        own = zone.get(one["schedule"], "UTC")
        when = [local(one["begins"], own), local(one["ends"], own)]
        made = [one["made_by"], local(one["made_at"], own)] if wide else []
        who = [one["person"], one["instead_of"] or "everybody"]
        return [one["id"], one["state"], one["schedule"], *who, *when, *made, one["reason"]]

    made = ["MADE BY", "MADE"] if wide else []
    show(
        found,
        output,
        name=lambda one: str(one["id"]),
        columns=["ID", "STATE", "SCHEDULE", "PERSON", "INSTEAD OF", "FROM", "UNTIL", *made, "REASON"],
        row=row,
        nothing="No overrides.",
    )


@override.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=complete_override)
@output_option
@connection
@pass_client
def remove(client: Client, ids: tuple[str, ...], output: str) -> None:
    """End overrides by their ID: those that have begun now, the others as if they had not been made."""
    each(ids, lambda one: _tell(client.delete(f"{OVERRIDES}/{quote(one, safe='')}"), output))


@click.command()
@_SCHEDULE
@click.argument("one", shell_complete=complete_person)
@click.argument("other", shell_complete=complete_person)
@click.option("--one-on", help="Which shift of ONE: that which runs then, or else the next.  [default: now]")
@click.option("--other-on", help="Which shift of OTHER.  [default: now]")
@click.option("--reason", help="Why, in your words.")
@output_option
@connection
@pass_client
def swap(client: Client, /, schedule: str, one: str, other: str, output: str, **given: str | None) -> None:
    """Let two people take each other's shifts of SCHEDULE: the running ones or else the next."""
    shifts = {"one": _shift(one, given["one_on"]), "other": _shift(other, given["other_on"])}
    _post(client, f"{ONCALL}/swaps", {"schedule": schedule, **shifts, "reason": given["reason"]}, output)


def _shift(person: str, on: str | None) -> dict[str, str]:
    return {"person": person, **({"on": on} if on else {})}


def _post(client: Client, path: str, body: dict[str, Any], output: str) -> None:
    """Ask for it, and speak of flags where the API speaks of fields."""
    try:
        answer = client.post(path, {name: value for name, value in body.items() if value is not None})
    except NegativeAnswerError as error:
        raise NegativeAnswerError(in_flags(error.message, FLAGS)) from None
    _tell(answer, output)


def _tell(answer: Any, output: str) -> None:  # noqa: ANN401 -- JSON
    if output in {"json", "jsonl"}:
        write_json(answer, output)
    elif output == "name":
        for one in answer["overrides"]:
            click.echo(one["id"])
    else:
        ids = ", ".join(one["id"] for one in answer["overrides"]) if output == "wide" else ""
        click.echo(printable("\n".join(answer["message"].split("; ")) + (f"\nid: {ids}" if ids else "")))
