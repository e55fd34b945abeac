"""What a sound file amounts to."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from rungbell.config import SourceSettings
from rungbell.domain.book import Telling
from rungbell.domain.calendar import BusinessHours
from rungbell.domain.hours import WeeklyHours
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.policy import Resolves, Through, Tier, pinned
from rungbell.domain.roster import Channel, Person
from rungbell.domain.rotation import Rotation
from rungbell.domain.severity import Severity
from tests.config.sample import SOUND, mistakes, read, spoiled


def test_people_have_their_contacts_and_at_least_their_name(tmp_path: Path) -> None:
    people = read(tmp_path, spoiled("email: alice@example.com", "contacts: {pigeon: loft 3}")).book.roster.people
    assert people == {
        "alice": Person("alice", "Alice Ng", {"pigeon": "loft 3"}),
        "bob": Person("bob", "bob", {"phone": "+44 20 7946 0001"}),
    }


def test_a_rotation_hands_over_in_the_zone_of_the_file_on_monday_at_nine(tmp_path: Path) -> None:
    schedule = read(tmp_path, SOUND).book.roster.schedules["support"]
    assert schedule.on_call(datetime(2026, 6, 1, 7, 59, tzinfo=UTC)) != schedule.on_call(
        datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
    )


def test_a_rotation_may_say_everything_itself(tmp_path: Path) -> None:
    text = spoiled("starts: 2026-01-05", 'starts: 2026-01-05, every: 2w, handover: "fri 17:30", zone: Asia/Tokyo')
    rotation = read(tmp_path, text).book.roster.schedules["support"].layers[0].rotation
    assert rotation is not None
    assert (rotation.every, rotation.weekday, rotation.at) == (timedelta(weeks=2), 4, time(17, 30))
    assert (rotation.zone, rotation.starts, rotation.people) == ("Asia/Tokyo", date(2026, 1, 5), ("alice", "bob"))


def test_channels_know_which_contact_they_need(tmp_path: Path) -> None:
    channels = read(tmp_path, spoiled("{type: console}", "{type: mail}")).book.roster.channels
    assert channels == {"chat": Channel("chat", "email"), "pager": Channel("pager", None)}


def test_a_channel_may_wait(tmp_path: Path) -> None:
    tier = read(tmp_path, SOUND).book.routes[-1].policy.tiers[Tier.L1]
    assert tier.through == (Through("chat"), Through("pager", timedelta(minutes=2)))


def test_every_policy_is_pinned_and_the_last_route_matches_everything(tmp_path: Path) -> None:
    routes = read(tmp_path, SOUND).book.routes
    assert [route.policy.name for route in routes] == ["database", "default"]
    assert all(route.policy == pinned(route.policy) and route.policy.hash for route in routes)
    assert ([str(matcher) for matcher in routes[0].match], routes[1].match) == (['team="dba"'], ())


def test_a_policy_changes_a_severity_key_by_key(tmp_path: Path) -> None:
    special, default = (route.policy for route in read(tmp_path, SOUND).book.routes)
    assert special.plan(Severity.P1).acknowledge_within == timedelta(minutes=1)
    assert special.plan(Severity.P1).climb_to == default.plan(Severity.P1).climb_to
    assert special.plan(Severity.P0) == default.plan(Severity.P0)


def test_a_policy_can_take_a_key_away_with_null(tmp_path: Path) -> None:
    text = spoiled("{P1: {acknowledge_within: 1m}}", "{P0: {engineering_within: null, while_unresolved: {}}}")
    plan = read(tmp_path, text).book.routes[0].policy.plan(Severity.P0)
    assert (plan.engineering_within, plan.while_unresolved) == (None, {})


def test_a_policy_replaces_a_tier_whole_and_business_hours_key_by_key(tmp_path: Path) -> None:
    text = spoiled(
        "{name: database, ",
        "{name: database, tiers: {L1: {role: DBA, reach: bob, through: [pager]}}, business_hours: {days: sat-sun}, ",
    ).replace(
        "zone: Europe/London", 'zone: Europe/London\nbusiness_hours: {hours: "08:00-16:30", holidays: [2026-12-25]}'
    )
    policy = read(tmp_path, text).book.routes[0].policy
    assert (policy.tiers[Tier.L1].role, policy.tiers[Tier.L1].through) == ("DBA", (Through("pager"),))
    assert policy.hours == BusinessHours(
        "Europe/London", frozenset({5, 6}), time(8), time(16, 30), frozenset({date(2026, 12, 25)})
    )


def test_without_business_hours_they_are_monday_to_friday_nine_to_five(tmp_path: Path) -> None:
    hours = read(tmp_path, SOUND).book.routes[-1].policy.hours
    assert hours == BusinessHours("Europe/London", frozenset(range(5)), time(9), time(17), frozenset())


@pytest.mark.parametrize(
    ("days", "expected"),
    [("mon-fri", {0, 1, 2, 3, 4}), ("sun-thu", {6, 0, 1, 2, 3}), ("[mon, tue]", {0, 1}), ("'mon, wed-thu'", {0, 2, 3})],
)
def test_business_days_are_a_range_or_a_list(tmp_path: Path, days: str, expected: set[int]) -> None:
    text = spoiled("zone: Europe/London", f"zone: UTC\nbusiness_hours: {{days: {days}}}")
    assert read(tmp_path, text).book.routes[-1].policy.hours.days == expected


def test_the_least_that_a_severity_must_say_has_these_defaults(tmp_path: Path) -> None:
    plan = read(tmp_path, SOUND).book.routes[-1].policy.plan(Severity.P1)
    assert (plan.reopen_within, plan.repage_unanswered, plan.repeat_exhausted_every) == (timedelta(hours=1), True, None)
    assert (plan.engineering_within, dict(plan.while_unresolved), plan.business_hours_only) == (None, {}, False)
    assert plan.resolves is Resolves.PERSON


def test_rules_carry_their_place_in_the_file_as_the_reason(tmp_path: Path) -> None:
    rules = read(tmp_path, spoiled("{severity: P3, match", "{severity: none, match")).book.rules
    assert [rule.label for rule in rules.rules] == ["rules[0] (line 21)", "rules[1] (line 22)"]
    assert rules.map({"alertname": "DiskFlapping"}, "cluster-a").severity is None


def test_a_source_declares_its_scheme_and_how_often_its_watchdog_barks(tmp_path: Path) -> None:
    found = read(tmp_path, SOUND)
    (source,) = found.sources
    assert (source.name, source.watchdog_within) == ("cluster-a", timedelta(minutes=15))
    assert found.book.rules.map({"severity": "SEV-0"}, "cluster-a").severity is Severity.P0


def test_without_sources_there_is_one_that_asks_for_nothing(tmp_path: Path) -> None:
    for empty in (
        spoiled(
            "sources:\n  cluster-a: {bearer_token: sample-token-1, scheme: sev0, watchdog_within: 15m}", "sources:"
        ),
    ):
        assert read(tmp_path, empty).sources == (SourceSettings("default", anonymous=True),)


def test_the_operator_may_have_a_policy_of_its_own(tmp_path: Path) -> None:
    operator = read(tmp_path, spoiled("operator: default", "operator: database")).book.operator
    assert operator is not None
    assert operator.name == "database"


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND).hash == hashlib.sha256(SOUND.encode()).hexdigest()


def test_a_notifiers_own_types_are_strict(tmp_path: Path) -> None:
    assert [one.field for one in mistakes(tmp_path, spoiled('9911/page"', '9911/page", headers: {a: 1}'))] == [
        "channels.pager.headers.a"
    ]


def test_a_rotation_of_other_than_whole_weeks_begins_at_nine_on_the_day_it_starts(tmp_path: Path) -> None:
    text = spoiled("starts: 2026-01-05", "starts: 2026-01-07, every: 36h, together: 2")
    rotation = read(tmp_path, text).book.roster.schedules["support"].layers[0].rotation
    assert rotation == Rotation(
        zone="Europe/London",
        people=("alice", "bob"),
        every=timedelta(hours=36),
        starts=date(2026, 1, 7),
        at=time(9),
        together=2,
    )


@pytest.mark.parametrize(
    ("handover", "expected"),
    [("17:30", (None, time(17, 30))), ("fri 17:30", (4, time(17, 30))), ('"09:00"', (None, time(9)))],
)
def test_a_handover_is_a_time_of_day_with_or_without_a_weekday(
    tmp_path: Path, handover: str, expected: tuple[int | None, time]
) -> None:
    text = spoiled("starts: 2026-01-05", f"starts: 2026-01-05, handover: {handover}")
    rotation = read(tmp_path, text).book.roster.schedules["support"].layers[0].rotation
    assert rotation is not None
    assert (rotation.weekday, rotation.at) == expected


def test_layers_have_hours_in_their_own_zone_and_the_last_may_be_a_round_robin(tmp_path: Path) -> None:
    text = spoiled(
        "{rotation: {people: [alice, bob], starts: 2026-01-05}}",
        """
    layers:
      - {people: alice, hours: "09:00-17:00", days: mon-fri, zone: Asia/Tokyo}
      - {rotation: {people: [alice, bob], starts: 2026-01-05}, hours: "22:00-06:00"}
      - {people: bob, days: sat-sun}
      - {people: bob, hours: "18:00-24:00"}
      - {round_robin: [bob, alice]}""",
    )
    schedule = read(tmp_path, text).book.roster.schedules["support"]
    assert [layer.hours for layer in schedule.layers] == [
        WeeklyHours("Asia/Tokyo", frozenset(range(5)), time(9), time(17)),
        WeeklyHours("Europe/London", opens=time(22), closes=time(6)),
        WeeklyHours("Europe/London", frozenset({5, 6})),
        WeeklyHours("Europe/London", opens=time(18), closes=time(0)),
        None,
    ]
    assert schedule.layers[-1].round_robin == ("bob", "alice")
    assert schedule.members == ("alice", "bob")


def test_a_schedule_may_be_a_round_robin_alone(tmp_path: Path) -> None:
    text = spoiled("{rotation: {people: [alice, bob], starts: 2026-01-05}}", "{round_robin: [bob, alice]}")
    schedule = read(tmp_path, text).book.roster.schedules["support"]
    assert schedule == Schedule("support", (Layer(round_robin=("bob", "alice")),))


def test_maintenance_is_hours_of_the_week_or_a_time_once_and_spares_p0(tmp_path: Path) -> None:
    text = spoiled(
        "operator: default",
        """operator: default
maintenance:
  - {name: patch night, match: ['cluster="a"'], days: sun, hours: "22:00-02:00"}
  - {name: move, match: ['site="york"'], from: 2026-03-29 01:30, until: 2026-04-10, only: [P0, P3]}
  - {name: Tokyo, match: ['site="tokyo"'], days: sat-sun, zone: Asia/Tokyo, until: 2027-01-01 09:00}""",
    )
    found = read(tmp_path, text)
    night, move, tokyo = found.book.maintenance
    assert (night.name, night.only) == ("patch night", frozenset({Severity.P1, Severity.P2, Severity.P3}))
    assert night.hours == WeeklyHours("Europe/London", frozenset({6}), time(22), time(2))
    assert (move.hours, move.only) == (None, frozenset({Severity.P0, Severity.P3}))
    assert move.begins == datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "the clocks skip 01:30; it begins when they do"
    assert move.ends == datetime(2026, 4, 9, 23, 0, tzinfo=UTC)
    assert tokyo.hours == WeeklyHours("Asia/Tokyo", frozenset({5, 6}))
    assert (tokyo.begins, tokyo.ends) == (None, datetime(2027, 1, 1, tzinfo=UTC))
    assert [(one.field, one.message) for one in found.warnings if one.field.startswith("maintenance")] == [
        ("maintenance[1].until", "paging of what matches is held for 1w4d22h30m in one go")
    ]


def test_how_people_hear_of_their_shifts_is_read(tmp_path: Path) -> None:
    told = "starts: 2026-01-05}, tell: {through: [chat, pager], ends: false, before: 15m}}"
    book = read(tmp_path, spoiled("starts: 2026-01-05}}", told)).book
    assert book.tellings == {"support": Telling(("chat", "pager"), ends=False, before=timedelta(minutes=15))}
    assert read(tmp_path, SOUND).book.tellings == {}
