"""``business_hours`` as the writer of the file sees it: when business is open, and which days are holidays.

May import: ``fields``, ``holidays``, ``mistakes``, ``section``, ``times`` and pydantic.
"""

from datetime import date, time
from typing import Annotated

from pydantic import ValidatorFunctionWrapHandler, WrapValidator, model_validator

from rungbell.config.fields import Text
from rungbell.config.holidays import country_named, holidays_of
from rungbell.config.mistakes import wrong
from rungbell.config.section import Section
from rungbell.config.times import Country, Dates, Days, Hours, dates


class HolidaysSection(Section):
    """``business_hours.holidays``: those of a country, and other dates; spelled short, a country or a list of dates."""

    country: Country | None = None
    subdivision: Text | None = None
    also: Dates = ()
    without: Dates = ()

    @model_validator(mode="after")
    def _of_a_country(self) -> "HolidaysSection":
        if self.country is not None:
            holidays_of(self.country, self.subdivision)  # says what is wrong with the subdivision
        elif self.subdivision is not None or self.without:
            raise wrong("needs a `country`", "such as {country: GB, subdivision: ENG}")
        return self

    @property
    def dates(self) -> frozenset[date]:
        """Every day that is a holiday."""
        public = holidays_of(self.country, self.subdivision) if self.country else frozenset[date]()
        return (public | frozenset(self.also)) - frozenset(self.without)


def _spelled_short(value: object, read: ValidatorFunctionWrapHandler) -> object:
    if isinstance(value, str):
        return HolidaysSection.model_construct(country=country_named(value))
    if isinstance(value, list):
        return HolidaysSection.model_construct(also=dates(value))
    if not isinstance(value, dict):
        raise wrong("must be dates, or a country", "such as [2026-12-25], or GB")
    return read(value)


class HoursSection(Section):
    """``business_hours``: when a business day is open, in the file's zone."""

    days: Days = frozenset(range(5))
    hours: Hours = (time(9), time(17))
    holidays: Annotated[HolidaysSection, WrapValidator(_spelled_short)] = HolidaysSection.model_construct()
