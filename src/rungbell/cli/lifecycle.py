"""``rungbell incidents status|snooze|merge|false-positive|close|reopen|release``: an incident's life by hand.

May import: ``client``, ``connection``, ``one_incident``, ``output``, the standard library, click.
"""

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_incident, connection, pass_client
from rungbell.cli.one_incident import MANY, ONE, YES, act_on
from rungbell.cli.output import output_option

WORKING = ("acknowledged", "investigating", "identified", "contained", "fixing", "monitoring")


@click.command()
@ONE
@click.argument("stage", type=click.Choice(WORKING))
@click.option("--note", default="", help="A sentence for the timeline.")
@output_option
@connection
@pass_client
def status(client: Client, incident: str, stage: str, note: str, output: str) -> None:
    """Say how far the work has come.

    Somebody holds the incident. `monitoring` is for one of which no alert fires: its stability window begins.
    """
    act_on(client, (incident,), "status", {"status": stage, "note": note}, output, yes=True)


@click.command()
@ONE
@click.option("--for", "lasts", help="How long, such as 30m.")
@click.option("--until", help="Until when, such as 18:00; this or --for is needed.")
@output_option
@connection
@pass_client
def snooze(client: Client, incident: str, lasts: str | None, until: str | None, output: str) -> None:
    """Be left alone by an incident for a while.

    You hold it. When the time is over, it rings as at its opening; never later than your acknowledgement would end.
    """
    given = {name: value for name, value in (("lasts", lasts), ("until", until)) if value}
    act_on(client, (incident,), "snooze", given, output, yes=True)


@click.command()
@MANY
@click.option("--into", required=True, shell_complete=complete_incident, help="The incident that they go on in.")
@YES
@output_option
@connection
@pass_client
def merge(client: Client, names: tuple[str, ...], into: str, output: str, *, yes: bool) -> None:
    """Let incidents go on as parts of another.

    That one is open and at least as severe. Their alerts count there; what of them is worse is an incident again.
    """
    act_on(client, names, "merge", {"into": into}, output, yes=yes)


@click.command("false-positive")
@MANY
@click.option("--because", "reason", required=True, help="What made it look like an incident.")
@YES
@output_option
@connection
@pass_client
def false_positive(client: Client, names: tuple[str, ...], reason: str, output: str, *, yes: bool) -> None:
    """Say that there was nothing."""
    act_on(client, names, "false-positive", {"reason": reason}, output, yes=yes)


@click.command()
@MANY
@click.option("--because", "reason", default="", help="Needed while something is still owed.")
@YES
@output_option
@connection
@pass_client
def close(client: Client, names: tuple[str, ...], reason: str, output: str, *, yes: bool) -> None:
    """Say that nothing is left to do of what is resolved."""
    act_on(client, names, "close", {"reason": reason}, output, yes=yes)


@click.command()
@ONE
@click.option("--because", "reason", default="", help="Why it is not over.")
@output_option
@connection
@pass_client
def reopen(client: Client, incident: str, reason: str, output: str) -> None:
    """Say that it is not over; its people are paged."""
    act_on(client, (incident,), "reopen", {"reason": reason}, output, yes=True)


@click.command()
@ONE
@output_option
@connection
@pass_client
def release(client: Client, incident: str, output: str) -> None:
    """Let others hear of a security breach.

    Until then nobody but those paged does. Only its incident commander may.
    """
    act_on(client, (incident,), "release", {}, output, yes=True)


VERBS = (status, snooze, merge, false_positive, close, reopen, release)
