"""The judgement judged: it must find what is wrong, or a green soak means nothing."""

from pathlib import Path

import pytest

from tests.harness.daemon import Outage
from tests.soak.audit import Audit, Seen
from tests.soak.gauges import LONG_ENOUGH, Life, Sample, slope
from tests.soak.judgement import Paged, missing, unexplained, verdict_on
from tests.soak.run import read_log
from tests.soak.traffic import Promises

KILL = Outage(killed=100.0, started=100.3)


def intent(cycle: int = 1, purpose: str = "at_once", tier: str = "L1") -> str:
    return f"one:{cycle}:1:{tier}:alice:pager:{purpose}"


@pytest.fixture
def promises() -> Promises:
    """One group that fired, ended and fired again, and of which every webhook was taken."""
    return Promises(alerts={("SoakAlert000001", "a")}, cycles={"SoakAlert000001": 2}, acts={"one": "acknowledged"})


@pytest.fixture
def audit() -> Audit:
    """A store in which all of that is found."""
    return Audit(
        Path("nowhere"),
        incidents={"one": Seen("SoakAlert000001", open=False, cycle=2)},
        alerts={("SoakAlert000001", "a")},
        pages={intent(1): "accepted", intent(2): "accepted"},
        accepted={intent(1): 1, intent(2): 1},
        acts={("one", "acknowledged")},
    )


@pytest.fixture
def pages() -> list[Paged]:
    """What the pager took: the first pages of both cycles, and L1 once more when an acknowledgement ended."""
    return [Paged(intent(1), 90), Paged(intent(2), 95), Paged(intent(2, "acknowledgement_ended"), 97)]


def test_kept_promises_are_good(promises: Promises, audit: Audit, pages: list[Paged]) -> None:
    verdict = verdict_on(promises, audit, pages, [KILL])
    assert (verdict.promised, verdict.found, verdict.pages, verdict.good) == (2, 2, 3, True)
    assert missing(promises, audit) == {}


def test_a_cycle_that_was_answered_but_never_opened_is_lost(
    promises: Promises, audit: Audit, pages: list[Paged]
) -> None:
    audit.incidents["one"].cycle = 1
    assert verdict_on(promises, audit, pages, [KILL]).lost == ("SoakAlert000001/2",)


def test_a_cycle_of_which_the_pager_never_heard_is_unpaged(
    promises: Promises, audit: Audit, pages: list[Paged]
) -> None:
    assert verdict_on(promises, audit, pages[:1], [KILL]).unpaged == ("SoakAlert000001/2",)


def test_a_cycle_that_ended_before_its_first_page_could_leave_need_not_be_paged(
    promises: Promises, audit: Audit, pages: list[Paged]
) -> None:
    audit.pages[intent(2)] = "withdrawn"
    verdict = verdict_on(promises, audit, pages[:1], [KILL])
    assert (verdict.promised, verdict.found, verdict.good) == (2, 2, True)


def test_a_page_that_came_twice_without_a_kill_between_is_unexplained(
    promises: Promises, audit: Audit, pages: list[Paged]
) -> None:
    assert verdict_on(promises, audit, [*pages, Paged(intent(2), 96)], [KILL]).unexplained == (intent(2),)


def test_what_is_not_on_record_or_not_as_it_must_be_is_named(promises: Promises, audit: Audit) -> None:
    promises.alerts.add(("SoakAlert000001", "b"))
    promises.acts["two"] = "resolved"
    promises.refused[500] = 3
    audit.incidents["one"].open = True
    audit.without_clock.add("one")
    audit.deleted_open.add("three")
    audit.stood_still.append("12 s late")

    assert missing(promises, audit) == {
        "alerts lost": ["SoakAlert000001 b"],
        "acts lost": ["resolved two"],
        "without a clock": ["one"],
        "clocks or pages that stood still": ["12 s late"],
        "deleted while open": ["three"],
        "never closed": ["SoakAlert000001"],
        "refused otherwise than by 503": ["3 with status 500"],
    }


def test_an_error_that_nothing_explains_is_named_and_a_traceback_counts_as_one(tmp_path: Path) -> None:
    log = tmp_path / "rungbell.log"
    log.write_text('{"level": "error", "event": "trouble"}\n{"level": "info", "event": "up"}\nTraceback\n')

    errors, lines = read_log(log)

    assert lines == 3
    assert unexplained(errors) == ["Traceback (1 times)"]


def life(*, slope_per_hour: float = 0, peaks: float = 0, more_files: int = 0, seconds: float = 2 * LONG_ENOUGH) -> Life:
    every = [seconds * step / 600 for step in range(601)]
    return Life(
        1,
        [
            Sample(
                at,
                80 + slope_per_hour * at / 3600 + (peaks * at / 3600 if number % 5 else 0),
                20 + (more_files if at > seconds / 2 else 0),
                5,
            )
            for number, at in enumerate(every)
        ],
    )


def test_a_life_that_takes_no_more_and_no_more_is_flat() -> None:
    assert life().growth() == []
    assert life(slope_per_hour=3, more_files=2).growth() == []


def test_memory_and_files_that_grow_are_named_once_the_life_was_long_enough() -> None:
    assert life(slope_per_hour=60).growth() == ["memory grows by 60.0 MiB an hour"]
    assert life(more_files=30).growth() == ["open files grow from 20 to 50"]
    assert life(slope_per_hour=60, more_files=30, seconds=LONG_ENOUGH / 2).growth() == []


def test_peaks_that_rise_are_no_growth_of_what_is_kept_but_do_not_hide_it() -> None:
    assert life(peaks=500).growth() == []
    assert life(slope_per_hour=60, peaks=500).growth() == ["memory grows by 60.0 MiB an hour"]


def test_a_single_peak_is_no_slope() -> None:
    assert slope([(at, 500.0 if at == 50 else 80.0) for at in range(100)]) == 0
    assert slope([(0, 1.0)]) == 0
