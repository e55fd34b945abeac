"""Times as people write them in requests: with a zone, or as the clocks of a schedule show them.

Rules
-----
* ``2026-12-24T18:00Z`` and ``2026-12-24T18:00+01:00`` say which moment they are. ``2026-12-24 18:00``, ``2026-12-24``
  (midnight) and ``18:00`` (the next time the clocks show it) are read off the clocks of a zone.
* A wall time that the clocks skip is the moment they skip it; one that they show twice is the first of the two.

May import: ``config``, ``domain``, pydantic.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from rungbell.config import Duration
from rungbell.domain.calendar import instant_at, zone_named
from rungbell.domain.errors import MalformedInput

WRITTEN_LENGTH = 40
EXAMPLES = "such as 2026-12-24T18:00+01:00, 2026-12-24 18:00, 2026-12-24 or 18:00"
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_LAST_YEAR = 9990
"""Beyond it no zone's clocks can be computed with."""


def _some(lasts: timedelta) -> timedelta:
    if lasts <= timedelta():
        raise ValueError("must be longer than nothing, such as 1h30m")
    return lasts


Lasts = Annotated[
    Duration,
    AfterValidator(_some),
    WithJsonSchema({"type": "string", "pattern": "^([1-9][0-9]{0,2}[dhm]|[1-4]?[0-9]?[1-9]w)$", "examples": ["90d"]}),
]
"""How long something lasts, as a duration."""
Written = Annotated[str, StringConstraints(min_length=1, max_length=WRITTEN_LENGTH)]
"""A time, to be read by ``moment``."""


def moment(written: str, zone: str, after: datetime, field: str) -> datetime:
    """Read a time in UTC, to the millisecond; a bare time of day is the first one later than ``after``.

    Raises:
        MalformedInput: it is none; the message names the ``field``.
    """
    clock = _CLOCK.fullmatch(written.strip())
    if clock is not None:
        return _next(time(int(clock[1]), int(clock[2])), zone, after)
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        raise MalformedInput(f"`{field}`: {written[:WRITTEN_LENGTH]!r} is not a time, {EXAMPLES}") from None
    if not 1970 < found.year < _LAST_YEAR:
        raise MalformedInput(f"`{field}`: the year {found.year} is out of reach")
    found = found.replace(microsecond=found.microsecond // 1000 * 1000)
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    return instant_at(zone_named(zone), found.date(), found.time())


def _next(clock: time, zone: str, after: datetime) -> datetime:
    today: date = after.astimezone(zone_named(zone)).date()
    days = (today + timedelta(days=day) for day in range(3))
    return next(at for day in days if (at := instant_at(zone_named(zone), day, clock)) > after)
