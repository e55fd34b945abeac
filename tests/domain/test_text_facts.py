"""What texts to others are written from: every fact, from those of the incident, and what clients must not know."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rungbell.domain.command.checklists import LINES
from rungbell.domain.command.record import Assignment, Command, Impact, Role, Tick, Told, Waiver
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.facts import ABOUT, LISTS, TextFacts, text_facts
from rungbell.domain.communication.kinds import Recipient
from rungbell.domain.communication.progress import VALIDATED
from rungbell.domain.communication.times import in_words, lasted
from rungbell.domain.incident import Incident, Status, TierState
from rungbell.domain.policy import Policy, Tier
from rungbell.domain.postmortem.record import DocumentState, Owed, Postmortem
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import Entry, EntryKind
from tests.domain.shipped import default_policy, shipped

DETECTED = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_STATED: dict[str, Any] = {one.name: f"<{one.name}>" for one in fields(Impact) if one.name != "clients"}
FULL = Impact(**_STATED)


def incident(severity: str = "P0", **facts: Any) -> Incident:  # noqa: ANN401 -- the fields of an incident
    command = facts.pop("command", {})
    given = {
        "title": "DatabaseDown: db-1",
        "severity": Severity(severity),
        "number": 7,
        "name": "INC-20261123-1030",
        "command": Command(**command),
        **facts,
    }
    return Incident(
        id="i1", key="k", source="am", receiver="", group_labels={}, policy="", policy_name="default", summary="",
        severity_rule="", detected_at=DETECTED, opened_at=DETECTED, paging_from=DETECTED, **given,
    )  # fmt: skip


def facts_of(
    found: Incident,
    audience: Audience = Audience.INTERNAL,
    *,
    after: timedelta = 5 * MINUTE,
    entries: tuple[Entry, ...] = (),
    policy: Policy | None = None,
) -> TextFacts:
    recipient = Recipient("r", "Recipient", {}, audience)
    chosen = policy or default_policy()
    return text_facts(found, chosen, shipped(), entries, recipient, DETECTED + after, url="http://rungbell/")


def test_every_fact_says_what_it_means_and_lists_are_known() -> None:
    assert all(ABOUT.values())
    assert {"progress", "actions", "validations"} == LISTS


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 hours 0 minutes"),
        (1, "0 hours 1 minute"),
        (59, "0 hours 59 minutes"),
        (60, "1 hour 0 minutes"),
        (135, "2 hours 15 minutes"),
        (3000, "50 hours 0 minutes"),
        (-3, "0 hours 0 minutes"),
    ],
)
@pytest.mark.requirement("49", "50")
def test_a_duration_is_hours_and_minutes(minutes: int, said: str) -> None:
    assert lasted(minutes * MINUTE + timedelta(seconds=59 if minutes >= 0 else 0)) == said


@pytest.mark.parametrize(
    ("minutes", "said"), [(15, "15 minutes"), (60, "1 hour"), (90, "1 hour 30 minutes"), (0, "0 minutes")]
)
def test_in_a_sentence_it_leaves_out_what_is_zero(minutes: int, said: str) -> None:
    assert in_words(minutes * MINUTE) == said


@pytest.mark.requirement("49", "50")
def test_the_duration_runs_from_the_detection_to_now_or_to_the_end() -> None:
    assert facts_of(incident(), after=65 * MINUTE).duration == "1 hour 5 minutes"
    over = incident(status=Status.RESOLVED, resolved_at=DETECTED + 135 * MINUTE)
    found = facts_of(over, after=timedelta(days=2))
    assert (found.duration, found.resolved) == ("2 hours 15 minutes", "2026-11-23 12:45 UTC")


# -- who, where ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("47", "51")
def test_the_commander_is_named_with_the_role_and_as_chats_call_people() -> None:
    roles = {Role.INCIDENT_COMMANDER: Assignment("chen", Tier.L2, DETECTED)}
    found = facts_of(incident(command={"roles": roles}))
    assert (found.commander, found.commander_mention) == ("Chen Wei (Senior support engineer)", "@chen")
    assert (facts_of(incident()).commander, facts_of(incident()).commander_mention) == ("", "")


def test_a_commander_whom_the_file_knows_no_more_is_named_all_the_same() -> None:
    roles = {Role.INCIDENT_COMMANDER: Assignment("zoe", Tier.L2, DETECTED)}
    assert facts_of(incident(command={"roles": roles})).commander == "zoe (Senior support engineer)"


@pytest.mark.requirement("47", "51")
@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("INC-20261123-1030", "#incident-20261123-1030"),
        ("INC-20261123-1030-2", "#incident-20261123-1030-2"),
        (None, ""),
    ],
)
def test_the_war_room_is_named_as_the_incident(name: str | None, room: str) -> None:
    assert facts_of(incident(name=name)).war_room == room
    assert facts_of(incident(name=name), Audience.CLIENTS).war_room == ""


@pytest.mark.requirement("47")
def test_engineers_are_those_who_stand_on_l3_now() -> None:
    assert facts_of(incident()).engineers == "@engineering-oncall (@dana)"
    assert facts_of(incident(), after=timedelta(days=7)).engineers == "@engineering-oncall (@eli)"


def test_the_timeline_is_linked_where_this_rungbell_is_reached() -> None:
    assert facts_of(incident()).timeline == "http://rungbell/api/v1/incidents/7/timeline"


# -- what is owed ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("47", "48", "49", "51", "52", "A10")
@pytest.mark.parametrize(
    ("severity", "audience", "said"),
    [
        ("P0", Audience.INTERNAL, "within 30 minutes (by 11:05 UTC)"),
        ("P0", Audience.CLIENTS, "within 30 minutes (by 11:05 UTC)"),
        ("P0", Audience.EXECUTIVES, "within 15 minutes (by 10:50 UTC)"),
        ("P1", Audience.INTERNAL, "within 30 minutes (by 11:05 UTC)"),
        ("P1", Audience.CLIENTS, "within 1 hour (by 11:35 UTC)"),
        ("P1", Audience.EXECUTIVES, ""),
        ("P2", Audience.INTERNAL, ""),
        ("P2", Audience.CLIENTS, "within 1 hour (by 11:35 UTC)"),
    ],
)
def test_the_next_update_is_due_when_its_clock_says_counted_from_this_text(
    severity: str, audience: Audience, said: str
) -> None:
    assert facts_of(incident(severity), audience).next_update == said
    told = {audience: Told(DETECTED - timedelta(hours=3), DETECTED - timedelta(hours=2))}
    assert facts_of(incident(severity, command={"told": told}), audience).next_update == said


def test_nothing_more_is_promised_of_what_is_over() -> None:
    over = incident(status=Status.RESOLVED, resolved_at=DETECTED + MINUTE)
    assert facts_of(over, Audience.CLIENTS).next_update == ""


@pytest.mark.requirement("51", "A36")
def test_the_client_notification_has_its_time_or_is_said_to_be_due() -> None:
    assert facts_of(incident(), after=MINUTE).client_notification == "not yet sent, due 11:00 UTC"
    assert facts_of(incident(), after=30 * MINUTE).client_notification == "not yet sent, due 11:00 UTC"
    assert facts_of(incident(), after=31 * MINUTE).client_notification == "not yet sent, was due 11:00 UTC"
    told = {Audience.CLIENTS: Told(DETECTED + 15 * MINUTE, DETECTED + 45 * MINUTE)}
    assert facts_of(incident(command={"told": told})).client_notification == "sent at 10:45 UTC"


@pytest.mark.requirement("A36")
def test_a_client_notification_of_another_day_has_its_date() -> None:
    told = {Audience.CLIENTS: Told(DETECTED, DETECTED)}
    found = facts_of(incident(command={"told": told}), after=timedelta(days=1))
    assert found.client_notification == "sent at 2026-11-23 10:30 UTC"


def test_clients_who_need_not_be_told_are_not_said_to_be_due() -> None:
    assert facts_of(incident("P2")).client_notification == "not required"
    waived = {Audience.CLIENTS: Waiver("chen", DETECTED, "nobody noticed")}
    assert facts_of(incident(command={"waived": waived})).client_notification == "not sent: nobody noticed"
    over = incident(status=Status.RESOLVED, resolved_at=DETECTED + MINUTE)
    assert facts_of(over).client_notification == "not sent"


@pytest.mark.requirement("51", "A38")
def test_the_sla_and_what_executives_may_be_needed_for_follow_from_their_clocks_where_nobody_says_more() -> None:
    assert facts_of(incident("P1")).sla == "at risk from 12:00 UTC on"
    assert facts_of(incident("P1"), after=90 * MINUTE).sla == "at risk since 12:00 UTC"
    assert "by 11:00 UTC, a provider" in facts_of(incident()).escalation
    assert "not been contained by 11:00 UTC" in facts_of(incident(), after=30 * MINUTE).escalation
    stated = facts_of(incident("P1", command={"impact": FULL}))
    assert (stated.sla, stated.escalation) == ("<sla>", "<condition>")


@pytest.mark.requirement("50", "A27")
@pytest.mark.parametrize(
    ("severity", "minutes", "due"), [("P0", 5, True), ("P1", 120, False), ("P1", 121, True), ("P2", 500, False)]
)
def test_a_postmortem_is_spoken_of_where_the_policy_demands_one(severity: str, minutes: int, due: bool) -> None:
    assert facts_of(incident(severity), after=minutes * MINUTE).postmortem_due is due


@pytest.mark.requirement("A27")
def test_a_postmortem_is_spoken_of_where_one_is_owed_or_begun() -> None:
    def due(owed: Owed, state: DocumentState = DocumentState.NONE) -> bool:
        return facts_of(incident("P1", postmortem=Postmortem(owed, "", state=state))).postmortem_due

    assert due(Owed.MANDATORY)
    assert not due(Owed.RECOMMENDED)
    assert due(Owed.OPTIONAL, DocumentState.DRAFT)


# -- what happened ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("49")
def test_the_progress_for_clients_is_the_milestones_in_order() -> None:
    command = {
        "declared_at": DETECTED + 3 * MINUTE,
        "cause_found_at": DETECTED + 15 * MINUTE,
        "mitigated_at": DETECTED + 30 * MINUTE,
        "impact": Impact(plain_cause="a wrong setting"),
    }
    found = facts_of(incident(command=command, monitoring_since=DETECTED + 45 * MINUTE), Audience.CLIENTS)
    assert found.progress == (
        "[10:30 UTC] Problem detected",
        "[10:33 UTC] Incident declared; our team is at work on it",
        "[10:45 UTC] Cause found: a wrong setting",
        "[11:00 UTC] Problem contained",
        "[11:15 UTC] Repair in place; watching that it holds",
    )
    assert found.news == "Repair in place; watching that it holds"


@pytest.mark.requirement("49")
def test_clients_see_what_a_person_marked_as_visible_at_the_time_at_which_it_was() -> None:
    visible, hidden = {"client_visible": "true"}, {"happened_at": "2026-11-23T10:31:00Z"}
    entries = (
        Entry(DETECTED + 2 * MINUTE, EntryKind.NOTE, "inside only"),
        Entry(DETECTED + 9 * MINUTE, EntryKind.NOTE, "the provider is called", facts=visible),
        Entry(DETECTED + 20 * MINUTE, EntryKind.NOTE, "logins fail", facts=visible | hidden),
    )
    found = facts_of(incident(), Audience.CLIENTS, after=30 * MINUTE, entries=entries)
    assert found.progress == (
        "[10:30 UTC] Problem detected",
        "[10:31 UTC] logins fail",
        "[10:39 UTC] the provider is called",
    )


@pytest.mark.requirement("47", "51")
def test_what_was_done_begins_with_engineers_that_were_paged() -> None:
    paged = {Tier.L3: TierState(DETECTED + MINUTE, "at once")}
    assert facts_of(incident(tiers=paged)).actions == ("Engineering paged at 10:31 UTC",)
    nobody = {Tier.L3: TierState(DETECTED + MINUTE, "at once", empty=True)}
    assert facts_of(incident(tiers=nobody)).actions == ()


@pytest.mark.requirement("47", "A12")
@pytest.mark.parametrize(
    ("status", "progress", "said"),
    [
        (Status.TRIGGERED, Status.ACKNOWLEDGED, "INVESTIGATING"),
        (Status.ACKNOWLEDGED, Status.ACKNOWLEDGED, "INVESTIGATING"),
        (Status.TRIGGERED, Status.FIXING, "FIXING"),
        (Status.MONITORING, Status.FIXING, "MONITORING"),
        (Status.FALSE_POSITIVE, Status.ACKNOWLEDGED, "FALSE POSITIVE"),
    ],
)
def test_the_status_says_where_the_work_stands_whoever_holds_it(status: Status, progress: Status, said: str) -> None:
    assert facts_of(incident(status=status, progress=progress)).status == said


@pytest.mark.requirement("A27")
def test_only_what_somebody_attested_is_said_to_be_validated() -> None:
    assert VALIDATED.keys() <= LINES.keys()
    first, *_ = VALIDATED
    ticks = {first: Tick("chen", DETECTED), "triage.real": Tick("chen", DETECTED)}
    assert facts_of(incident(command={"ticks": ticks})).validations == (VALIDATED[first],)


# -- what clients must not know --------------------------------------------------------------------------------------

SECRETS = ("DatabaseDown", "<cause>", "<business>", "<sla>", "<metric>", "<condition>", "#incident-", "@dana",
           "chen", "timeline", "Engineering")  # fmt: skip


def whole(facts: TextFacts) -> str:
    return repr([getattr(facts, name) for name in ABOUT])


@pytest.fixture
def stated() -> Incident:
    roles = {Role.INCIDENT_COMMANDER: Assignment("chen", Tier.L2, DETECTED)}
    return incident(
        command={"impact": FULL, "roles": roles, "cause_found_at": DETECTED},
        tiers={Tier.L3: TierState(DETECTED, "at once")},
    )


def test_clients_facts_hold_nothing_of_the_inside_whatever_a_template_asks_for(stated: Incident) -> None:
    said = whole(facts_of(stated, Audience.CLIENTS))
    assert [secret for secret in SECRETS if secret in said] == []
    assert "<functionality>" in said
    assert "<plain_cause>" in said
    assert all(secret in whole(facts_of(stated)) for secret in SECRETS)


@pytest.mark.requirement("A28")
def test_of_a_restricted_incident_clients_get_no_details_before_it_is_released(stated: Incident) -> None:
    restricted = stated.changed(command=replace(stated.command, restricted=True))
    found = facts_of(restricted, Audience.CLIENTS)
    assert "<" not in whole(found)
    assert (found.title, found.status, found.progress, found.restricted) == (
        "service problem", "INVESTIGATING", (), True,
    )  # fmt: skip
    assert (found.severity, found.detected, found.next_update) == (
        "P0", "2026-11-23 10:30 UTC", "within 30 minutes (by 11:05 UTC)",
    )  # fmt: skip
    assert "<functionality>" in whole(facts_of(restricted, Audience.EXECUTIVES))
    released = stated.changed(command=replace(restricted.command, released_at=DETECTED))
    assert facts_of(released, Audience.CLIENTS).title == "<functionality>"


def test_strangers_words_are_one_line_each_without_what_turns_it(stated: Incident) -> None:
    nasty = "a\r\nBcc: b\x1b[2J\u202ec\u2028" + "x" * 9_000
    entries = (Entry(DETECTED, EntryKind.NOTE, nasty, facts={"client_visible": "true"}),)
    found = facts_of(stated.changed(title=nasty, summary=nasty), entries=entries)
    for words in (found.title, found.summary, *found.progress):
        assert not {"\r", "\n", "\x1b", "\u202e", "\u2028"} & set(words)
        assert len(words) <= 600
