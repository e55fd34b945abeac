"""What is seen: plain lines with the time since the start; on a terminal colours, and a countdown that runs.

Rules
-----
* Without a terminal, or on a dumb one, lines only. ``NO_COLOR`` takes the colours, not the countdown.
* Lines are ASCII, so that no encoding can stop the story.

May import: click, rich (lazily, on a terminal only).
"""

import os
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.live import Live

REFRESH_SECONDS = 0.25
MARGIN = 10
"""Columns of the time before each beat."""
RESULT_MARGIN = 12
"""Columns of the word before each result."""


class Screen:
    """Prints; ``quiet`` prints results only."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._began = time.monotonic()
        self._coming: tuple[str, float] | None = None
        self._refreshed = 0.0
        self._live: Live | None = None
        lively = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._colours = lively and not os.environ.get("NO_COLOR")
        self._lively = lively and not quiet

    def open(self) -> None:
        """Begin to count."""
        self._began = time.monotonic()
        if self._lively:
            from rich.console import Console
            from rich.live import Live

            console = Console(no_color=not self._colours, highlight=False)
            self._live = Live(
                console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()

    def close(self) -> None:
        """Take the countdown away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def beat(self, text: str, style: str = "") -> None:
        """Tell what happened just now."""
        if not self.quiet:
            lead = MARGIN + len(text) - len(text.lstrip())
            self._print_wrapped(f"{self.now:6.1f} s  {text}", style, lead)

    def line(self, text: str = "", style: str = "") -> None:
        """Say something without a time."""
        if not self.quiet:
            self._print(text, style)

    def result(self, text: str, style: str = "") -> None:
        """Say what was measured, even when quiet."""
        self._print_wrapped(text, style, RESULT_MARGIN)

    def _print_wrapped(self, text: str, style: str, lead: int) -> None:
        """Break a long line between words where a terminal would break it within one."""
        room = self._live.console.width if self._live is not None else len(text) + 1
        for line in textwrap.wrap(text, room, subsequent_indent=" " * lead, break_long_words=False):
            self._print(line, style)

    def _print(self, text: str, style: str) -> None:
        if self._live is None:
            click.echo(text)
            return
        from rich.text import Text

        self._live.console.print(Text(text, style=style if self._colours else ""), soft_wrap=True)

    def coming(self, what: str, seconds: float) -> None:
        """Count down to something; an empty text counts no more."""
        self._coming = (what, time.monotonic() + seconds) if what else None
        self._refreshed = 0.0
        self.tick()

    def tick(self) -> None:
        """Let the countdown run; cheap enough to be called often."""
        if self._live is None or time.monotonic() - self._refreshed < REFRESH_SECONDS:
            return
        from rich.text import Text

        self._refreshed = time.monotonic()
        text = ""
        if self._coming is not None:
            what, due = self._coming
            text = f"{self.now:6.1f} s  ... {what} in {max(0.0, due - time.monotonic()):.0f} s"
        style = "dim" if self._colours else ""
        self._live.update(Text(text, style=style, no_wrap=True, overflow="ellipsis"), refresh=True)
