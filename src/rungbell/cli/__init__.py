"""What people type. Each family of verbs is one file, imported only when it is used, so that the others stay fast."""

import importlib
from collections.abc import Mapping

import click

from rungbell import __version__

VERBS: Mapping[str, tuple[str, str]] = {
    "serve": ("rungbell.cli.serve", "Run the daemon."),
    "demo": ("rungbell.cli.demo", "See it work: a night of paging in a minute; nothing leaves this machine."),
    "incidents": ("rungbell.cli.incidents", "Look at incidents and act on them."),
    "token": ("rungbell.cli.token", "Make, list and revoke tokens of the API."),
    "backup": ("rungbell.cli.backup", "Write a copy of the running daemon's store to a file."),
    "healthcheck": ("rungbell.cli.healthcheck", "Say by the exit code whether the daemon is ready."),
    "check": ("rungbell.cli.check", "Check a configuration before it counts."),
}
"""Verb to module and one line of help; the module has a click command of the verb's name."""


class LazyGroup(click.Group):
    """Imports a verb's module when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One verb, imported now."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(importlib.import_module(VERBS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rungbell")
def main() -> None:
    """Ring until someone answers: an alert-paging daemon between Alertmanager and people."""
