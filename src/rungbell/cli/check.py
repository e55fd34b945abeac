"""``rungbell check``: says whether something is as it should be, before it is used.

Rules
-----
* What was found goes to standard output; the exit code says whether all of it can be used.
* Without ``--lint`` a file is told what `serve` would log; with it, findings come with their id and why they matter.

May import: ``addresses``, ``check_calendars``, ``colours``, ``exit_codes``, ``verbs``, ``clock``, ``config``,
``notifiers`` and ``texts`` (lazily), ``domain``, the standard library, click.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, field
from typing import TYPE_CHECKING

import click

from rungbell.cli.addresses import DEFAULT_URL, external_url
from rungbell.cli.check_calendars import calendar_lines, calendars_found, fetch_calendar
from rungbell.cli.colours import no_color_option, styled
from rungbell.cli.exit_codes import LINT, NEGATIVE
from rungbell.cli.verbs import VerbGroup
from rungbell.clock import SystemClock
from rungbell.config import ConfigMistake, InvalidConfigError, Settings, load
from rungbell.config.calendars import Look
from rungbell.config.durations import format_duration
from rungbell.config.lint.kinds import KINDS
from rungbell.config.settings import AlertmanagerSettings
from rungbell.domain.values import dataclass

if TYPE_CHECKING:
    from rungbell.config.tls import ServerTls

SHOWN = 20
"""How many names of a kind are listed before the rest is only counted."""

_PLURALS = {"severity": "severities", "policy": "policies", "person": "people"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking one file: what was ``found`` in it, or the ``mistakes`` that stand in its way."""

    file: str
    lines: tuple[str, ...] = ()
    """What is in it, as people read it."""
    found: Mapping[str, object] = field(default_factory=dict)
    """The same, for machines."""
    hash: str | None = None
    mistakes: tuple[ConfigMistake, ...] = ()
    warnings: tuple[ConfigMistake, ...] = ()


class CheckGroup(VerbGroup):
    """Takes ``check --lint FILE`` for what is meant by it: ``check config --lint FILE``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the verb in where the lint is asked for without one."""
        return super().parse_args(ctx, ["config", *args] if args and args[0].startswith("--lint") else args)


@click.group(cls=CheckGroup)
def check() -> None:
    """Check something before it is used.

    `check --lint FILE` is short for `check config --lint FILE`.
    """


def _reporting(command: Callable[..., None]) -> Callable[..., None]:
    """Add what every check of files takes."""
    for add in (
        no_color_option,
        click.option("--lint-fatal", is_flag=True, help=f"Exit with {LINT} where there are warnings or findings."),
        click.option(
            "-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How to print what was found."
        ),
        click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE..."),
    ):
        command = add(command)
    return command


@check.command()
@_reporting
@click.option(
    "--web.external-url", "external_url", default="", metavar="URL", callback=external_url,
    help=f"As `serve` gets it.  [default: {DEFAULT_URL}]",
)  # fmt: skip
@click.option("--lint", is_flag=True, help="Look for what would hurt at night, too, over the next 14 days.")
@click.option("--fetch-calendars", is_flag=True, help="Ask the URLs of calendars, too; files are always read.")
def config(
    files: tuple[str, ...], output: str, external_url: str, lint_fatal: bool, lint: bool, fetch_calendars: bool
) -> None:
    """Read configuration files as `serve` would, and say everything that is wrong with them.

    What is so on purpose is allowed by `# rungbell: allow ID` on its line or just above.
    """
    from rungbell.notifiers import registry

    now = SystemClock().now()
    look = Look(now, fetch_calendar if fetch_calendars else None)

    def one(file: str) -> Checked:
        settings = load(file, registry(), external_url or DEFAULT_URL, lint_at=now if lint else None, calendars=look)
        held = inventory(settings)
        lines = tuple(_counted(kind, names) for kind, names in held.items())
        found: dict[str, object] = {_PLURALS.get(kind, f"{kind}s"): list(names) for kind, names in held.items()}
        if settings.calendars:
            calendars = calendars_found(settings, now, fetched=fetch_calendars)
            found["calendars"] = calendars
            lines += tuple(calendar_lines(calendars))
        if settings.alertmanagers:
            found["alertmanagers"] = {name: list(asked.urls) for name, asked in settings.alertmanagers.items()}
            lines += tuple(_asked(name, asked) for name, asked in settings.alertmanagers.items())
        mistakes = _tried(settings, found) if settings.templates else ()
        return Checked(file, lines, found, settings.hash, mistakes, settings.warnings)

    _report(files, one, output, lint_fatal=lint_fatal, explain=lint)


def _asked(name: str, asked: AlertmanagerSettings) -> str:
    """Say what rungbell will do with the Alertmanager of a source."""
    receivers = f" by {', '.join(asked.receivers)}" if asked.receivers else ""
    return (
        f"source {name}: asks {' and '.join(asked.urls)} every {format_duration(asked.every)} what fires{receivers}; "
        f"repairs what differs for {format_duration(asked.settle_after)}"
        f"{', and silences what is acknowledged' if asked.silences else ''}"
    )


def _tried(settings: Settings, found: dict[str, object]) -> tuple[ConfigMistake, ...]:
    """Try the texts with incidents that never were, and give what is wrong with their templates."""
    from rungbell.texts import Texts
    from rungbell.texts.checking import tried

    texts = Texts(settings.templates)
    found["templates"] = [kind.value for kind, source in texts.sources.items() if source.own]
    return tried(texts)


@check.command()
@_reporting
def web_config(files: tuple[str, ...], output: str, lint_fatal: bool) -> None:
    """Read files of --web.config.file as `serve` would, with the certificates they name."""
    from rungbell.config.web_file import load_web

    def one(file: str) -> Checked:
        web = load_web(file)
        tls, headers, users = web.tls, tuple(web.headers), tuple(web.users)
        lines = (f"TLS: {_tls(tls)}", _counted("header", headers), _counted("user", users))
        found = {"tls": tls is not None, "headers": list(headers), "users": list(users)}
        return Checked(file, lines, found, web.hash, warnings=web.warnings)

    _report(files, one, output, lint_fatal=lint_fatal)


def _tls(tls: "ServerTls | None") -> str:
    if tls is None:
        return "none"
    clients = f", client certificates {tls.client_certificates}" if tls.client_ca_file else ""
    return f"{tls.min_version} to {tls.max_version}{clients}"


def _report(
    files: tuple[str, ...], check_one: Callable[[str], Checked], output: str, *, lint_fatal: bool, explain: bool = False
) -> None:
    checked = [_checked(file, check_one) for file in files]
    if output == "json":
        click.echo(
            json.dumps({"files": [_document(one, explain=explain) for one in checked]}, indent=2, ensure_ascii=False)
        )
    else:
        for one in checked:
            _print(one, explain=explain)
    if any(one.mistakes for one in checked):
        sys.exit(NEGATIVE)
    if lint_fatal and any(one.warnings for one in checked):
        sys.exit(LINT)


def _checked(file: str, check_one: Callable[[str], Checked]) -> Checked:
    try:
        return check_one(file)
    except InvalidConfigError as error:
        return Checked(file, mistakes=error.mistakes)


def _print(checked: Checked, *, explain: bool) -> None:
    verdict = styled("FAILED", fg="red", bold=True) if checked.mistakes else styled("SUCCESS", fg="green", bold=True)
    click.echo(f"Checking {checked.file} … {verdict}")
    for mistake in checked.mistakes:
        _print_finding(mistake, mistake.text, explain=explain)
    for warning in checked.warnings:
        _print_finding(warning, styled("warning: ", fg="yellow", bold=True) + warning.text, explain=explain)
    for line in checked.lines:
        click.echo(f"  {line}")


def _print_finding(finding: ConfigMistake, text: str, *, explain: bool) -> None:
    kind = KINDS.get(finding.id) if explain else None
    click.echo(f"  {text}" + (f" [{kind.id}]" if kind else ""))
    if kind:
        click.echo(f"      at 3 a.m.: {kind.why}")
    if hint := finding.hint or (kind.how if kind else ""):
        click.echo(f"      hint: {hint}")


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
        "maintenance window": tuple(window.name for window in book.maintenance),
        "recipe": tuple(
            [one.name for one in book.recipes.containment] + [one.cause for one in book.recipes.eradication]
        ),
        "client": tuple(book.communication.clients),
        "channel": tuple(f"{channel.name} ({channel.type})" for channel in settings.channels.values()),
        "source": tuple(f"{one.name} (anonymous)" if one.anonymous else one.name for one in settings.sources),
        "rule": tuple(f"{rule.severity or 'none'} at {rule.label}" for rule in book.rules.rules),
    }


def _document(checked: Checked, *, explain: bool) -> dict[str, object]:
    return {
        "file": checked.file,
        "valid": not checked.mistakes,
        "hash": checked.hash,
        "found": dict(checked.found),
        "mistakes": _plain(checked.mistakes, explain=explain),
        "warnings": _plain(checked.warnings, explain=explain),
    }


def _plain(findings: Iterable[ConfigMistake], *, explain: bool) -> list[dict[str, object]]:
    return [asdict(finding) | (_explained(finding) if explain else {}) for finding in findings]


def _explained(finding: ConfigMistake) -> dict[str, object]:
    kind = KINDS.get(finding.id)
    return {"why": kind.why, "hint": finding.hint or kind.how} if kind else {"why": ""}
