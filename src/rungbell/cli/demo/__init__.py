"""``rungbell demo``: one night of paging, told in a minute on a real daemon.

Rules
-----
* Nothing leaves this machine: the daemon listens on loopback, and the phones are played by this process.
* Nothing stays: the store, the policy and the log stand in a temp folder that goes whatever ends the demo.
* Nothing is claimed: each line is printed after it was seen, each number is measured. What does not happen as told ends
  the demo with exit code 1 and a sentence.

May import: ``exit_codes``, the rest of ``demo``, ``clock``, ``config.durations``, click, aiohttp, rich (lazily).
"""

import sys

import click

from rungbell.cli.exit_codes import INTERRUPTED

PORT = 11911
SHORTEST, USUAL, LONGEST = 20.0, 60.0, 3600.0


@click.command()
@click.option(
    "--seconds", type=click.FloatRange(SHORTEST, LONGEST),
    help="How long the story takes, ending with it.  [default: 60, and on a terminal it stays up until Ctrl-C]",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(1, 65535), default=PORT, show_default=True,
    help="Where the daemon listens, on loopback; the next free one where it is taken.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="Only the summary; ends with it.")
def demo(seconds: float | None, port: int, *, quiet: bool) -> None:
    """See it work: a night of paging in a minute, on a real daemon; nothing leaves this machine."""
    try:
        import asyncio

        from rungbell.cli.demo.screen import Screen
        from rungbell.cli.demo.stage import run

        stays = seconds is None and not quiet and sys.stdout.isatty()
        code = asyncio.run(run(Screen(quiet=quiet), seconds or USUAL, port, stays=stays))
    except KeyboardInterrupt:
        code = INTERRUPTED
    raise click.exceptions.Exit(code)
