"""An open incident in words: why each person was paged so far, and what happens next if nobody acts.

May import: ``text``, ``times``, ``output``, the standard library, click.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

import click

from rungbell.cli.output import lasting, printable, stands
from rungbell.cli.simulate.text import ending, field, pages, wrapped
from rungbell.cli.simulate.times import wall, whole

Json = dict[str, Any]


def show_outlook(found: Json) -> None:
    """Print what the daemon says of one incident."""
    for line in _lines(found):
        click.echo(line)


def _lines(found: Json) -> Iterator[str]:
    incident, zone = found["incident"], found["zone"]
    at = datetime.fromisoformat(found["at"])
    guessed = ", guessed" if incident["severity_guessed"] else ""
    yield from wrapped(f"#{incident['number']} {incident['severity']} {incident['title']}")
    yield from field("stands", stands(incident))
    yield from field("severity", f"{incident['severity']}, by {found['severity_rule']}{guessed}")
    yield from field("policy", f"{incident['policy']}, as it was when the incident opened")
    for text in found["calendar"] if incident["status"] != "resolved" else ():
        yield from field("calendar", text)
    yield from field("now", whole(at, zone))
    yield ""
    yield "So far:"
    yield from _so_far(found, zone)
    yield ""
    if incident["status"] == "resolved":
        yield "It is over: nothing happens next."
        return
    yield "If nobody acts:" if found["next"] or found["events"] else "If nobody acts, nobody is rung."
    yield from pages(found["next"], found["events"], at, zone, lambda seconds: f"in {lasting(seconds)}")
    if incident["exhausted"]:
        found = found | {"exhausted_at": None}  # it is among what has happened
    for line in ending(found, zone, tells_operator=found["tells_operator"]):
        yield from wrapped(line)


def _so_far(found: Json, zone: str) -> Iterator[str]:
    """Word what happened and who was paged, in order."""
    happened: list[tuple[str, int, Json]] = [(one["at"], 0, one) for one in found["told"]]
    happened += [(one["send_after"], 1, one) for one in found["paged"]]
    happened.sort(key=lambda one: one[:2])
    width = max((len(one["person"]) for one in found["paged"]), default=0)
    for moment, at_once in groupby(happened, key=lambda one: one[0][:19]):
        yield f"  {wall(datetime.fromisoformat(moment + 'Z'), zone)}"
        for _, paged, one in at_once:
            yield from _page(one, width) if paged else wrapped(one["text"], " " * 12)


def _page(one: Json, width: int) -> Iterator[str]:
    start = f"{' ' * 12}{one['tier']} {printable(one['person']):<{width}}  "
    failure = f" ({one['last_failure']})" if one["last_failure"] and one["state"] != "accepted" else ""
    yield from wrapped(f"{one['channel']}: {one['why']}; {one['state']}{failure}", start, " " * len(start))
