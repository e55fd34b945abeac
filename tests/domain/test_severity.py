"""How bad it is: the mapping of rule 13, the operator's rules before it, and what never pages."""

from dataclasses import replace

import pytest

from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.matchers import parse_matchers
from rungbell.domain.severity import Severity, SeverityRule, SeverityRules, normalised
from rungbell.domain.triage import Tally, triage
from tests.domain.shipped import alert, shipped
from tests.domain.world import World

NO_RULES = SeverityRules()


def severity(rules: SeverityRules, source: str = "am", /, **labels: str) -> str | None:
    mapped = rules.map(labels, source).severity
    return None if mapped is None else mapped.value


def rule(wanted: Severity | None, *matchers: str) -> SeverityRule:
    return SeverityRule(wanted, parse_matchers(matchers), f"rule for {wanted}")


DEFAULTS = [
    ("critical", "P1"),
    ("page", "P1"),
    ("emergency", "P1"),
    ("error", "P1"),
    ("high", "P1"),
    ("warning", "P2"),
    ("info", "P3"),
    ("none", None),
]


@pytest.mark.parametrize(("word", "expected"), DEFAULTS)
def test_without_a_rule_the_word_decides(word: str, expected: str | None) -> None:
    mapped = NO_RULES.map({"alertname": "DiskFull", "severity": word}, "am")
    assert mapped.severity == expected
    assert not mapped.guessed


@pytest.mark.parametrize(("word", "expected"), DEFAULTS)
def test_the_shipped_rules_leave_the_word_alone_where_none_of_them_matches(word: str, expected: str | None) -> None:
    assert severity(shipped().rules, alertname="DiskFull", severity=word) == expected


@pytest.mark.parametrize("word", ["Critical", "CRITICAL", " critical ", "crit-ical"])
def test_spelling_does_not_matter(word: str) -> None:
    assert severity(NO_RULES, severity=word) == "P1"


@pytest.mark.parametrize("word", ["SEV-1", "sev 1", "Sev_1", "sev1"])
def test_spellings_of_a_numbered_word_fold_into_one(word: str) -> None:
    assert normalised(word) == "sev1"


@pytest.mark.parametrize("labels", [{}, {"severity": ""}, {"severity": "moderate"}, {"severity": "P0"}])
def test_what_nobody_knows_is_a_p2_and_shown_as_guessed(labels: dict[str, str]) -> None:
    mapped = NO_RULES.map(labels, "am")
    assert (mapped.severity, mapped.guessed) == (Severity.P2, True)


def test_the_fallback_is_the_operator_s_choice() -> None:
    assert severity(replace(NO_RULES, fallback=Severity.P3), severity="moderate") == "P3"


@pytest.mark.parametrize("word", ["P0", "p0", "sev0", "disaster", "critical", "emergency", "page", "fatal", "blocker"])
def test_no_word_alone_is_a_p0(word: str) -> None:
    assert severity(NO_RULES, severity=word) != "P0"
    assert severity(shipped().rules, severity=word) != "P0"


@pytest.mark.parametrize(
    "labels",
    [
        {"severity": "critical", "scope": "platform"},
        {"alertname": "AllWebhooksFailing"},
        {"alertname": "AllWebhooksFailingFor5m"},
        {"alertname": "DatabaseDown"},
        {"alertname": "DatabaseUnavailable"},
        {"alertname": "KubernetesClusterDown"},
        {"alertname": "KubernetesAllPodsDown"},
        {"alertname": "SecurityBreachConfirmed"},
        {"alertname": "DataLoss", "tenants": "several"},
        {"alertname": "DataCorruption", "tenants": "several"},
    ],
)
@pytest.mark.requirement("15")
def test_the_shipped_rules_make_the_playbook_s_catastrophes_p0(labels: dict[str, str]) -> None:
    assert severity(shipped().rules, **labels) == "P0"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"severity": "critical", "scope": "tenant"}, "P1"),
        ({"severity": "warning", "scope": "platform"}, "P2"),
        ({"severity": "warning", "alertname": "DatabaseDownsampling"}, "P2"),
        ({"severity": "warning", "alertname": "DataLoss", "tenants": "one"}, "P2"),
    ],
)
def test_and_nothing_beside_them(labels: dict[str, str], expected: str) -> None:
    assert severity(shipped().rules, **labels) == expected


def test_the_first_rule_that_matches_decides() -> None:
    rules = SeverityRules((rule(Severity.P3, 'team="web"'), rule(Severity.P0, 'severity="critical"')))
    assert severity(rules, severity="critical", team="web") == "P3"
    assert severity(rules, severity="critical", team="db") == "P0"


def test_every_alert_of_a_message_is_judged_by_its_own_labels() -> None:
    rules = SeverityRules((rule(Severity.P3, 'team="web"'), rule(Severity.P0, 'env=~"prod.*"')))
    labels: list[dict[str, str]] = [{"team": "web", "env": "prod-1"}, {"team": "db", "env": "prod-1"}, {"team": "db"}]
    alerts = tuple(Alert({**one, "instance": str(number)}, firing=True) for number, one in enumerate(labels * 2))
    sorted_ = triage(AlertGroup("am", "rungbell", {}, alerts), rules)
    assert [sighting.mapped for sighting in sorted_.sightings] == [rules.map(one, "am") for one in labels * 2]
    assert [sighting.mapped.severity for sighting in sorted_.sightings[:3]] == ["P3", "P0", "P2"]


def test_all_matchers_of_a_rule_must_hold() -> None:
    rules = SeverityRules((rule(Severity.P0, 'team="web"', 'env="prod"'),))
    assert severity(rules, severity="info", team="web", env="prod") == "P0"
    assert severity(rules, severity="info", team="web", env="test") == "P3"


def test_a_rule_can_say_that_something_never_pages() -> None:
    assert severity(SeverityRules((rule(None, 'env="test"'),)), severity="critical", env="test") is None


def test_none_never_pages_whatever_a_rule_says() -> None:
    rules = SeverityRules((rule(Severity.P0, 'team="web"'),), {"am": "p0"})
    assert severity(rules, severity="none", team="web") is None
    assert severity(rules, severity="critical", team="web", alertname="InfoInhibitor") is None


def test_the_operator_s_rule_comes_before_the_scheme_and_the_scheme_before_the_defaults() -> None:
    rules = SeverityRules((rule(Severity.P3, 'team="web"'),), {"am": "disaster"})
    assert severity(rules, severity="disaster", team="web") == "P3"
    assert severity(rules, severity="disaster") == "P0"
    assert severity(rules, severity="critical") == "P1"


SCHEMES = [
    ("p0", ["P0", "P1", "P2", "P3"]),
    ("p1", ["P1", "P2", "P3", "P4"]),
    ("sev0", ["sev0", "sev1", "sev2", "sev3"]),
    ("sev1", ["SEV-1", "SEV-2", "SEV-3", "SEV-4"]),
]


@pytest.mark.parametrize(("scheme", "words"), SCHEMES)
def test_a_declared_scheme_counts_from_its_own_top(scheme: str, words: list[str]) -> None:
    rules = SeverityRules(schemes={"am": scheme})
    assert [severity(rules, severity=word) for word in words] == ["P0", "P1", "P2", "P3"]


@pytest.mark.parametrize(("scheme", "words"), SCHEMES)
def test_the_same_words_of_another_source_are_guessed(scheme: str, words: list[str]) -> None:
    rules = SeverityRules(schemes={"am": scheme})
    assert {rules.map({"severity": word}, "grafana").guessed for word in words} == {True}


def test_the_alert_is_told_which_rule_decided() -> None:
    mapped = SeverityRules((rule(Severity.P0, 'team="web"'),)).map({"team": "web"}, "am")
    assert mapped.rule == "rule for P0"


def test_p0_is_worse_than_p1_and_nothing_is_worse_than_itself() -> None:
    assert Severity.P0.worse_than(Severity.P1)
    assert not Severity.P1.worse_than(Severity.P0)
    assert not Severity.P2.worse_than(Severity.P2)


@pytest.mark.requirement("7")
def test_the_words_of_the_playbook_stand_beside_the_letters() -> None:
    assert [severity.word for severity in Severity] == ["Critical", "High", "Medium", "Low"]


# -- triage: what of a message pages at all


def message(world: World, *alerts: tuple[str, dict[str, str]]) -> AlertGroup:
    made = tuple(world.alert(word, labels=labels) for word, labels in alerts)
    return AlertGroup("am", "rungbell", {}, made)


def test_alerts_received_are_those_attached_and_those_dropped() -> None:
    world = World(shipped())
    group = message(
        world, ("critical", {}), ("none", {}), ("moderate", {"a": "b"}), ("info", {"alertname": "InfoInhibitor"})
    )
    sorted_ = triage(group, shipped().rules)
    assert (len(sorted_.sightings), sorted_.tally) == (2, Tally(alerts=4, dropped=2, guessed=1))


@pytest.mark.parametrize("name", ["Watchdog", "DeadMansSwitch"])
def test_a_heartbeat_is_no_alert(name: str) -> None:
    world = World(shipped())
    sorted_ = triage(message(world, ("critical", {"alertname": name})), shipped().rules)
    assert (sorted_.heartbeat, sorted_.sightings, sorted_.dropped) == (True, (), 0)


def test_a_heartbeat_that_resolves_is_no_beat() -> None:
    world = World(shipped())
    over = alert(world, "P1", firing=False, alertname="Watchdog")
    assert not triage(AlertGroup("am", "rungbell", {}, (over,)), shipped().rules).heartbeat


def test_the_resolve_of_what_never_pages_is_kept_for_it_may_have_paged_under_older_rules() -> None:
    world = World(shipped())
    over = world.alert("none", firing=False)
    sorted_ = triage(AlertGroup("am", "rungbell", {}, (over,)), shipped().rules)
    assert (len(sorted_.sightings), sorted_.dropped) == (1, 0)
