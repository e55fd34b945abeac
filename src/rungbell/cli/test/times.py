"""Every time that a test names, and where in the test it stands; those of its overrides are ``overriding``'s.

May import: ``moments``, ``sections``, ``config`` and the standard library.
"""

from collections.abc import Iterable, Iterator

from rungbell.cli.test.moments import Moment
from rungbell.cli.test.sections import PAGE_LISTS, CaseSection, OverdueSection, PageSection, ToldSection
from rungbell.config.mistakes import Path


def moments_of(section: CaseSection) -> Iterator[tuple[Path, Moment]]:
    """Every time of a test but its start, and where it stands."""
    if section.until is not None:
        yield ("until",), section.until
    for index, alert in enumerate(section.alerts):
        for name, moment in (("from", alert.since), ("until", alert.until)):
            if moment is not None:
                yield ("alerts", index, name), moment
    for index, act in enumerate(section.acts):
        yield ("acts", index, "at"), act.at
    for name in (*PAGE_LISTS, "overdue", "told"):
        yield from _expected(name, getattr(section.expect, name) or ())
    for index, state in enumerate(section.expect.states):
        yield ("expect", "states", index, "at"), state.at


def _expected(name: str, lines: Iterable[PageSection | OverdueSection | ToldSection]) -> Iterator[tuple[Path, Moment]]:
    for index, line in enumerate(lines):
        for number, moment in enumerate(line.at):
            yield ("expect", name, index, "at", number), moment


def lines_of(section: CaseSection) -> Iterator[tuple[Path, PageSection]]:
    """Every line of expected pages, and where it stands."""
    for name in PAGE_LISTS:
        for index, line in enumerate(getattr(section.expect, name) or ()):
            yield ("expect", name, index), line
