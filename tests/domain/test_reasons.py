"""Why this one and not the others: rules, policies, tiers and people that were passed over."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from rungbell.domain.book import Book
from rungbell.domain.matchers import parse_matchers
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.opening import policy_for
from rungbell.domain.override import Override
from rungbell.domain.policy import Policy, Through, Tier, TierPlan
from rungbell.domain.reasons import (
    Absence,
    Stand,
    absent,
    left_out,
    policies_passed_over,
    route_of,
    rules_passed_over,
    standing,
    within_business_hours,
)
from rungbell.domain.roster import Channel, Person, Roster
from rungbell.domain.rotation import Rotation
from rungbell.domain.severity import Severity, SeverityRule, SeverityRules
from tests.config.sample import SOUND, read
from tests.domain.shipped import default_policy, shipped
from tests.domain.world import MONDAY_10

HOUR = timedelta(hours=1)
BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
"""When nobody was on call yet."""


def sample(folder: Path) -> Book:
    return read(folder, SOUND).book


@pytest.mark.parametrize(
    ("labels", "passed_over"),
    [
        ({"severity": "critical", "scope": "platform"}, 0),
        ({"severity": "critical", "alertname": "DatabaseDown"}, 2),
        ({"severity": "critical"}, 6),
        ({"severity": "quite bad"}, 6),
        ({"severity": "none", "scope": "platform"}, 0),
        ({"alertname": "InfoInhibitor"}, 0),
    ],
)
def test_the_rules_before_the_one_that_decided_did_not_match(labels: dict[str, str], passed_over: int) -> None:
    rules = shipped().rules
    found = rules_passed_over(rules, labels, rules.map(labels, "default"))
    assert [one.label for one in found] == [rule.label for rule in rules.rules[:passed_over]]
    assert not any(one.failed.matches(labels) for one in found)


def test_the_first_matcher_that_fails_is_named_with_what_the_label_holds() -> None:
    rules = shipped().rules
    labels = {"severity": "critical", "alertname": "DatabaseDown"}
    first, second = rules_passed_over(rules, labels, rules.map(labels, "default"))
    assert (str(first.failed), first.found, first.offers) == ('scope="platform"', None, "P0")
    assert (second.failed.name, second.found) == ("alertname", "DatabaseDown")


def test_a_rule_that_never_pages_offers_none() -> None:
    rules = SeverityRules((SeverityRule(None, parse_matchers(['a="1"']), "rules[0]"),))
    (found,) = rules_passed_over(rules, {}, rules.map({}, "default"))
    assert found.offers == "none"


@pytest.mark.parametrize(("labels", "passed_over"), [({"team": "dba"}, []), ({"team": "shop"}, ["database"])])
def test_the_policies_before_the_one_that_is_taken_did_not_match(
    labels: dict[str, str], passed_over: list[str], tmp_path: Path
) -> None:
    assert [one.offers for one in policies_passed_over(sample(tmp_path), labels)] == passed_over


def test_a_policy_says_where_its_matchers_stand(tmp_path: Path) -> None:
    book = sample(tmp_path)
    database = route_of(book, policy_for(book, {"team": "dba"}))
    default = route_of(book, policy_for(book, {}))
    assert database is not None
    assert default is not None
    line = SOUND.splitlines().index(
        "  - {name: database, match: ['team=\"dba\"'], severities: {P1: {acknowledge_within: 1m}}}"
    )
    assert (database.label, default.label) == (f"policies[0].match (line {line + 1})", "the top of the file")
    assert route_of(book, default_policy()) is None


def test_a_tier_is_closed_to_a_severity_or_above_the_cap_or_not_reached() -> None:
    book = shipped()
    entered = {Tier.L1: MONDAY_10, Tier.L2: MONDAY_10}
    found = {one.tier: one for one in left_out(default_policy(), Severity.P2, book.roster, entered, {})}
    assert {tier: one.absence for tier, one in found.items()} == {
        Tier.L3: Absence.NOT_REACHED,
        Tier.L4: Absence.ABOVE_CAP,
        Tier.L5: Absence.CLOSED,
    }
    assert (found[Tier.L4].text, found[Tier.L5].text) == ("above climb_to: L3", "for P0 only")


ROTATION = Rotation(zone="UTC", people=("alice", "bob"), weekday=0, at=time(9), starts=date(2026, 1, 5))


def roster() -> Roster:
    return Roster(
        people={
            "alice": Person("alice", "Alice", {"phone": "+1"}),
            "bob": Person("bob", "Bob", {"phone": "+2"}),
            "chen": Person("chen", "Chen"),
        },
        schedules={
            "support": Schedule("support", (Layer(rotation=ROTATION),)),
            "nobody": Schedule("nobody"),
            "all": Schedule("all", (Layer(people=("chen", "bob")),)),
            "desk": Schedule("desk", (Layer(round_robin=("alice", "bob")),)),
        },
        channels={"phone": Channel("phone", "phone"), "chat": Channel("chat")},
    )


def tier(*reach: str, through: tuple[str, ...] = ("phone",)) -> TierPlan:
    return TierPlan(Tier.L1, "Support", reach, tuple(Through(name) for name in through))


@pytest.mark.parametrize(
    ("plan", "now", "absence", "person", "text"),
    [
        (tier("support"), BEFORE, Absence.NOBODY_ON_CALL, None, "nobody is on call in support"),
        (tier("nobody"), MONDAY_10, Absence.NOBODY_ON_CALL, None, "nobody is on call in nobody"),
        (tier("chen", "chen"), MONDAY_10, Absence.NO_CONTACT, "chen", "chen has no phone, and phone needs one"),
        (tier("all"), MONDAY_10, Absence.NO_CONTACT, "chen", "chen has no phone, and phone needs one"),
        (tier("zoe"), MONDAY_10, Absence.UNKNOWN_PERSON, "zoe", "zoe is nobody of the configuration"),
        (tier("bob", through=("fax",)), MONDAY_10, Absence.NO_CONTACT, "bob", "there is no channel fax"),
    ],
)
def test_who_of_a_tier_is_not_rung_and_why(
    plan: TierPlan, now: datetime, absence: Absence, person: str | None, text: str
) -> None:
    (found,) = absent(roster(), plan, now, {})
    assert (found.absence, found.person, found.text) == (absence, person, text)


def test_whoever_can_be_reached_is_no_absence() -> None:
    assert absent(roster(), tier("support", "bob"), MONDAY_10, {}) == ()
    assert absent(roster(), tier("chen", through=("phone", "chat")), MONDAY_10, {}) == ()


def test_people_stand_on_a_tier_by_name_or_until_their_shift_ends() -> None:
    turn = ROTATION.turn(MONDAY_10)
    assert turn is not None
    plan = tier("support", "all", "alice", "bob", "chen")
    first, second = standing(roster(), plan, MONDAY_10, {})
    assert first == Stand(turn.people[0], "support", turn.ends)
    assert second == (Stand("bob", "all") if turn.people == ("alice",) else Stand("alice"))


def test_whoever_stands_on_a_tier_is_whom_the_ladder_rings() -> None:
    policy: Policy = default_policy()
    book = shipped()
    for plan in policy.tiers.values():
        stands = [one.person for one in standing(book.roster, plan, MONDAY_10, {})]
        assert stands == [person for person, _ in book.roster.on_tier(plan, MONDAY_10)]


def test_an_override_is_told_with_whom_it_stands_in_for_and_why() -> None:
    turn = ROTATION.turn(MONDAY_10)
    assert turn is not None
    (planned,) = turn.people
    other = "bob" if planned == "alice" else "alice"
    override = Override(
        id="o1", schedule="support", person=other, begins=MONDAY_10 - HOUR, ends=MONDAY_10 + HOUR, reason="a wedding",
        made_at=MONDAY_10 - HOUR,
    )  # fmt: skip
    (stand,) = standing(roster().with_overrides([override]), tier("support"), MONDAY_10, {})
    assert stand == Stand(other, "support", MONDAY_10 + HOUR, (planned,), "a wedding", overridden=True)


def test_in_a_round_robin_stands_whose_turn_it_is() -> None:
    assert [one.person for one in standing(roster(), tier("desk"), MONDAY_10, {"desk": 3})] == ["bob"]
    assert [one.person for one in standing(roster(), tier("desk"), MONDAY_10, {})] == ["alice", "bob"]


def test_business_hours_are_told_where_they_hold_pages_back() -> None:
    policy = default_policy()
    assert within_business_hours(policy, Severity.P0) == ""
    assert within_business_hours(policy, Severity.P3) == (
        "P3 is paged in business hours only (mon-fri 09:00-17:00 Europe/London), and its clocks count open time"
    )
