"""Postmortems: which incidents owe one, when its parts are due, and what is to be done afterwards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.clock import ClockName
from rungbell.domain.clocks import deadlines, wake_at
from rungbell.domain.decision import Decision, Outcome
from rungbell.domain.events import Declared
from rungbell.domain.obligation_clocks import overdue
from rungbell.domain.policy import PostmortemRule
from rungbell.domain.postmortem.document import document
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld
from rungbell.domain.postmortem.figures import figures
from rungbell.domain.postmortem.record import DocumentState, ItemStatus, Owed, Postmortem
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import LABELS, alert, at, default_policy, fire, opened, shipped, with_plan
from tests.domain.world import MONDAY_10, World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def over(severity: str, lasted: timedelta = timedelta(minutes=20), world: World | None = None) -> World:
    """An incident that lasted so long and was resolved by a person."""
    world = world or opened(severity)
    world.acknowledge("alice")
    world.now += lasted
    world.resolve("alice", "repaired")
    return world


def owed(world: World) -> Owed | None:
    postmortem = world.state().postmortem
    return postmortem.owed if postmortem else None


def due(world: World, clock: ClockName) -> datetime | None:
    return next((one.due for one in deadlines(world.state(), world.records.policies[world.state().policy])
                 if one.clock is clock), None)  # fmt: skip


def of(world: World) -> Postmortem:
    postmortem = world.state().postmortem
    assert postmortem is not None
    return postmortem


def move(world: World, state: DocumentState, by: str = "chen") -> Decision:
    return world.happen(PostmortemMoved(incident=world.id, by=by, state=state))


def item(world: World, priority: Severity = Severity.P1, **more: object) -> Decision:
    event = ItemAdded(incident=world.id, by="chen", text="add the index", owner="dana", priority=priority, **more)  # type: ignore[arg-type]
    return world.happen(event)


# -- whether one is owed


@pytest.mark.requirement("14", "45", "A15", "A41")
@pytest.mark.parametrize(
    ("severity", "lasted", "expected"),
    [
        ("P0", timedelta(minutes=1), Owed.MANDATORY),
        ("P1", timedelta(hours=2), Owed.RECOMMENDED),
        ("P1", timedelta(hours=2, seconds=1), Owed.MANDATORY),
        ("P2", timedelta(hours=9), None),
    ],
)
def test_what_is_owed_follows_from_the_severity_and_how_long_it_lasted(
    severity: str, lasted: timedelta, expected: Owed | None
) -> None:
    assert owed(over(severity, lasted)) is expected


@pytest.mark.requirement("A15", "79")
@pytest.mark.parametrize(("severity", "expected"), [("P1", Owed.MANDATORY), ("P2", Owed.RECOMMENDED)])
def test_the_same_again_within_thirty_days_is_a_repeat_and_the_earlier_ones_are_linked(
    severity: str, expected: Owed
) -> None:
    world = over(severity)
    world.now += 30 * DAY - timedelta(minutes=21)
    fire(world, severity)
    over(severity, world=world)
    assert owed(world) is expected
    assert [*of(world).repeats] == [world.records.incidents["i1"].name or "1"]


@pytest.mark.requirement("A15")
def test_after_thirty_days_it_is_none() -> None:
    world = over("P1")
    world.now += 31 * DAY
    fire(world, "P1")
    assert owed(over("P1", world=world)) is Owed.RECOMMENDED


@pytest.mark.requirement("A15")
def test_the_worst_severity_it_ever_had_decides() -> None:
    world = opened("P0")
    world.acknowledge("alice")
    world.set_severity("chen", Severity.P2, "one client only")
    assert owed(over("P0", world=world)) is Owed.MANDATORY


@pytest.mark.requirement("65")
def test_whoever_commanded_owns_it() -> None:
    world = opened("P0")
    world.happen(Declared(incident=world.id, by="alice"))
    over("P0", world=world)
    assert of(world).owner == "chen"


@pytest.mark.requirement("A14")
def test_the_duration_runs_from_the_detection_to_the_resolution() -> None:
    world = World(shipped())
    world.receive(alert(world, "P1", since=MONDAY_10 - timedelta(minutes=100)))
    over("P1", timedelta(minutes=21), world)
    assert owed(world) is Owed.MANDATORY, "it had fired for an hour and forty minutes when it was received"


# -- when its parts are due


@pytest.mark.requirement("46", "A16", "A34", "A41")
@pytest.mark.parametrize("severity", ["P0", "P1"])
def test_the_draft_is_due_after_48_hours_the_review_after_five_business_days_and_the_publication_a_week_after_detection(
    severity: str,
) -> None:
    world = over(severity, timedelta(hours=3))
    resolved = world.now
    assert due(world, ClockName.POSTMORTEM_DRAFT) == resolved + 48 * HOUR
    assert due(world, ClockName.POSTMORTEM_REVIEW) == MONDAY_10 + 7 * DAY, "never after it is published"
    assert due(world, ClockName.POSTMORTEM_PUBLICATION) == MONDAY_10 + 7 * DAY


@pytest.mark.requirement("A16")
def test_of_an_incident_that_lasted_for_a_week_nothing_is_due_before_the_draft() -> None:
    world = over("P0", 8 * DAY)
    assert due(world, ClockName.POSTMORTEM_PUBLICATION) == due(world, ClockName.POSTMORTEM_DRAFT)


@pytest.mark.requirement("46", "A42")
def test_the_draft_is_overdue_at_its_time_not_a_second_earlier_and_its_owner_hears_of_it() -> None:
    world = opened("P0")
    world.happen(Declared(incident=world.id, by="alice"))
    over("P0", world=world)
    policy = world.records.policies[world.state().policy]
    at_ = world.now + 48 * HOUR
    assert ClockName.POSTMORTEM_DRAFT not in overdue(world.state(), policy, at_ - timedelta(seconds=1))
    world.now = at_
    world.tick()
    assert ClockName.POSTMORTEM_DRAFT in overdue(world.state(), policy, world.now)
    entry = next(one for one in world.entries if one.facts.get("obligation") == ClockName.POSTMORTEM_DRAFT)
    assert (entry.kind, entry.at) == (EntryKind.OVERDUE, at_)
    assert {one.page.person for one in world.outbox.values() if "draft" in one.page.about} == {"chen"}


def test_a_draft_in_time_ends_its_clock() -> None:
    world = over("P0")
    assert move(world, DocumentState.DRAFT).reply.outcome is Outcome.DONE
    assert due(world, ClockName.POSTMORTEM_DRAFT) is None
    assert due(world, ClockName.POSTMORTEM_REVIEW) is not None


@pytest.mark.requirement("77", "A31", "A34")
def test_it_is_published_after_its_review_and_then_nothing_is_due() -> None:
    world = over("P0")
    move(world, DocumentState.DRAFT)
    refused = move(world, DocumentState.PUBLISHED)
    assert (refused.reply.outcome, refused.empty) == (Outcome.INVALID, True)
    world.happen(ReviewHeld(incident=world.id, by="chen", attendees=("Support", "SRE"), outcome="priorities confirmed"))
    assert move(world, DocumentState.PUBLISHED).reply.outcome is Outcome.DONE
    review = of(world).review
    assert review is not None
    assert (review.attendees, review.outcome) == (("Support", "SRE"), "priorities confirmed")
    assert wake_at(world.state(), world.records.policies[world.state().policy]) is None


def test_a_review_that_is_still_to_come_is_none() -> None:
    world = over("P0")
    later = ReviewHeld(incident=world.id, by="chen", at=world.now + HOUR, outcome="fine")
    assert world.happen(later).reply.outcome is Outcome.INVALID


def test_before_the_end_there_is_no_postmortem_to_move() -> None:
    assert move(opened("P0"), DocumentState.DRAFT).reply.outcome is Outcome.INVALID


def test_an_owner_whom_nobody_knows_is_refused_with_the_names_that_are_known() -> None:
    world = over("P0")
    decision = world.happen(PostmortemMoved(incident=world.id, by="chen", owner="mallory"))
    assert decision.reply.outcome is Outcome.INVALID
    assert "alice" in decision.reply.text


# -- action items


@pytest.mark.requirement("75", "78", "A17")
@pytest.mark.parametrize(("priority", "days"), [("P0", 7), ("P1", 7), ("P2", 14)])
def test_an_action_item_is_due_by_its_priority_from_the_day_it_was_made(priority: str, days: int) -> None:
    world = over("P0")
    item(world, Severity(priority))
    assert of(world).items[0].due == world.now + days * DAY


@pytest.mark.requirement("A17")
def test_a_later_day_is_taken_and_the_answer_says_what_the_rule_is() -> None:
    world = over("P0")
    reply = item(world, due=world.now + 11 * DAY).reply
    assert reply.outcome is Outcome.DONE
    assert "the rule for P1 is 2026-11-30" in reply.text


@pytest.mark.requirement("75")
def test_an_item_goes_through_its_statuses_and_done_is_done() -> None:
    world = over("P0")
    item(world)
    for status in (ItemStatus.SCHEDULED, ItemStatus.IN_PROGRESS, ItemStatus.DONE):
        assert (
            world.happen(ItemChanged(incident=world.id, by="dana", number=1, status=status)).reply.outcome
            is Outcome.DONE
        )
    assert world.happen(ItemChanged(incident=world.id, by="dana", number=1, status=ItemStatus.DONE)).empty
    assert world.happen(ItemChanged(incident=world.id, by="dana", number=2, status=ItemStatus.DONE)).empty
    assert of(world).items[0].done_at == world.now


@pytest.mark.requirement("78")
def test_an_item_that_is_not_done_in_time_is_overdue() -> None:
    world = over("P0")
    item(world)
    policy = world.records.policies[world.state().policy]
    at_ = world.now + 7 * DAY
    assert ClockName.ACTION_ITEMS not in overdue(world.state(), policy, at_ - timedelta(seconds=1))
    assert ClockName.ACTION_ITEMS in overdue(world.state(), policy, at_)


@pytest.mark.requirement("78")
def test_open_items_are_gone_through_every_week_and_all_of_it_once_more_when_the_last_is_done() -> None:
    world = over("P0")
    item(world)
    made = world.now
    assert due(world, ClockName.ITEM_REVIEW) == made + 7 * DAY
    world.now += 2 * DAY
    world.happen(ItemsReviewed(incident=world.id, by="chen"))
    assert due(world, ClockName.ITEM_REVIEW) == made + 9 * DAY
    world.happen(ItemChanged(incident=world.id, by="dana", number=1, status=ItemStatus.DONE))
    assert due(world, ClockName.ITEM_REVIEW) is None
    assert due(world, ClockName.REVIEW_AGAIN) == made + 9 * DAY
    world.happen(ItemsReviewed(incident=world.id, by="chen"))
    assert due(world, ClockName.REVIEW_AGAIN) is None


def test_items_can_be_made_while_the_incident_lasts_and_stay() -> None:
    world = opened("P0")
    assert item(world).reply.outcome is Outcome.DONE
    over("P0", world=world)
    assert [one.text for one in of(world).items] == ["add the index"]
    assert owed(world) is Owed.MANDATORY


# -- the draft


def drafted(world: World) -> str:
    incident = world.state()
    people = shipped().roster.people
    return document(incident, world.records.policies[incident.policy], world.entries, people, "https://bell.example/7")


@pytest.mark.requirement("68", "69", "70", "71", "72", "73", "74", "75", "76", "77", "78", "79", "4")
def test_every_section_of_the_playbook_is_in_the_draft_in_its_order() -> None:
    text = drafted(over("P0"))
    sections = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert sections == [
        "Summary", "Timeline", "Impact", "Root cause", "What went well", "What went wrong", "Action items", "Lessons",
        "Follow-up", "Appendix",
    ]  # fmt: skip
    for line in ("**Incident:** INC-20261123-1000", "**Severity:** P0 (Critical)", "**Duration:** 20 minutes",
                 "**Incident commander:**", "**Participants:** Alice Ng", "**Status:** RESOLVED"):  # fmt: skip
        assert f"- {line}" in text
    for team in ("Engineering", "Support", "SRE"):
        assert f"### For {team}" in text
    assert "none (the first of its kind)" in text
    assert "a person is none" in text, "it asks for systems, not for somebody to blame"


@pytest.mark.requirement("71")
def test_the_timeline_of_the_draft_names_the_actor_with_the_tier_and_leaves_deliveries_out() -> None:
    world = over("P0")
    text = drafted(world)
    assert "| Time (UTC) | Event | Actor |" in text
    assert any(line.startswith("| 10:00 | ") and line.endswith(" Prometheus |") for line in text.splitlines())
    assert any("acknowledged" in line and line.endswith(" Alice Ng (L1) |") for line in text.splitlines())
    assert "page_accepted" not in text


@pytest.mark.requirement("74")
def test_what_was_measured_is_held_against_what_was_promised() -> None:
    world = opened("P0")
    at(world, 120)
    world.acknowledge("alice")
    at(world, 7200)
    world.resolve("alice", "repaired")
    measured = figures(world.state(), world.entries)
    assert measured.acknowledgement == timedelta(minutes=2)
    assert measured.resolution == 2 * HOUR
    text = drafted(world)
    well, wrong = text.split("## What went well")[1].split("## What went wrong")
    assert "Acknowledged after 2 minutes (expected within 5 minutes)" in well
    assert "client notice overdue" in wrong


def test_hostile_text_breaks_no_table() -> None:
    world = opened("P0")
    world.happen(Declared(incident=world.id, by="alice"))
    over("P0", world=world)
    world.happen(ItemAdded(incident=world.id, by="chen", text="a | b\n<script>", owner="x|y", priority=Severity.P1))
    row = next(line for line in drafted(world).splitlines() if line.startswith("| 1 |"))
    assert row.replace("\\|", "").count("|") == 7
    assert "\\<script\\>" in row


def test_no_item_is_due_so_far_away_that_its_incident_could_not_end() -> None:
    world = opened("P0")
    reply = item(world, due=datetime.max.replace(tzinfo=UTC)).reply
    assert (reply.outcome, reply.text) == (Outcome.INVALID, "9999-12-31 is too far away: give an earlier `due`")
    item(world)
    far = ItemChanged(incident=world.id, by="dana", number=1, due=datetime.max.replace(tzinfo=UTC))
    assert world.happen(far).reply.outcome is Outcome.INVALID
    assert world.resolve("chen", "repaired").outcome is Outcome.DONE


def test_nobody_owns_an_item_by_a_blank_name() -> None:
    world = over("P0")
    item(world)
    reply = world.happen(ItemChanged(incident=world.id, by="dana", number=1, owner=" ")).reply
    assert (reply.outcome, of(world).items[0].owner) == (Outcome.INVALID, "dana")


def test_what_fires_since_the_beginning_of_time_can_be_resolved() -> None:
    world = World(shipped())
    fire(world, "P1", since=datetime.min.replace(tzinfo=UTC))
    assert world.resolve("chen", "the clock of its source was wrong").outcome is Outcome.DONE


def test_what_an_alert_says_is_no_heading_of_the_draft() -> None:
    world = World(shipped())
    labels = {**LABELS["P0"], "alertname": "Disk\n# Full", "tenant": "<img src=x>"}
    world.receive(world.alert(labels=labels), alertname="Disk\n# Full", tenant="<img src=x>")
    lines = drafted(over("P0", world=world)).splitlines()
    assert lines[0] == "# Postmortem: Disk # Full: the disk is full"
    assert "# Full" not in [line[:6] for line in lines]
    assert not any("<img" in line.replace("\\<", "") for line in lines)


@pytest.mark.requirement("A15")
def test_what_ends_with_its_message_is_a_repeat_too() -> None:
    rule = PostmortemRule(Owed.OPTIONAL, on_repeat=Owed.RECOMMENDED)
    plan = default_policy().plan(Severity.P3)
    world = World(with_plan("P3", replace(plan, obligations=replace(plan.obligations, postmortem=rule))))
    for _ in range(2):
        fire(world, "P3")
        world.quieten()
        world.now += 2 * HOUR
    assert owed(world) is Owed.RECOMMENDED
