"""``rungbell playbook``, and what is overdue, from the command line."""

import json
from datetime import timedelta

import pytest

from tests.cli.conftest import Type
from tests.harness.webhooks import alert, message
from tests.web.running import MovableClock, Running, now


async def overdue(daemon: Running, clock: MovableClock) -> int:
    """An incident that nobody has answered in time."""
    number = await daemon.opened("DiskFull", severity="critical")
    clock.ahead += timedelta(minutes=61)
    await vars(daemon.daemon)["_watcher"].look()
    return number


@pytest.mark.requirement("82", "25", "23")
async def test_a_review_is_noted_and_shown_with_who_and_when_the_next_is_due(daemon: Running, typed: Type) -> None:
    at = ("playbook", "--url", daemon.url)
    before = (await typed(*at, "status")).stdout
    assert before.count("nobody has noted one yet") == 3
    noted = await typed(*at, "--as", "alice", "reviewed", "--kind", "drill", "--note", "L3 answered in two minutes")
    assert noted.exit_code == 0, noted.output
    assert noted.stdout.startswith("noted: drill, ")

    shown = (await typed(*at, "status")).stdout
    assert "95 days after the last one" in shown
    assert "L3 answered in two minutes" in shown
    assert (await typed(*at, "status", "-o", "name")).stdout.split() == ["playbook", "runbooks"]
    found = json.loads((await typed(*at, "status", "-o", "json")).stdout)
    assert found["reviews"][0]["by"] == "alice"
    assert "reviews    due: playbook, runbooks (never noted)" in (await typed("status", "--url", daemon.url)).stdout


async def test_a_review_that_is_not_over_is_refused_in_words(daemon: Running, typed: Type) -> None:
    refused = await typed("playbook", "--url", daemon.url, "reviewed", "--at", "2999-01-01T00:00Z")
    assert refused.exit_code == 1
    assert "when it is over" in refused.stderr


@pytest.mark.requirement("80")
async def test_what_is_overdue_is_marked_listed_and_told(clock: MovableClock, daemon: Running, typed: Type) -> None:
    quiet = await typed("incidents", "--url", daemon.url, "list", "--overdue")
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, "", "Nothing is overdue.\n")
    number = await overdue(daemon, clock)
    other = await daemon.opened("Other", severity="warning")

    listed = (await typed("incidents", "--url", daemon.url, "list")).stdout.splitlines()
    assert "OVERDUE" in listed[0]
    named = (await typed("incidents", "--url", daemon.url, "list", "--overdue")).stdout
    assert "response" in named
    assert "Other" not in named
    numbers = (await typed("incidents", "--url", daemon.url, "list", "--overdue", "-o", "name")).stdout.split()
    assert numbers == [str(number)]
    assert "overdue: response (since" in (await typed("incidents", "--url", daemon.url, "show", str(number))).stdout
    assert "1 P1 response" in (await typed("status", "--url", daemon.url)).stdout

    await daemon.act(number, "acknowledge", {"by": "alice"})
    assert (await typed("incidents", "--url", daemon.url, "list", "--overdue")).stdout == ""
    assert "OVERDUE" not in (await typed("incidents", "--url", daemon.url, "list")).stdout
    assert other


@pytest.mark.requirement("23", "81")
async def test_an_incident_is_shown_with_its_runbook_and_with_nothing_that_is_no_address(
    daemon: Running, typed: Type
) -> None:
    notes = {"runbook_url": "https://runbooks.example.org/disk", "dashboard_url": "javascript:alert(1)"}
    labels = {"alertname": "DiskFull", "severity": "critical"}
    number = await daemon.accepted(message([alert(labels, starts_at=now(), annotations=notes)]))
    shown = (await typed("incidents", "--url", daemon.url, "show", str(number))).stdout
    assert "runbook: https://runbooks.example.org/disk" in shown
    assert "javascript" not in shown
    assert (await daemon.incident(number))["links"] == {"runbook": "https://runbooks.example.org/disk"}
