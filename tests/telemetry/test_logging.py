"""One event is one line, whatever stands in it, in each form of the log."""

import json
from collections.abc import Iterator

import pytest
import structlog

from rungbell.telemetry import LOG_FORMATS, configure_logging

HOSTILE = "first\nsecond\r\x1b[31mred\x00\u202eoverridden\u2028separated"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("log_format", LOG_FORMATS)
def test_an_event_with_hostile_text_is_one_line_without_controls(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(log_format, "info")
    structlog.get_logger().info("taken", title=HOSTILE, number=7)
    lines = capsys.readouterr().err.split("\n")
    assert lines[1:] == [""], "one event, one line"
    if log_format == "console":
        lines[0] = lines[0].replace("\x1b", "")
    assert lines[0].isprintable(), ascii(lines[0])
    assert "second" in lines[0]
    assert "7" in lines[0]


def test_json_lines_keep_what_was_said_readable(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "info")
    structlog.get_logger().info("taken", title="Überlast ☎", nested=["a", 1])
    told = json.loads(capsys.readouterr().err)
    assert told["title"] == "Überlast ☎"
    assert told["event"] == "taken"
    assert told["level"] == "info"


def test_what_is_below_the_level_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("logfmt", "warn")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert capsys.readouterr().err.count("\n") == 1
