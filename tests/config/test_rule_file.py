"""Prometheus' files of rules: what their alerts are labelled with, and what is wrong with them."""

from pathlib import Path

import pytest

from rungbell.config import InvalidConfigError
from rungbell.config.rule_file import EXAMPLE, RuleFile, read_rules

GROUPS = """\
groups:
  - name: storage
    labels: {team: dba, severity: info}
    rules:
      - record: disk:free
        expr: 1
      - alert: DiskFull
        expr: disk:free < 0.1
        for: 5m
        labels: {severity: critical, shard: 3, wakes: true}
        annotations: {summary: full}
      - alert: Slow
        expr: up == 0
        labels: {job: "{{ $labels.job }}"}
"""


def read(folder: Path, text: str) -> RuleFile:
    path = folder / "rules.yml"
    path.write_text(text)
    return read_rules(path)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(InvalidConfigError) as caught:
        read(folder, text)
    return [str(one).removeprefix(f"{folder}/") for one in caught.value.mistakes]


def test_an_alert_has_the_labels_of_its_rule_its_group_and_its_name(tmp_path: Path) -> None:
    disk, slow = read(tmp_path, GROUPS).alerts
    assert disk.labels == {
        "alertname": "DiskFull", "team": "dba", "severity": "critical", "shard": "3", "wakes": "true",
    }  # fmt: skip
    assert (disk.line, disk.annotations) == (7, {"summary": "full"})
    assert slow.labels["severity"] == "info"


def test_what_is_filled_in_when_it_fires_stays_text_and_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, GROUPS)
    assert found.alerts[1].labels["job"] == "{{ $labels.job }}"
    (warning,) = found.warnings
    assert (warning.line, warning.field) == (14, "groups[0].rules[2].labels.job")
    assert "job of Slow is a template" in warning.message


def test_the_form_of_kubernetes_is_understood(tmp_path: Path) -> None:
    lines = "\n".join(f"  {line}" for line in GROUPS.splitlines())
    found = read(tmp_path, f"kind: PrometheusRule\nspec:\n{lines}\n")
    assert [alert.name for alert in found.alerts] == ["DiskFull", "Slow"]


def test_a_mistyped_key_is_a_warning_that_says_what_was_meant(tmp_path: Path) -> None:
    (warning, *_) = read(tmp_path, GROUPS.replace("annotations: {summary: full}", "lables: {a: b}")).warnings
    assert (warning.line, warning.hint) == (11, "did you mean `labels`?")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", f"rules.yml:1: is empty; hint: {EXAMPLE}"),
        ("groups: []\n", f"rules.yml:1: holds no alerting rule; hint: {EXAMPLE}"),
        ("groups: [{name: x, rules: [{record: a, expr: 1}]}]\n", "rules.yml:1: holds no alerting rule"),
        ("rules: []\n", "rules.yml:1: has no `groups`"),
        ("groups: {name: x}\n", "rules.yml:1: groups: must be a list"),
        ("groups:\n- 7\n", "rules.yml:2: groups[0]: must be a mapping"),
        ("groups:\n- name: x\n  rules:\n", "rules.yml:3: groups[0].rules: is empty"),
        ("groups:\n- name: x\n  rules:\n  - expr: 1\n", "rules.yml:4: groups[0].rules[0]: needs either `alert` or"),
        ("groups:\n- rules:\n  - {alert: A, record: b, expr: 1}\n", "rules.yml:3: groups[0].rules[0]: needs either"),
        ("groups:\n- rules:\n  - {alert: A}\n", "rules.yml:3: groups[0].rules[0]: has no `expr`"),
        ("groups:\n- rules:\n  - {alert: [A], expr: 1}\n", "rules.yml:3: groups[0].rules[0].alert: must be text"),
        ("groups:\n- rules:\n  - {alert: A, expr: 1, labels: no}\n", "rules.yml:3: groups[0].rules[0].labels: must be"),
        ("groups:\n- rules:\n  - {alert: A, expr: 1, labels: {a: [b]}}\n", "rules[0].labels.a: must be text"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_at_its_line(text: str, told: str, tmp_path: Path) -> None:
    found = mistakes(tmp_path, text)
    assert len(found) == 1
    assert told in found[0]


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert len(mistakes(tmp_path, "groups:\n- rules: 7\n- rules:\n  - {alert: A}\n  - {}\n")) == 3


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"absent\.yml: cannot be read: No such file"):
        read_rules(tmp_path / "absent.yml")
