"""What ``simulate`` says is what the running engine does; and where it were not so, it would be seen."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from rungbell.domain.decision import Withdrawal
from rungbell.domain.page import Page
from rungbell.domain.policy import TierPlan
from rungbell.domain.roster import Roster
from rungbell.rehearsal import MemoryRecords, Rehearsal
from tests.ladders.comparing import Totals, compare, seeds_of

SEED, CASES = 20260101, 300
FRESH = 100
"""Cases of a seed that nobody has seen before; it is part of what a failure says."""
PLANTED = 100
"""Cases within which an error is found."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The engine tells the operator of exhausted ladders; here that is no news."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


def told(totals: Totals) -> str:
    return "\n".join(str(one) for one in totals.differences[:5])


@pytest.mark.timeout(240)
def test_the_ladder_that_is_foreseen_is_the_one_that_is_rung() -> None:
    totals = compare(seeds_of(SEED, CASES))
    assert not totals.differences, told(totals)
    assert totals.cases == CASES
    rare = {what: totals.hit[what] for what in EXPECTED if totals.hit[what] < 3}
    assert not rare, f"the cases show too little of {rare}"


EXPECTED = (
    *(f"page: {purpose}" for purpose in ("at_once", "lapse", "repeat", "engagement", "unresolved", "exhausted")),
    "page: tier_empty", "acknowledged, page: unresolved", "acknowledged, page: engagement",
    "acknowledged, page: acknowledgement_ended", "waits for business hours or maintenance", "maintenance",
    "a tier has nobody", "a channel waits",
    "somebody else by then", "nobody is ever rung", "opens nothing", "severity guessed", "severity P0", "severity P3",
)  # fmt: skip


@pytest.mark.timeout(240)
def test_so_it_is_for_cases_that_nobody_has_seen() -> None:
    seed = random.SystemRandom().randrange(2**32)
    totals = compare(seeds_of(seed, FRESH))
    assert not totals.differences, f"python -m tests.ladders --seed {seed} --cases {FRESH}\n{told(totals)}"


def late_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    add = MemoryRecords._add  # noqa: SLF001 -- an error is planted in its midst

    def later(records: MemoryRecords, page: Page, now: object) -> None:
        add(records, page, now)  # type: ignore[arg-type]
        if page.send_after != now:
            records.due[page.intent] += timedelta(seconds=1)

    monkeypatch.setattr(MemoryRecords, "_add", later)


def forgotten_withdrawals(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(records: MemoryRecords, incident: str, withdrawal: Withdrawal) -> None: ...

    monkeypatch.setattr(MemoryRecords, "_withdraw", forget)


def yesterdays_roster(monkeypatch: pytest.MonkeyPatch) -> None:
    on_tier = Roster.on_tier
    happen = Rehearsal.happen

    def yesterday(roster: Roster, plan: TierPlan, now: datetime, turns: Any = None, **more: Any) -> object:  # noqa: ANN401
        return on_tier(roster, plan, now - timedelta(days=1), turns, **more)

    def rehearsed(rehearsal: Rehearsal, event: object) -> object:
        monkeypatch.setattr(Roster, "on_tier", yesterday)
        try:
            return happen(rehearsal, event)  # type: ignore[arg-type]
        finally:
            monkeypatch.setattr(Roster, "on_tier", on_tier)

    monkeypatch.setattr(Rehearsal, "happen", rehearsed)


def a_lost_wake_up(monkeypatch: pytest.MonkeyPatch) -> None:
    serve = Rehearsal._serve  # noqa: SLF001 -- an error is planted in its midst

    def lose(rehearsal: Rehearsal, incident: str) -> None:
        serve(rehearsal, incident)
        if len(rehearsal.records.incidents[incident].unresolved) == 1:
            rehearsal.records.wake.pop(incident, None)

    monkeypatch.setattr(Rehearsal, "_serve", lose)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("plant", [late_pages, forgotten_withdrawals, yesterdays_roster, a_lost_wake_up])
def test_an_error_planted_in_the_rehearsal_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert compare(seeds_of(SEED, PLANTED)).differences
