"""How a length of time is written where people read it."""

from datetime import timedelta

import pytest

from rungbell.domain.duration import written


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (-5, "0s"),
        (0.4, "0s"),
        (0.6, "1s"),
        (59.7, "1m"),
        (576.946, "9m37s"),
        (1800, "30m"),
        (5400, "1h30m"),
        (86_400, "1d"),
        (93_600, "1d2h"),
        (864_000, "10d"),
    ],
)
def test_it_is_written_as_in_the_configuration_and_to_the_second(seconds: float, text: str) -> None:
    assert written(timedelta(seconds=seconds)) == text
