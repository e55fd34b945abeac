"""The two files that are shipped load, and say what the playbook says."""

from datetime import timedelta
from pathlib import Path

import pytest

from rungbell.config import Settings, format_duration, load
from rungbell.domain.policy import PostmortemPlan, Resolves, SeverityPlan, Tier
from rungbell.domain.severity import Severity
from tests.config.sample import NOTIFIERS

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def playbook() -> Settings:
    return load(CONFIG / "rungbell.yml", NOTIFIERS)


@pytest.fixture
def quickstart() -> Settings:
    return load(CONFIG / "quickstart.yml", NOTIFIERS)


def row(plan: SeverityPlan) -> tuple[str, ...]:
    """Give a line of the playbook's table: page, acknowledge, cap, engineering, unresolved, lasts, stable."""
    lasts = plan.acknowledgement_lasts
    return (
        " ".join(plan.page),
        format_duration(plan.acknowledge_within) + (" business" if plan.business_hours_only else ""),
        plan.climb_to,
        format_duration(plan.engineering_within) if plan.engineering_within else "",
        " ".join(f"{tier} {format_duration(time)}" for tier, time in plan.while_unresolved.items()),
        format_duration(lasts) if lasts else "next business day",
        f"{format_duration(plan.stable_for)} {plan.resolves}",
    )


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ("P0", ("L1 L2 L3", "5m", "L5", "15m", "L4 1h L5 2h", "1h", "30m person")),
        ("P1", ("L1 L2", "5m", "L4", "30m", "", "2h", "30m person")),
        ("P2", ("L1", "15m", "L3", "4h", "L2 30m", "4h", "15m window")),
        ("P3", ("L1", "1h business", "L1", "", "", "next business day", "0s window")),
    ],
)
def test_the_playbook_file_has_the_playbooks_numbers(
    playbook: Settings, severity: str, expected: tuple[str, ...]
) -> None:
    assert row(playbook.book.routes[-1].policy.plan(Severity(severity))) == expected


@pytest.mark.requirement("46", "78", "A16", "A17", "A41")
def test_what_the_playbook_file_says_of_postmortems_holds_without_it_too(playbook: Settings) -> None:
    assert playbook.book.routes[-1].policy.postmortems == PostmortemPlan()


def test_the_playbook_file_has_no_mistake_and_no_warning(playbook: Settings) -> None:
    assert playbook.warnings == ()


@pytest.mark.requirement("53")
def test_A24_the_playbook_file_pages_each_tier_by_the_playbooks_channels_and_l1_by_no_telephone(  # noqa: N802
    playbook: Settings,
) -> None:
    tiers = playbook.book.routes[-1].policy.tiers
    assert {tier.value: " ".join(way.channel for way in plan.through) for tier, plan in tiers.items()} == {
        "L1": "pager chat",
        "L2": "pager chat phone",
        "L3": "pager chat phone",
        "L4": "phone mail",
        "L5": "phone",
    }


def test_in_the_playbook_file_the_top_tier_is_for_p0_only(playbook: Settings) -> None:
    assert playbook.book.routes[-1].policy.tiers[Tier.L5].only == {Severity.P0}


@pytest.mark.parametrize(
    "labels",
    [
        {"severity": "critical", "scope": "platform"},
        {"alertname": "AllWebhooksFailing"},
        {"alertname": "DatabaseUnavailable"},
        {"alertname": "KubernetesClusterDown"},
        {"alertname": "SecurityBreachConfirmed"},
        {"alertname": "DataLossDetected", "tenants": "several"},
    ],
)
def test_the_playbooks_examples_of_p0_are_p0(playbook: Settings, labels: dict[str, str]) -> None:
    assert playbook.book.rules.map(labels, "default").severity is Severity.P0


def test_critical_alone_does_not_wake_the_cto(playbook: Settings) -> None:
    assert playbook.book.rules.map({"severity": "critical"}, "default").severity is Severity.P1


def test_the_playbooks_own_troubles_go_to_the_default_policy(playbook: Settings) -> None:
    assert playbook.book.operator == playbook.book.routes[-1].policy


def test_the_quickstart_pages_one_person_a_tier_through_one_channel(quickstart: Settings) -> None:
    policy = quickstart.book.routes[-1].policy
    assert [policy.tiers[tier].reach for tier in Tier] == [("alice",), ("bob",), ("chen",), ("dana",), ("eli",)]
    assert {way.channel for plan in policy.tiers.values() for way in plan.through} == {"pager"}
    assert str(quickstart.channels["pager"].settings.url) == "http://127.0.0.1:9911/page"  # type: ignore[attr-defined]


@pytest.mark.parametrize("severity", list(Severity))
def test_in_the_quickstart_every_severity_climbs_one_tier_every_three_seconds(
    quickstart: Settings, severity: Severity
) -> None:
    plan = quickstart.book.routes[-1].policy.plan(severity)
    assert (plan.page, plan.acknowledge_within, plan.climb_to) == ((Tier.L1,), timedelta(seconds=3), Tier.L5)
    assert (plan.repage_unanswered, plan.repeat_exhausted_every) == (False, timedelta(minutes=1))
    assert (plan.resolves, plan.stable_for) == (Resolves.WINDOW, timedelta())


def test_in_the_quickstart_whatever_fires_is_p2(quickstart: Settings) -> None:
    mapped = quickstart.book.rules.map({"severity": "critical"}, "default")
    assert (mapped.severity, mapped.guessed) == (Severity.P2, False)


def test_the_quickstart_has_no_operator_and_says_so(quickstart: Settings) -> None:
    assert quickstart.book.operator is None
    assert [one.hint for one in quickstart.warnings] == ["operator: default"]


@pytest.mark.parametrize("file", ["rungbell.yml", "quickstart.yml"])
def test_neither_file_asks_who_is_sending(file: str) -> None:
    (source,) = load(CONFIG / file, NOTIFIERS).sources
    assert (source.name, source.anonymous, source.bearer) == ("default", True, None)
