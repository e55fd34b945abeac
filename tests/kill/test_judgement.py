"""The judgement judged: it must find what is wrong, or a green kill run means nothing."""

from dataclasses import dataclass

from tests.harness.daemon import Outage
from tests.kill.judgement import judge

KILL = Outage(killed=100.0, started=100.3)
ONCE = {"page-1": 1}


@dataclass(frozen=True)
class Sent:
    intent: str
    came: float
    incident: str = "one"
    tier: str = "L1"


def test_a_kept_promise_is_good() -> None:
    verdict = judge({"A"}, {"A": ["one"]}, [Sent("page-1", 99)], [KILL], ONCE)
    assert verdict.good
    assert (verdict.promised, verdict.found, verdict.pages, verdict.duplicates) == (1, 1, 1, ())


def test_a_promise_without_an_incident_is_lost() -> None:
    verdict = judge({"A", "B"}, {"A": ["one"]}, [Sent("page-1", 99)], [KILL], ONCE)
    assert (verdict.lost, verdict.found, verdict.good) == (("B",), 1, False)


def test_an_incident_whose_l1_never_heard_of_it_is_unpaged() -> None:
    verdict = judge({"A"}, {"A": ["one"]}, [Sent("page-1", 99, tier="L2")], [KILL], ONCE)
    assert (verdict.unpaged, verdict.lost, verdict.good) == (("A",), (), False)


def test_two_incidents_for_one_promise_are_doubled() -> None:
    verdict = judge({"A"}, {"A": ["one", "two"]}, [Sent("page-1", 99)], [KILL], ONCE)
    assert (verdict.doubled, verdict.good) == (("A",), False)


def test_two_first_pages_under_different_intents_are_doubled() -> None:
    verdict = judge({"A"}, {"A": ["one"]}, [Sent("page-1", 99), Sent("page-2", 99.5)], [KILL], ONCE)
    assert (verdict.doubled, verdict.duplicates, verdict.good) == (("A",), (), False)


def test_a_copy_across_a_kill_is_explained_and_counted() -> None:
    verdict = judge({"A"}, {"A": ["one"]}, [Sent("page-1", 99.5), Sent("page-1", 101)], [KILL], ONCE)
    (duplicate,) = verdict.duplicates
    assert (duplicate.before_kill, duplicate.explained, verdict.good) == (0.5, True, True)


def test_a_first_copy_read_just_after_the_kill_was_in_flight_too() -> None:
    assert judge({"A"}, {"A": ["one"]}, [Sent("page-1", 100.1), Sent("page-1", 101)], [KILL], ONCE).good


def test_a_copy_in_the_same_life_is_unexplained() -> None:
    for first, second in ((98.0, 99.0), (100.5, 101.0)):
        verdict = judge({"A"}, {"A": ["one"]}, [Sent("page-1", first), Sent("page-1", second)], [KILL], ONCE)
        assert (verdict.unexplained, verdict.good) == (("page-1",), False)


def test_a_copy_of_a_page_long_before_the_kill_is_unexplained() -> None:
    verdict = judge({"A"}, {"A": ["one"]}, [Sent("page-1", 90), Sent("page-1", 101)], [KILL], ONCE)
    assert (verdict.unexplained, verdict.good) == (("page-1",), False)


def test_a_copy_of_what_was_on_record_is_unexplained_even_across_a_kill() -> None:
    verdict = judge({"A"}, {"A": ["one"]}, [Sent("page-1", 99.5), Sent("page-1", 101)], [KILL], {"page-1": 2})
    assert (verdict.unexplained, verdict.good) == (("page-1",), False)


def test_a_copy_of_which_nothing_is_on_record_is_unexplained() -> None:
    verdict = judge({"A"}, {"A": ["one"]}, [Sent("page-1", 99.5), Sent("page-1", 101)], [KILL], {})
    assert (verdict.unexplained, verdict.good) == (("page-1",), False)


def test_every_further_copy_needs_a_kill_of_its_own() -> None:
    copies = [Sent("page-1", 99.5), Sent("page-1", 101), Sent("page-1", 102)]
    verdict = judge({"A"}, {"A": ["one"]}, copies, [KILL], ONCE)
    assert (len(verdict.duplicates), verdict.unexplained) == (2, ("page-1",))
