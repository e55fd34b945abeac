"""Looking at a sound file from end to end.

May import: the other modules of this package, ``chosen``, ``findings``, ``ladders``, ``model``, ``domain``.
"""

from datetime import datetime

from rungbell.config.chosen import lint_chosen
from rungbell.config.findings import Findings
from rungbell.config.ladders import ladders
from rungbell.config.lint.allowed import check_allowed, not_allowed
from rungbell.config.lint.holidays import check_holidays
from rungbell.config.lint.news import check_news
from rungbell.config.lint.order import check_order
from rungbell.config.lint.people import check_people
from rungbell.config.lint.steps import check_steps, phones_of
from rungbell.config.lint.zones import check_zones
from rungbell.config.mistakes import ConfigMistake
from rungbell.config.model.file import FileSection
from rungbell.domain.book import Book


def linted(file: FileSection, book: Book, findings: Findings, now: datetime) -> tuple[ConfigMistake, ...]:
    """Give all that deserves a look and that the file does not allow, what was noted before included.

    ``now`` is where the days begin that are looked ahead.
    """
    every = tuple(zip(ladders(file), (route.policy for route in book.routes), strict=True))
    check_order(book, findings)
    check_steps(every, book.roster, findings)
    lint_chosen(file, [policy for _, policy in every], book.roster, phones_of(book.roster), findings)
    check_people(every, book.roster, file.zone, findings, now)
    check_news(book, findings)
    check_holidays(file, findings, now)
    check_zones(findings)
    check_allowed(findings)
    return not_allowed(findings.warnings, findings.document.text)
