"""What people type. Each family of verbs is one file, imported only when it is used, so that the others stay fast.

May import: the package's version, ``colours``, ``verbs``, the verbs (lazily), the standard library, click.
"""

import os
from collections.abc import Mapping

import click

from rungbell import __version__
from rungbell.cli.colours import no_color_option
from rungbell.cli.verbs import LazyGroup

# A command needs nothing that others plug into pydantic, and looking for it asks every distribution that is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

VERBS: Mapping[str, tuple[str, str]] = {
    "serve": ("rungbell.cli.serve", "Run the daemon."),
    "demo": ("rungbell.cli.demo", "See it work: a night of paging in a minute; nothing leaves this machine."),
    "init": ("rungbell.cli.init", "Answer a few questions and get a configuration that works."),
    "incidents": ("rungbell.cli.incidents", "Look at incidents and act on them."),
    "postmortem": ("rungbell.cli.postmortem", "Say what is owed after an incident, and draft it."),
    "playbook": ("rungbell.cli.playbook", "Say when the playbook was gone through, and what is due."),
    "oncall": ("rungbell.cli.oncall", "Say who is on call, and change it for a while."),
    "people": ("rungbell.cli.people", "Say who is known, and forget who has gone."),
    "status": ("rungbell.cli.status", "Say how the daemon stands."),
    "token": ("rungbell.cli.token", "Make, list and revoke tokens of the API."),
    "backup": ("rungbell.cli.backup", "Write a copy of the running daemon's store to a file."),
    "healthcheck": ("rungbell.cli.healthcheck", "Say by the exit code whether the daemon is ready."),
    "simulate": ("rungbell.cli.simulate", "Say who an alert would wake, when and why; nothing is sent."),
    "explain": ("rungbell.cli.simulate", "The same; or why an open incident paged people, and what comes next."),
    "check": ("rungbell.cli.check", "Check a configuration before it counts."),
    "test": ("rungbell.cli.test", "Run unit tests of a policy, on a clock that jumps."),
    "templates": ("rungbell.cli.templates", "See, try and replace the templates of what is told."),
    "version": ("rungbell.cli.version", "Say which rungbell this is."),
    "completion": ("rungbell.cli.completion", "Print what lets a shell complete commands, incidents and people."),
}
"""Verb to module and one line of help; the module has a click command of the verb's name."""


@click.group(cls=LazyGroup, verbs=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rungbell")
@no_color_option
def main() -> None:
    """Ring until someone answers: an alert-paging daemon between Alertmanager and people."""
