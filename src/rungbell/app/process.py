"""The process: runs a daemon until a signal says stop; SIGHUP reads the configuration again.

May import: ``app.changes``, ``app.daemon``, ``app.loops``, ``app.options``, ``domain``, ``runtime.watching.pulse``,
``store.codec``, structlog.
"""

import asyncio
import contextlib
import gc
import resource
import signal
from functools import partial

import structlog

from rungbell.app.changes import read_what_changes
from rungbell.app.daemon import Daemon
from rungbell.app.loops import Loops
from rungbell.app.options import Options
from rungbell.domain.errors import ConfigError
from rungbell.runtime.watching.pulse import give_memory_back
from rungbell.store.codec.incidents import build_codecs

log = structlog.get_logger()

MOST_FILES = 65_536
YOUNG_OBJECTS = 20_000
"""New objects between two looks for cycles (Python: 700). What a message makes has none, and goes by itself."""


def _raise_file_limit() -> None:
    """Take all the file descriptors the system grants, so that idle connections cannot use up those of pages."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, MOST_FILES) if hard != resource.RLIM_INFINITY else MOST_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _settle() -> None:
    """Build what the first incident needs, and look at what the start has left no more: none of it is garbage."""
    build_codecs()
    gc.freeze()
    give_memory_back()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()


async def _reload(daemon: Daemon) -> None:
    with contextlib.suppress(ConfigError):  # it was logged, and a metric says so
        await daemon.reload()


async def serve(options: Options) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    hangups: set[asyncio.Future[None]] = set()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _raise_file_limit()
    gc.disable()  # until it is up: what a start makes stays
    daemon = Daemon(options)
    started = early = False

    def hang_up() -> None:
        nonlocal early
        if not started:
            early = True
            return
        task = asyncio.ensure_future(_reload(daemon))
        hangups.add(task)
        task.add_done_callback(hangups.discard)

    loop.add_signal_handler(signal.SIGHUP, hang_up)  # before the start, which it must not end
    await daemon.start()
    started = True
    if early:
        hang_up()
    loops = Loops()
    if options.auto_reload is not None:
        loops.start("changes", partial(read_what_changes, daemon, options.auto_reload))
    await asyncio.to_thread(_settle)  # beside the loop: whoever has waited for the start is answered meanwhile
    with contextlib.suppress(asyncio.CancelledError):
        await stop.wait()
    log.info("rungbell is stopping")
    await loops.cancel()
    await daemon.stop()
    log.info("rungbell has stopped")
