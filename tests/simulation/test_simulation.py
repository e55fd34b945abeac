"""A share of the simulation as part of every run of the tests; .ci/run has the whole."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from rungbell.domain.clock import ClockName
from rungbell.domain.decide import TABLE
from rungbell.domain.events import Declared, Resolved
from rungbell.domain.lifecycle.events import Merged
from rungbell.domain.override import Override
from rungbell.domain.severity import Severity
from tests.simulation import __main__ as command
from tests.simulation.acts import Acts
from tests.simulation.campaign import Totals, campaign, share
from tests.simulation.chance import ACTS, MEANWHILE, NEEDS, PARTS, odds
from tests.simulation.database import Commit, Database
from tests.simulation.duty import Taken, schedule
from tests.simulation.hits import EXPECTED, UNREACHABLE, WHY_UNREACHABLE, missed
from tests.simulation.interleavings import BEGINNINGS, Share, StillClock, count, explore, finish, handler_over
from tests.simulation.moments import DAY, HOUR, MONDAY, instant
from tests.simulation.owed import NOTHING
from tests.simulation.run import run
from tests.simulation.shops import SHOPS, shop, without_obligations
from tests.simulation.world import World

pytestmark = pytest.mark.timeout(600)
"""Worlds are lived as fast as the machine can; a slow one that does other work too is no failure."""
SEEDS = 150
PLAYBOOK_SEEDS = 150
RARE = {
    "PagingHeld", "PartSpoke", "WholeEnded",
    "held", "item_review", "review_again", "postmortem_review", "postmortem_publication",
}  # fmt: skip
"""What takes more seeds than that; a campaign says what it never hit."""


@pytest.fixture(scope="module")
def worlds() -> Totals:
    """Some worlds, run once for all that is asked of them."""
    return share(1, SEEDS)


@pytest.fixture
def database() -> Iterator[Database]:
    """One that nobody else uses."""
    with closing(Database()) as made:
        yield made


def test_every_invariant_holds_in_some_hundred_worlds(worlds: Totals) -> None:
    totals = worlds

    assert [(one.seed, one.invariant, one.broken) for one in totals.failed] == []
    assert totals.commits > 10 * SEEDS
    assert len(missed(totals.hits)) < 0.65 * sum(len(names) for names in EXPECTED.values())


def test_the_same_seed_is_the_same_run() -> None:
    assert [run(seed).trace for seed in (7, 8, 7)] == [run(seed).trace for seed in (7, 8, 7)]
    assert run(7).trace != run(8).trace
    assert run(7, trace=True).lines == run(7, trace=True).lines


def test_the_same_seed_is_the_same_run_in_another_process() -> None:
    told = "from tests.simulation.campaign import share; print(share(20, 12).trace)"
    traces = {
        subprocess.run(
            [sys.executable, "-c", told],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }

    assert traces == {share(20, 12).trace}


def test_it_does_not_matter_how_many_processes_share_the_seeds() -> None:
    alone, shared = campaign(1, 105, processes=1), campaign(1, 105, processes=2)

    assert alone.trace == shared.trace
    assert alone.hits == shared.hits


@pytest.mark.parametrize("beginning", BEGINNINGS, ids=lambda beginning: str(beginning.severity))
def test_every_invariant_holds_in_every_interleaving_to_depth_3(beginning: object) -> None:
    begins = next(one for one in BEGINNINGS if one is beginning)

    found = explore(Share(begins, 3))
    raced = explore(Share(begins, 1, races=True))

    assert (found.broken, raced.broken) == ("", "")
    assert found.steps == count(begins, 3)


def test_nothing_happens_that_is_said_never_to(worlds: Totals) -> None:
    met = {tuple(name.split(" · ")) for group, name in worlds.hits if group == "event"}
    assert not met & UNREACHABLE


def test_every_event_in_every_status_and_every_clock_should_be_hit_or_has_a_reason_why_not() -> None:
    expected = {tuple(name.split(" · ")) for name in EXPECTED["event"]}
    pairs = {(event.__name__, str(status)) for status, event in TABLE}

    assert pairs == {pair for pair in expected | UNREACHABLE if pair[1] != "none"}
    assert not expected & UNREACHABLE
    assert set(EXPECTED["clock"]) == set(ClockName)
    assert all(reason for _, _, reason in WHY_UNREACHABLE)


def test_where_the_playbook_is_lived_every_event_and_every_clock_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARTS, "playbook", 1.0)

    totals = share(1, PLAYBOOK_SEEDS)

    met = {name.split(" · ")[0] for group, name in totals.hits if group == "event"}
    assert [(one.seed, one.invariant, one.broken) for one in totals.failed] == []
    assert {name.split(" · ")[0] for name in EXPECTED["event"]} - met <= RARE
    assert set(ClockName) - {name for group, name in totals.hits if group == "clock"} <= RARE


def test_a_shop_and_its_twin_with_obligations_page_alike() -> None:
    for number in range(0, SHOPS, 10):
        plain, owing = shop(number), shop(SHOPS + number)
        assert without_obligations(owing) is plain
        assert all(ladder.owes for ladder in owing.ladders)
        for one, other in zip(plain.ladders, owing.ladders, strict=True):
            assert {name: replace(plan, owed=NOTHING) for name, plan in other.plans.items()} == one.plans
            assert other.rungs == one.rungs


def test_nobody_merges_into_what_another_replica_has_just_resolved(database: Database) -> None:
    clock = StillClock()
    clock.at = MONDAY + 10 * HOUR
    one, other = (handler_over(database, clock, shop(0), number) for number in range(2))
    for name, severity in (("whole", Severity.P0), ("part", Severity.P1)):
        finish(one.handle(Declared(incident=name, by="local", title=name, severity=severity)))

    def is_faster(_commit: Commit, _statement: str) -> None:
        database.shared, database.between = False, lambda *_: None
        finish(other.handle(Resolved(incident="whole", by="local", reason="it is over")))
        database.shared = True

    database.shared, database.between = True, is_faster
    answer = asyncio.run(one.handle(Merged(incident="part", by="local", into="whole")))

    assert answer.reply.outcome == "invalid"
    assert database.rows("SELECT status FROM incidents WHERE id = 'part'") == [("triggered",)]


def test_every_shop_would_pass_as_a_configuration() -> None:
    for number in range(SHOPS):
        for ladder in shop(number).ladders:
            for severity, plan in ladder.plans.items():
                named = {*plan.page, plan.climb_to, *(tier for tier, _ in plan.unresolved)}
                assert all(ladder.allows(tier, severity) and tier <= plan.climb_to for tier in named)
                assert plan.page


def test_every_act_that_may_be_drawn_is_known_and_every_known_one_may_be_drawn(database: Database) -> None:
    chances = odds(Random(1))
    acts = Acts(World(Random(1), chances, database, MONDAY, shop(0)))

    assert acts.table.keys() == ACTS.keys()
    assert MEANWHILE.keys() | NEEDS.keys() <= ACTS.keys()


def test_people_take_turns_in_a_shop_as_rungbell_reads_its_schedules() -> None:
    hours = [MONDAY + hour * HOUR for hour in range(-30, 200, 7)]
    for rota in (rota for number in range(SHOPS) for rota in shop(number).rotas):
        for nth, at in product((None, 0, 4), hours):
            taken = [Taken(rota.name, "zoe", at - at % DAY, at - at % DAY + 9 * HOUR, one) for one in (None, "bob")]
            laid = [_override(number, one) for number, one in enumerate(taken)]
            assert rota.on_call(at, nth, []) == tuple(dict.fromkeys(schedule(rota).on_call(instant(at), nth)))
            for those in (slice(1), slice(1, 2)):
                own = replace(schedule(rota), overrides=tuple(laid[those]))
                assert rota.on_call(at, nth, taken[those]) == own.on_call(instant(at), nth)


def _override(number: int, taken: Taken) -> Override:
    begins, ends = instant(taken.begins), instant(taken.ends)
    return Override(
        id=str(number), schedule=taken.schedule, person=taken.person, begins=begins, ends=ends,
        instead_of=taken.instead_of, made_at=begins,
    )  # fmt: skip


def test_the_command_shows_what_was_hit(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["tests.simulation", "--seeds", "20", "--processes", "1"])

    assert command.main() == 0

    said = capsys.readouterr()
    assert "events by status" in said.out
    assert "20 seeds" in said.out
    assert "never hit" in said.out
    assert "20/20" in said.err


def test_the_command_tells_the_story_of_one_seed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["tests.simulation", "--seed", "3", "--trace"])

    assert command.main() == 0

    assert "AlertsReceived → i1" in capsys.readouterr().out


def test_what_was_never_hit_is_told_by_its_name() -> None:
    assert "clocks due: lapse" in missed(Counter())
    assert "clocks due: lapse" not in missed(Counter({("clock", "lapse"): 1}))
