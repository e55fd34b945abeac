"""The playbook's own examples, as alerting rules, have the severities that the playbook gives them."""

from pathlib import Path

import pytest

from rungbell.config.rule_file import AlertingRule, read_rules
from tests.deploy.commands import run
from tests.domain.shipped import shipped
from tests.harness.programs import find_program

FILE = Path(__file__).parents[2] / "config" / "playbook-alerts.yml"
BY_SEVERITY = {
    "P0": {
        "AllWebhooksFailing", "DatabaseUnavailable", "KubernetesAllPodsDown", "SecurityBreachConfirmed",
        "DataCorruption",
    },
    "P1": {
        "QueueDepthHigh", "ApiLatencyVeryHigh", "WorkerFailuresHigh", "LargeClientDown", "ExternalApiFailing",
        "ConnectionPoolExhausted",
    },
    "P2": {
        "QueueDepthRising", "ApiLatencyHigh", "SmallClientDown", "WorkersScaleTooSlowly", "EnhancementQualityLow",
        "FeedbackApiErrors",
    },
    "P3": {"DashboardBroken", "AlertFlapping", "FeedbackApiSlow", "EnhancementFailed"},
}  # fmt: skip


def rules() -> dict[str, AlertingRule]:
    return {rule.name: rule for rule in read_rules(FILE).alerts}


@pytest.mark.parametrize(
    "severity",
    [
        pytest.param("P0", marks=pytest.mark.requirement("15")),
        pytest.param("P1", marks=pytest.mark.requirement("17")),
        pytest.param("P2", marks=pytest.mark.requirement("19")),
        pytest.param("P3", marks=pytest.mark.requirement("21")),
    ],
)
def test_each_example_of_a_severity_has_a_rule_and_its_alerts_get_that_severity(severity: str) -> None:
    found = {name for name, rule in rules().items() if shipped().rules.map(rule.labels, "default").severity == severity}
    assert found == BY_SEVERITY[severity]


@pytest.mark.requirement("21")
def test_flapping_alone_makes_no_critical_alert_less_critical() -> None:
    flapping = {"alertname": "AlertFlapping", "severity": "info"}
    assert shipped().rules.map(flapping, "default").severity == "P3"
    assert shipped().rules.map({"alertname": "QueueDepthHigh", "severity": "critical"}, "default").severity == "P1"
    assert 'severity!~"critical|warning"' in FILE.read_text()


@pytest.mark.requirement("A29")
@pytest.mark.parametrize(("alert", "bound"), [("ApiLatencyVeryHigh", "> 5"), ("LargeClientDown", ">= 50")])
def test_what_lies_between_two_bands_is_the_worse_one_and_says_so(alert: str, bound: str) -> None:
    rule = rules()[alert]
    assert shipped().rules.map(rule.labels, "default").severity == "P1"
    assert rule.labels["band"] == "between"
    text = FILE.read_text()
    assert bound in text[text.index(f"alert: {alert}") :].split("labels:")[0]


def test_prometheus_takes_the_file() -> None:
    assert "SUCCESS" in run(find_program("promtool"), "check", "rules", str(FILE))
