"""``rungbell oncall now|next|shifts|gaps``: looking changes nothing.

May import: ``client``, ``connection``, ``exit_codes``, ``output``, the rest of the package, the standard library,
click.
"""

from typing import Any
from urllib.parse import urlencode

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_schedule, connection, pass_client
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.oncall.showing import local, people, show
from rungbell.cli.output import output_option

ONCALL = "/api/v1/oncall"
_SCHEDULE = click.option("--schedule", shell_complete=complete_schedule, help="Only this one; default: all of them.")


def asked(client: Client, path: str, **query: str | int | None) -> Any:  # noqa: ANN401 -- JSON
    """Ask about who is on call, with those parameters that are given."""
    given = {name: value for name, value in query.items() if value is not None}
    return client.get(f"{ONCALL}{path}" + (f"?{urlencode(given)}" if given else ""))


NO_SCHEDULES = "No schedules: the tiers of the file name people themselves."


def zones(client: Client) -> dict[str, str]:
    """Give every schedule and by whose clocks it goes."""
    return {one["schedule"]: one["zone"] for one in client.get(ONCALL)["schedules"]}


@click.command()
@_SCHEDULE
@output_option
@connection
@pass_client
def now(client: Client, schedule: str | None, output: str) -> None:
    """Say who is on call now, until when, and what they were told to know."""
    found = asked(client, "", schedule=schedule)["schedules"]
    wide = output == "wide"

    def row(one: dict[str, Any]) -> list[str]:
        why = ", ".join(f"override {made['id']}" for made in one["overrides"])
        planned = [people(one["planned"])] if wide else []
        return [one["schedule"], people(one["people"]), local(one["until"], one["zone"]), why, *planned, _note(one)]

    show(
        found,
        output,
        name=lambda one: "\n".join(one["people"]),
        columns=["SCHEDULE", "ON CALL", "UNTIL", "BY", *(["PLANNED"] if wide else []), "NOTE"],
        row=row,
        nothing=NO_SCHEDULES,
    )


def _note(one: dict[str, Any]) -> str:
    """The last handover note, on one line."""
    note = one["note"]
    return f"{note['by']}: {' '.join(note['text'].split())}" if note else ""


@click.command("next")
@_SCHEDULE
@output_option
@connection
@pass_client
def next_(client: Client, schedule: str | None, output: str) -> None:
    """Say who is on call next, and from when."""
    found = asked(client, "", schedule=schedule)["schedules"]
    show(
        [one for one in found if one["until"]],
        output,
        name=lambda one: "\n".join(one["next"]),
        columns=["SCHEDULE", "NEXT", "FROM"],
        row=lambda one: [one["schedule"], people(one["next"]), local(one["until"], one["zone"])],
        nothing="Nothing changes within a year.",
    )


@click.command()
@_SCHEDULE
@click.option("--from", "begins", help="Such as 2026-12-24, '2026-12-24 18:00' or 18:00.  [default: now]")
@click.option("--until", "ends", help="The same.  [default: 14 days later]")
@output_option
@connection
@pass_client
def shifts(client: Client, schedule: str | None, begins: str | None, ends: str | None, output: str) -> None:
    """List who is on call from when to when."""
    found = asked(client, "/shifts", schedule=schedule, **{"from": begins, "until": ends})["shifts"]
    zone = zones(client) if output in {"table", "wide"} else {}
    show(
        found,
        output,
        name=lambda one: str(one["person"]),
        columns=["SCHEDULE", "FROM", "UNTIL", "ON CALL"],
        row=lambda one: [*_span(one, zone), one["person"]],
        nothing="Nobody is on call." if zone else NO_SCHEDULES,
    )


@click.command()
@_SCHEDULE
@click.option("--days", type=click.IntRange(1, 366), default=14, show_default=True, help="How far to look.")
@output_option
@connection
@pass_client
def gaps(client: Client, schedule: str | None, days: int, output: str) -> None:
    """List when nobody is on call; exit code 1 where there is such a time."""
    found = asked(client, "/gaps", schedule=schedule, days=days)["gaps"]
    zone = zones(client) if output in {"table", "wide"} else {}
    show(
        found,
        output,
        name=lambda one: str(one["schedule"]),
        columns=["SCHEDULE", "NOBODY FROM", "UNTIL"],
        row=lambda one: _span(one, zone),
        nothing=f"Somebody is on call everywhere, for the next {days} days.",
    )
    if found:
        raise click.exceptions.Exit(NEGATIVE)


def _span(one: dict[str, Any], zone: dict[str, str]) -> list[str]:
    own = zone.get(one["schedule"], "UTC")
    return [one["schedule"], local(one["begins"], own), local(one["ends"], own)]
