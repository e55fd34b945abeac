"""Durations are Prometheus' own, there and back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.config import format_duration, parse_duration
from rungbell.config.durations import LONGEST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", timedelta()),
        ("0s", timedelta()),
        ("5m", timedelta(minutes=5)),
        ("5ms", timedelta(milliseconds=5)),
        ("1h30m", timedelta(minutes=90)),
        ("1y2w3d4h5m6s7ms", timedelta(days=365 + 14 + 3, hours=4, minutes=5, seconds=6, milliseconds=7)),
        ("90m", timedelta(minutes=90)),
        ("10y", LONGEST),
    ],
)
def test_a_duration_is_read(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "5", "5 m", "-5m", "1.5h", "30m1h", "5M", "m", "00", "5m\n", "\u0665m", "1h1h", "5min", "+1m"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration, such as 30s, 5m, 1h30m or 2d"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["11y", "3651d", "10y1ms", "9" * 400 + "s"])
def test_more_than_ten_years_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a duration may last ten years at most"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=LONGEST // timedelta(milliseconds=1)))
def test_what_is_written_is_read_back(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration


@given(st.text())
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    try:
        found = parse_duration(text)
    except ValueError:
        return
    assert timedelta() <= found <= LONGEST
