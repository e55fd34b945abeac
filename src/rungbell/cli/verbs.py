"""Groups of verbs: what all of them do alike when something is typed that they do not know, or that goes wrong.

Rules
-----
* A mistyped verb is answered with the one that was likely meant; click does so for options.
* Whatever ends a command ends it with one of ``exit_codes``.

May import: ``exit_codes``, ``garbage``, the standard library, click.
"""

import errno
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from rungbell.cli.exit_codes import INTERNAL, INTERRUPTED, NEGATIVE
from rungbell.garbage import nothing_collected

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What a write says where there is no room; a file of our own that has none is named, and told by who writes it."""


class VerbGroup(click.Group):
    """A group that knows what was likely meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say which one comes close."""
        name = args[0]
        if ctx.resilient_parsing or name.startswith("-") or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        known = self.list_commands(ctx)
        close = [one for one in known if name.startswith(one) or one.startswith(name)]
        from difflib import get_close_matches  # who types no mistake need not wait for it

        close = close or get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(repr(one) for one in close)}?" if close else ""
        raise click.UsageError(f"No such command {name!r}.{hint}", ctx)


class LazyGroup(VerbGroup):
    """Imports the module of a verb when the verb is used: ``verbs`` is verb to module and one line of help."""

    def __init__(self, *args: Any, verbs: Mapping[str, tuple[str, str]], **more: Any) -> None:  # noqa: ANN401 -- click's own
        super().__init__(*args, **more)
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One verb, imported now."""
        if cmd_name not in self._verbs:
            return None
        with nothing_collected():
            command: click.Command = getattr(importlib.import_module(self._verbs[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in self._verbs.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,  # noqa: ANN401 -- click's own
    ) -> Any:  # noqa: ANN401
        """Run what was typed, and end with the exit code that says what came of it."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except click.Abort as abort:
            after_a_question = abort.__cause__ is None  # elsewhere click has begun a new line already
            click.echo("\nInterrupted." if after_a_question else "Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
                click.echo(f"Error: what was asked for cannot be printed: {error.strerror}", err=True)
                sys.exit(NEGATIVE)
            if os.environ.get("RUNGBELL_TRACEBACK"):
                raise
            what = " ".join(f"{type(error).__name__}: {error}".split())
            click.echo(f"rungbell: internal error: {what} (RUNGBELL_TRACEBACK=1 shows where)", err=True)
            sys.exit(INTERNAL)
        sys.exit(code if isinstance(code, int) else 0)
