"""Puts up the stage (folder, phones, daemon), has the story told on it, and takes everything down, whatever happens.

Rules
-----
* SIGINT, SIGTERM and SIGHUP end the demo in good order; the signal's exit code says so. While it merely stays up after
  the story, that is its regular end.

May import: the rest of ``demo``, ``as_typed``, ``clock``.
"""

import asyncio
import signal
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from rungbell import __version__
from rungbell.cli.as_typed import as_typed
from rungbell.cli.demo.audience import ReaderActed
from rungbell.cli.demo.daemon import RUNGBELL, Daemon, DerailedError
from rungbell.cli.demo.keys import keys
from rungbell.cli.demo.phones import Phones, Provider, stumbling
from rungbell.cli.demo.policy import ACKNOWLEDGE_WITHIN, ELI, LADDER, Pace, configuration
from rungbell.cli.demo.screen import Screen
from rungbell.cli.demo.story import Story
from rungbell.clock import SystemClock
from rungbell.domain.values import dataclass

PREFIX = "rungbell-demo-"


@dataclass(frozen=True, slots=True)
class Props:
    """What a test may exchange: the program that is started, who answers the phones, where the folder is made."""

    command: Sequence[str] = RUNGBELL
    provider: Provider = stumbling
    parent: Path | None = None


@dataclass(slots=True)
class Ending:
    """Which signal came, if any, and whether the story was over by then."""

    came: asyncio.Event = field(default_factory=asyncio.Event)
    code: int = 0
    told: bool = False

    def ring(self, number: int) -> None:
        """Take a signal; further ones change nothing, so that the stage is always taken down."""
        if not self.came.is_set():
            self.code = 0 if self.told else 128 + number
            self.came.set()


async def run(screen: Screen, seconds: float, port: int, *, stays: bool = False, props: Props | None = None) -> int:
    """Tell the story and give the exit code."""
    ending = Ending()
    loop = asyncio.get_running_loop()
    numbers = [
        number
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN  # nohup
    ]
    for number in numbers:
        loop.add_signal_handler(number, ending.ring, number)
    try:
        playing = asyncio.create_task(_play(screen, Pace(seconds), port, props or Props(), ending if stays else None))
        interrupted = asyncio.create_task(ending.came.wait())
        await asyncio.wait({playing, interrupted}, return_when=asyncio.FIRST_COMPLETED)
        interrupted.cancel()
        if ending.came.is_set():
            playing.cancel()
        with suppress(asyncio.CancelledError):
            code = await playing
            return ending.code if ending.came.is_set() else code
        return ending.code
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def _play(screen: Screen, pace: Pace, port: int, props: Props, stays: Ending | None) -> int:
    try:
        async with AsyncExitStack() as stack:
            folder = Path(
                stack.enter_context(
                    tempfile.TemporaryDirectory(prefix=PREFIX, dir=props.parent, ignore_cleanup_errors=True)
                )
            )
            clock = SystemClock()
            phones = Phones(clock, props.provider)
            stack.push_async_callback(phones.stop)
            await phones.start()
            daemon = Daemon(folder, port, props.command)
            stack.push_async_callback(daemon.stop)
            daemon.config.write_text(configuration(pace, phones.url))
            screen.open()
            stack.callback(screen.close)
            _announce(screen, pace)
            await daemon.start()
            moved = f", for {port} is taken" if daemon.port != port else ""
            screen.beat(f"a real daemon is up at {daemon.url} (process {daemon.pid}){moved}")
            screen.beat(f"its policy and its store, gone at the end: {folder}")
            if stack.enter_context(keys(daemon, screen)):
                screen.line("          Press a to take it on as Alice, whenever you like; Ctrl-C ends.")
            await _tell(Story(daemon, phones, screen, pace, clock), screen)
            _where_next(screen, daemon if stays else None)
            if stays is not None:
                stays.told = True
                await _stay(screen, daemon, phones)
    except DerailedError as error:
        click.echo(f"rungbell demo: not as told: {error}", err=True)
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:
        click.echo(f"rungbell demo: cannot be played here: {error}", err=True)
        return 1
    return 0


def _announce(screen: Screen, pace: Pace) -> None:
    screen.line(f"rungbell {__version__} demo: one night of paging. Nothing leaves this machine.", "bold")
    tempo = f"{pace.real(ACKNOWLEDGE_WITHIN):.3g}"
    screen.line(f"{tempo} s here are {ACKNOWLEDGE_WITHIN} min of policy; the whole story takes {pace.seconds:.3g} s.")
    screen.line()
    for place, rung in reversed(list(enumerate(LADDER))):
        when = f"after {place * ACKNOWLEDGE_WITHIN} min without an answer" if place else "at once"
        when = "for P0 only: sleeps tonight" if rung is ELI else when
        screen.line(f"  {rung.tier}  {rung.name:6} {rung.role:24} {rung.channel:5} {when}")
    screen.line()


async def _tell(story: Story, screen: Screen) -> None:
    """Have the story told, and draw the sum, which must come out even."""
    try:
        measured = await story.tell()
    except ReaderActed as acted:
        _stopped(acted.incident, story, screen)
        return
    screen.coming("", 0)
    screen.line()
    for line in measured.lines():
        screen.result(line, "bold")
    if measured.lost or measured.doubled:
        raise DerailedError(f"{measured.lost} lost and {measured.doubled} doubled, where none should be")


def _stopped(incident: dict[str, Any], story: Story, screen: Screen) -> None:
    """Say what the reader's answer spared whom."""
    screen.coming("", 0)
    taken = incident["acknowledged_at"] or incident["resolved_at"]
    waited = (datetime.fromisoformat(taken) - datetime.fromisoformat(incident["opened_at"])).total_seconds()
    reached = incident["tier"]
    screen.line()
    answered = f"{waited:.1f} s after the alert: {story.pace.policy(waited):.1f} min of policy"
    screen.result(f"you stopped it at {reached}, {answered}. What would have followed:", "bold")
    for place, rung in enumerate(LADDER):
        if rung.tier > reached and rung is not ELI:
            screen.result(f"  {rung.tier}  {rung.name:6} {rung.channel:5} after {place * ACKNOWLEDGE_WITHIN} min")
    screen.result("  and the kill of the daemon in the middle, which costs no page: let it run to see that")


def _where_next(screen: Screen, daemon: Daemon | None) -> None:
    """Say what to do now, with the daemon that stays up or with one of the reader's own."""
    rungbell = as_typed()
    screen.line()
    if daemon is not None:
        alert = '{"alerts": [{"status": "firing", "labels": {"alertname": "Mine", "severity": "page"}}]}'
        screen.line("The daemon stays up until Ctrl-C. In another terminal, let it burn and stop it:")
        screen.line(f"  curl -s {daemon.url}/api/v1/alertmanager -d '{alert}'")
        screen.line(f"  {rungbell} incidents --url {daemon.url} list")
        screen.line(f"  {rungbell} incidents ack 3 --url {daemon.url} --as alice")
        screen.line()
    screen.line("Next, a configuration of your own, a daemon on it, and what is open there:")
    screen.line(f"  {rungbell} init")
    screen.line(f"  {rungbell} serve")
    screen.line(f"  {rungbell} incidents list")
    screen.line("README.md goes on from here; config/rungbell.yml is a whole policy.")


async def _stay(screen: Screen, daemon: Daemon, phones: Phones) -> None:
    """Go on showing whose phone rings until somebody ends it."""
    shown = len(phones.calls)
    while True:
        daemon.check()
        for call in phones.calls[shown:]:
            how = "rings" if call.taken else f"is refused ({call.status})"
            screen.beat(f"{call.rung.name}'s {call.channel} {how} ({call.rung.tier}): {call.first_line}", "bold")
        shown = len(phones.calls)
        await asyncio.sleep(0.05)
