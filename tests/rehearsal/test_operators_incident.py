"""The operator's incident, merged: what an incident tells of itself is never news of that very incident."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.domain.alert import Alert
from rungbell.domain.events import (
    Acknowledged,
    Declared,
    FailureReason,
    PagingHeld,
    Resolved,
    SeveritySet,
    Trouble,
    TroubleKind,
)
from rungbell.domain.incident import Incident, Status
from rungbell.domain.ladder import OWN_SOURCE
from rungbell.domain.lifecycle.events import Merged, Reopened
from rungbell.domain.policy import Resolves, pinned
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from rungbell.rehearsal import Failure, Rehearsal
from tests.domain.shipped import LABELS, shipped
from tests.domain.world import MONDAY_10

pytestmark = pytest.mark.requirement("A12")

MINUTE = timedelta(minutes=1)
SILENT = Trouble(kind=TroubleKind.WATCHDOG_SILENT, source="default", text="silent")


def rehearse(*names: str, severity: str = "P1") -> Rehearsal:
    """A rehearsal in which an incident of each name has just opened; the first is called ``it`` below."""
    rehearsal = Rehearsal(shipped(), MONDAY_10)
    for name in names or ("DiskFull",):
        says(rehearsal, name, severity)
    return rehearsal


def says(rehearsal: Rehearsal, name: str = "DiskFull", severity: str = "P1", *, firing: bool = True) -> None:
    ends = None if firing else rehearsal.now
    alert = Alert({"alertname": name, **LABELS[severity]}, firing=firing, starts_at=MONDAY_10, ends_at=ends)
    rehearsal.receive({"alertname": name}, alert)


def after(rehearsal: Rehearsal, minutes: int) -> Rehearsal:
    rehearsal.pass_time(MONDAY_10 + minutes * MINUTE)
    return rehearsal


def called(rehearsal: Rehearsal, title: str) -> Incident:
    return next(one for one in rehearsal.records.incidents.values() if title in one.title)


def it(rehearsal: Rehearsal) -> Incident:
    return rehearsal.records.incidents["i1"]


def own(rehearsal: Rehearsal) -> Incident:
    return next(one for one in rehearsal.records.incidents.values() if one.source == OWN_SOURCE)


def merge(rehearsal: Rehearsal, part: Incident, into: Incident) -> None:
    reply = rehearsal.happen(Merged(incident=part.id, by="bob", into=into.id)).reply
    assert reply.text == f"it goes on in #{into.number}"


def lines(rehearsal: Rehearsal, kind: EntryKind) -> list[str]:
    return [entry.text for entry in rehearsal.records.timeline("i1") if entry.kind is kind]


def exhausted(*names: str) -> Rehearsal:
    """Nobody answers, so that the operator is told of it in the operator's incident; the others are held."""
    rehearsal = rehearse(*names)
    for other in list(rehearsal.records.incidents)[1:]:
        rehearsal.happen(Acknowledged(incident=other, by="alice"))
    after(rehearsal, 15)
    assert it(rehearsal).exhausted_at == rehearsal.now
    assert own(rehearsal).firing == 1
    return rehearsal


def asked_in_vain() -> Rehearsal:
    """It is stable, nobody can be asked to resolve it, and the operator is told of that."""
    rehearsal = rehearse()
    rehearsal.happen(Acknowledged(incident="i1", by="alice"))
    says(rehearsal, firing=False)
    rehearsal.provider = lambda page, now: Failure(FailureReason.REFUSED, permanent=True)
    after(rehearsal, 31)
    assert it(rehearsal).status is Status.MONITORING
    assert own(rehearsal).firing == 1
    return rehearsal


def test_it_becomes_quiet_with_its_alerts_although_the_operator_was_told_that_nobody_answers() -> None:
    rehearsal = exhausted()
    merge(rehearsal, own(rehearsal), it(rehearsal))
    assert (it(rehearsal).firing, own(rehearsal).firing) == (1, 0)
    says(rehearsal, firing=False)
    assert it(rehearsal).status is Status.MONITORING


def test_that_nobody_answers_is_not_told_to_those_who_do_not_answer() -> None:
    rehearsal = rehearse()
    rehearsal.report(SILENT)
    merge(rehearsal, own(rehearsal), it(rehearsal))
    after(rehearsal, 15)
    assert it(rehearsal).exhausted_at is not None
    assert it(rehearsal).firing == 2, "its own alert, and that the source is silent"
    assert lines(rehearsal, EntryKind.ALERTS) == []
    assert TroubleKind.LADDER_EXHAUSTED in {trouble.kind for _, trouble in rehearsal.troubles}, "it is counted"


def test_the_operators_incident_that_is_merged_in_the_stability_window_lets_it_go_on() -> None:
    rehearsal = asked_in_vain()
    since = it(rehearsal).monitoring_since
    merge(rehearsal, own(rehearsal), it(rehearsal))
    after(rehearsal, 600)
    assert (it(rehearsal).status, it(rehearsal).monitoring_since) == (Status.MONITORING, since)
    assert lines(rehearsal, EntryKind.REFIRED) == []


def test_what_else_the_operators_incident_says_still_ends_the_stability_window() -> None:
    rehearsal = asked_in_vain()
    rehearsal.report(SILENT)
    merge(rehearsal, own(rehearsal), it(rehearsal))
    assert it(rehearsal).status is Status.ACKNOWLEDGED
    assert it(rehearsal).firing == 1


def test_once_taken_out_again_the_operators_incident_says_what_still_lasts() -> None:
    rehearsal = exhausted()
    merge(rehearsal, own(rehearsal), it(rehearsal))
    after(rehearsal, 16)
    rehearsal.happen(Reopened(incident=own(rehearsal).id, by="bob"))
    assert (it(rehearsal).firing, own(rehearsal).firing) == (1, 1)
    rehearsal.happen(Acknowledged(incident="i1", by="alice"))
    assert own(rehearsal).status is Status.MONITORING


def test_once_taken_out_again_the_operators_incident_hears_what_begins() -> None:
    rehearsal = rehearse()
    rehearsal.report(SILENT)
    merge(rehearsal, own(rehearsal), it(rehearsal))
    rehearsal.happen(Reopened(incident=own(rehearsal).id, by="bob"))
    after(rehearsal, 15)
    assert own(rehearsal).firing == 2


def test_it_becomes_quiet_too_where_the_operators_incident_came_with_another() -> None:
    rehearsal = exhausted("DiskFull", "CpuHot")
    merge(rehearsal, own(rehearsal), called(rehearsal, "CpuHot"))
    merge(rehearsal, called(rehearsal, "CpuHot"), it(rehearsal))
    assert it(rehearsal).firing == 2
    for name in ("DiskFull", "CpuHot"):
        says(rehearsal, name, firing=False)
    assert it(rehearsal).status is Status.MONITORING


def test_what_leaves_with_the_operators_incident_hears_what_still_lasts() -> None:
    rehearsal = exhausted("DiskFull", "CpuHot")
    merge(rehearsal, own(rehearsal), called(rehearsal, "CpuHot"))
    merge(rehearsal, called(rehearsal, "CpuHot"), it(rehearsal))
    after(rehearsal, 16)
    rehearsal.happen(Reopened(incident=called(rehearsal, "CpuHot").id, by="bob"))
    assert called(rehearsal, "CpuHot").firing == 2
    assert it(rehearsal).firing == 1


def test_that_nobody_answers_is_no_news_of_it_either_where_the_operators_incident_came_with_another() -> None:
    rehearsal = rehearse("DiskFull", "CpuHot")
    rehearsal.report(SILENT)
    merge(rehearsal, own(rehearsal), called(rehearsal, "CpuHot"))
    merge(rehearsal, called(rehearsal, "CpuHot"), it(rehearsal))
    after(rehearsal, 15)
    assert it(rehearsal).exhausted_at is not None
    assert it(rehearsal).firing == 3, "both alerts, and that the source is silent"


def test_whoever_has_ended_the_operators_incident_is_not_told_again_because_a_part_leaves() -> None:
    rehearsal = exhausted("DiskFull", "CpuHot")
    rehearsal.happen(Resolved(incident=own(rehearsal).id, by="bob", reason="seen"))
    merge(rehearsal, called(rehearsal, "CpuHot"), it(rehearsal))
    after(rehearsal, 16)
    rehearsal.happen(Reopened(incident="i2", by="bob"))
    assert own(rehearsal).status is Status.RESOLVED


def test_another_incident_in_which_the_operators_goes_on_hears_that_nobody_answers() -> None:
    rehearsal = rehearse("DiskFull", "CpuHot")
    rehearsal.happen(Acknowledged(incident="i2", by="alice"))
    rehearsal.report(SILENT)
    merge(rehearsal, own(rehearsal), called(rehearsal, "CpuHot"))
    after(rehearsal, 15)
    assert it(rehearsal).exhausted_at is not None
    assert called(rehearsal, "CpuHot").firing == 3
    assert any(
        attempt.page.incident == "i2" and TroubleKind.LADDER_EXHAUSTED in attempt.page.about
        for attempt in rehearsal.attempts
    ), "its holder is told"


def test_another_incident_stays_as_long_as_nobody_answers() -> None:
    rehearsal = exhausted("DiskFull", "CpuHot")
    merge(rehearsal, own(rehearsal), called(rehearsal, "CpuHot"))
    says(rehearsal, "CpuHot", firing=False)
    assert called(rehearsal, "CpuHot").status is Status.ACKNOWLEDGED
    rehearsal.happen(Acknowledged(incident="i1", by="alice"))
    assert called(rehearsal, "CpuHot").status is Status.MONITORING


def test_a_merge_that_is_refused_ends_no_alarm() -> None:
    rehearsal = exhausted()
    rehearsal.happen(SeveritySet(incident="i1", by="bob", severity=Severity.P2, reason="one node"))
    after(rehearsal, 60)
    assert it(rehearsal).exhausted_at is not None
    before = own(rehearsal)
    rehearsal.happen(Merged(incident=before.id, by="bob", into="i1"))
    assert own(rehearsal) == before


def test_the_operators_incident_leaves_and_rings_where_it_is_worse_than_what_tells_of_itself() -> None:
    rehearsal = rehearse()
    rehearsal.report(SILENT)
    merge(rehearsal, own(rehearsal), it(rehearsal))
    rehearsal.happen(SeveritySet(incident="i1", by="bob", severity=Severity.P2, reason="one node"))
    after(rehearsal, 120)
    assert it(rehearsal).exhausted_at is not None
    assert (own(rehearsal).merged_into, own(rehearsal).cycle, own(rehearsal).firing) == (None, 2, 2)


def test_what_no_alert_opened_is_not_quiet_because_somebody_answers_at_last() -> None:
    rehearsal = Rehearsal(shipped(), MONDAY_10)
    rehearsal.happen(Declared(incident=rehearsal.new_id(), by="bob", title="The site is slow", severity=Severity.P1))
    after(rehearsal, 15)
    merge(rehearsal, own(rehearsal), it(rehearsal))
    rehearsal.happen(Acknowledged(incident="i1", by="alice"))
    assert it(rehearsal).status is Status.ACKNOWLEDGED


def test_that_its_paging_holds_is_no_news_of_it_either() -> None:
    rehearsal = rehearse()
    rehearsal.report(SILENT)
    merge(rehearsal, own(rehearsal), it(rehearsal))
    rehearsal.happen(PagingHeld(incident="i1", away_since=MONDAY_10))
    after(rehearsal, 25 * 60)
    assert it(rehearsal).held_since is not None
    assert it(rehearsal).firing == 2


def test_once_it_is_over_the_operators_incident_wakes_by_itself() -> None:
    rehearsal = rehearse("DiskFull", "CpuHot")
    rehearsal.report(SILENT)
    merge(rehearsal, own(rehearsal), it(rehearsal))
    rehearsal.happen(Resolved(incident="i1", by="alice", reason="switched off"))
    rehearsal.report(replace(SILENT, kind=TroubleKind.WEBHOOK_UNREADABLE, about="x"))
    assert own(rehearsal).status is Status.TRIGGERED


def test_whoever_has_seen_the_operators_as_it_stands_can_merge_it() -> None:
    rehearsal = exhausted()
    reply = rehearsal.happen(
        Merged(incident=own(rehearsal).id, by="bob", into="i1", as_of=own(rehearsal).version)
    ).reply
    assert reply.text == "it goes on in #1"
    assert own(rehearsal).status is Status.MERGED


def test_an_operators_incident_that_would_be_over_at_once_is_merged_as_it_is() -> None:
    book = shipped()
    assert book.operator is not None
    at_once = {
        severity: replace(plan, stable_for=timedelta(), resolves=Resolves.WINDOW)
        for severity, plan in book.operator.severities.items()
    }
    rehearsal = Rehearsal(replace(book, operator=pinned(replace(book.operator, severities=at_once))), MONDAY_10)
    says(rehearsal)
    after(rehearsal, 15)
    merge(rehearsal, own(rehearsal), it(rehearsal))
    assert own(rehearsal).status is Status.MERGED
    assert own(rehearsal).firing, "whoever acts ends it"
