"""``rungbell test``: unit tests of a policy, written in YAML and rehearsed on a virtual clock.

Rules
-----
* Nothing is sent, nothing is stored, no daemon is asked, and no secret is read: in a CI there are none.
* 0: everything is as expected. 1: something is not, or a file cannot be used. 2: it was typed wrong.
* What came of it goes to standard output; a progress bar to a terminal only. Many tests run on all cores there are.

May import: ``colours``, ``exit_codes``, ``garbage``, the standard library, click; the rest of this package, ``config``
and ``notifiers`` lazily.
"""

import re
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING

import click

from rungbell.cli.colours import no_color_option
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.garbage import nothing_collected

if TYPE_CHECKING:
    from rungbell.cli.test.reading import CaseFile
    from rungbell.cli.test.reports import Judged, Report

MANY = 200
"""Tests from which on a terminal shows how far they are."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@click.option("--run", "pattern", metavar="REGEX", help="Run only tests in whose names this is found.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "tap", "junit", "json"]),
    default="text",
    show_default=True,
    help="In which form.",
)
@no_color_option
def test(files: tuple[str, ...], pattern: str | None, output: str) -> None:
    """Run unit tests of a policy: who is paged when, if this fires and that is done.

    \b
    rungbell test config/rungbell.test.yml
    rungbell test config/rungbell.test.yml --run 'nobody answers' -o junit
    """
    with nothing_collected():
        _test(files, pattern, output)


def _test(files: tuple[str, ...], pattern: str | None, output: str) -> None:
    from rungbell.cli.test import reports

    wanted = _compiled(pattern)
    began = perf_counter()
    found = [_report(file, wanted) for file in files]
    if pattern is not None and not any(report.total for report in found):
        raise click.UsageError(f"no test has a name in which {pattern!r} is found")
    seconds = perf_counter() - began
    texts: dict[str, Callable[[], str]] = {
        "text": lambda: reports.as_text(found, seconds),
        "tap": lambda: reports.as_tap(found),
        "junit": lambda: reports.as_junit(found, seconds),
        "json": lambda: reports.as_json(found),
    }
    click.echo(texts[output]())
    if any(report.failed for report in found):
        sys.exit(NEGATIVE)


def _compiled(pattern: str | None) -> "re.Pattern[str]":
    try:
        return re.compile(pattern or "")
    except re.error as error:
        raise click.BadParameter(f"{pattern!r} is no regular expression: {error}", param_hint="--run") from None


def _report(file: str, wanted: "re.Pattern[str]") -> "Report":
    from rungbell.cli.test.reading import read_cases
    from rungbell.cli.test.reports import Report
    from rungbell.clock import SystemClock
    from rungbell.config import InvalidConfigError, Settings, load
    from rungbell.config.calendars import Look
    from rungbell.notifiers import registry

    @cache
    def load_config(path: str, at: datetime | None) -> Settings:
        return load(path, registry(), secrets=False, calendars=Look(at or SystemClock().now()))

    try:
        cases = read_cases(file, load_config)
    except InvalidConfigError as error:
        return Report(file, mistakes=error.mistakes)
    return Report(file, tuple(_judged(cases, wanted)))


def _judged(file: "CaseFile", wanted: "re.Pattern[str]") -> "Iterable[Judged]":
    from rungbell.cli.test.many import judged
    from rungbell.cli.test.reports import Judged

    chosen = [case for case in file.cases if wanted.search(case.section.name)]
    hidden = len(chosen) < MANY or not sys.stderr.isatty()
    progress = click.progressbar(judged(chosen), len(chosen), label=file.file, file=sys.stderr, hidden=hidden)
    with progress as found:
        for case, failed in zip(chosen, found, strict=True):
            failures = tuple((failure, file.line(failure.path)) for failure in failed)
            yield Judged(case.section.name, file.line((*case.path, "name")), failures)
