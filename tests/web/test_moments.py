"""Times as people write them."""

from datetime import UTC, datetime

import pytest

from rungbell.domain.errors import MalformedInput
from rungbell.web.wire.moments import moment

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-24T18:00Z", "2026-12-24T18:00"),
        ("2026-12-24T18:00+01:00", "2026-12-24T17:00"),
        ("2026-12-24 18:00", "2026-12-24T17:00"),
        ("2026-12-24T18:00:30.123456", "2026-12-24T17:00:30.123"),
        ("2026-12-24", "2026-12-23T23:00"),
        ("18:00", "2026-11-24T17:00"),
        ("13:00", "2026-11-25T12:00"),
        ("9:05", "2026-11-25T08:05"),
        ("2027-03-28 02:30", "2027-03-28T01:00"),
        ("2026-10-25 02:30", "2026-10-25T00:30"),
        ("2100-06-01 00:00", "2100-05-31T22:00"),
    ],
)
def test_a_time_is_read_by_its_zone_or_by_the_clocks_of_the_schedule(written: str, meant: str) -> None:
    assert moment(written, "Europe/Berlin", NOON, "from") == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize("written", ["", "tomorrow", "24:00", "2026-13-01", "0001-01-01", "9999-12-31T23:59", "18"])
def test_what_is_no_time_is_told_with_its_field(written: str) -> None:
    with pytest.raises(MalformedInput, match="`from`"):
        moment(written, "Europe/Berlin", NOON, "from")
