"""Rehearsals of the shipped policy: what leaves when, with several incidents at once, failing channels and reloads."""

import gc
import weakref
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rungbell.domain.alert import Alert
from rungbell.domain.book import Book
from rungbell.domain.events import Acknowledged, FailureReason, Resolved
from rungbell.domain.incident import Incident, Status
from rungbell.domain.ladder import OWN_SOURCE
from rungbell.domain.page import Page, PageKind, PageState
from rungbell.domain.policy import Through
from rungbell.domain.storms import PageBudget, Storms
from rungbell.rehearsal import Failure, Rehearsal
from tests.domain.shipped import L1, LABELS, shipped, with_tier, without
from tests.domain.world import MONDAY_10

MINUTE = timedelta(minutes=1)


def rehearse(severity: str = "P1", book: Book | None = None, at: datetime = MONDAY_10) -> Rehearsal:
    """A rehearsal in which an alert of that severity has just fired."""
    rehearsal = Rehearsal(book or shipped(), at)
    fire(rehearsal, severity)
    return rehearsal


def fire(rehearsal: Rehearsal, severity: str, name: str = "DiskFull") -> Incident:
    alert = Alert(labels={"alertname": name, **LABELS[severity]}, firing=True, starts_at=rehearsal.now)
    incident = rehearsal.receive({"alertname": name}, alert).incident
    assert incident is not None
    return incident


def left(rehearsal: Rehearsal, incident: str = "i1") -> list[tuple[int, str, str, str]]:
    """(minute, tier, person, channel) of every page about an incident that a channel took."""
    return [
        ((one.at - MONDAY_10) // MINUTE, one.page.tier.value, one.page.person, one.page.channel)
        for one in rehearsal.attempts
        if one.failure is None and one.page.incident == incident
    ]


def tiers(rehearsal: Rehearsal, incident: str = "i1") -> list[tuple[int, str]]:
    return sorted({(minute, tier) for minute, tier, _, _ in left(rehearsal, incident)})


def after(rehearsal: Rehearsal, minutes: float) -> Rehearsal:
    rehearsal.pass_time(MONDAY_10 + minutes * MINUTE)
    return rehearsal


class Broken:
    """A provider whose one channel fails."""

    def __init__(self, channel: str, failure: Failure) -> None:
        self.channel = channel
        self.failure: Failure | None = failure

    def __call__(self, page: Page, now: datetime) -> Failure | None:
        return self.failure if page.channel == self.channel else None


def test_pages_leave_when_they_are_due_to_whom_the_ladder_says() -> None:
    rehearsal = after(rehearse(), 0)
    assert sorted(left(rehearsal)) == [
        (0, "L1", "alice", "chat"),
        (0, "L1", "alice", "pager"),
        (0, "L2", "chen", "chat"),
        (0, "L2", "chen", "pager"),
        (0, "L2", "chen", "phone"),
    ]
    assert tiers(after(rehearsal, 10)) == [
        (0, "L1"), (0, "L2"), (5, "L1"), (5, "L2"), (5, "L3"), (10, "L1"), (10, "L2"), (10, "L3"), (10, "L4"),
    ]  # fmt: skip


def test_nothing_leaves_before_time_passes() -> None:
    assert rehearse().attempts == []


def test_what_is_due_at_a_moment_happens_before_what_is_let_in_at_it() -> None:
    rehearsal = after(rehearse(), 5)
    rehearsal.happen(Acknowledged(incident="i1", by="alice"))
    assert (5, "L3") in tiers(rehearsal)
    rung = [one for one in after(rehearsal, 29).attempts if one.page.kind is PageKind.PAGE]
    assert max(one.at for one in rung) == MONDAY_10 + 5 * MINUTE


def test_a_page_that_waits_for_its_delay_leaves_after_it_and_not_at_all_once_somebody_has_it() -> None:
    book = with_tier(L1, through=(Through("chat"), Through("pager", 2 * MINUTE)))
    assert left(after(rehearse("P2", book), 3)) == [(0, "L1", "alice", "chat"), (2, "L1", "alice", "pager")]

    answered = after(rehearse("P2", book), 1)
    answered.happen(Acknowledged(incident="i1", by="alice"))
    assert left(after(answered, 3)) == [(0, "L1", "alice", "chat")]


def test_each_group_has_its_incident_and_its_ladder() -> None:
    rehearsal = after(rehearse("P2"), 7)
    other = fire(rehearsal, "P1", "CpuHot")
    after(rehearsal, 12)
    assert tiers(rehearsal) == [(0, "L1")]
    assert tiers(rehearsal, other.id) == [(7, "L1"), (7, "L2"), (12, "L1"), (12, "L2"), (12, "L3")]
    assert [incident.number for incident in rehearsal.records.incidents.values()] == [1, 2]


def test_of_two_incidents_that_open_at_once_the_worse_one_rings_first() -> None:
    rehearsal = rehearse("P3")
    fire(rehearsal, "P0", "DatabaseDown")
    after(rehearsal, 0)
    incidents = [one.page.incident for one in rehearsal.attempts]
    assert incidents == ["i2"] * incidents.count("i2") + ["i1"] * incidents.count("i1")


def test_a_channel_in_trouble_is_tried_eight_times_and_then_the_next_tier_is_paged() -> None:
    book = with_tier(L1, through=(Through("phone"),))
    rehearsal = rehearse("P2", book)
    rehearsal.provider = Broken("phone", Failure(FailureReason.PROVIDER_ERROR))
    after(rehearsal, 10)
    tried = [(one.at - MONDAY_10).total_seconds() for one in rehearsal.attempts if one.page.tier == "L1"]
    assert tried == [0, 1, 3, 7, 15, 31, 61, 91]
    assert [one for one in left(rehearsal) if one[3] != "chat"] == [(1, "L2", "chen", "pager")]
    failures = {sent.last_failure for sent in rehearsal.records.outbox.values() if sent.state is PageState.FAILED}
    assert failures == {"provider_error"}


def test_a_channel_that_recovers_takes_the_next_attempt() -> None:
    rehearsal = rehearse("P2")
    broken = rehearsal.provider = Broken("pager", Failure(FailureReason.TIMEOUT))
    rehearsal.pass_time(MONDAY_10 + timedelta(seconds=5))
    broken.failure = None
    assert left(after(rehearsal, 1)) == [(0, "L1", "alice", "chat"), (0, "L1", "alice", "pager")]
    assert [one.number for one in rehearsal.attempts if one.page.channel == "pager"] == [1, 2, 3, 4]


def test_an_attempt_that_became_pointless_is_not_made_again() -> None:
    rehearsal = rehearse("P2")
    rehearsal.provider = Broken("pager", Failure(FailureReason.TIMEOUT))
    after(rehearsal, 0)
    rehearsal.happen(Resolved(incident="i1", by="alice", reason="known"))
    after(rehearsal, 5)
    assert [one.number for one in rehearsal.attempts if one.page.channel == "pager"] == [1]


@pytest.mark.parametrize("gone", ["channel", "person"])
def test_what_left_the_configuration_reaches_nobody_and_the_next_tier_is_paged(gone: str) -> None:
    rehearsal = rehearse("P2")
    book = without("alice")
    if gone == "channel":
        book = shipped()
        channels = {name: channel for name, channel in book.roster.channels.items() if name not in {"pager", "chat"}}
        book = replace(book, roster=replace(book.roster, channels=channels))
    rehearsal.book = book
    after(rehearsal, 0)
    reasons = {one.failure.reason for one in rehearsal.attempts if one.failure is not None}
    assert reasons == {FailureReason.CHANNEL_GONE if gone == "channel" else FailureReason.RECIPIENT_GONE}
    assert {person for _, _, person, _ in left(rehearsal)} == {"chen"}


def test_an_exhausted_ladder_opens_the_operators_incident_which_rings_too() -> None:
    rehearsal = after(rehearse("P1"), 15)
    incident, own = rehearsal.records.incidents.values()
    assert incident.exhausted_at == MONDAY_10 + 15 * MINUTE
    assert (own.source, own.severity) == (OWN_SOURCE, "P1")
    assert tiers(rehearsal, own.id) == [(15, "L1"), (15, "L2")]
    assert [trouble.source for _, trouble in rehearsal.troubles] == ["default"]


def test_after_a_sleep_only_the_highest_tier_due_is_paged_once() -> None:
    rehearsal = after(rehearse("P0"), 0)
    rehearsal.sleep_until(MONDAY_10 + 130 * MINUTE)
    after(rehearsal, 130)
    assert tiers(rehearsal) == [(0, "L1"), (0, "L2"), (0, "L3"), (130, "L5")]


def test_a_resolved_incident_is_quiet_for_ever() -> None:
    rehearsal = after(rehearse("P2"), 1)
    rehearsal.happen(Resolved(incident="i1", by="alice", reason="known"))
    assert rehearsal.next_due() is None
    after(rehearsal, 100_000)
    assert rehearsal.records.incidents["i1"].status is Status.RESOLVED
    assert max(minute for minute, *_ in left(rehearsal)) == 0


def test_incidents_of_the_same_minute_are_named_apart() -> None:
    rehearsal = rehearse("P1")
    second = fire(rehearsal, "P1", "CpuHot")
    names = [incident.name for incident in rehearsal.records.incidents.values()]
    assert names == ["INC-20261123-1000", "INC-20261123-1000-2"]
    assert rehearsal.records.incident("INC-20261123-1000-2") == second == rehearsal.records.incident("2")


def test_the_same_events_give_the_same_history() -> None:
    def history() -> list[object]:
        rehearsal = rehearse("P0")
        rehearsal.provider = Broken("phone", Failure(FailureReason.TIMEOUT))
        return [*after(rehearsal, 180).records.timeline("i1"), *rehearsal.attempts]

    assert history() == history()


def test_what_a_message_has_no_room_for_leaves_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rungbell.rehearsal.rehearsal.MOST", 4)
    budgets = dict.fromkeys(shipped().roster.channels, PageBudget(2, timedelta(minutes=10)))
    rehearsal = Rehearsal(replace(shipped(), storms=Storms(budgets=budgets)), MONDAY_10)
    for number in range(11):
        fire(rehearsal, "P2", f"Disk{number}")
    after(rehearsal, 4)
    sent = Counter(
        ((one.at - MONDAY_10).seconds, one.together) for one in rehearsal.attempts if one.page.channel == "chat"
    )
    assert sent == {(0, 1): 2, (15, 4): 4, (75, 4): 4, (135, 1): 1}


def test_a_rehearsal_that_is_let_go_leaves_nothing_behind_for_a_collector_of_garbage() -> None:
    rehearsal = after(rehearse(), 30)
    gone = weakref.ref(rehearsal)
    gc.disable()
    try:
        del rehearsal
        assert gone() is None, "thousands of tests of a policy run without one"
    finally:
        gc.enable()
