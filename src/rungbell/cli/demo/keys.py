"""Keys of the reader's terminal: ``a`` takes the worst incident that nobody holds, as Alice.

Rules
-----
* The terminal is put back as it was, whatever ends the demo. Ctrl-C stays what it is.

May import: ``daemon``, ``policy``, ``screen``, the standard library.
"""

import asyncio
import contextlib
import json
import os
import sys
import termios
import tty
from collections.abc import Iterator

from rungbell.cli.demo.daemon import Daemon, DerailedError
from rungbell.cli.demo.policy import ALICE
from rungbell.cli.demo.screen import Screen

TAKE = b"a"


@contextlib.contextmanager
def keys(daemon: Daemon, screen: Screen) -> Iterator[bool]:
    """Listen to keys where there are some, and say whether there are."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield False
        return
    terminal, loop = sys.stdin.fileno(), asyncio.get_running_loop()
    before = termios.tcgetattr(terminal)
    acting: set[asyncio.Task[None]] = set()

    def pressed() -> None:
        if TAKE in os.read(terminal, 64).lower():
            task = loop.create_task(_take(daemon, screen))
            acting.add(task)
            task.add_done_callback(acting.discard)

    tty.setcbreak(terminal)
    loop.add_reader(terminal, pressed)
    try:
        yield True
    finally:
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


async def _take(daemon: Daemon, screen: Screen) -> None:
    """Acknowledge; between a kill and the next start there is nobody to hear it."""
    try:
        found = json.loads(await daemon.ask("GET", "/api/v1/incidents?status=triggered"))["incidents"]
        worst = min(found, key=lambda one: (one["severity"], -one["number"]), default=None)
        if worst is None:
            screen.beat("nothing waits for an answer")
            return
        await daemon.ask("POST", f"/api/v1/incidents/{worst['number']}/acknowledge", {"by": ALICE.person})
        screen.beat(f"you press a: #{worst['number']} acknowledged by {ALICE.name}", "green")
    except DerailedError:
        screen.beat("nobody hears you just now; press it again")
