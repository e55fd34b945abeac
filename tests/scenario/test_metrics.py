"""What happens moves the figures that operators look at, and nothing that an alert says makes a series."""

import json
import random
from datetime import timedelta

import pytest

from rungbell.clock import new_id
from rungbell.domain.events import AlertsReceived, Escalated, Unacknowledged
from rungbell.domain.policy import Tier
from rungbell.web.intake.webhook_body import read_group
from tests.harness import webhooks
from tests.scenario.harness import MONDAY_10, World
from tests.scenario.policies import story, watched, with_policy
from tests.telemetry.exposition import series


async def test_an_alert_that_opens_an_incident_is_counted_from_its_arrival_to_its_page(world: World) -> None:
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    assert world.figure("alerts_received_total", source="cluster-b") == 1
    assert world.figure("incidents_opened_total", severity="P1") == 1
    assert world.figure("climbs_total", from_="none", to="L1", cause="at_once") == 1
    assert world.figure("pages_total", channel="phone", tier="L1") == 1
    assert world.figure("pages_failed_total") == 0
    assert world.figure("page_latency_seconds_count", channel="phone") == 1
    assert world.figure("store_commit_batch_count") >= 2


async def test_a_silent_tier_is_a_climb_from_it_to_the_next_and_the_end_of_the_ladder_shows(world: World) -> None:
    world.expects_error("Nobody answered")
    await world.fires("DiskFull", "critical")

    await world.pass_time(minutes=20)

    for below, above in (("L1", "L2"), ("L2", "L3"), ("L3", "L4")):
        assert world.figure("climbs_total", from_=below, to=above, cause="lapse") == 1
    assert world.figure("climbs_total") == 5, "with the operator's own incident"
    assert world.figure("ladders_exhausted_total") == 1
    assert world.figure("troubles_total", kind="RungbellLadderExhausted") == 1
    world.expects_every_page()


async def test_a_tier_paged_by_hand_is_a_climb_from_the_highest_one_below_it(world: World) -> None:
    handled = await world.fires("DiskFull", "critical")
    assert handled.incident is not None

    await world.parts.handler.handle(Escalated(incident=handled.incident.id, by="alice", to=Tier.L4))
    await world.settle()

    assert world.figure("climbs_total", from_="L1", to="L4", cause="manual") == 1
    world.expects_every_page()


async def test_the_first_acknowledgement_is_what_it_took_to_answer_and_later_ones_are_not(world: World) -> None:
    handled = await world.fires("DiskFull", "critical")
    page = world.phone("alice").expects("DiskFull")
    await world.pass_time(seconds=40)

    await page.acknowledges()
    assert world.figure("time_to_acknowledge_seconds_sum", severity="P1") == 40
    assert world.figure("time_to_acknowledge_seconds_bucket", severity="P1", le="30.0") == 0
    assert world.figure("time_to_acknowledge_seconds_bucket", severity="P1", le="60.0") == 1

    assert handled.incident is not None
    await world.parts.handler.handle(Unacknowledged(incident=handled.incident.id, by="alice"))
    await world.pass_time(minutes=6)
    await world.phone("bob").expects("DiskFull").acknowledges()
    assert world.figure("time_to_acknowledge_seconds_count", severity="P1") == 1
    world.expects_every_page()


async def test_the_end_of_an_incident_is_counted_with_how_long_it_took(world: World) -> None:
    await world.fires("DiskFull", "warning")
    world.phone("alice").expects("DiskFull")
    await world.pass_time(minutes=5)
    await world.stops_firing("DiskFull")
    assert world.figure("incidents_resolved_total") == 0

    await world.pass_time(minutes=16)

    assert world.figure("incidents_resolved_total", severity="P2") == 1
    assert world.figure("time_to_resolve_seconds_sum", severity="P2") == 20 * 60, "the stability window included"


@pytest.mark.requirement("5", "8", "A26")
async def test_the_end_tells_how_long_nobody_knew_of_it(world: World) -> None:
    world.clock.reach(MONDAY_10 + timedelta(minutes=4))
    await world.receive(webhooks.firing("DiskFull", at=MONDAY_10, severity="warning"))
    world.phone("alice").expects("DiskFull")
    await world.receive(webhooks.resolved("DiskFull", at=MONDAY_10, ends_at=world.clock.now(), severity="warning"))
    await world.pass_time(minutes=16)

    assert world.figure("time_to_detect_seconds_sum", severity="P2") == 4 * 60
    assert world.figure("time_to_detect_seconds_bucket", severity="P2", le="300.0") == 1


@pytest.mark.requirement("9", "80")
async def test_an_obligation_is_counted_when_it_is_broken_by_its_name_and_severity(world: World) -> None:
    world.expects_error("Nobody answered")
    await world.fires("DiskFull", "critical")
    await world.pass_time(minutes=4)
    assert world.figure("obligations_broken_total") == 0

    await world.pass_time(minutes=16)

    assert world.figure("obligations_broken_total", obligation="response", severity="P1") == 1
    assert await world.parts.store.read(lambda transaction: transaction.count_overdue()) == {("response", "P1"): 1}
    world.expects_every_page()


async def test_a_page_that_fails_is_counted_by_channel_tier_and_reason(world: World) -> None:
    world.provider("phone").refuses()

    await world.fires("DiskFull", "critical")

    assert world.figure("pages_total", channel="phone", tier="L1") == 1
    assert world.figure("pages_failed_total", channel="phone", tier="L1", reason="refused") == 1
    assert world.figure("climbs_total", from_="L1", to="L2", cause="tier_empty") == 1
    world.expects_every_page()


@with_policy(story(L1="[mail]").replace("reach: olga, through: [mail]", "reach: olga, through: [phone]"))
async def test_the_page_of_a_channel_that_a_reload_took_away_fails_under_no_name_of_its_own(world: World) -> None:
    world.provider("mail").is_away()
    await world.fires("DiskFull", "critical")
    assert world.figure("pages_failed_total", channel="mail", tier="L1") == 1

    world.reload(story().replace("  mail: {type: simulated}\n", "").replace("through: [mail]", "through: [phone]"))
    await world.pass_time(seconds=1)

    assert world.figure("pages_failed_total", channel="(gone)", tier="L1", reason="channel_gone") == 1
    assert 'channel="mail"' not in world.metrics.text().decode()
    world.expects_every_page()


@with_policy(watched())
async def test_a_heartbeat_tells_when_it_came_and_its_source_takes_it_along(world: World) -> None:
    await world.hears_watchdog("cluster-a")
    assert world.figure("watchdog_last_seen_timestamp_seconds", source="cluster-a") == MONDAY_10.timestamp()

    world.metrics.know([], ["cluster-b"])
    await world.commit(webhooks.firing("Watchdog", at=MONDAY_10, severity="none"), source="cluster-a")

    assert "rungbell_watchdog_last_seen_timestamp_seconds{" not in world.metrics.text().decode()


async def test_alerts_that_never_page_or_whose_severity_is_guessed_are_counted_by_source(world: World) -> None:
    await world.fires("Idle", "none", source="cluster-a")
    await world.fires("Odd", "disturbing", source="cluster-a")
    world.phone("alice").expects("Odd")

    assert world.figure("alerts_received_total", source="cluster-a") == 2
    assert world.figure("alerts_never_paging_total", source="cluster-a") == 1
    assert world.figure("severity_unmapped_total", source="cluster-a") == 1
    assert world.figure("severity_unmapped_total", source="cluster-b") == 0


async def test_a_clock_that_nobody_served_in_time_shows_as_lag_and_then_no_more(world: World) -> None:
    await world.fires("DiskFull", "critical")
    world.clock.reach(MONDAY_10 + timedelta(minutes=5, seconds=42))

    await world.parts.watcher.look()
    assert world.figure("clock_lag_seconds") == 42
    await world.settle()

    assert world.figure("clock_lag_seconds") == 0
    assert world.figure("clock_watcher_last_run_timestamp_seconds") == world.clock.now().timestamp()
    world.expects_every_page()


async def test_a_hundred_thousand_alerts_that_say_anything_make_not_one_series(world: World) -> None:
    world.tolerates_errors()
    chance = random.Random(102)
    texts = [_any_text(chance) for _ in range(500)]
    await world.fires("First", "critical")
    before = series(world.metrics.text().decode())

    for turn in range(100):
        body = _any_message(chance, texts, range(turn * 1_000, turn * 1_000 + 1_000))
        reading = read_group(body, chance.choice(["cluster-a", "cluster-b", "unheard-of"]), MONDAY_10)
        await world.parts.handler.handle(AlertsReceived(group=reading.group, new_id=new_id()))
    await world.parts.sender.look()

    assert series(world.metrics.text().decode()) == before
    assert world.figure("alerts_received_total") == 100_001
    assert world.figure("incidents_opened_total") > 50
    world.expects_every_page()


def _any_message(chance: random.Random, texts: list[str], numbers: range) -> bytes:
    """A message whose alerts say anything in every label; most of them never page, which is quick."""
    common = dict(zip(("receiver", "status", "version"), (*chance.choices(texts, k=2), "4"), strict=True))
    alerts = []
    for number in numbers:
        name, severity, tier, reason = chance.choices(texts, k=4)
        severity = severity if chance.random() < 0.04 else "none"
        labels = {"alertname": f"{name}{number}", "severity": severity, "tier": tier, "reason": reason, "source": name}
        alerts.append({"status": "firing", "labels": labels, "annotations": {"summary": reason}})
    return json.dumps({**common, "groupLabels": {"alertname": f"{numbers}"}, "alerts": alerts}).encode()


def _any_text(chance: random.Random) -> str:
    odd = "".join(chance.choices('aZ0 _-"\\{}=\n\u00e9\u2028\U0001f514', k=chance.randint(1, 8)))
    return chance.choice([odd, "critical", "warning", "disaster", f"severity-{odd}"])
