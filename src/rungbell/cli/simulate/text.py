"""The document in words: what a person reads before a change is merged, or at three in the morning.

Rules
-----
* It fits 80 columns, and no more than ``WIDEST`` where the terminal has them. Nothing is said by colour alone.
* A round of pages is one paragraph: when, then one line for each person. What was passed over stands below what was
  taken.

May import: ``times``, ``colours``, ``output``, ``config.durations``, the standard library, click.
"""

import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import click

from rungbell.cli.colours import coloured, styled
from rungbell.cli.output import printable, show_table
from rungbell.cli.simulate.times import after, in_utc, wall, whole
from rungbell.config.durations import format_duration

Json = dict[str, Any]
WIDEST = 100
NAMED = 10
"""How many rules or policies that were passed over are named before the rest is only counted."""
SEVERITY: Json = {"P0": {"fg": "red", "bold": True}, "P1": {"fg": "red"}, "P2": {"fg": "yellow"}, "P3": {"fg": "blue"}}
WORTH_A_LINE = frozenset({"tier_empty", "exhausted", "maintenance", "resolved"})
"""What the timeline tells that the pages do not say themselves."""
FIELD = 10
"""Columns of a field's name."""


def show(found: Json, note: str = "") -> None:
    """Print what one message would come to; ``note`` is what there is to say of its time."""
    for line in _lines(found, note):
        click.echo(line)


def columns() -> int:
    """How wide a line may be."""
    return min(WIDEST, shutil.get_terminal_size((80, 24)).columns)


def _lines(found: Json, note: str) -> Iterator[str]:
    source = f", from {found['source']}" if found["source"] not in {None, "default"} else ""
    of = f", the worst of {found['firing']}" if found["firing"] > 1 else ""
    yield from field("file", found["config_file"])
    yield from field("alert", f"{_labels(found['labels'])}{of}{source}")
    yield from _time(found, note)
    yield from field("severity", _severity(found), style=SEVERITY.get(found["severity"] or ""))
    yield from _passed_over(found["rules_passed_over"])
    if not found["opens"]:
        yield ""
        yield from wrapped(f"Nothing is opened and nobody is rung: {found['why_not']}.")
        return
    yield from field("policy", f"{found['policy']}, by {found['policy_match']}")
    yield from _passed_over(found["policies_passed_over"])
    for index, tier in enumerate(found["tiers"]):
        yield from field("" if index else "tiers", _tier(tier, found["zone"]))
    for index, one in enumerate(found["left_out"]):
        who = f"{one['tier']} {one['person']}" if one["person"] else one["tier"]
        yield from field("" if index else "not rung", f"{who}: {one['text']}")
    for index, text in enumerate(found["calendar"]):
        yield from field("" if index else "calendar", text)
    for index, text in enumerate(_storms(found)):
        yield from field("" if index else "storms", text)
    yield from _unanswered(found)
    if found["acknowledged"]:
        yield from _acknowledged(found["acknowledged"], _moment(found["at"]), found["zone"])


def _storms(found: Json) -> Iterator[str]:
    """Say what would be otherwise in a storm; below it stands what one alert comes to."""
    rule = found["storms"]["umbrella"]
    if rule:
        within = format_duration(timedelta(seconds=rule["within_seconds"]))
        opened = f"once {rule['opens']} incidents of policy {found['policy']} have begun within {within}"
        yield f"{opened}, this one rings nobody by itself and goes on in an umbrella that rings for all"
    for one in found["storms"]["budgets"]:
        within = format_duration(timedelta(seconds=one["within_seconds"]))
        left = f"once {one['at_most']} pages have left to somebody through {one['channel']} within {within}"
        first = ", but what first brings somebody in," if found["severity"] == "P0" else ""
        yield f"{left}, further ones{first} are held back and leave together as one message"


def _time(found: Json, note: str) -> Iterator[str]:
    yield from field("at", whole(_moment(found["at"]), found["zone"]))
    if note:
        yield from field("", note)


def _severity(found: Json) -> str:
    if found["severity"] is None:
        return f"none: {found['rule']}" if found["rule"] else "none"
    guessed = "guessed, for " if found["guessed"] else "by "
    return f"{found['severity']} {found['severity_word']}, {guessed}{found['rule']}"


def _tier(tier: Json, zone: str) -> str:
    people = ", ".join(_stand(one, zone) for one in tier["people"])
    return f"{tier['tier']} {tier['role']}: {people or 'nobody'}"


def _stand(one: Json, zone: str) -> str:
    schedule = f"on call in {one['schedule']}" if one["schedule"] else ""
    until = f" until {wall(_moment(one['until']), zone)}" if one["until"] else ""
    instead = (
        f", by an override in the place of {', '.join(one['instead_of']) or 'nobody'}" if one["overridden"] else ""
    )
    wants = f"wants {', '.join(_way(way) for way in one['wants'])}" if one["wants"] else ""
    told = "; ".join(part for part in (f"{schedule}{until}{instead}", wants) if part)
    return f"{one['person']} ({told})" if told else str(one["person"])


def _way(way: Json) -> str:
    wait = timedelta(seconds=way["after_seconds"])
    return f"{way['channel']} after {format_duration(wait)}" if wait else str(way["channel"])


def _passed_over(found: list[Json]) -> Iterator[str]:
    for one in found[:NAMED]:
        holds = "there is no such label" if one["found"] is None else f"it is {one['found']!r}"
        yield from field("", f"not {one['offers']}, {one['label']}: {one['failed']} fails, {holds}")
    if len(found) > NAMED:
        yield from field("", f"nor {len(found) - NAMED} more; -o json lists them")


def _unanswered(found: Json) -> Iterator[str]:
    yield ""
    yield "If nobody answers:" if found["ladder"] else "Nobody can be rung:"
    yield from pages(found["ladder"], found["events"], _moment(found["at"]), found["zone"])
    for line in ending(found, found["zone"], tells_operator=bool(found["operator_told"])):
        yield from wrapped(line)


def _acknowledged(found: Json, begun: datetime, zone: str) -> Iterator[str]:
    at, until = (wall(_moment(found[key]), zone) for key in ("at", "until"))
    yield ""
    yield from wrapped(f"If {found['by']} acknowledges at {at}, it lasts until {until}. What that does not stop:")
    yield from pages(found["ladder"], [], begun, zone)
    yield "From then on the ladder climbs as above."


def pages(
    found: list[Json], events: Iterable[Json], begun: datetime, zone: str, distance: Callable[[float], str] = after
) -> Iterator[str]:
    """Word pages, a paragraph for each moment with how far it is from ``begun``, and what else happens, told once."""
    moments: dict[str, tuple[list[str], list[Json]]] = {}
    first = {event["text"]: event for event in reversed(list(events)) if event["kind"] in WORTH_A_LINE}
    for event in sorted(first.values(), key=lambda event: str(event["at"])):
        moments.setdefault(event["at"], ([], []))[0].append(event["text"])
    for one in found:
        moments.setdefault(one["at"], ([], []))[1].append(one)
    width = max((len(one["person"]) for one in found), default=0)
    for moment, (texts, rung) in sorted(moments.items()):
        at = _moment(moment)
        utc = "" if zone == "UTC" else f"  {in_utc(at, zone)}"
        yield f"  {distance((at - begun).total_seconds()):<9} {wall(at, zone)}{utc}"
        for text in texts:
            yield from wrapped(text, " " * 12)
        for _, same in groupby(rung, key=lambda one: (one["tier"], one["person"], one["why"])):
            ways = list(same)
            start = f"{' ' * 12}{ways[0]['tier']} {printable(ways[0]['person']):<{width}}  "
            through = ", ".join(map(_left, ways))
            override = f", instead of {', '.join(ways[0]['instead_of'])}" if ways[0].get("instead_of") else ""
            yield from wrapped(f"{through}: {ways[0]['why']}{override}", start, " " * len(start))


def _left(page: Json) -> str:
    together = page.get("together", 1)
    return page["channel"] if together == 1 else f"{page['channel']} ({together} pages in one message)"


def ending(found: Json, zone: str, *, tells_operator: bool) -> Iterator[str]:
    """Word how a ladder ends, or what goes on."""
    round_ = found["goes_round"]
    if found["exhausted_at"]:
        told = " and the operator is told" if tells_operator else ""
        yield f"The ladder is exhausted {wall(_moment(found['exhausted_at']), zone)}{told}."
    if round_ is not None:
        yield f"Then {_round(round_)}."
    if found["cut_off"]:
        yield "More follows than is shown; this is where looking ahead ends."


def _round(found: Json) -> str:
    tiers = " and ".join(found["tiers"])
    if found["clock"] == "exhausted":
        return f"{tiers} {'is' if len(found['tiers']) == 1 else 'are'} rung again {every(found)} until a person acts"
    if found["clock"] == "stability":
        return f"{tiers} is asked again {every(found)} to resolve it"
    return f"paging holds until a person acts, and the operator is told again {every(found)}"


def every(found: Json) -> str:
    """Word how often a round goes."""
    if found["every_seconds"] is None:
        return "every business day"
    open_time = " of business hours" if found["business_hours"] else ""
    return f"every {format_duration(timedelta(seconds=found['every_seconds']))}{open_time}"


def show_rules(found: list[Json], note: str = "") -> None:
    """Print a table of alerts: how bad each is, by which policy, and who is rung first and last."""
    for line in (*field("file", found[0]["config_file"]), *_time(found[0], note), ""):
        click.echo(line)
    rows = [[str(one["line"]), _graded(one), one["policy"] or "", _first(one), one["name"]] for one in found]
    show_table(["LINE", "SEV", "POLICY", "RUNG FIRST … LAST", "ALERT"], rows)


def _graded(found: Json) -> str:
    return (found["severity"] or "none") + ("?" if found["guessed"] else "")


def _first(found: Json) -> str:
    ladder = found["ladder"]
    if not ladder:
        return "nobody"
    first = list(dict.fromkeys(one["person"] for one in ladder if one["at"] == ladder[0]["at"]))
    highest = max(ladder, key=lambda one: one["tier"])
    up_to = next(one for one in ladder if one["tier"] == highest["tier"])
    more = f" … {up_to['person']} {after(up_to['after_seconds'])}" if up_to["at"] != ladder[0]["at"] else ""
    return ", ".join(first) + more


def field(name: str, text: str, style: Json | None = None) -> Iterator[str]:
    """Give one named line, or as many as it takes."""
    lines = wrapped(text, f"{name:<{FIELD}}", " " * FIELD)
    return (styled(line, **style) for line in lines) if style and coloured() else lines


def wrapped(text: str, first: str = "", then: str | None = None) -> Iterator[str]:
    """Break a text into lines that fit."""
    indent = first if then is None else then
    yield from textwrap.wrap(
        printable(text), columns(), initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
    ) or [first.rstrip()]


def _labels(labels: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in labels.items()) or "without labels"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
