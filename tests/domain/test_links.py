"""Links of an alert's annotations: kept where they are addresses, and shown with the incident."""

import pytest

from rungbell.domain.alert import Alert
from rungbell.domain.links import LONGEST, links_of
from tests.domain.shipped import LABELS, shipped
from tests.domain.world import World

RUNBOOK = "https://runbooks.example.org/disk-full"


@pytest.mark.requirement("23", "24", "81")
def test_runbook_dashboard_trace_and_logs_are_links() -> None:
    annotations = {
        "trace_url": "https://t.example.org/1",
        "runbook_url": f" {RUNBOOK}\n",
        "dashboard_url": "http://g.example.org/d/1?from=now-1h",
        "logs_url": "https://l.example.org",
        "summary": "https://other.example.org",
    }
    assert list(links_of(annotations)) == ["runbook", "dashboard", "trace", "logs"]
    assert links_of(annotations)["runbook"] == RUNBOOK


@pytest.mark.parametrize(
    "link",
    [
        "",
        "deploy/README.md#down",
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "https://a\nb",
        "https://\u202ea",
        "https://" + "a" * LONGEST,
    ],
)
def test_what_is_no_address_is_no_link(link: str) -> None:
    assert links_of({"runbook_url": link}) == {}
    assert links_of(None) == {}


def fires(world: World, severity: str, runbook: str, instance: str) -> None:
    labels = {"alertname": "DiskFull", "instance": instance, **LABELS[severity]}
    world.receive(Alert(labels=labels, firing=True, starts_at=world.now, annotations={"runbook_url": runbook}))


@pytest.mark.requirement("23")
def test_an_incident_keeps_the_runbook_of_its_worst_alert() -> None:
    world = World(shipped())
    fires(world, "P2", RUNBOOK, "one")
    fires(world, "P2", "https://runbooks.example.org/another", "two")
    assert world.state().links == {"runbook": RUNBOOK}
    fires(world, "P1", "https://runbooks.example.org/worse", "three")
    assert world.state().links == {"runbook": "https://runbooks.example.org/worse"}
