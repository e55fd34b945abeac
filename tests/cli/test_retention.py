"""``--data.retention`` is written as Prometheus users write durations, and a mistake is told before anything starts."""

import pytest
from click.testing import CliRunner

from rungbell.cli.serve import serve


@pytest.mark.parametrize(
    ("written", "told"),
    [("120", "is not a duration"), ("1 day", "is not a duration"), ("30s", "too short"), ("0", "1m")],
)
def test_a_retention_that_cannot_be_meant_is_refused_with_a_hint(written: str, told: str) -> None:
    result = CliRunner().invoke(serve, ["--data.retention", written])

    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


def test_its_default_is_shown() -> None:
    assert "120d" in CliRunner().invoke(serve, ["--help"]).output
