"""Countries whose holidays are not known for as long as they are wanted.

May import: ``findings``, ``holidays``, ``mistakes``, ``model`` and the standard library.
"""

from datetime import datetime

from rungbell.config.findings import Findings
from rungbell.config.holidays import known
from rungbell.config.mistakes import Path
from rungbell.config.model.file import FileSection
from rungbell.config.model.hours import HoursSection


def check_holidays(file: FileSection, findings: Findings, now: datetime) -> None:
    """Note business hours by the holidays of a country that are not known for this year and the next."""
    years = (now.year, now.year + 1)
    every: list[tuple[Path, HoursSection | None]] = [((), file.business_hours)]
    every += [(("policies", index), policy.business_hours) for index, policy in enumerate(file.policies)]
    for path, hours in every:
        holidays = hours.holidays if hours is not None else None
        if holidays and holidays.country and not known(holidays.country, holidays.subdivision, years):
            text = f"not all holidays of {holidays.country} are known for {years[0]} and {years[1]}"
            findings.warn("holidays-end", (*path, "business_hours", "holidays"), text)
