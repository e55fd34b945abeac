"""Overrides that a look ahead is to count: what ``rungbell oncall override list -o json`` printed.

Rules
-----
* They are the daemon's, and no daemon is asked here: whoever wants them to count hands them over.
* One that counts for nothing, as its person or schedule is not in the file, is said to, and the others count.

May import: ``failures``, ``reading``, ``config``, ``domain``, the standard library, click.
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from rungbell.cli.failures import NegativeAnswerError
from rungbell.cli.simulate.reading import content, spelled
from rungbell.config import Settings
from rungbell.domain.override import Override
from rungbell.domain.roster import Roster

LARGEST = 8 * 1024 * 1024
"""Bytes; a schedule has a few hundred overrides at most."""
PRINTED = "print them with `rungbell oncall override list -o json`"


def with_overrides(settings: Settings, file: str) -> tuple[Settings, str]:
    """Give the settings in which the overrides of a file count, and what to say of it; ``-`` is standard input.

    Raises:
        NegativeAnswerError: they cannot be read.
    """
    where = spelled(file)
    found = [_override(one, f"{where}: override {index + 1}") for index, one in enumerate(_listed(file, where))]
    roster = settings.book.roster
    for one in found:
        if unknown := _unknown(one, roster):
            click.echo(f"warning: {where}: override {one.id} counts for nothing: {unknown}", err=True)
    book = replace(settings.book, roster=roster.with_overrides(found))
    count = sum(len(schedule.overrides) for schedule in book.roster.schedules.values())
    count_said = "1 override counts" if count == 1 else f"{count} overrides count"
    return replace(settings, book=book), f"Nothing is sent. {count_said}, by {where}."


def _listed(file: str, where: str) -> list[Any]:
    raw = content(file, LARGEST)
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise NegativeAnswerError(f"{where}: is no JSON; {PRINTED}") from None
    if isinstance(found, dict):
        found = found.get("overrides")
    if not isinstance(found, list):
        raise NegativeAnswerError(f"{where}: is no list of overrides; {PRINTED}")
    return found


def _override(one: object, where: str) -> Override:
    """Read one override, as the API writes it."""
    if not isinstance(one, dict):
        raise NegativeAnswerError(f"{where} is none; {PRINTED}")
    words: dict[str, str] = {}
    for name in ("id", "schedule", "person", "begins", "ends", "made_at"):
        value = one.get(name)
        if not isinstance(value, str):
            raise NegativeAnswerError(f"{where} has no `{name}`; {PRINTED}")
        words[name] = value
    instead_of, reason = one.get("instead_of"), one.get("reason")
    try:
        return Override(
            id=words["id"],
            schedule=words["schedule"],
            person=words["person"],
            begins=datetime.fromisoformat(words["begins"]),
            ends=datetime.fromisoformat(words["ends"]),
            instead_of=instead_of if isinstance(instead_of, str) else None,
            reason=reason if isinstance(reason, str) else "",
            made_at=datetime.fromisoformat(words["made_at"]),
        )
    except (ValueError, OverflowError) as error:
        raise NegativeAnswerError(f"{where} cannot be read: {error}") from None


def _unknown(override: Override, roster: Roster) -> str:
    if override.schedule not in roster.schedules:
        return f"there is no schedule {override.schedule!r}"
    return "" if override.person in roster.people else f"{override.person!r} is nobody of `people`"
