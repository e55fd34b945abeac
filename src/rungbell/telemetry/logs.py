"""The log: one event, one line on standard error, as logfmt, JSON or for a terminal.

Rules
-----
* A stranger's text breaks no line and speaks to no terminal (``one_line``).
* What repeats is counted (``repeats``): the first at once, the rest as a line every half minute.
* Every event is counted by level, also one that is not written because it repeats.
* What a configured secret would have been reads ``<secret>``, whoever put it into a message: a notifier of a third
  party may say what it likes in an exception.
* How people are reached (numbers, mail addresses) is shown by its end, whoever says it.
* What libraries log takes the same way. What aiohttp's server could not read is not quoted: it may be a link's token.
* A log that cannot be written (a full disk, a closed pipe) stops nothing.

May import: ``repeats``, ``domain``, structlog, prometheus_client.
"""

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any, TextIO

import structlog
from prometheus_client import Counter

from rungbell.domain.plain_text import Masks
from rungbell.telemetry.repeats import Event, Repeats

LOG_FORMATS = ("logfmt", "json", "console")
LOG_LEVELS = ("debug", "info", "warn", "error")
HIDDEN = "<secret>"
SHORTEST_SECRET = 6
"""Characters; anything shorter is part of words, and hiding it would tell where it stands."""
MESSAGES = Counter(
    "rungbell_log_messages", "Events logged by level, those that repeat included.", ["level"], registry=None
)
"""The log is the process's, and so is its counter; every ``Metrics`` shows it."""
for _level in ("debug", "info", "warning", "error", "critical"):
    MESSAGES.labels(_level)

LogEvent = MutableMapping[str, Any]


def count(_logger: object, _method: str, event: LogEvent) -> LogEvent:
    """Count an event by its level."""
    MESSAGES.labels(event["level"]).inc()
    return event


def one_line(_logger: object, _method: str, event: LogEvent) -> LogEvent:
    """Escape what would break a line or speak to a terminal: a stranger's text may stand in any value."""
    for key, value in event.items():
        if isinstance(value, str) and key not in {"exception", "stack"} and not value.isprintable():
            event[key] = "".join(char if char.isprintable() else repr(char)[1:-1] for char in value)
    return event


class _Log:
    """The end of the chain: decides what is told, renders it, and writes it."""

    def __init__(self, chain: Iterable[Any], output: TextIO, clock: Callable[[], float]) -> None:
        self._chain = tuple(chain)
        self._output = output
        self._clock = clock
        self._repeats = Repeats()
        # The store's threads log too; and what the garbage collector finds may speak in the middle of a line.
        self._turn = threading.RLock()

    def __call__(self, logger: object, method: str, event: LogEvent) -> str:
        """Take an event; structlog itself writes nothing."""
        if event.get("exc_info") is True:
            event["exc_info"] = sys.exc_info()
        with self._turn:
            self._write(self._repeats.take(dict(event), self._clock()))
        raise structlog.DropEvent

    def write_summaries(self, *, ended: bool) -> None:
        """Write the summaries that are due, or all of them."""
        with self._turn:
            now = self._clock()
            self._write(self._repeats.end(now) if ended else self._repeats.due(now))

    def _write(self, events: Iterable[Event]) -> None:
        for event in events:
            line: Any = dict(event)
            for processor in self._chain:
                line = processor(None, event["level"], line)
            with suppress(OSError, ValueError):
                self._output.write(_hidden(line) + "\n")
                self._output.flush()


class _Foreign(logging.Handler):
    """Lets what libraries say by ``logging`` into our log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on."""
        raised = record.exc_info if record.exc_info and record.exc_info[0] else None
        facts: dict[str, Any] = {"logger": record.name, "text": record.getMessage()}
        if raised and record.name.startswith("aiohttp."):
            facts["error"] = type(raised[1]).__name__
        elif raised:
            facts["exc_info"] = raised
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        structlog.get_logger().log(level, "a library says", **facts)


_log: _Log | None = None
_secrets: tuple[str, ...] = ()
_masks = Masks()


def hide(secrets: Iterable[str]) -> None:
    """Let none of these be read in the log from now on; those told before stay hidden."""
    global _secrets  # noqa: PLW0603 -- there is one log in a process
    spellings = {*_secrets}
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            for said in (secret, repr(secret)[1:-1]):  # as it is, and within the repr of an exception
                spellings |= {said, repr(said)[1:-1]}
                spellings |= {json.dumps(said, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False)}
    _secrets = tuple(sorted(spellings, key=len, reverse=True))


def mask(contacts: Iterable[str]) -> None:
    """Let these numbers and addresses of people be shown by their ends from now on, and no others."""
    global _masks  # noqa: PLW0603 -- there is one log in a process
    _masks = Masks(contacts)


def _hidden(line: str) -> str:
    for secret in _secrets:
        line = line.replace(secret, HIDDEN)
    return _masks.over(line)


def write_summaries(*, ended: bool = False) -> None:
    """Write the summaries of repeated events that are due; when the process has ``ended``, all of them."""
    if _log is not None:
        _log.write_summaries(ended=ended)


def configure_logging(log_format: str, level: str, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Set up structlog for this process; lines go to standard error. ``clock`` counts seconds for ``repeats``."""
    global _log  # noqa: PLW0603 -- there is one log in a process
    chain: list[Any] = [structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"), one_line]
    if log_format == "console":
        renderer: Any = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # rich's would print what variables held: bodies and tokens
            exception_formatter=structlog.dev.plain_traceback,
        )
    elif log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.processors.LogfmtRenderer(key_order=["ts", "level", "event"], bool_as_flag=False)
    if log_format != "console":
        chain.append(structlog.processors.format_exc_info)
    _log = _Log([*chain, renderer], sys.stderr, clock)
    number = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}[level]
    logging.root.handlers = [_Foreign()]
    logging.root.setLevel(max(number, logging.WARNING))
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, count, _log],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=True,
    )
