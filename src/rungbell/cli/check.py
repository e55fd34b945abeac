"""``rungbell check``: says whether something is as it should be, before it is used.

Rules
-----
* What was found goes to standard output; exit code 1 where a file cannot be used, 2 for wrong usage, 3 where there are
  warnings and ``--lint-fatal`` is given.
May import: ``colours``, ``config``, ``notifiers``, ``domain`` and click.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import click

from rungbell.cli.colours import no_color_option, styled
from rungbell.cli.verbs import VerbGroup
from rungbell.config import ConfigMistake, InvalidConfigError, NotifierType, Settings, load
from rungbell.domain.errors import ConfigError

SHOWN = 20
"""How many names of a kind are listed before the rest is only counted."""

_PLURALS = {"severity": "severities", "policy": "policies", "person": "people"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking one file: its ``settings``, or the ``mistakes`` that stand in their way."""

    file: str
    settings: Settings | None = None
    mistakes: tuple[ConfigMistake, ...] = ()

    @property
    def warnings(self) -> tuple[ConfigMistake, ...]:
        """What stops nothing but deserves a look."""
        return self.settings.warnings if self.settings else ()


@click.group(cls=VerbGroup)
def check() -> None:
    """Check something before it is used."""


@check.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How to print what was found."
)
@click.option("--lint-fatal", is_flag=True, help="Exit with 3 where there are warnings.")
@no_color_option
def config(files: tuple[str, ...], output: str, lint_fatal: bool) -> None:
    """Read configuration files as `serve` would, and say everything that is wrong with them."""
    from rungbell.notifiers import registry

    try:
        notifiers = registry()
    except ConfigError as error:
        click.echo(f"rungbell: {error}", err=True)
        sys.exit(1)
    checked = [_checked(file, notifiers) for file in files]
    if output == "json":
        click.echo(json.dumps({"files": [_document(one) for one in checked]}, indent=2, ensure_ascii=False))
    else:
        for one in checked:
            _print(one)
    if any(one.settings is None for one in checked):
        sys.exit(1)
    if lint_fatal and any(one.warnings for one in checked):
        sys.exit(3)


def _checked(file: str, notifiers: Mapping[str, NotifierType]) -> Checked:
    try:
        return Checked(file, load(file, notifiers))
    except InvalidConfigError as error:
        return Checked(file, mistakes=error.mistakes)


def _print(checked: Checked) -> None:
    verdict = styled("SUCCESS", fg="green", bold=True) if checked.settings else styled("FAILED", fg="red", bold=True)
    click.echo(f"Checking {checked.file} … {verdict}")
    for mistake in checked.mistakes:
        _print_finding(mistake, mistake.text)
    for warning in checked.warnings:
        _print_finding(warning, styled("warning: ", fg="yellow", bold=True) + warning.text)
    if checked.settings is not None:
        for kind, names in inventory(checked.settings).items():
            click.echo(f"  {_counted(kind, names)}")


def _print_finding(finding: ConfigMistake, text: str) -> None:
    click.echo(f"  {text}")
    if finding.hint:
        click.echo(f"      hint: {finding.hint}")


def _counted(kind: str, names: tuple[str, ...]) -> str:
    word = kind if len(names) == 1 else _PLURALS.get(kind, f"{kind}s")
    shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return f"{len(names)} {word}" + (f": {shown}" if shown else "")


def inventory(settings: Settings) -> dict[str, tuple[str, ...]]:
    """List what a configuration holds: names by kind, in the order of the file."""
    book = settings.book
    tiers = {tier for route in book.routes for tier in route.policy.tiers}
    return {
        "severity": tuple(sorted(book.routes[-1].policy.severities)),
        "policy": tuple(route.policy.name for route in book.routes),
        "tier": tuple(sorted(tiers)),
        "person": tuple(book.roster.people),
        "schedule": tuple(book.roster.schedules),
        "channel": tuple(f"{channel.name} ({channel.type})" for channel in settings.channels.values()),
        "source": tuple(f"{one.name} (anonymous)" if one.anonymous else one.name for one in settings.sources),
        "rule": tuple(f"{rule.severity or 'none'} at {rule.label}" for rule in book.rules.rules),
    }


def _document(checked: Checked) -> dict[str, object]:
    settings = checked.settings
    found = inventory(settings) if settings else {}
    return {
        "file": checked.file,
        "valid": settings is not None,
        "hash": settings.hash if settings else None,
        "found": {_PLURALS.get(kind, f"{kind}s"): list(names) for kind, names in found.items()},
        "mistakes": _plain(checked.mistakes),
        "warnings": _plain(checked.warnings),
    }


def _plain(findings: Iterable[ConfigMistake]) -> list[dict[str, object]]:
    return [asdict(finding) for finding in findings]
