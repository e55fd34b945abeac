"""What is simulated: labels that were typed, a webhook's payload, or the alerts of a file of rules.

Rules
-----
* Each is a message about one alert group, as Alertmanager would send it. Labels and rules know of no grouping; theirs
  is by ``alertname``.

May import: ``failures``, ``reading``, ``config``, ``web.intake.webhook_body``, ``domain``, the standard library, click.
"""

from datetime import datetime

import click

from rungbell.cli.failures import NegativeAnswerError
from rungbell.cli.simulate.reading import content, spelled
from rungbell.config import InvalidConfigError
from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.errors import MalformedInput
from rungbell.domain.values import dataclass

RECEIVER = "rungbell"
LARGEST = 32 * 1024 * 1024
"""Bytes of a payload; what the daemon takes, too."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One message."""

    name: str
    group: AlertGroup
    line: int | None = None
    """In its file of rules."""


def labels_of(words: tuple[str, ...]) -> dict[str, str]:
    """Read labels as they were typed.

    Raises:
        click.UsageError: one of them is none, or stands there twice.
    """
    labels: dict[str, str] = {}
    for word in words:
        name, separator, value = word.partition("=")
        if not separator or not name or name != name.strip():
            raise click.UsageError(
                f"{word!r} is neither LABEL=VALUE, such as severity=critical, nor an incident's number"
            )
        if name.endswith("!") or value.startswith("~"):
            raise click.UsageError(f"{word!r} is a matcher; an alert has labels, such as {name.rstrip('!')}=value")
        if name in labels:
            raise click.UsageError(f"the label {name} is given twice")
        labels[name] = value
    return {name: value for name, value in labels.items() if value}


def of_alert(
    labels: dict[str, str], source: str, annotations: dict[str, str] | None = None, line: int | None = None
) -> Subject:
    """Give the message of one firing alert."""
    alert = Alert(labels=labels, firing=True, annotations=annotations)
    grouped = {"alertname": labels["alertname"]} if "alertname" in labels else {}
    return Subject(alert.name, AlertGroup(source, RECEIVER, grouped, (alert,)), line)


def of_payload(file: str, source: str, at: datetime) -> Subject:
    """Read a webhook's body; ``-`` is standard input.

    Raises:
        NegativeAnswerError: it cannot be read, or can never be understood.
    """
    from rungbell.web.intake.webhook_body import read_group

    where, body = spelled(file), content(file, LARGEST)
    try:
        found = read_group(body, source, at)
    except MalformedInput as error:
        raise NegativeAnswerError(f"{where}: {error}") from None
    if found.unreadable:
        raise NegativeAnswerError(f"{where}: {found.unreadable} of its alerts are no objects")
    if not found.group.alerts:
        raise NegativeAnswerError(f"{where}: holds no alert")
    firing = [alert for alert in found.group.alerts if alert.firing]
    return Subject((firing or found.group.alerts)[0].name, found.group)


def of_rules(file: str, source: str) -> tuple[Subject, ...]:
    """Read the alerts of a file of rules; what there is to be warned of goes to standard error.

    Raises:
        NegativeAnswerError: it cannot be used.
    """
    from rungbell.config.rule_file import read_rules

    try:
        found = read_rules(file)
    except InvalidConfigError as error:
        raise NegativeAnswerError(str(error)) from None
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    return tuple(of_alert(dict(rule.labels), source, dict(rule.annotations), rule.line) for rule in found.alerts)
