"""``rungbell incidents tell|communications|review|send|discard|waive|drafts``: who is told of an incident, and who was.

Rules
-----
* What is reviewed is what was shown: the texts go back with the review as they were read or changed.

May import: ``client``, ``connection``, ``exit_codes``, ``kinds_of_texts``, ``one_incident``, ``output``, the standard
library, click.
"""

import sys
from pathlib import Path
from typing import Any

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import connection, pass_client
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.kinds_of_texts import KIND
from rungbell.cli.one_incident import ONE, act_on, path_of
from rungbell.cli.output import clock, output_option, printable, show_table, write_json

AUDIENCES = ("internal", "clients", "executives")
NUMBER = click.argument("number", type=click.IntRange(1, 999_999_999))


@click.command()
@ONE
@KIND
@click.option("--to", "recipients", multiple=True, metavar="ID", help="Whom; repeatable. Default: as the file says.")
@click.option("--draft", is_flag=True, help="Only draft it, though this kind may leave without a review.")
@output_option
@connection
@pass_client
def tell(client: Client, incident: str, kind: str, recipients: tuple[str, ...], output: str, *, draft: bool) -> None:
    """Tell an audience: to clients a draft is laid out for a review, all others are told at once."""
    body = {"kind": kind, "recipients": list(recipients), "send": not draft}
    act_on(client, (incident,), "communications", body, output, yes=True)


@click.command()
@ONE
@click.argument("number", type=click.IntRange(1, 999_999_999), required=False)
@output_option
@connection
@pass_client
def communications(client: Client, incident: str, number: int | None, output: str) -> None:
    """Show who was told what, when, and whether it arrived; with NUMBER, the words."""
    if number is not None:
        one = client.get(_place(incident, number))
        if output in {"json", "jsonl"}:
            write_json(one, output)
        else:
            _show_texts(one)
            _show_copies([one])
        return
    found = client.get(path_of(incident, "communications"))
    if output in {"json", "jsonl"}:
        write_json(found if output == "json" else found["communications"], output)
        return
    _show(found["communications"], output, nothing="Nobody was told of it yet.")
    if output == "wide":
        _show_copies(found["communications"])
    for audience, waiver in found["waived"].items() if output != "name" else ():
        click.echo(printable(f"{audience} need not be told, says {waiver['by']}: {waiver['reason']}"), err=True)


@click.command()
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
@output_option
@connection
@pass_client
def drafts(client: Client, limit: int, output: str) -> None:
    """List what waits to be reviewed or sent, of all incidents."""
    found = client.get(f"/api/v1/communications?limit={limit}")["communications"]
    if output in {"json", "jsonl"}:
        write_json(found, output)
    else:
        _show(found, output, nothing="Nothing waits to be reviewed or sent.")


@click.command()
@ONE
@NUMBER
@click.option("--subject", help="Another subject, for every recipient.")
@click.option("--body", "body_file", metavar="FILE", help="Another text, for every recipient; - reads standard input.")
@click.option("--send", "send_it", is_flag=True, help="And send it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@output_option
@connection
@pass_client
def review(
    client: Client,
    incident: str,
    number: int,
    subject: str | None,
    body_file: str | None,
    output: str,
    *,
    send_it: bool,
    yes: bool,
) -> None:
    """Read the words of a draft, and stand for them; from then on they are fixed."""
    one = client.get(_place(incident, number))
    body = _read(body_file) if body_file else None
    for text in one["texts"].values():
        text.update({"subject": subject} if subject else {}, **({"body": body} if body else {}))
    if not yes:
        _show_texts(one, err=True)
        if not click.confirm("Do you stand for this?", err=True):
            raise click.exceptions.Exit(NEGATIVE)
    place = f"communications/{number}"
    act_on(client, (incident,), f"{place}/review", {"texts": one["texts"]}, output, yes=True)
    if send_it:
        act_on(client, (incident,), f"{place}/send", {}, output, yes=True)


@click.command()
@ONE
@NUMBER
@output_option
@connection
@pass_client
def send(client: Client, incident: str, number: int, output: str) -> None:
    """Send a text; to clients only what was reviewed."""
    act_on(client, (incident,), f"communications/{number}/send", {}, output, yes=True)


@click.command()
@ONE
@NUMBER
@click.option("--because", "reason", default="", help="Why it is not sent.")
@output_option
@connection
@pass_client
def discard(client: Client, incident: str, number: int, reason: str, output: str) -> None:
    """Discard a draft."""
    act_on(client, (incident,), f"communications/{number}/discard", {"reason": reason}, output, yes=True)


@click.command()
@ONE
@click.argument("audience", type=click.Choice(AUDIENCES))
@click.option("--because", "reason", required=True, help="For example that they were told by telephone.")
@output_option
@connection
@pass_client
def waive(client: Client, incident: str, audience: str, reason: str, output: str) -> None:
    """Decide that an audience need not be told."""
    act_on(client, (incident,), "waive", {"audience": audience, "reason": reason}, output, yes=True)


VERBS = (tell, communications, drafts, review, send, discard, waive)


def _place(incident: str, number: int) -> str:
    return path_of(incident, f"communications/{number}")


def _read(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise click.BadParameter(f"{file}: {why}", param_hint="--body") from error


def _show(found: list[dict[str, Any]], output: str, *, nothing: str) -> None:
    if output == "name":
        for one in found:
            click.echo(f"{one['incident']} {one['number']}")
    elif not found:
        click.echo(nothing, err=True)
    else:
        columns = ["INCIDENT", "#", "WHAT", "STATE", "BY", "SINCE (UTC)", "TAKEN", "TO"]
        show_table(columns, [_row(one) for one in found], fit=output != "wide")


def _row(one: dict[str, Any]) -> list[str]:
    last = next(step for name in ("discarded", "sent", "reviewed", "drafted") if (step := one[name]))
    copies = one["copies"]
    taken = sum(copy["state"] == "accepted" for copy in copies)
    failed = sum(copy["state"] == "failed" for copy in copies)
    arrived = f"{taken} of {len(copies)}" if copies else ""
    arrived += f", {failed} failed" if failed else ""
    whom = ", ".join(one["recipients"])
    return [
        str(one["incident"]),
        str(one["number"]),
        one["kind"].replace("_", " "),
        one["state"],
        last["by"],
        clock(last["at"]),
        arrived,
        whom,
    ]


def _show_texts(one: dict[str, Any], *, err: bool = False) -> None:
    """Print each text once, with everybody who gets it."""
    same: dict[tuple[str, str], list[str]] = {}
    for who, text in one["texts"].items():
        same.setdefault((text["subject"], text["body"]), []).append(who)
    for (subject, body), everybody in same.items():
        click.echo(printable(f"To: {', '.join(everybody)}\nSubject: {subject}\n\n{body.rstrip()}\n"), err=err)


def _show_copies(found: list[dict[str, Any]]) -> None:
    rows = [
        [
            str(one["number"]),
            copy["recipient"],
            copy["channel"],
            clock(copy["created_at"]),
            str(copy["attempts"]),
            copy["state"] + (f" ({copy['last_failure']})" if copy["last_failure"] else ""),
        ]
        for one in found
        for copy in one["copies"]
    ]
    if rows:
        click.echo()
        show_table(["#", "RECIPIENT", "CHANNEL", "SENT (UTC)", "TRIES", "STATE"], rows)
