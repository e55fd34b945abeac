"""Reading the configuration again by itself when one of its files has changed: what a volume of Kubernetes brings.

Rules
-----
* Looked at are both files of the command line, and every secret, certificate and template that is named by what is in
  use, or by a file that was refused: in Kubernetes a secret may come after the configuration that names it.
* What is not there yet is looked for too: a template that comes takes the place of a built-in one.
* A file that cannot be used is read once for each change, and not again and again: the log says what is wrong.
* Certificates with which it listens are read again at each connection, and need no look.

May import: ``app.daemon``, ``domain``, ``texts``, ``web``, the standard library, structlog.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import structlog

from rungbell.app.daemon import Daemon
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.errors import ConfigError
from rungbell.texts.texts import template_of
from rungbell.web.serving.live_tls import file_state

log = structlog.get_logger()


async def read_what_changes(daemon: Daemon, every: timedelta) -> None:
    """Look until cancelled, and let ``daemon`` read everything again when there is something new."""
    seen = await asyncio.to_thread(_states, daemon)
    while True:
        await asyncio.sleep(every.total_seconds())
        found = await asyncio.to_thread(_states, daemon)
        changed = any(state != seen.get(file, state) for file, state in found.items())
        seen = found
        if changed:
            await _read_again(daemon)
            seen = {**await asyncio.to_thread(_states, daemon), **found}  # what it names for the first time, too


async def _read_again(daemon: Daemon) -> None:
    try:
        await daemon.reload()
    except ConfigError:
        return  # it was logged, and a metric says so
    except Exception as error:  # the next change is looked for whatever became of this one
        log.exception("the configuration could not be taken over", error=repr(error))


def _states(daemon: Daemon) -> dict[Path, object]:
    return {file: file_state(file) for file in _files(daemon)}


def _files(daemon: Daemon) -> Iterator[Path]:
    yield daemon.options.config_file
    if daemon.options.web_config_file is not None:
        yield daemon.options.web_config_file
    yield from daemon.settings.files
    yield from daemon.refused
    folder = daemon.settings.templates
    if folder is not None:
        yield from (folder / template_of(kind) for kind in CommunicationKind)
