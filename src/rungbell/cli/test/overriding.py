"""The overrides of a test: who takes whose shift, as the daemon's store would have it.

Rules
-----
* They are made in the order of the file, before the test begins; each counts from its ``from`` to its ``until``.
* A reload keeps them, as it does in the daemon.

May import: ``moments``, ``sections``, ``config``, ``domain`` and the standard library.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from rungbell.cli.test.moments import Moment
from rungbell.cli.test.sections import CaseSection
from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path, did_you_mean
from rungbell.domain.book import Book
from rungbell.domain.override import Override

Instant = Callable[[Moment, Path], datetime | None]
"""Gives the time that was written, or notes that it is none."""


def overrides_of(
    section: CaseSection, path: Path, start: datetime, instant: Instant, book: Book, findings: Findings
) -> tuple[Override, ...]:
    """Give the overrides of a test; whatever is wrong with them is noted."""
    found: list[Override] = []
    schedules, people = book.roster.schedules, book.roster.people
    for index, one in enumerate(section.overrides):
        place: Path = (*path, "overrides", index)
        for key, name, known in (
            ("schedule", one.schedule, schedules),
            ("person", one.person, people),
            ("instead_of", one.instead_of, people),
        ):
            if name is not None and name not in known:
                what = "schedule" if key == "schedule" else "person"
                findings.wrong((*place, key), f"there is no {what} `{name[:64]}`", did_you_mean(name, known))
        begins = instant(one.since, (*place, "from")) if one.since is not None else start
        ends = instant(one.until, (*place, "until"))
        if begins is None or ends is None:
            continue
        if ends <= begins:
            findings.wrong((*place, "until"), "is not after the override begins")
            continue
        found.append(
            Override(
                id=str(index + 1),
                schedule=one.schedule,
                person=one.person,
                begins=begins,
                ends=ends,
                instead_of=one.instead_of,
                made_at=start,
            )
        )
    return tuple(found)


def overridden(book: Book, overrides: tuple[Override, ...]) -> Book:
    """Give the book in which these overrides count."""
    return replace(book, roster=book.roster.with_overrides(overrides)) if overrides else book
