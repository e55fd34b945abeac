"""An incident's life by hand, typed against a real daemon."""

import json
from typing import get_args

import pytest

from rungbell.cli.incidents import DETECTIONS, REASONS
from rungbell.cli.lifecycle import WORKING
from rungbell.domain.events import Reason
from rungbell.domain.incident import Detection
from rungbell.web.acts.lifecycle import StatusBody
from tests.cli.conftest import Type
from tests.web.running import Running


def test_what_can_be_typed_is_what_the_daemon_knows() -> None:
    assert set(REASONS) == set(Reason)
    assert set(DETECTIONS) == set(Detection) - {Detection.ALERT}
    assert set(WORKING) == set(get_args(StatusBody.model_fields["status"].annotation))


@pytest.mark.requirement("A12", "27", "42", "44")
async def test_an_incident_that_somebody_saw_is_worked_on_watched_resolved_closed_and_reopened(
    daemon: Running, typed: Type
) -> None:
    me = ("incidents", "--url", daemon.url, "--as", "alice")
    opened = await typed(*me, "open", "it is slow", "--severity", "P1", "--detection", "client_report", "-o", "json")
    number = str(json.loads(opened.stdout)["incident"]["number"])
    early = await typed(*me, "status", number, "identified")
    assert (early.exit_code, "acknowledge it first" in early.stderr) == (1, True)
    await typed(*me, "ack", number)
    assert "#1 identified: identified" in (await typed(*me, "status", number, "identified")).output
    shown = (await typed(*me, "show", number)).output
    assert "phase: containment; found by client report" in shown
    assert "identified, acknowledged by alice until" in shown
    assert "`--for`: must be longer than nothing" in (await typed(*me, "snooze", number, "--for", "0s")).stderr
    snoozed = await typed(*me, "snooze", number, "--for", "30m")
    assert "#1 identified: snoozed until" in snoozed.output
    assert "snoozed by alice until" in (await typed(*me, "show", number)).output
    assert "if nothing fires" in (await typed(*me, "status", number, "monitoring", "--note", "a new index")).output
    refused = await typed(*me, "resolve", number)
    assert refused.exit_code == 1
    assert "nobody has attested that the service is restored" in refused.stderr
    assert "resolving now needs a `--because`" in refused.stderr
    assert (await typed(*me, "resolve", number, "--because", "it is fast")).exit_code == 0
    assert (await typed(*me, "close", number, "--because", "a drill")).exit_code == 0
    assert "resolved, closed; by alice" in (await typed(*me, "show", number)).output
    assert "reopened as cycle 2" in (await typed(*me, "reopen", number, "--because", "slow again")).output


async def test_several_go_on_in_one_and_others_were_nothing(daemon: Running, typed: Type) -> None:
    me = ("incidents", "--url", daemon.url, "--as", "alice")
    whole, *parts, nothing = [str(await daemon.opened(name)) for name in ("One", "Two", "Three", "Four")]
    merged = await typed(*me, "merge", *parts, "--into", whole)
    assert merged.output.count(f"it goes on in #{whole}") == 2
    assert (await typed(*me, "merge", nothing, "--into", nothing)).exit_code == 1
    assert (await typed(*me, "false-positive", nothing)).exit_code == 2, "a reason is needed"
    assert (await typed(*me, "false-positive", nothing, "--because", "the probe")).exit_code == 0
    listed = await typed(*me, "list", "--status", "false_positive", "-o", "name")
    assert listed.stdout.split() == [nothing]
    assert f"merged into #{whole} by" in (await typed(*me, "show", parts[0])).output


@pytest.mark.requirement("A28", "58")
async def test_a_breach_is_released_by_its_commander_only(daemon: Running, typed: Type) -> None:
    me = ("incidents", "--url", daemon.url, "--as", "alice")
    number = str(await daemon.opened("One"))
    assert (await typed(*me, "escalate", number, "--because", "boredom")).exit_code == 2
    assert (await typed(*me, "escalate", number, "--because", "security_breach")).exit_code == 0
    assert "restricted: nobody but those paged" in (await typed(*me, "show", number)).output
    refused = await typed(*me, "release", number)
    assert (refused.exit_code, "nobody commands it" in refused.stderr) == (1, True)
