"""``rungbell status``: how the daemon stands, in a dozen lines; exit code 1 where it is not ready.

May import: ``client``, ``colours``, ``connection``, ``exit_codes``, ``output``, the standard library, click.
"""

import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

import click

from rungbell.cli.client import Client
from rungbell.cli.colours import styled
from rungbell.cli.connection import connection, pass_client
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.output import age, clock, lasting, output_option, printable, write_json

LATE_SECONDS = 2.0
"""What is later than this is worth a word; the clock watcher looks once a second."""
NAME_WIDTH = 11


class Line(NamedTuple):
    """One line: what it is about, what is so, and whether somebody should look."""

    name: str
    text: str
    bad: bool = False


@click.command()
@output_option
@connection
@pass_client
def status(client: Client, output: str) -> None:
    """Say how the daemon stands."""
    found = client.get("/api/v1/status")
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        click.echo("ready" if found["ready"] else "unready")
    else:
        columns = shutil.get_terminal_size((200, 24)).columns
        for line in _lines(found, client.url, wide=output == "wide"):
            room = columns - NAME_WIDTH
            text = printable(line.text)
            shown = text if len(text) <= room else f"{text[: room - 1]}…"
            click.echo(f"{line.name:{NAME_WIDTH}}" + (styled(shown, fg="red", bold=True) if line.bad else shown))
    if not found["ready"]:
        raise click.exceptions.Exit(NEGATIVE)


def _lines(found: dict[str, Any], url: str, *, wide: bool) -> Iterator[Line]:
    yield Line("daemon", f"rungbell {found['version']} at {url}")
    ready = found["ready"]
    yield Line("state", "ready" if ready else f"NOT READY: {found['why_not']}", bad=not ready)
    if found["open"] is not None:
        yield from _known(found)
    for one in found["paged_twice"]:
        receivers = ", ".join(one["receivers"])
        yield Line("pagerduty", f"PAGED TWICE: the Alertmanager of {one['source']} does too, by {receivers}", bad=True)
    reload = found["reload"]
    since = f"in use since {clock(reload['at'])} UTC ({age(reload['at'])})"
    failed = f"the last reload FAILED; the one before is {since}"
    yield Line("config", since if reload["successful"] else failed, bad=not reload["successful"])
    store = found["store"]
    failing = store["failing"]
    yield Line("store", f"FAILED: {failing}" if failing else "reachable", bad=bool(failing))
    if wide:
        yield Line("people", ", ".join(found["people"]))
        yield Line("hash", reload["hash"])


def _known(found: dict[str, Any]) -> Iterator[Line]:
    """Tell what only the store knows."""
    counts = [f"{one['count']} {one['severity']} {one['status']}" for one in found["open"]]
    yield Line("open", ", ".join(counts) or "nothing")
    for one in found["acknowledged"]:
        by = f"acknowledged by {one['person']} until {clock(one['until'])} UTC"
        yield Line("ack", f"#{one['number']} {one['severity']} {by}: {one['title']}")
    owing = [f"{one['count']} {one['severity']} {one['obligation'].replace('_', ' ')}" for one in found["overdue"]]
    yield Line("overdue", ", ".join(owing) or "nothing", bad=bool(owing))
    yield Line("reviews", _reviews([one for one in found["reviews"] if one["due"]]))
    yield _late("clocks", found["clock_lag_seconds"], "on time", "the oldest is {} late")
    yield _late("pages", found["oldest_unsent_page_seconds"], "none waits", "the oldest unsent is {} overdue")
    for one in found["heartbeats"]:
        seen = f"{lasting(one['age_seconds'])} ago" if one["seen_at"] else "never"
        within = one["expected_within_seconds"]
        wanted = f", expected within {lasting(within)}" if within else ""
        silent = bool(within) and (one["age_seconds"] is None or one["age_seconds"] > within)
        yield Line("heartbeat", f"{one['source']}: {seen}{wanted}{' (SILENT)' if silent else ''}", bad=silent)


def _reviews(due: list[dict[str, Any]]) -> str:
    """Say which are due, and why; those that were never noted together, for at first these are all."""
    told = [f"{one['kind']} ({one['because']})" for one in due if one["last_at"]]
    never = ", ".join(one["kind"] for one in due if not one["last_at"])
    told += [f"{never} (never noted)"] if never else []
    return f"due: {', '.join(told)}" if told else "none due"


def _late(name: str, seconds: float, well: str, late: str) -> Line:
    overdue = seconds >= LATE_SECONDS
    return Line(name, late.format(lasting(seconds)) if overdue else well, bad=overdue)
