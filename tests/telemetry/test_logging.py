"""One event is one line, whatever stands in it, in each form of the log; what repeats is counted; no secret is read."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from rungbell.telemetry import LOG_FORMATS, Metrics, configure_logging, hide, mask, write_summaries
from tests.telemetry.exposition import figure

HOSTILE = "first\nsecond\r\x1b[31mred\x00\u202eoverridden\u2028separated"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before, handlers, level = structlog.get_config(), logging.root.handlers, logging.root.level
    yield
    structlog.configure(**before)
    logging.root.handlers = handlers
    logging.root.setLevel(level)


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


@pytest.mark.parametrize("log_format", LOG_FORMATS)
def test_no_format_of_the_log_shows_what_variables_held(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(body: bytes) -> None:
        raise ValueError(f"{len(body)} bytes")

    configure_logging(log_format, "info")
    try:
        fail(b"-".join((b"the", b"body")))
    except ValueError:
        structlog.get_logger().exception("failed")
    told = capsys.readouterr().err
    assert "8 bytes" in told
    assert "the-body" not in told


class Ticks:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_what_repeats_is_one_line_and_then_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    ticks = Ticks()
    configure_logging("json", "info", clock=ticks)
    log = structlog.get_logger()
    for _ in range(138):
        log.warning("page failed", channel="pager", reason="timeout", intent=f"one-of-{ticks.seconds}")
        ticks.seconds += 0.05

    (first,) = told(capsys)
    assert first["event"] == "page failed"
    ticks.seconds = 130.0
    write_summaries()
    (summary,) = told(capsys)
    assert summary["event"] == "page failed (repeated 137 times in 30 s)"
    assert (summary["repeated"], summary["level"], summary["channel"]) == (137, "warning", "pager")


def test_what_was_counted_is_told_when_the_process_ends_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "info", clock=Ticks())
    for _ in range(3):
        structlog.get_logger().error("the store is away")
    assert len(told(capsys)) == 1
    write_summaries(ended=True)
    write_summaries(ended=True)
    assert [line["event"] for line in told(capsys)] == ["the store is away (repeated 2 times in 1 s)"]


def test_every_event_is_counted_by_its_level_whether_it_is_written_or_not(capsys: pytest.CaptureFixture[str]) -> None:
    def counted(level: str) -> float:
        return figure(Metrics().text().decode(), "rungbell_log_messages_total", level=level)

    before = {level: counted(level) for level in ("debug", "info", "warning", "error")}
    configure_logging("logfmt", "info", clock=Ticks())
    log = structlog.get_logger()
    log.debug("below the level")
    log.info("once")
    for _ in range(5):
        log.error("again and again")
    assert {level: counted(level) - before[level] for level in before} == {
        "debug": 0, "info": 1, "warning": 0, "error": 5,
    }  # fmt: skip
    assert capsys.readouterr().err.count("\n") == 2


SECRET = 'correct "horse" \\ b\u00e4ttery'


@pytest.mark.parametrize("log_format", LOG_FORMATS)
def test_a_secret_is_hidden_whoever_says_it(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(f"cannot send to https://example.org/?token={SECRET}")

    hide([SECRET])
    configure_logging(log_format, "info")
    try:
        fail()
    except ValueError as error:
        structlog.get_logger().exception("notifier failed", error=repr(error), text=f"said {SECRET}", facts=[SECRET])
    said = capsys.readouterr().err
    assert "horse" not in said
    assert "<secret>" in said
    assert "cannot send to" in said


@pytest.mark.parametrize("log_format", LOG_FORMATS)
def test_how_people_are_reached_is_shown_by_its_end_however_it_is_spelled(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError("400 for To=%2B442079460173 (+44-20-7946-0173)")

    mask(["+44 20 7946 0173", "alice.ng@example.org", "U0ALICE", "12"])
    configure_logging(log_format, "info")
    try:
        fail()
    except ValueError as error:
        structlog.get_logger().exception("failed", error=repr(error), to=["ALICE.NG@example.org"], by="U0ALICE", n=12)
    mask([])
    said = capsys.readouterr().err
    assert "7946" not in said.replace("-", "")
    assert "alice.ng" not in said.lower()
    assert "…0173" in said
    assert "A…@example.org" in said
    assert "U0ALICE" in said
    assert "12" in said


@pytest.mark.parametrize("log_format", LOG_FORMATS)
def test_a_traceback_is_kept_and_in_a_log_for_machines_it_is_part_of_its_line(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(log_format, "info")
    try:
        json.loads("{")
    except ValueError:
        structlog.get_logger().exception("failed")
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert log_format == "console" or said.count("\n") == 1


def test_what_a_library_logs_is_a_line_of_ours_without_what_a_stranger_sent(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "info")
    unread = ValueError("BREW /a/the-token-of-a-link HTTP/1.1")
    logging.getLogger("aiohttp.server").error("Error handling request from %s", "127.0.0.1", exc_info=unread)
    (line,) = told(capsys)
    assert (line["event"], line["logger"], line["level"]) == ("a library says", "aiohttp.server", "error")
    assert line["error"] == "ValueError"
    assert "the-token-of-a-link" not in str(line)


class Full(io.StringIO):
    """A disk that is full."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    configure_logging("logfmt", "info")
    structlog.get_logger().error("the disk is full")
