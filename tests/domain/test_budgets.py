"""Budgets: who may leave by itself, and when what is held back leaves together."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from rungbell.domain.budgets import EVERY, GATHER, Budgets
from rungbell.domain.page import PageKind, Purpose
from rungbell.domain.severity import Severity
from rungbell.domain.storms import PageBudget, Storms
from tests.store.samples import NOON, incident, page

TWO = Storms(budgets={"phone": PageBudget(2, timedelta(minutes=10))})
P0 = Severity.P0


def budgets(storms: Storms = TWO) -> Budgets:
    return Budgets(lambda: storms, threading.Lock())


def used_up() -> Budgets:
    found = budgets()
    assert [found.lets(page(incident()), NOON) for _ in range(3)] == [True, True, False]
    return found


def test_so_many_pages_leave_by_themselves_within_the_time_and_as_many_again_after_it() -> None:
    found = used_up()
    assert not found.lets(page(incident()), NOON + timedelta(minutes=9))
    assert found.lets(page(incident()), NOON + timedelta(minutes=10))


def test_each_person_and_each_channel_has_a_budget_of_its_own() -> None:
    found = used_up()
    assert found.lets(page(incident(), person="bob"), NOON)
    assert all(found.lets(page(incident(), channel="mail"), NOON) for _ in range(9)), "where the file says none, no end"
    assert not found.limits("mail")


def test_a_page_that_is_asked_about_again_counts_once() -> None:
    found, one = budgets(), page(incident())
    assert [found.lets(one, NOON) for _ in range(5)] == [True] * 5
    assert found.lets(page(incident()), NOON)


def test_a_page_that_did_not_leave_takes_nothing_of_it() -> None:
    found, one = budgets(), page(incident())
    found.lets(one, NOON)
    found.give_back(one)
    assert [found.lets(page(incident()), NOON) for _ in range(3)] == [True, True, False]


class Meanwhile:
    """A time of ten minutes; where it is looked at, something else happens in another thread, if it can."""

    def __init__(self) -> None:
        self.happens: threading.Thread | None = None

    def __rsub__(self, now: datetime) -> datetime:
        if self.happens is not None and self.happens.ident is None:
            self.happens.start()
            self.happens.join(0.2)
        return now - timedelta(minutes=10)


def test_a_page_that_fails_while_the_writing_thread_counts_others_is_given_back_and_disturbs_nothing() -> None:
    within = Meanwhile()
    found = budgets(Storms(budgets={"phone": PageBudget(3, cast("timedelta", within))}))
    failing = [page(incident()) for _ in range(2)]
    for one in failing:
        found.lets(one, NOON)
    happens = within.happens = threading.Thread(target=found.give_back, args=[failing[0]])

    assert found.lets(page(incident()), NOON)
    within.happens = None
    happens.join()

    assert [found.lets(page(incident()), NOON) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("purpose", Purpose)
def test_of_a_p0_only_what_rings_again_whom_it_has_rung_before_may_wait(purpose: Purpose) -> None:
    may_wait = purpose in {Purpose.REPEAT, Purpose.EXHAUSTED, Purpose.RESOLUTION}
    assert used_up().lets(page(incident(severity=P0), purpose=purpose), NOON) is not may_wait
    assert not used_up().lets(page(incident(severity=Severity.P1), purpose=purpose), NOON)


def test_notifications_are_not_counted() -> None:
    news = replace(page(incident()), kind=PageKind.NOTIFICATION, purpose=Purpose.NEWS)
    assert used_up().lets(news, NOON)


def test_the_first_bundle_is_gathered_for_a_while_and_further_ones_leave_once_a_minute() -> None:
    found = used_up()
    assert found.next_bundle("alice", "phone", NOON) == NOON + GATHER
    assert found.next_bundle("alice", "phone", NOON + timedelta(seconds=9)) == NOON + GATHER, "it is not put off"
    found.bundle_leaves("alice", "phone", NOON + GATHER)
    assert found.next_bundle("alice", "phone", NOON + 2 * GATHER) == NOON + GATHER + EVERY


def test_while_a_bundle_is_gathered_new_pages_wait_for_it_though_the_budget_is_whole_again() -> None:
    found = used_up()
    found.next_bundle("alice", "phone", NOON)
    later = NOON + timedelta(minutes=10)
    assert not found.lets(page(incident()), later)
    found.bundle_leaves("alice", "phone", later)
    assert found.lets(page(incident()), later)


def test_a_bundle_that_failed_does_not_put_off_the_next_one() -> None:
    found = used_up()
    found.next_bundle("alice", "phone", NOON)
    found.bundle_leaves("alice", "phone", NOON + GATHER)
    found.bundle_failed("alice", "phone")
    assert found.next_bundle("alice", "phone", NOON + GATHER) == NOON + 2 * GATHER
