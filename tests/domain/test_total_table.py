"""Every event in every status has an answer, and whatever happens in whatever order, what must hold holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from rungbell.domain.alert import AlertGroup
from rungbell.domain.clocks import wake_at
from rungbell.domain.command.events import HandedOff, ImpactStated, RoleAssumed, RoleGivenUp, Ticked
from rungbell.domain.command.record import Role
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationDrafted,
    CommunicationReviewed,
    CommunicationSent,
    CopyAccepted,
    CopyFailed,
    Waived,
)
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.decide import TABLE
from rungbell.domain.decision import Decision, Outcome
from rungbell.domain.events import (
    Acknowledged,
    Act,
    AlertsReceived,
    ClockDue,
    Declared,
    Escalated,
    Event,
    FailureReason,
    NoteAdded,
    PageAccepted,
    PageFailed,
    PageUndelivered,
    PagingHeld,
    Resolved,
    SeveritySet,
    SuppressionSeen,
    Unacknowledged,
)
from rungbell.domain.incident import HELD, OVER, Incident, Status
from rungbell.domain.lifecycle.events import (
    Closed,
    FalsePositiveFound,
    Merged,
    PartJoined,
    PartLeft,
    PartSpoke,
    Reopened,
    RestrictionLifted,
    Snoozed,
    StatusSet,
    StormJoined,
    WholeEnded,
)
from rungbell.domain.page import PageKind, PageState, Purpose, SentPage
from rungbell.domain.policy import Tier
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld
from rungbell.domain.postmortem.record import DocumentState, ItemStatus
from rungbell.domain.severity import Severity
from tests.domain.shipped import alert, fire, opened, shipped, without
from tests.domain.world import MONDAY_10, World

EVENTS: tuple[type, ...] = tuple(sorted({kind for _, kind in TABLE}, key=lambda kind: kind.__name__))

IGNORED = {
    (Status.MONITORING, PagingHeld),
    (Status.MONITORING, Snoozed),
    *((status, event) for status in OVER for event in (PagingHeld, Declared, PartJoined, StormJoined, SuppressionSeen)),
    *((status, event) for status in OVER - {Status.MERGED} for event in (PartSpoke, WholeEnded)),
    *((status, WholeEnded) for status in Status if status not in OVER),
    *((status, Closed) for status in OVER - {Status.RESOLVED}),
    *((status, Reopened) for status in (Status.TRIGGERED, *HELD)),
}
LIFECYCLE_ACTS = (FalsePositiveFound, Merged, StatusSet, Snoozed)
ANSWERED_WITH_OVER = {
    (status, act)
    for status in OVER
    for act in (
        Acknowledged,
        Unacknowledged,
        Escalated,
        Resolved,
        SeveritySet,
        RoleAssumed,
        RoleGivenUp,
        HandedOff,
        *LIFECYCLE_ACTS,
    )
} | {(status, act) for status in OVER - {Status.RESOLVED} for act in (Ticked, ImpactStated)}
EVERYBODY = ("alice", "bob", "chen", "dana", "eli", "farah", "grace")
CAP = {"P0": "L5", "P1": "L4", "P2": "L3", "P3": "L1"}
"""The highest tier that a clock enters, by severity."""


def triggered() -> World:
    return opened("P1")


def acknowledged() -> World:
    world = opened("P1")
    world.acknowledge("alice")
    return world


def monitoring() -> World:
    world = acknowledged()
    world.quieten()
    return world


def resolved() -> World:
    world = monitoring()
    world.resolve("alice", "a test")
    return world


def placed(status: Status) -> Callable[[], World]:
    """A world whose incident stands so, however it came to."""

    def world() -> World:
        found = resolved() if status in OVER else acknowledged()
        found.records.incidents[found.id] = replace(found.state(), status=status, progress=Status.ACKNOWLEDGED)
        return found

    return world


WORLDS: dict[Status, Callable[[], World]] = {
    **{status: placed(status) for status in Status},
    Status.TRIGGERED: triggered,
    Status.ACKNOWLEDGED: acknowledged,
    Status.MONITORING: monitoring,
    Status.RESOLVED: resolved,
}


def event(kind: type, world: World) -> Event:
    """An event of that kind about the world's incident."""
    id_, intent = world.id, world.last_page().page.intent
    group = AlertGroup("am", "rungbell", {"alertname": "DiskFull"}, (alert(world, "P1", instance="new"),))
    made: dict[type, Callable[[], Event]] = {
        AlertsReceived: lambda: AlertsReceived(group=group, new_id="new"),
        Declared: lambda: Declared(incident=id_, by="chen", title="phones are down", severity=Severity.P2),
        Acknowledged: lambda: Acknowledged(incident=id_, by="chen"),
        Unacknowledged: lambda: Unacknowledged(incident=id_, by="chen"),
        Escalated: lambda: Escalated(incident=id_, by="chen"),
        Resolved: lambda: Resolved(incident=id_, by="chen", reason="known"),
        NoteAdded: lambda: NoteAdded(incident=id_, by="chen", text="seen"),
        SeveritySet: lambda: SeveritySet(incident=id_, by="chen", severity=Severity.P2, reason="one client"),
        RoleAssumed: lambda: RoleAssumed(incident=id_, by="chen", role=Role.SCRIBE),
        RoleGivenUp: lambda: RoleGivenUp(incident=id_, by="chen", role=Role.SCRIBE),
        HandedOff: lambda: HandedOff(incident=id_, by="chen", to="farah", reason="tired"),
        Ticked: lambda: Ticked(incident=id_, by="chen", line="triage.verified"),
        ImpactStated: lambda: ImpactStated(incident=id_, by="chen", words={"functionality": "checkout"}),
        ClockDue: lambda: ClockDue(incident=world.id),
        PageAccepted: lambda: PageAccepted(incident=id_, intent=intent, attempt=1),
        PageFailed: lambda: PageFailed(
            incident=world.id,
            intent=intent,
            attempt=1,
            reason=FailureReason.TIMEOUT,
            permanent=False,
        ),
        CommunicationDrafted: lambda: CommunicationDrafted(
            incident=id_, by="chen", kind=CommunicationKind.CLIENT_NOTICE
        ),
        CommunicationReviewed: lambda: CommunicationReviewed(incident=id_, by="chen", communication=1),
        CommunicationSent: lambda: CommunicationSent(incident=id_, by="chen", communication=1),
        CommunicationDiscarded: lambda: CommunicationDiscarded(incident=id_, by="chen", communication=1),
        Waived: lambda: Waived(incident=id_, by="chen", audience=Audience.CLIENTS, reason="told by phone"),
        CopyAccepted: lambda: CopyAccepted(incident=id_, intent="none", attempt=1, text=Text("a", "b")),
        CopyFailed: lambda: CopyFailed(
            incident=id_, intent="none", attempt=1, reason=FailureReason.TIMEOUT, permanent=False
        ),
        PageUndelivered: lambda: PageUndelivered(incident=id_, intent="none", reason=FailureReason.REFUSED),
        PagingHeld: lambda: PagingHeld(incident=world.id, away_since=world.now - timedelta(days=2)),
        PostmortemMoved: lambda: PostmortemMoved(incident=id_, by="chen", state=DocumentState.DRAFT),
        ReviewHeld: lambda: ReviewHeld(incident=id_, by="chen", outcome="as drafted"),
        ItemAdded: lambda: ItemAdded(incident=id_, by="chen", text="an index", owner="dana", priority=Severity.P1),
        ItemChanged: lambda: ItemChanged(incident=id_, by="chen", number=1, status=ItemStatus.DONE),
        ItemsReviewed: lambda: ItemsReviewed(incident=id_, by="chen"),
        StatusSet: lambda: StatusSet(incident=id_, by="chen", status=Status.IDENTIFIED),
        Snoozed: lambda: Snoozed(incident=id_, by="alice", until=world.now + timedelta(minutes=30)),
        FalsePositiveFound: lambda: FalsePositiveFound(incident=id_, by="chen", reason="a test of the alert"),
        Merged: lambda: Merged(incident=id_, by="chen", into="nowhere"),
        Closed: lambda: Closed(incident=id_, by="chen"),
        Reopened: lambda: Reopened(incident=id_, by="chen"),
        RestrictionLifted: lambda: RestrictionLifted(incident=id_, by="chen"),
        PartJoined: lambda: PartJoined(incident=id_, part=replace(world.state(), id="part"), by="chen"),
        PartSpoke: lambda: PartSpoke(incident=id_, part="part", called="#9", firing=1, fired="DiskFull"),
        PartLeft: lambda: PartLeft(incident=id_, part="part", called="#9"),
        SuppressionSeen: lambda: SuppressionSeen(incident=id_, by="silenced in Alertmanager"),
        StormJoined: lambda: StormJoined(incident=id_, policy="", before=20, within=timedelta(minutes=1)),
        WholeEnded: lambda: WholeEnded(incident=id_, called="#1", by="chen"),
    }
    return made[kind]()


# -- the table


def test_the_table_has_every_pair_of_status_and_event_and_none_more() -> None:
    assert set(TABLE) == set(product(Status, EVENTS))


def test_these_pairs_and_no_others_are_ignored_explicitly() -> None:
    assert {pair for pair, handler in TABLE.items() if handler.__qualname__.startswith("ignore.")} == IGNORED


def test_these_pairs_and_no_others_are_answered_with_over() -> None:
    assert {pair for pair, handler in TABLE.items() if handler.__name__ == "over"} == ANSWERED_WITH_OVER


@pytest.mark.parametrize(("status", "kind"), sorted(IGNORED, key=str))
def test_what_is_ignored_leaves_the_incident_untouched(status: Status, kind: type) -> None:
    world = WORLDS[status]()
    assert world.state().status is status
    decision = world.happen(event(kind, world))
    assert decision.empty
    assert decision.reply.outcome is Outcome.ALREADY
    assert decision.reply.text


@pytest.mark.parametrize(("status", "kind"), sorted(ANSWERED_WITH_OVER, key=str))
def test_an_act_on_what_is_resolved_changes_nothing_and_says_who_resolved_it_and_when(
    status: Status, kind: type
) -> None:
    world = WORLDS[status]()
    decision = world.happen(event(kind, world))
    assert decision.empty
    assert decision.reply.outcome is Outcome.OVER
    ended = {Status.FALSE_POSITIVE: "marked as a false positive", Status.CLOSED: "resolved"}.get(status, status)
    assert decision.reply.text == f"already {ended} by alice at 2026-11-23 10:00:00 UTC"


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("status", Status)
def test_every_event_in_every_status_has_an_answer(status: Status, kind: type) -> None:
    world = WORLDS[status]()
    assert world.state().status is status
    decision = world.happen(event(kind, world))
    assert decision.reply.outcome in Outcome
    assert decision.incident is not None or decision.reply.text or decision.entries


@pytest.mark.parametrize(
    "kind", [kind for kind in EVENTS if kind not in {AlertsReceived, Declared}], ids=lambda kind: kind.__name__
)
def test_without_an_incident_only_a_message_or_a_declaration_does_anything(kind: type) -> None:
    world = opened("P1")
    happening = event(kind, world)
    elsewhere = World(shipped())
    decision = elsewhere.happen(happening)
    assert decision.empty
    assert decision.reply.outcome is Outcome.INVALID


@pytest.mark.requirement("A19")
@pytest.mark.parametrize("kind", [kind for kind in EVENTS if issubclass(kind, Act)], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("status", Status)
def test_somebody_unknown_may_do_nothing_in_any_status(status: Status, kind: type) -> None:
    world = WORLDS[status]()
    known = event(kind, world)
    assert isinstance(known, Act)
    stranger: Event = replace(known, by="mallory")
    decision = world.happen(stranger)
    assert decision.empty
    assert decision.reply.outcome is Outcome.REFUSED


@pytest.mark.parametrize("kind", [kind for kind in EVENTS if issubclass(kind, Act)], ids=lambda kind: kind.__name__)
def test_an_act_on_an_older_state_or_an_earlier_cycle_changes_nothing(kind: type) -> None:
    world = opened("P1")
    seen = event(kind, world)
    assert isinstance(seen, Act)
    stale: Event = replace(seen, as_of=world.state().version - 1)
    other_cycle: Event = replace(seen, cycle=2)
    assert (world.happen(stale).reply.outcome, world.happen(other_cycle).reply.outcome) == (Outcome.STALE, Outcome.OVER)
    assert world.state().status is Status.TRIGGERED


@pytest.mark.parametrize(
    "kind",
    [Acknowledged, Unacknowledged, Resolved, SeveritySet, RoleAssumed, Ticked, ImpactStated],
    ids=lambda kind: kind.__name__,
)
def test_an_act_that_is_done_twice_does_nothing_the_second_time(kind: type) -> None:
    world = acknowledged()
    act = event(kind, world)
    assert world.happen(act).reply.outcome is Outcome.DONE
    assert world.happen(act).empty


# -- whatever happens, in whatever order


class Watched(World):
    """A world in which, after every commit, what must always hold is looked at."""

    def happen(self, event: Event) -> Decision:
        before = self.incident
        decision = super().happen(event)
        if self.incident is not None:
            self._one_deadline_while_open()
            self._the_cto_is_for_p0(decision)
            self._nothing_of_a_lapse_while_somebody_holds_it(decision)
            if isinstance(event, ClockDue) and before is not None:
                self._no_clock_passes_the_cap(before)
                self._the_same_instant_again_changes_nothing(event)
        return decision

    def _one_deadline_while_open(self) -> None:
        incident = self.state()
        assert self.policy is not None
        due = wake_at(incident, self.policy)
        assert due is not None or not incident.open
        assert (incident.holder is None) or incident.status is not Status.TRIGGERED
        assert incident.status not in HELD or incident.holder is not None

    def _the_cto_is_for_p0(self, decision: Decision) -> None:
        rung = [page for page in decision.pages if page.kind is PageKind.PAGE]
        assert all(page.tier is not Tier.L5 or page.severity is Severity.P0 for page in rung)

    def _nothing_of_a_lapse_while_somebody_holds_it(self, decision: Decision) -> None:
        if self.state().status not in HELD:
            return
        lapses = {Purpose.LAPSE, Purpose.REPEAT, Purpose.EXHAUSTED}
        assert not [page for page in decision.pages if page.purpose in lapses]
        assert not [
            sent for sent in self.outbox.values() if sent.state is PageState.WAITING and sent.page.purpose in lapses
        ]

    def _no_clock_passes_the_cap(self, before: Incident) -> None:
        entered = set(self.state().tiers) - set(before.tiers)
        assert all(tier.value <= CAP[self.state().severity.value] for tier in entered)

    def _the_same_instant_again_changes_nothing(self, event: Event) -> None:
        decision = super().happen(event)
        assert decision.empty


people = st.sampled_from([*EVERYBODY, "mallory", "local"])
words = st.sampled_from(["P0", "P1", "P2", "P3"])
instances = st.sampled_from(["a", "b", "c"])


class AnythingHappens(RuleBasedStateMachine):
    """Random events at random times, by anybody, with providers that fail."""

    @initialize(word=words, hour=st.integers(0, 167))
    def it_begins(self, word: str, hour: int) -> None:
        self.world = Watched(shipped(), now=MONDAY_10 + timedelta(hours=hour))
        fire(self.world, word, instance="a")

    @rule(word=words, instance=instances)
    def an_alert_fires(self, word: str, instance: str) -> None:
        fire(self.world, word, instance=instance)

    @rule(pick=st.integers(0, 9), again=st.booleans())
    def a_message_is_repeated_or_an_alert_resolves(self, pick: int, again: bool) -> None:
        known = list(self.world.alerts.values())
        chosen = known[pick % len(known)]
        since: datetime = chosen.starts_at
        repeated = replace(self.world.alert(firing=again, since=since), labels=chosen.labels)
        self.world.receive(repeated)

    @rule()
    def everything_resolves(self) -> None:
        self.world.quieten()

    @rule(by=people, severity=st.sampled_from(Severity))
    def somebody_declares_it_again(self, by: str, severity: Severity) -> None:
        again = Declared(incident=self.world.id, by=by, title="again", severity=severity)
        self.world.happen(again)

    @rule(by=people, role=st.sampled_from(Role))
    def somebody_takes_or_gives_up_a_role(self, by: str, role: Role) -> None:
        taken = self.world.happen(RoleAssumed(incident=self.world.id, by=by, role=role))
        if taken.reply.outcome is Outcome.ALREADY:
            self.world.happen(RoleGivenUp(incident=self.world.id, by=by, role=role))

    @rule(by=people, to=st.sampled_from(EVERYBODY))
    def somebody_hands_off(self, by: str, to: str) -> None:
        self.world.happen(HandedOff(incident=self.world.id, by=by, to=to, reason="so it is"))

    @rule(by=people)
    def somebody_acknowledges(self, by: str) -> None:
        self.world.acknowledge(by)

    @rule(by=people)
    def somebody_gives_it_back(self, by: str) -> None:
        self.world.unacknowledge(by)

    @rule(by=people, to=st.sampled_from([None, *Tier]))
    def somebody_escalates(self, by: str, to: Tier | None) -> None:
        self.world.escalate(by, to)

    @rule(by=people, reason=st.sampled_from(["", "known"]))
    def somebody_resolves(self, by: str, reason: str) -> None:
        self.world.resolve(by, reason)

    @rule(by=people, status=st.sampled_from(Status))
    def somebody_says_how_far_it_has_come(self, by: str, status: Status) -> None:
        self.world.happen(StatusSet(incident=self.world.id, by=by, status=status))

    @rule(by=people, minutes=st.sampled_from([1, 30, 90]))
    def somebody_snoozes(self, by: str, minutes: int) -> None:
        self.world.happen(Snoozed(incident=self.world.id, by=by, until=self.world.now + timedelta(minutes=minutes)))

    @rule(by=people, kind=st.sampled_from([FalsePositiveFound, Closed, Reopened]))
    def somebody_ends_it_or_wakes_it(self, by: str, kind: type) -> None:
        self.world.happen(kind(incident=self.world.id, by=by, reason="so it is"))

    @rule(by=people, severity=st.sampled_from(Severity))
    def somebody_sets_the_severity(self, by: str, severity: Severity) -> None:
        self.world.set_severity(by, severity, "so it is")

    @rule(times=st.integers(1, 6))
    def the_next_clocks_are_served_in_time(self, times: int) -> None:
        for _ in range(times):
            due = wake_at(self.world.state(), self.world.policy) if self.world.policy else None
            if due is not None:
                self.world.now = max(self.world.now, due)
                self.world.tick()

    @rule(minutes=st.sampled_from([1, 4, 5, 16, 61, 200, 1500]))
    def rungbell_is_away(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)
        self.world.tick()

    @rule(minutes=st.sampled_from([1500, 5000]))
    def rungbell_is_away_for_so_long_that_paging_holds(self, minutes: int) -> None:
        since = self.world.now
        self.world.now += timedelta(minutes=minutes)
        self.world.hold(since)

    @precondition(lambda self: bool(self._unsent()))
    @rule(pick=st.integers(0, 99), how=st.sampled_from(["accepted", "failed", "refused"]))
    def a_provider_answers(self, pick: int, how: str) -> None:
        unsent = self._unsent()
        sent = unsent[pick % len(unsent)]
        if how == "accepted":
            self.world.accept(sent)
        else:
            self.world.fail(sent, FailureReason.TIMEOUT, permanent=how == "refused")

    @rule(gone=st.sets(st.sampled_from(EVERYBODY)))
    def the_people_change(self, gone: set[str]) -> None:
        self.world.book = without(*gone)

    def _unsent(self) -> list[SentPage]:
        return [
            sent
            for sent in self.world.outbox.values()
            if sent.state is PageState.WAITING and sent.page.incident == self.world.id
        ]


AnythingHappens.TestCase.settings = settings(
    max_examples=120,
    stateful_step_count=30,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAnythingHappens = AnythingHappens.TestCase
