"""Prometheus' files of alerting rules, read for the labels that their alerts will have.

Rules
-----
* What Prometheus would refuse is a mistake, at its line; a key that it does not know is a warning, for others that
  read the same form have keys of their own.
* A group's labels belong to its rules, and ``alertname`` is one of them, as in the alerts that Prometheus sends.
* A label that Prometheus fills in when it fires (``{{ $labels.x }}``) stays as it is written and is named in a warning:
  nobody knows its value before.
* ``PrometheusRule`` of Kubernetes holds the same under ``spec``.

May import: ``findings``, ``mistakes``, ``reading`` and the standard library.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from rungbell.config.findings import Findings
from rungbell.config.mistakes import ConfigMistake, InvalidConfigError, Path, did_you_mean
from rungbell.config.reading import read_file
from rungbell.domain.values import dataclass

TEMPLATE = "{{"
"""How Prometheus' templates begin."""
RULE_KEYS = ("alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations")
EXAMPLE = "groups: [{name: storage, rules: [{alert: DiskFull, expr: …}]}]"
GROUP_KEYS = ("name", "interval", "query_offset", "limit", "labels", "rules")


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """One alerting rule: the labels of its alerts, as far as the rule gives them, and where it stands."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What a file of rules holds, in its order."""

    alerts: tuple[AlertingRule, ...]
    warnings: tuple[ConfigMistake, ...]


def read_rules(path: FilePath | str) -> RuleFile:
    """Read the alerting rules of the file at ``path``.

    Raises ``InvalidConfigError`` with every mistake of the file, also where it holds no alerting rule at all.
    """
    findings = read_file(path, EXAMPLE).findings
    alerts = tuple(_alerts(findings))
    if not alerts and not findings.mistakes:
        findings.wrong((), "holds no alerting rule", EXAMPLE)
    if findings.mistakes:
        raise InvalidConfigError(findings.mistakes)
    return RuleFile(alerts, findings.warnings)


def _alerts(findings: Findings) -> Iterator[AlertingRule]:
    data: dict[str, object] = findings.document.data
    path: Path = ("groups",)
    spec = data.get("spec")
    if "groups" not in data and isinstance(spec, dict):
        data, path = spec, ("spec", "groups")
    if "groups" not in data:
        findings.wrong((), "has no `groups`", "this is where Prometheus' rules stand")
    for at, group in _items(data.get("groups", []), path, findings):
        _check_keys(group, at, GROUP_KEYS, findings)
        shared = _texts(group.get("labels"), (*at, "labels"), findings)
        for place, rule in _items(group.get("rules"), (*at, "rules"), findings):
            _check_keys(rule, place, RULE_KEYS, findings)
            if (alert := _alert(rule, place, shared, findings)) is not None:
                yield alert


def _alert(rule: dict[str, object], path: Path, shared: dict[str, str], findings: Findings) -> AlertingRule | None:
    """Give an alerting rule; nothing for a recording one, or for one that is neither."""
    labels = _texts(rule.get("labels"), (*path, "labels"), findings)
    annotations = _texts(rule.get("annotations"), (*path, "annotations"), findings)
    if ("alert" in rule) == ("record" in rule):
        findings.wrong(path, "needs either `alert` or `record`")
        return None
    if rule.get("expr") in (None, ""):
        findings.wrong(path, "has no `expr`", "Prometheus refuses a rule without one")
    if "record" in rule:
        return None
    name = rule["alert"]
    if not isinstance(name, str) or not name:
        findings.wrong((*path, "alert"), "must be text", "the name of the alert")
        return None
    for label, value in labels.items():
        if TEMPLATE in value:
            findings.warn(
                "",
                (*path, "labels", label),
                f"{label} of {name} is a template, kept as text: its value is known when it fires",
            )
    found = {key: value for key, value in {**shared, **labels}.items() if value}
    return AlertingRule(name, {"alertname": name, **found}, annotations, findings.document.locate(path).line)


def _items(value: object, path: Path, findings: Findings) -> Iterator[tuple[Path, dict[str, object]]]:
    """Give the mappings of a list, each with its place; what is not one is a mistake."""
    if not isinstance(value, list):
        findings.wrong(path, "must be a list" if value is not None else "is empty")
        return
    for index, item in enumerate(value):
        if isinstance(item, dict):
            yield (*path, index), item
        else:
            findings.wrong((*path, index), "must be a mapping (key: value)")


def _texts(value: object, path: Path, findings: Findings) -> dict[str, str]:
    """Read a mapping of text, as Prometheus does: numbers and booleans are the text they are written as."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        findings.wrong(path, "must be a mapping (key: value)")
        return {}
    found: dict[str, str] = {}
    for name, item in value.items():
        if isinstance(item, dict | list):
            findings.wrong((*path, name), "must be text")
        else:
            found[name] = str(item).lower() if isinstance(item, bool) else "" if item is None else str(item)
    return found


def _check_keys(given: dict[str, object], path: Path, known: tuple[str, ...], findings: Findings) -> None:
    for key in given.keys() - set(known):
        hint = did_you_mean(key, known)
        findings.warn("", (*path, key), "is no key of Prometheus", "" if hint.startswith("known:") else hint)
