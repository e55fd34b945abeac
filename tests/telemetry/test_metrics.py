"""The metrics by themselves: closed values, known at zero, gone with their name."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.clock import unsynchronised
from rungbell.domain.command.record import Command
from rungbell.domain.events import FailureReason
from rungbell.domain.incident import Detection, Incident, Status
from rungbell.domain.policy import Tier
from rungbell.telemetry import Metrics
from rungbell.telemetry.metrics.families import GONE
from tests.store.samples import NOON, incident
from tests.telemetry.exposition import figure, samples, series

OPENED_AT = NOON + timedelta(minutes=2)


@pytest.fixture
def metrics() -> Metrics:
    found = Metrics()
    found.know(["pager", "mail"], ["cluster-a", "cluster-b"])
    return found


def exposed(metrics: Metrics) -> str:
    return metrics.text().decode()


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("rungbell_webhooks_received_total", {"source": "cluster-a"}),
        ("rungbell_webhooks_refused_total", {"reason": "unreadable"}),
        ("rungbell_incidents_opened_total", {"severity": "P0"}),
        ("rungbell_incidents", {"status": "triggered", "severity": "P0"}),
        ("rungbell_climbs_total", {"from_": "L1", "to": "L2", "cause": "lapse"}),
        ("rungbell_pages_total", {"channel": "pager", "tier": "L5"}),
        ("rungbell_pages_failed_total", {"channel": "mail", "tier": "L1", "reason": "timeout"}),
        ("rungbell_time_to_acknowledge_seconds_count", {"severity": "P3"}),
        ("rungbell_time_to_resolve_seconds_count", {"severity": "P3"}),
        ("rungbell_time_to_detect_seconds_count", {"severity": "P3"}),
        ("rungbell_obligations_broken_total", {"obligation": "response", "severity": "P0"}),
        ("rungbell_obligations_overdue", {"obligation": "postmortem_draft", "severity": "P1"}),
        ("rungbell_log_messages_total", {"level": "critical"}),
    ],
)
def test_what_can_happen_is_known_at_zero_before_it_does(metrics: Metrics, name: str, labels: dict[str, str]) -> None:
    known = {at for at, _ in samples(exposed(metrics))}
    assert name in known
    figure(exposed(metrics), name, **labels)
    if "log_messages" not in name:
        assert figure(exposed(metrics), name, **labels) == 0


def test_the_largest_deployment_imagined_stays_far_below_what_one_target_may_cost(metrics: Metrics) -> None:
    metrics.know([f"channel-{number}" for number in range(10)], [f"source-{number}" for number in range(20)])
    assert len(series(exposed(metrics))) < 2_000


def test_a_name_that_a_reload_takes_away_takes_its_series_along_and_a_new_one_starts_at_zero(metrics: Metrics) -> None:
    metrics.paging.channel("mail").pages[Tier.L1].inc()
    metrics.intake.source("cluster-b").alerts.inc(3)
    metrics.intake.beat("cluster-b", 1_000.0)

    metrics.know(["pager", "chat"], ["cluster-a"])

    text = exposed(metrics)
    assert "mail" not in text
    assert "cluster-b" not in text
    assert figure(text, "rungbell_pages_total", channel="chat") == 0


def test_what_still_comes_for_a_name_that_is_gone_is_counted_as_such(metrics: Metrics) -> None:
    metrics.know(["pager"], ["cluster-a"])
    before = series(exposed(metrics))

    metrics.paging.channel("mail").failed[Tier.L2, FailureReason.CHANNEL_GONE].inc()
    metrics.intake.source("cluster-b").webhooks.inc()
    metrics.intake.beat("cluster-b", 1_000.0)

    text = exposed(metrics)
    assert figure(text, "rungbell_pages_failed_total", channel=GONE, tier="L2", reason="channel_gone") == 1
    assert figure(text, "rungbell_webhooks_received_total", source=GONE) == 1
    assert series(text) == before


def test_names_that_change_at_every_reload_leave_nothing_behind(metrics: Metrics) -> None:
    size = len(series(exposed(metrics)))
    for turn in range(50):
        metrics.know([f"pager-{turn}", "mail"], [f"cluster-{turn}", "other"])
    assert len(series(exposed(metrics))) == size


def test_a_request_with_a_method_or_status_nobody_knows_makes_no_series_of_its_own(metrics: Metrics) -> None:
    for turn in range(20):
        metrics.requests.of("/metrics", f"METHOD{turn}", 200).observe(0.01)
        metrics.requests.of("/metrics", "GET", 700 + turn).observe(0.01)
    text = exposed(metrics)
    assert "METHOD" not in text
    assert figure(text, "rungbell_http_request_duration_seconds_count", method="other") == 20
    assert figure(text, "rungbell_http_request_duration_seconds_count", code="other") == 20


@pytest.mark.parametrize(("told", "shown"), [(True, 1.0), (False, 0.0)])
def test_the_clock_is_unsynchronised_where_the_kernel_says_so(metrics: Metrics, told: bool, shown: float) -> None:
    metrics.daemon.watch_clock(lambda: told)
    assert figure(exposed(metrics), "rungbell_clock_unsynchronised") == shown


def test_where_nobody_can_tell_whether_the_clock_is_synchronised_there_is_no_series(metrics: Metrics) -> None:
    metrics.daemon.watch_clock(lambda: None)
    assert "rungbell_clock_unsynchronised" not in exposed(metrics)


def test_the_kernel_is_asked_without_changing_anything() -> None:
    assert unsynchronised() in {True, False, None}
    assert unsynchronised() == unsynchronised()


def ended(status: Status, **facts: object) -> tuple[Incident, Incident]:
    """An incident before and after its end, an hour after it was opened."""
    before = incident(detected_at=NOON, opened_at=OPENED_AT, **facts)
    return before, replace(before, status=status, resolved_at=before.opened_at + timedelta(hours=1))


@pytest.mark.requirement("5")
@pytest.mark.parametrize(("status", "counted"), [(Status.RESOLVED, 1), (Status.FALSE_POSITIVE, 0), (Status.MERGED, 0)])
def test_only_what_was_repaired_counts_for_the_time_to_repair(metrics: Metrics, status: Status, counted: int) -> None:
    metrics.incidents.ended(*ended(status))
    for name in ("incidents_resolved_total", "time_to_resolve_seconds_count", "time_to_detect_seconds_count"):
        assert figure(exposed(metrics), f"rungbell_{name}") == counted


@pytest.mark.requirement("8", "A26")
@pytest.mark.parametrize(
    ("facts", "count", "seconds"),
    [
        ({}, 1, 120),
        ({"command": Command(impact_started_at=OPENED_AT - timedelta(minutes=20))}, 1, 1200),
        ({"detection": Detection.CLIENT_REPORT}, 0, 0),
        ({"cycle": 2}, 0, 0),
    ],
    ids=["by its alert", "since when people say", "a report is no detection", "once for all cycles"],
)
def test_a_detection_took_as_long_as_nobody_knew(
    metrics: Metrics, facts: dict[str, object], count: int, seconds: int
) -> None:
    metrics.incidents.ended(*ended(Status.RESOLVED, **facts))
    assert figure(exposed(metrics), "rungbell_time_to_detect_seconds_count", severity="P1") == count
    assert figure(exposed(metrics), "rungbell_time_to_detect_seconds_sum", severity="P1") == seconds


def test_what_is_overdue_no_more_leaves_no_figure_behind(metrics: Metrics) -> None:
    metrics.obligations.count_overdue({("client_notice", "P0"): 2})
    assert figure(exposed(metrics), "rungbell_obligations_overdue", obligation="client_notice", severity="P0") == 2
    metrics.obligations.count_overdue({})
    assert figure(exposed(metrics), "rungbell_obligations_overdue") == 0
