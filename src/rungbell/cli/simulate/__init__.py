"""``rungbell simulate``, also called ``explain``: who an alert would wake, when and why; or what an open incident does.

Rules
-----
* Nothing is sent, and nothing of the daemon's is changed. Labels, a payload and a file of rules are held against a
  configuration file, without a daemon; an incident is asked of the daemon.
* Exactly one of the four is given. What is typed wrong ends with 2; a file that cannot be read, or something else than
  ``--verify`` expects, with 1.

May import: ``colours``, ``connection``, ``exit_codes``, ``failures``, ``garbage``, the standard library, click; all
else lazily.
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rungbell.cli.colours import no_color_option, styled
from rungbell.cli.connection import client_of, complete_incident, connection
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.failures import NegativeAnswerError
from rungbell.garbage import nothing_collected

if TYPE_CHECKING:
    from datetime import datetime

    from rungbell.cli.simulate.subject import Subject
    from rungbell.config import Settings

INCIDENT = re.compile(r"#?[0-9]{1,18}|INC-[0-9]{8}-[0-9]{4}(-[0-9]{1,8})?|[0-9a-f]{32}")
"""What names an incident and is no label."""
NOTHING_IS_SENT = "Nothing is sent. Overrides are the daemon's: none counts without --overrides."


@click.command()
@click.argument("words", nargs=-1, metavar="[LABEL=VALUE... | INCIDENT]", shell_complete=complete_incident)
@click.option("--payload", metavar="FILE", help="A webhook of Alertmanager or Grafana; - reads standard input.")
@click.option("--rules", metavar="FILE", help="A file of Prometheus' rules: each alert of it.")
@click.option(
    "--at",
    "time",
    default="now",
    show_default=True,
    metavar="TIME",
    help="`now`, or such as 2026-11-23T03:00: in the file's zone, unless it has its own.",
)
@click.option(
    "--overrides",
    metavar="FILE",
    help="Let these count: what `oncall override list -o json` prints; - reads standard input.",
)
@click.option("--source", metavar="NAME", help="Who sends it: a source may have a scheme of severities.")
@click.option(
    "--config.file",
    "config_file",
    type=click.Path(path_type=Path),
    default="rungbell.yml",
    show_default=True,
    help="The policy, one YAML file.",
)
@click.option(
    "--verify",
    multiple=True,
    metavar="WHAT=EXPECTED,...",
    help="Exit with 1 unless it is so: severity=P0,policy=default,L1=alice,L4@5m=farah.",
)
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="In which form."
)
@no_color_option
@connection
@click.pass_context
def simulate(context: click.Context, /, words: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 -- options
    """Say who would be woken, when and why; nothing is sent.

    \b
    rungbell simulate alertname=DiskFull severity=critical --at 2026-11-23T03:00
    rungbell simulate --payload webhook.json
    rungbell simulate --rules rules.yml --verify L1=alice
    rungbell oncall override list -o json | rungbell simulate alertname=DiskFull --overrides -
    rungbell explain 7      an incident of the daemon: why people were paged, and
                            what happens next
    """
    if len(words) == 1 and INCIDENT.fullmatch(words[0]):
        _explain(context, words[0].removeprefix("#"), given)
    else:
        with nothing_collected():
            _simulate(words, **given)


explain = simulate
"""The other name."""


def _explain(context: click.Context, incident: str, given: dict[str, Any]) -> None:
    for name in ("payload", "rules", "time", "overrides", "source", "config_file", "verify"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            flag = next(one.opts[0] for one in context.command.params if one.name == name)
            raise click.UsageError(
                f"{flag} does not go with an incident: that one is asked of the daemon, as it is now"
            )
    from rungbell.cli.simulate.live import show_outlook

    outlook = client_of(context).get(f"/api/v1/incidents/{incident}/outlook")
    if given["output"] == "json":
        click.echo(json.dumps(outlook, ensure_ascii=False, indent=2))
    else:
        show_outlook(outlook)


def _simulate(  # noqa: PLR0913 -- the options
    words: tuple[str, ...],
    *,
    payload: str | None,
    rules: str | None,
    time: str,
    overrides: str | None,
    source: str | None,
    config_file: Path,
    verify: tuple[str, ...],
    output: str,
) -> None:
    if bool(words) + (payload is not None) + (rules is not None) != 1:
        raise click.UsageError(
            "give one of: labels (alertname=DiskFull severity=critical), --payload, --rules, or an incident's number"
        )
    if payload == overrides == "-":
        raise click.UsageError("only one of --payload and --overrides can read standard input")
    from rungbell.cli.simulate import expected, subject, text
    from rungbell.cli.simulate.document import document

    wanted = expected.read_expected(verify)
    typed = subject.labels_of(words)
    settings, at, note, said = _counted(config_file, time, overrides)
    sender = _source(source, settings)
    if rules is not None:
        subjects = subject.of_rules(rules, sender)
    elif payload is not None:
        subjects = (subject.of_payload(payload, sender, at),)
    else:
        subjects = (subject.of_alert(typed, sender),)
    found = [document(settings, one, at, _foreseen(settings, one, at)) for one in subjects]
    click.echo(said, err=output == "json")
    if output == "json":
        click.echo(json.dumps({"rules": found} if rules is not None else found[0], ensure_ascii=False, indent=2))
    elif rules is not None:
        text.show_rules(found, note)
    else:
        text.show(found[0], note)
    _verify(found, wanted, output)


def _counted(config_file: Path, time: str, overrides: str | None) -> "tuple[Settings, datetime, str, str]":
    """Give what counts at a time: the settings, the time and what is noted of it, and what is to be said first."""
    settings, said = _settings(config_file), NOTHING_IS_SENT
    at, note = _moment(time, settings)
    if any(calendar.file is not None for calendar in settings.calendars.values()):
        settings = _settings(config_file, at)  # calendars are read for the days around a time
    if overrides is not None:
        from rungbell.cli.simulate.overrides import with_overrides

        settings, said = with_overrides(settings, overrides)
    for calendar in settings.calendars.values():
        if calendar.url is not None:
            told = f"the URL of the calendar {calendar.name} is not asked: here nobody is on call by it"
            click.echo(f"warning: {told}", err=True)
    return settings, at, note, said


def _settings(file: Path, at: "datetime | None" = None) -> "Settings":
    from rungbell.config import load
    from rungbell.config.calendars import Look
    from rungbell.domain.errors import ConfigError
    from rungbell.notifiers import registry

    try:
        return load(file, registry(), secrets=False, calendars=Look(at) if at is not None else None)
    except ConfigError as error:
        raise NegativeAnswerError(str(error)) from None


def _moment(time: str, settings: "Settings") -> "tuple[datetime, str]":
    from rungbell.cli.simulate.times import read_time
    from rungbell.clock import SystemClock

    try:
        return read_time(time, settings.book.routes[-1].policy.hours.zone, SystemClock().now())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from None


def _source(name: str | None, settings: "Settings") -> str:
    """Give the source whose message it is; where none is named, the only one there is."""
    names = [source.name for source in settings.sources]
    if name is not None and name not in names:
        raise click.BadParameter(f"there is no source {name!r}; the file has {', '.join(names)}", param_hint="--source")
    return name or (names[0] if len(names) == 1 else "")


def _foreseen(settings: "Settings", subject: "Subject", at: "datetime") -> Any:  # noqa: ANN401 -- Opening or Silence
    from rungbell.rehearsal.foresight import foresee

    try:
        return foresee(settings.book, subject.group, at)
    except ValueError as error:  # business hours that never open
        raise NegativeAnswerError(f"{subject.name}: {error}") from None


def _verify(found: list[dict[str, Any]], wanted: Any, output: str) -> None:  # noqa: ANN401 -- expectations
    from rungbell.cli.simulate.expected import differences

    failed = [(one, list(differences(one, wanted))) for one in found]
    failed = [(one, wrong) for one, wrong in failed if wrong]
    for one, wrong in failed:
        click.echo(styled(f"{one['name']} is not as expected:", fg="red", bold=True), err=output == "json")
        for difference in wrong:
            told = f"  {difference.key:<9} expected {difference.expected}, got {difference.got}"
            click.echo(told, err=output == "json")
    if failed:
        raise click.exceptions.Exit(NEGATIVE)
    if wanted:
        click.echo(styled(f"As expected: {len(wanted)} of {len(wanted)}", fg="green"), err=output == "json")
