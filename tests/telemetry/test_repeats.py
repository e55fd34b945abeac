"""Counting what repeats: the first is told at once, nothing is lost, and memory has an end."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rungbell.telemetry.repeats import MOST, WINDOW, Event, Repeats


def event(text: str = "the store is away", **facts: object) -> dict[str, Any]:
    return {"event": text, "level": "warning", **facts}


def texts(told: list[Event]) -> list[str]:
    return [str(one["event"]) for one in told]


def test_the_first_is_told_as_it_is() -> None:
    first = event(loop="clocks", exc_info=None)
    assert Repeats().take(first, 0.0) == [first]


def test_the_same_again_within_the_window_is_held_back_and_counted() -> None:
    repeats = Repeats()
    repeats.take(event(), 0.0)
    assert [repeats.take(event(), at) for at in (1.0, 2.0, 29.9)] == [[], [], []]
    (summary,) = repeats.due(WINDOW)
    assert summary == {"event": "the store is away (repeated 3 times in 30 s)", "level": "warning", "repeated": 3}


def test_an_outage_that_lasts_is_one_line_a_window_and_the_next_one_is_a_first_again() -> None:
    repeats = Repeats()
    told = [line for second in range(3_600) for line in repeats.take(event(), float(second))]
    assert len(told) == 3_600 / WINDOW, "the first, and a summary for each window that ended"
    assert repeats.due(3_600.0) != []
    assert repeats.due(3_700.0) == []
    assert repeats.take(event(), 3_701.0) == [event()]


def test_what_comes_more_rarely_than_the_window_is_never_held_back() -> None:
    repeats = Repeats()
    assert all(repeats.take(event(), at) == [event()] for at in (0.0, WINDOW, 3 * WINDOW))


def test_what_differs_in_a_fact_or_level_is_told_at_once() -> None:
    repeats = Repeats()
    repeats.take(event(channel="pager"), 0.0)
    for other in (event(channel="mail"), {**event(channel="pager"), "level": "error"}, event()):
        assert repeats.take(other, 0.1) == [other]


def test_the_intent_of_a_page_is_no_difference_but_another_exception_is() -> None:
    repeats = Repeats()
    repeats.take(event(intent="1", exc_info=(ValueError, ValueError("a"), None)), 0.0)
    assert repeats.take(event(intent="2", exc_info=(ValueError, ValueError("b"), None)), 0.1) == []
    assert repeats.take(event(intent="3", exc_info=(KeyError, KeyError("a"), None)), 0.2) != []


def test_numbers_in_an_error_are_no_difference_but_other_facts_are_taken_as_they_are() -> None:
    repeats = Repeats()
    repeats.take(event(error="1024 pieces of work wait", incident="7"), 0.0)
    assert repeats.take(event(error="1025 pieces of work wait", incident="7"), 0.1) == []
    assert repeats.take(event(error="1025 pieces of work wait", incident="8"), 0.2) != []


def test_a_summary_keeps_no_traceback_alive() -> None:
    repeats = Repeats()
    for at in (0.0, 1.0):
        repeats.take(event(exc_info=(ValueError, ValueError(), None)), at)
    (summary,) = repeats.end(2.0)
    assert "exc_info" not in summary
    assert summary["event"] == "the store is away (repeated once in 2 s)"


def test_a_summary_that_is_due_is_told_before_what_comes_next() -> None:
    repeats = Repeats()
    repeats.take(event(), 0.0)
    repeats.take(event(), 1.0)
    assert texts(repeats.take(event("something else"), 31.0)) == [
        "the store is away (repeated once in 31 s)",
        "something else",
    ]


def test_ten_thousand_kinds_at_once_are_not_remembered_and_none_is_held_back() -> None:
    repeats = Repeats()
    for number in range(10_000):
        assert repeats.take(event(f"kind {number}"), 0.0) == [event(f"kind {number}")]
    assert len(vars(repeats)["_seen"]) == MOST


def test_a_kind_that_makes_room_is_summed_up_then() -> None:
    repeats = Repeats(most=1)
    repeats.take(event("first"), 0.0)
    repeats.take(event("first"), 0.1)
    assert texts(repeats.take(event("second"), 0.2)) == ["first (repeated once in 1 s)", "second"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 60)), max_size=60), st.integers(1, 4))
def test_nothing_is_lost_whatever_comes_when(steps: list[tuple[str, float]], most: int) -> None:
    repeats = Repeats(most=most)
    now, counted = 0.0, 0
    for kind, pause in steps:
        now += pause
        told = repeats.take(event(kind), now)
        counted += sum(int(one.get("repeated", 1)) for one in told)
    counted += sum(int(one["repeated"]) for one in repeats.end(now))
    assert counted == len(steps)
    assert repeats.end(now) == []
