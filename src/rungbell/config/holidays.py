"""Public holidays of a country, by the library of the extra.

Rules
-----
* They are worked out when the file is read, for the years from 2020 to 2100 and no others, always the same ones: a
  policy is pinned by its content, which must not change by itself. What lies outside of these years has no holidays.
* Where a holiday is given a day off in lieu, that day counts too.
* The library knows some countries for fewer years; the lint says so while there is time.

May import: ``mistakes``, the standard library, holidays (lazily: it takes a tenth of a second).
"""

import importlib.util
import warnings
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from rungbell.config.mistakes import did_you_mean, wrong

YEARS = range(2020, 2101)
EXTRA = "pip install 'rungbell[holidays]'"


def installed() -> bool:
    """Whether the library is there."""
    return importlib.util.find_spec("holidays") is not None


def country_named(name: str) -> str:
    """Give the two letters of a country; raises what pydantic wants where there is none."""
    if not installed():
        raise wrong("nothing here knows the holidays of countries", f"{EXTRA}, or list the dates")
    from holidays.registry import COUNTRIES

    codes = {names[1]: module.replace("_", " ") for module, names in COUNTRIES.items()}
    code = name.strip().upper()
    if code in codes:
        return code
    by_name = {spelled.casefold(): code for code, spelled in codes.items()} | {"uk": "GB"}
    by_name |= {names[2].casefold(): names[1] for names in COUNTRIES.values()}
    near = did_you_mean(name.replace("_", " ").casefold(), by_name)
    likely = by_name.get(near.removeprefix("did you mean `").removesuffix("`?"))
    hint = f"did you mean `{likely}`?" if likely else "two letters of ISO 3166, such as GB, DE or US"
    raise wrong(f"no country is called {name[:40]!r}", hint)


@lru_cache(maxsize=32)
def holidays_of(country: str, subdivision: str | None) -> frozenset[date]:
    """Give the holidays of a known country, all ``YEARS`` together; raises what pydantic wants for an unknown part."""
    return frozenset(_expanded(country, subdivision, YEARS)[0])


def known(country: str, subdivision: str | None, years: Iterable[int]) -> bool:
    """Whether the library says of every one of these years what it knows of others."""
    dates, complete = _expanded(country, subdivision, years)
    return complete and {day.year for day in dates} >= set(years)


def _expanded(country: str, subdivision: str | None, years: Iterable[int]) -> tuple[set[date], bool]:
    import holidays

    parts = sorted(holidays.list_supported_countries(include_aliases=False).get(country, []))
    if subdivision is not None and subdivision not in parts:
        hint = did_you_mean(subdivision, parts) or "leave it out"
        raise wrong(f"{country} has no subdivision {subdivision[:40]!r}", hint)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = holidays.country_holidays(country, subdiv=subdivision, years=years)
    return set(found), not told
