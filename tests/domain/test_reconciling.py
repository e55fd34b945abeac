"""What Alertmanager and rungbell know differently, look by look; a lost resolve is not final."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from rungbell.domain.alert import Alert, AlertGroup, KnownAlert, Sighting, compare, label_key
from rungbell.domain.events import SuppressionSeen
from rungbell.domain.incident import Status
from rungbell.domain.reconciling import (
    Doubt,
    OpenGroup,
    PeerView,
    Reconciliation,
    SeenAlert,
    SeenGroup,
    looks_needed,
    suppressing,
    unheard,
)
from rungbell.domain.severity import Mapped, Severity
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import opened
from tests.domain.world import MONDAY_10

LABELS = {"alertname": "DiskFull"}
KEY = label_key(LABELS)
ALERT = Alert(labels=LABELS, firing=True, starts_at=MONDAY_10)
KNOWN = KnownAlert(True, MONDAY_10, KEY, None, Severity.P1, LABELS, {})
OPEN = OpenGroup("i1", "cluster-a", "rungbell", LABELS, "", (KNOWN,))
DOUBT: Doubt = (OPEN.group(()).key, KEY, MONDAY_10)


def view(*seen: SeenAlert, start: str = "monday", ready: bool = True, may_mute: bool = False) -> PeerView:
    return PeerView(start, ready, (SeenGroup("rungbell", LABELS, seen),), may_mute)


HAS = view(SeenAlert(KEY, ALERT))
LACKS = view()


def gone_after(*looks: Mapping[str, PeerView | None]) -> bool:
    """Whether the alert is gone after these looks; three in a row are enough."""
    reconciliation = Reconciliation(timedelta(minutes=1), timedelta(minutes=2))
    found: set[Doubt] = set()
    for peers in looks:
        found, _ = reconciliation.look(peers, [OPEN], ())
    return found == {DOUBT}


@pytest.mark.parametrize(
    ("every", "settle_after", "looks"), [(60, 600, 11), (60, 90, 3), (60, 60, 2), (60, 1, 2), (1, 3, 4)]
)
def test_so_many_looks_span_the_time_and_two_are_the_least(every: int, settle_after: int, looks: int) -> None:
    assert looks_needed(timedelta(seconds=every), timedelta(seconds=settle_after)) == looks


@pytest.mark.parametrize(
    ("looks", "gone"),
    [
        ([LACKS, LACKS], False),
        ([LACKS, LACKS, LACKS], True),
        ([LACKS, LACKS, HAS, LACKS, LACKS], False),
        ([LACKS, LACKS, None, LACKS], True),
        ([LACKS, LACKS, LACKS, None], False),
        ([None, None, None, None], False),
        ([LACKS, LACKS, view(start="tuesday")], False),
        ([LACKS, LACKS, view(ready=False, start="tuesday"), LACKS, LACKS], False),
        ([LACKS, LACKS, view(ready=False)], False),
    ],
    ids=str,
)
def test_only_looks_in_a_row_at_one_and_the_same_start_prove_that_an_alert_is_gone(
    looks: list[PeerView | None], gone: bool
) -> None:
    assert gone_after(*({"a": one} for one in looks)) is gone


@pytest.mark.parametrize(
    ("one", "other", "gone"),
    [(LACKS, LACKS, True), (LACKS, HAS, False), (LACKS, None, False), (LACKS, view(ready=False), False)],
)
def test_all_peers_must_say_it(one: PeerView, other: PeerView | None, gone: bool) -> None:
    assert gone_after(*[{"a": one, "b": other}] * 9) is gone


def test_a_peer_that_has_it_ends_the_doubt_also_while_another_is_down() -> None:
    both = {"a": LACKS, "b": LACKS}
    assert not gone_after(both, both, {"a": HAS, "b": None}, both, both)
    assert gone_after(both, both, {"a": HAS, "b": None}, both, both, both)


def test_no_addresses_prove_nothing() -> None:
    assert not gone_after(*[{}] * 9)


def test_what_was_missed_is_counted_as_long_as_it_is_found_and_waits_while_a_peer_is_away() -> None:
    reconciliation = Reconciliation(timedelta(minutes=1), timedelta(minutes=2))
    looks: list[tuple[PeerView | None, list[Doubt], bool]] = [
        (HAS, [DOUBT], False),
        (HAS, [DOUBT], False),
        (None, [], False),
        (HAS, [DOUBT], True),
        (HAS, [], False),
        (HAS, [DOUBT], False),
    ]
    for peer, missed, settled in looks:
        assert (reconciliation.look({"a": peer}, [], missed)[1] == {DOUBT}) is settled


@pytest.mark.parametrize(
    "seen",
    [
        SeenAlert(KEY, ALERT, active=False),
        SeenAlert(KEY, ALERT, silences=("s",)),
        SeenAlert(KEY, ALERT, inhibited=True),
        SeenAlert(KEY, ALERT, muted=True),
    ],
)
def test_what_alertmanager_does_not_send_is_not_unheard(seen: SeenAlert) -> None:
    assert list(unheard(view(seen), "cluster-a", frozenset({"rungbell"}))) == []


def test_what_it_sends_here_is_a_message_of_that_group() -> None:
    (group,) = unheard(HAS, "cluster-a", frozenset({"rungbell"}))
    assert group == AlertGroup("cluster-a", "rungbell", LABELS, (ALERT,))
    assert not list(unheard(HAS, "cluster-a", frozenset({"mail"})))
    assert not list(unheard(view(SeenAlert(KEY, ALERT), may_mute=True), "cluster-a", frozenset({"rungbell"})))


def test_an_incident_is_suppressed_when_each_peer_is_silent_about_all_that_it_knows_of_it() -> None:
    silent = SeenAlert(KEY, ALERT, silences=("s",))
    assert suppressing(OPEN, [view(silent)]) == (silent,)
    assert suppressing(OPEN, [view(silent), HAS]) == suppressing(OPEN, [HAS, view(silent)]) == ()
    assert suppressing(OPEN, [LACKS]) is None


# -- a lost resolve


def told(firing: bool, *, lost: bool = False) -> list[Sighting]:
    return [Sighting(KEY, Alert(LABELS, firing, MONDAY_10, lost=lost), Mapped(Severity.P1, "test"))]


def test_a_lost_resolve_is_undone_by_whoever_sees_the_alert_firing_and_a_real_one_is_final() -> None:
    for lost in (False, True):
        (resolved,) = compare({KEY: KNOWN}, told(False, lost=lost), MONDAY_10).resolved
        again = compare({KEY: resolved}, told(True), MONDAY_10)
        assert bool(again.refired) is lost


def test_a_lost_resolve_ends_nothing_that_fires_anew_meanwhile() -> None:
    newer = KnownAlert(True, MONDAY_10 + timedelta(minutes=1), KEY, None, Severity.P1, LABELS, {})
    resolved = KnownAlert(False, MONDAY_10, KEY, None, Severity.P1, LABELS, {})
    for known in ({KEY: newer}, {KEY: resolved}, {}):
        assert not compare(known, told(False, lost=True), MONDAY_10).to_store


def test_a_suppression_is_told_once_ends_with_the_alerts_and_holds_no_clock() -> None:
    world = opened("P1")
    wakes = world.state().paging_from
    seen = SuppressionSeen(incident=world.state().id, by="inhibited in Alertmanager")
    assert [entry.kind for entry in world.happen(seen).entries] == [EntryKind.SUPPRESSED]
    assert world.happen(seen).empty
    assert (world.state().status, world.state().paging_from) == (Status.TRIGGERED, wakes)
