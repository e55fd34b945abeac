"""``rungbell simulate``: who an alert would wake, when and why; and what is said of all that cannot be read."""

import json
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rungbell.cli.simulate import NOTHING_IS_SENT
from tests.cli.conftest import RUNGBELL, Type
from tests.harness.webhooks import firing, resolved
from tests.ical.calendars import calendar, shift

SHIPPED = str(Path(__file__).parents[2] / "config" / "rungbell.yml")
PLAYBOOK = Path(SHIPPED).read_text()
SUNDAY = ("--at", "2026-11-22T03:00", "--config.file", SHIPPED)
"""At night, in the week of bob and eli."""
BEFORE = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
DOWN = ("alertname=DatabaseDown", "severity=critical")

SHOP = """\
zone: Europe/London
people:
  alice: {name: Alice, email: alice@example.com}
  bob: {name: Bob}
  chen: {name: Chen, email: chen@example.com}
schedules:
  later: {rotation: {people: [alice, chen], starts: 2026-11-30}}
  weekly: {rotation: {people: [alice, chen], starts: 2026-01-05}}
channels:
  mail: {type: email, host: smtp.example.com, from: rungbell@example.com, username: r, password_file: secrets/gone}
  chat: {type: console}
tiers:
  L1: {role: Support, reach: later, through: [chat]}
  L2: {role: Senior, reach: [bob, alice], through: [mail, {chat: 2m}]}
  L3: {role: Engineering, reach: bob, through: [mail]}
  L4: {role: Manager, reach: weekly, through: [mail], only: [P0, P1]}
severities:
  P0: &plan {page: [L1], acknowledge_within: 5m, climb_to: L4, acknowledgement_lasts: 1h, stable_for: 30m,
    resolves: person}
  P1: {page: [L2], acknowledge_within: 5m, climb_to: L2, acknowledgement_lasts: 1h, stable_for: 30m, resolves: person,
    while_unresolved: {L2: 30m}}
  P2: {page: [L1], acknowledge_within: 5m, climb_to: L1, acknowledgement_lasts: 1h, stable_for: 0s, resolves: window}
  P3: {page: [L3], acknowledge_within: 1h, climb_to: L3, hours: business, acknowledgement_lasts: next_business_day,
    stable_for: 0s, resolves: window}
rules:
  - {severity: none, match: ['alertname="Noise"']}
policies:
  - {name: shop, match: ['team="shop"', 'site!~"test.*"'], tiers: {L1: {role: Shopkeeper, reach: bob, through: [chat]}}}
  - {name: bank, match: ['team="bank"']}
sources:
  cluster: {anonymous: true, scheme: sev0}
  grafana: {bearer_token: a-token-of-grafana}
operator: default
"""
RULES = """\
groups:
  - name: storage
    rules:
      - alert: DiskFull
        expr: disk_free < 0.1
        labels: {severity: critical, job: "{{ $labels.job }}"}
      - alert: Odd
        expr: odd
        labels: {severity: quite}
      - alert: InfoInhibitor
        expr: info
"""


@pytest.fixture
def shop(tmp_path: Path) -> tuple[str, ...]:
    """Options for a file with gaps: nobody on call, nobody without a contact, a team of its own, secrets elsewhere."""
    file = tmp_path / "shop.yml"
    file.write_text(SHOP)
    return ("--config.file", str(file), "--at", "2026-11-22T03:00")


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


async def foreseen(typed: Type, *words: str, stdin: str = "") -> Any:  # noqa: ANN401 -- JSON
    done = await typed("simulate", *words, "-o", "json", stdin=stdin)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def steps(found: list[dict[str, Any]]) -> list[tuple[int, str, str, str]]:
    return [(round(one["after_seconds"]), one["tier"], one["person"], one["channel"]) for one in found]


# -- what is said ---------------------------------------------------------------------------------------------------


async def test_the_shipped_playbook_at_night_reads_from_labels_to_who_is_woken(typed: Type) -> None:
    done = await typed("simulate", *DOWN, *SUNDAY)
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    for text in (
        NOTHING_IS_SENT,
        "at Sun 2026-11-22 03:00 GMT (Europe/London), 03:00 UTC",
        "P0 Critical, by rules[2] (line",
        "not P0, rules[0] (line",
        'scope="platform" fails, there is no such label',
        "default, by the top of the file",
        "L1 On-call support engineer: bob (on call in support until Mon 23 Nov 09:00)",
        "+0s Sun 22 Nov 03:00 03:00 UTC L1 bob pager, chat: at once",
        "+10m Sun 22 Nov 03:10 03:10 UTC",
        "L5 grace phone: nobody acknowledged in time",
        "The ladder is exhausted Sun 22 Nov 03:15 and the operator is told.",
        "Then L1 and L5 are rung again every 5m until a person acts.",
        "If bob acknowledges at Sun 22 Nov 03:00, it lasts until Sun 22 Nov 04:00.",
        "L4 farah phone, mail: still not resolved",
    ):
        assert text in said, text


async def test_it_shows_how_somebody_wants_to_be_rung_and_is(typed: Type, tmp_path: Path) -> None:
    wants = "bob@example.com, reached: {P0: [{pager: 2m}, chat]}"
    file = write(tmp_path, "wants.yml", PLAYBOOK.replace("bob@example.com", wants))
    there = (*DOWN, *SUNDAY[:2], "--config.file", file)
    found = await foreseen(typed, *there)
    assert [step for step in steps(found["ladder"]) if step[2] == "bob"][:2] == [
        (0, "L1", "bob", "chat"), (120, "L1", "bob", "pager"),
    ]  # fmt: skip
    assert [one["wants"] for tier in found["tiers"] for one in tier["people"]][:2] == [
        [{"channel": "pager", "after_seconds": 120.0}, {"channel": "chat", "after_seconds": 0.0}], None,
    ]  # fmt: skip
    said = " ".join((await typed("simulate", *there)).stdout.split())
    assert "bob (on call in support until Mon 23 Nov 09:00; wants pager after 2m, chat)" in said


@pytest.mark.parametrize("words", [DOWN, ("severity=info",), ("severity=none",), ("alertname=Watchdog",)])
async def test_it_fits_80_columns_and_has_no_colours_where_nobody_looks(words: tuple[str, ...], typed: Type) -> None:
    lines = (await typed("simulate", *words, *SUNDAY)).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("\x1b" in line for line in lines)


async def test_the_document_has_the_names_that_others_build_on(typed: Type) -> None:
    found = await foreseen(typed, *DOWN, *SUNDAY)
    assert found.keys() >= {
        "severity", "guessed", "rule", "rules_passed_over", "policy", "policy_match", "policies_passed_over", "ladder",
        "acknowledged", "tiers", "left_out", "calendar", "at", "zone", "exhausted_at", "goes_round", "operator_told",
    }  # fmt: skip
    assert (found["severity"], found["guessed"], found["policy"], found["opens"]) == ("P0", False, "default", True)
    assert len(found["rules_passed_over"]) == 2
    assert steps(found["ladder"])[:2] == [(0, "L1", "bob", "pager"), (0, "L1", "bob", "chat")]
    first = found["ladder"][0]
    assert (first["at"], first["local"]) == ("2026-11-22T03:00:00.000Z", "2026-11-22T03:00:00.000+00:00")
    assert (first["role"], first["name"], first["purpose"]) == ("On-call support engineer", "Bob Okafor", "at_once")
    assert steps(found["ladder"])[-1] == (7200, "L5", "grace", "phone")
    assert found["goes_round"] == {
        "clock": "exhausted", "next_at": "2026-11-22T05:10:00.000Z", "every_seconds": 300.0, "business_hours": False,
        "tiers": ["L1", "L5"],
    }  # fmt: skip
    assert found["acknowledged"]["by"] == "bob"
    assert {tier for _, tier, _, _ in steps(found["acknowledged"]["ladder"])} == {"L1", "L3", "L4"}


async def test_only_the_document_goes_to_standard_output(typed: Type) -> None:
    done = await typed("simulate", *DOWN, *SUNDAY, "-o", "json")
    assert NOTHING_IS_SENT in done.stderr
    json.loads(done.stdout)


async def test_outside_business_hours_it_says_when_they_begin_and_whose_they_are_then(typed: Type) -> None:
    said = " ".join((await typed("simulate", "severity=info", *SUNDAY)).stdout.split())
    assert "P3 is paged in business hours only (mon-fri 09:00-17:00 Europe/London), and its clocks count open" in said
    assert "Sun 22 Nov 03:00 is outside of them: nobody is paged before Mon 23 Nov 09:00" in said
    assert "+1d6h Mon 23 Nov 09:00 09:00 UTC L1 alice" in said, "the shift changes at nine"
    assert "an acknowledgement lasts until the next business day opens" in said
    assert "L1 is rung again every 1h of business hours until a person acts" in said
    holiday = (await typed("simulate", "severity=info", *SUNDAY[2:], "--at", "2026-12-25T10:00")).stdout
    assert "is a holiday" in holiday


async def test_a_shift_that_ends_during_the_ladder_is_told(typed: Type) -> None:
    found = await foreseen(typed, "severity=warning", *SUNDAY[2:], "--at", "2026-11-23T08:50")
    assert found["calendar"] == ["L1: the shift of bob ends Mon 23 Nov 09:00; then alice"]
    assert {person for _, tier, person, _ in steps(found["ladder"]) if tier == "L1"} == {"bob", "alice"}


async def test_tiers_and_people_that_are_left_out_are_named_with_the_reason(typed: Type, shop: tuple[str, ...]) -> None:
    found = await foreseen(typed, "severity=sev0", *shop, "--source", "cluster")
    assert found["severity"] == "P0"
    assert found["rule"] == "scheme sev0: sev0"
    assert [(one["tier"], one["why"], one["person"], one["text"]) for one in found["left_out"]] == [
        ("L1", "nobody_on_call", None, "nobody is on call in later"),
        ("L3", "no_contact", "bob", "bob has no email, and mail needs one"),
    ]
    assert next(one["text"] for one in found["events"] if one["kind"] == "tier_empty") == (
        "L1: nobody on call can be reached; L2 at once"
    )
    said = " ".join((await typed("simulate", "severity=critical", *shop)).stdout.split())
    assert "L3: above climb_to: L2" in said
    quiet = " ".join((await typed("simulate", "severity=info", *shop)).stdout.split())
    assert "L4: for P0, P1 only" in quiet


async def test_a_policy_is_taken_by_its_matchers_and_the_line_is_named(typed: Type, shop: tuple[str, ...]) -> None:
    line = next(at for at, text in enumerate(SHOP.splitlines(), 1) if "name: shop" in text)
    taken = await foreseen(typed, "severity=critical", "team=shop", *shop)
    assert (taken["policy"], taken["policy_match"]) == ("shop", f"policies[0].match (line {line})")
    over = await foreseen(typed, "severity=critical", "team=bank", "site=test1", *shop)
    assert over["policy"] == "bank"
    assert over["policies_passed_over"] == [
        {"label": f"policies[0].match (line {line})", "offers": "shop", "failed": 'team="shop"', "found": "bank"}
    ]
    site = await foreseen(typed, "severity=critical", "team=shop", "site=test1", *shop)
    assert site["policies_passed_over"][0]["failed"] == 'site!~"test.*"'
    assert site["policy"] == "default"


async def test_a_channel_that_waits_stands_at_its_own_time(typed: Type, shop: tuple[str, ...]) -> None:
    found = await foreseen(typed, "severity=critical", *shop)
    assert steps(found["ladder"])[:3] == [
        (0, "L2", "bob", "chat"),
        (0, "L2", "alice", "mail"),
        (120, "L2", "alice", "chat"),
    ]


async def test_maintenance_and_round_robins_are_told(typed: Type, tmp_path: Path) -> None:
    text = SHOP.replace("  weekly:", "  desk: {round_robin: [chen, alice]}\n  weekly:").replace(
        "reach: later", "reach: desk"
    )
    text += "maintenance:\n  - {name: works, match: ['team=\"bank\"'], days: sun, hours: '02:00-06:00'}\n"
    words = (
        "--config.file",
        write(tmp_path, "m.yml", text),
        "--at",
        "2026-11-22T03:00",
        "severity=warning",
        "team=bank",
    )
    found = await foreseen(typed, *words)
    assert found["calendar"] == [
        "maintenance (works): paging is held until 2026-11-22 06:00 UTC",
        "desk takes turns: the first of its list stands here, the daemon knows who is next",
    ]
    assert steps(found["ladder"])[0] == (3 * 3600, "L1", "chen", "chat")


def listed(*overrides: tuple[str, str, str, str]) -> str:
    """What `oncall override list -o json` prints: schedule, person, from when and until when."""
    made = {
        "instead_of": None,
        "reason": "",
        "made_by": "bob",
        "made_at": "2026-11-20T09:00:00.000Z",
        "state": "coming",
    }
    names = ("schedule", "person", "begins", "ends")
    found = [{"id": str(id_), **dict(zip(names, one, strict=True)), **made} for id_, one in enumerate(overrides, 1)]
    return json.dumps(found)


async def test_overrides_that_are_handed_over_count_and_are_told(typed: Type, tmp_path: Path) -> None:
    text = listed(
        ("support", "alice", "2026-11-22T02:00:00.000Z", "2026-11-22T03:07:00.000Z"),
        ("support", "gone", "2026-11-22T02:00:00.000Z", "2026-11-22T05:00:00.000Z"),
    )
    done = await typed("simulate", "severity=critical", *SUNDAY, "--overrides", "-", "--verify", "L1=alice", stdin=text)
    assert done.exit_code == 0, done.output
    assert "Nothing is sent. 1 override counts, by standard input." in done.stdout
    assert "warning: standard input: override 2 counts for nothing: 'gone' is nobody of `people`" in done.stderr
    told = " ".join(done.stdout.split())
    assert (
        "L1 On-call support engineer: alice (on call in support until Sun 22 Nov 03:07, by an override in the" in told
    )
    assert "in the place of bob)" in told
    assert "L1: the shift of alice ends Sun 22 Nov 03:07; then bob" in told
    found = await foreseen(typed, "severity=critical", *SUNDAY, "--overrides", write(tmp_path, "o.json", text))
    assert [(after, who) for after, tier, who, way in steps(found["ladder"]) if (tier, way) == ("L1", "pager")][:3] == [
        (0, "alice"),
        (300, "alice"),
        (600, "bob"),
    ]
    assert found["tiers"][0]["people"][0]["overridden"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "standard input: is no JSON; print them with `rungbell oncall override list -o json`"),
        ("{}", "standard input: is no list of overrides; print"),
        ("[1]", "standard input: override 1 is none; print"),
        ('[{"id": "1"}]', "standard input: override 1 has no `schedule`; print"),
        (
            listed(("support", "alice", "2026-11-22T02:00Z", "2026-11-22T01:00Z")),
            "standard input: override 1 cannot be read: an override ends after it begins",
        ),
        (
            listed(("support", "alice", "2026-11-22T02:00", "2026-11-22T03:00")),
            "standard input: override 1 cannot be read: ",
        ),
    ],
)
async def test_overrides_that_cannot_be_read_are_refused(text: str, told: str, typed: Type) -> None:
    done = await typed("simulate", "severity=critical", *SUNDAY, "--overrides", "-", stdin=text)
    assert done.exit_code == 1
    assert told in done.stderr


async def test_where_nobody_can_be_rung_it_says_so(typed: Type, shop: tuple[str, ...]) -> None:
    said = " ".join((await typed("simulate", "severity=warning", *shop)).stdout.split())
    assert "Nobody can be rung: +0s Sun 22 Nov 03:00 03:00 UTC L1: nobody on call can be reached" in said
    assert "the ladder is exhausted at L1" in said
    assert "acknowledges" not in said


@pytest.mark.parametrize(
    ("words", "severity", "why"),
    [
        (("alertname=Watchdog", "severity=none"), None, "it is the heartbeat of its source"),
        (("alertname=X", "severity=none"), None, "severity=none and InfoInhibitor never page, whatever the rules say"),
        (("alertname=Noise",), None, "says that it never pages"),
    ],
)
async def test_what_never_pages_opens_nothing_and_says_why(
    words: tuple[str, ...], severity: str | None, why: str, typed: Type, shop: tuple[str, ...]
) -> None:
    found = await foreseen(typed, *words, *shop)
    assert (found["opens"], found["severity"], found["policy"], found["ladder"]) == (False, severity, None, [])
    assert why in found["why_not"]
    assert "Nothing is opened and nobody is rung" in (await typed("simulate", *words, *shop)).stdout


async def test_a_guess_is_shown_as_one(typed: Type) -> None:
    assert (await foreseen(typed, "severity=odd", *SUNDAY))["guessed"] is True
    assert (
        "P2 Medium, guessed, for no rule knows severity='odd'"
        in (await typed("simulate", "severity=odd", *SUNDAY)).stdout
    )


async def test_secrets_are_not_needed_where_nobody_is_rung(typed: Type, shop: tuple[str, ...]) -> None:
    assert (await typed("simulate", "severity=critical", *shop)).exit_code == 0
    assert (await typed("check", "config", shop[1])).exit_code == 1, "serve would need the file"


async def test_a_schemes_words_count_only_for_its_source(typed: Type, shop: tuple[str, ...]) -> None:
    words = ("severity=sev1", *shop)
    assert (await foreseen(typed, *words, "--source", "cluster"))["severity"] == "P1"
    assert (await foreseen(typed, *words, "--source", "grafana"))["guessed"] is True
    assert (await foreseen(typed, *words))["source"] is None


# -- times ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time_", "at", "note"),
    [
        ("2026-07-01T03:00", "2026-07-01T02:00:00.000Z", ""),
        ("2026-07-01 03:00:30", "2026-07-01T02:00:30.000Z", ""),
        ("2026-07-01T03:00+02:00", "2026-07-01T01:00:00.000Z", ""),
        ("2026-07-01T03:00Z", "2026-07-01T03:00:00.000Z", ""),
        ("2100-07-01T03:00", "2100-07-01T02:00:00.000Z", ""),
        ("2026-03-29T01:30", "2026-03-29T01:00:00.000Z", "the clocks of Europe/London skip 01:30 that night"),
        ("2026-10-25T01:30", "2026-10-25T00:30:00.000Z", "show 01:30 twice that night; this is the first time"),
    ],
)
async def test_a_time_is_wall_clock_of_the_file_unless_it_has_a_zone(
    time_: str, at: str, note: str, typed: Type
) -> None:
    words = ("severity=critical", "--config.file", SHIPPED, "--at", time_)
    assert (await foreseen(typed, *words))["at"] == at
    assert note in " ".join((await typed("simulate", *words)).stdout.split())


async def test_now_is_now(typed: Type) -> None:
    found = await foreseen(typed, "severity=critical", "--config.file", SHIPPED)
    assert abs(time.time() - datetime.fromisoformat(found["at"]).timestamp()) < 60


@pytest.mark.parametrize("time_", ["soon", "2026-13-01T00:00", "25:00", "9999-12-31T23:59", "0001-01-01", ""])
async def test_a_time_that_is_none_is_refused_with_an_example(time_: str, typed: Type) -> None:
    done = await typed("simulate", "severity=critical", "--config.file", SHIPPED, "--at", time_)
    assert done.exit_code == 2
    assert "--at" in done.stderr
    assert "2026-11-23T03:00" in done.stderr or "out of reach" in done.stderr


# -- payloads and rules ---------------------------------------------------------------------------------------------


async def test_the_worst_alert_of_a_payload_decides(typed: Type, tmp_path: Path) -> None:
    body = firing("DiskFull") | {"alerts": [*firing("DiskFull")["alerts"], *firing("DatabaseDown")["alerts"]]}
    found = await foreseen(typed, "--payload", write(tmp_path, "p.json", json.dumps(body)), *SUNDAY)
    assert (found["severity"], found["labels"]["alertname"], found["firing"]) == ("P0", "DatabaseDown", 2)
    said = (await typed("simulate", "--payload", "-", *SUNDAY, stdin=json.dumps(body))).stdout
    assert "the worst of 2" in said


async def test_a_payload_in_which_nothing_fires_opens_nothing(typed: Type) -> None:
    found = await foreseen(
        typed, "--payload", "-", *SUNDAY, stdin=json.dumps(resolved("DiskFull", at=BEFORE, ends_at=BEFORE))
    )
    assert (found["opens"], found["why_not"]) == (False, "nothing in it fires")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "standard input: the body is not JSON"),
        ("{", "standard input: the body is not JSON"),
        ("[]", "the body is a JSON array, not an object with `alerts`"),
        ('{"alerts": 7}', "has no list `alerts`"),
        ('{"alerts": []}', "holds no alert"),
        ('{"alerts": [7, {"labels": {"a": "b"}}]}', "1 of its alerts are no objects"),
    ],
)
async def test_a_broken_payload_is_refused_and_says_what_is_wrong(body: str, told: str, typed: Type) -> None:
    done = await typed("simulate", "--payload", "-", *SUNDAY, stdin=body)
    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr


async def test_each_alert_of_a_file_of_rules_is_a_line(typed: Type, tmp_path: Path) -> None:
    file = write(tmp_path, "rules.yml", RULES)
    done = await typed("simulate", "--rules", file, *SUNDAY)
    assert done.exit_code == 0
    rows = {line.split()[-1]: line.split() for line in done.stdout.splitlines() if line[:1].isdigit()}
    assert rows["DiskFull"][:3] == ["4", "P1", "default"]
    assert rows["Odd"][:3] == ["7", "P2?", "default"]
    assert rows["InfoInhibitor"][:3] == ["10", "none", "nobody"]
    assert f"{file}:6: groups[0].rules[0].labels.job: job of DiskFull is a template" in done.stderr.replace("\n", "")
    assert max(map(len, done.stdout.splitlines())) <= 80


async def test_the_document_of_a_file_of_rules_has_each_alert_whole(typed: Type, tmp_path: Path) -> None:
    found = await foreseen(typed, "--rules", write(tmp_path, "rules.yml", RULES), *SUNDAY)
    assert [(one["name"], one["line"], one["severity"]) for one in found["rules"]] == [
        ("DiskFull", 4, "P1"), ("Odd", 7, "P2"), ("InfoInhibitor", 10, None),
    ]  # fmt: skip
    assert found["rules"][0]["labels"]["job"] == "{{ $labels.job }}"
    assert found["rules"][0]["ladder"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "rules.yml:1: is empty"),
        ("groups: []\n", "rules.yml:1: holds no alerting rule"),
        ("groups:\n- rules:\n  - {alert: A}\n", "rules.yml:3: groups[0].rules[0]: has no `expr`"),
        ("groups: [\n", "not valid YAML"),
    ],
)
async def test_a_file_of_rules_that_cannot_be_used_is_refused(
    text: str, told: str, typed: Type, tmp_path: Path
) -> None:
    done = await typed("simulate", "--rules", write(tmp_path, "rules.yml", text), *SUNDAY)
    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr


# -- what is expected -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expected",
    [
        "severity=P0,policy=default,guessed=false",
        "severity=p0",
        "L1=bob,L2=chen,L3=eli,L4=farah,L5=grace",
        "L1@0s=bob, L4@5m=farah, L5@10m",
    ],
)
async def test_what_is_as_expected_ends_with_0(expected: str, typed: Type) -> None:
    done = await typed("simulate", *DOWN, *SUNDAY, "--verify", expected)
    assert done.exit_code == 0, done.output
    assert "As expected" in done.stdout


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ("severity=P1", "severity  expected P1, got P0"),
        ("policy=shop", "policy    expected shop, got default"),
        ("guessed=true", "guessed   expected true, got false"),
        ("L1=alice", "L1        expected alice, got bob"),
        ("L1=bob+alice", "L1        expected alice+bob, got bob"),
        ("L5=nobody", "L5        expected nobody, got grace"),
        ("L4@10m=farah", "L4@       expected 10m, got 5m"),
    ],
)
async def test_what_is_otherwise_ends_with_1_and_says_expected_and_got(expected: str, told: str, typed: Type) -> None:
    done = await typed("simulate", *DOWN, *SUNDAY, "--verify", expected)
    assert done.exit_code == 1
    assert "DatabaseDown is not as expected:" in done.stdout
    assert told in done.stdout


async def test_every_difference_is_told_at_once_and_the_document_stays_whole(typed: Type) -> None:
    done = await typed(
        "simulate", *DOWN, *SUNDAY, "--verify", "severity=P1,L1=alice", "--verify", "L2=bob", "-o", "json"
    )
    assert done.exit_code == 1
    json.loads(done.stdout)
    assert [line.split()[0] for line in done.stderr.splitlines() if "expected" in line and "got" in line] == [
        "severity", "L1", "L2",
    ]  # fmt: skip


async def test_a_tier_that_has_no_turn_or_nobody_is_nobodys(typed: Type, shop: tuple[str, ...]) -> None:
    assert (
        await typed("simulate", "severity=warning", *shop, "--verify", "L1=nobody,L3=nobody,L5=nobody")
    ).exit_code == 0
    assert (await typed("simulate", "severity=none", *shop, "--verify", "severity=none,policy=none")).exit_code == 0


async def test_each_alert_of_a_file_of_rules_is_held_against_what_is_expected(typed: Type, tmp_path: Path) -> None:
    done = await typed("simulate", "--rules", write(tmp_path, "r.yml", RULES), *SUNDAY, "--verify", "severity=P1")
    assert done.exit_code == 1
    assert "Odd is not as expected" in done.stdout
    assert "DiskFull is not as expected" not in done.stdout


@pytest.mark.parametrize(
    "expected",
    ["L6=alice", "tier=L1", "severity=P9", "severity=", "L1", "L1=", "L1@soon=alice", "guessed=maybe", "=alice"],
)
async def test_an_expectation_nobody_understands_is_refused_with_an_example(expected: str, typed: Type) -> None:
    done = await typed("simulate", *DOWN, *SUNDAY, "--verify", expected)
    assert done.exit_code == 2
    assert "write for example severity=P0" in done.stderr


# -- what is typed wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give one of: labels"),
        (("severity=critical", "--payload", "-"), "give one of: labels"),
        (("--payload", "-", "--rules", "x.yml"), "give one of: labels"),
        (("--payload", "-", "--overrides", "-"), "only one of --payload and --overrides can read standard input"),
        (("critical",), "'critical' is neither LABEL=VALUE"),
        (("=critical",), "neither LABEL=VALUE"),
        (("severity=critical", "7"), "'7' is neither LABEL=VALUE"),
        (('team=~"db"',), "is a matcher"),
        (("team!=db",), "is a matcher"),
        (("a=b", "a=c"), "the label a is given twice"),
        (("a=b", "--source", "nowhere"), "there is no source 'nowhere'; the file has default"),
    ],
)
async def test_what_is_typed_wrong_ends_with_2_and_says_how_it_is_done(
    words: tuple[str, ...], told: str, typed: Type
) -> None:
    done = await typed("simulate", *words, *SUNDAY)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in " ".join(done.stderr.split())


async def test_a_configuration_that_is_missing_or_wrong_ends_with_1_and_all_its_mistakes(
    typed: Type, tmp_path: Path
) -> None:
    absent = await typed("simulate", *DOWN, "--config.file", str(tmp_path / "absent.yml"))
    assert absent.exit_code == 1
    assert "absent.yml: cannot be read: No such file" in absent.stderr
    text = SHOP.replace("acknowledge_within: 1h", "acknowledge_within: 1").replace("reach: weekly", "reach: monthly")
    wrong = await typed("simulate", *DOWN, "--config.file", write(tmp_path, "wrong.yml", text))
    assert wrong.exit_code == 1
    assert "has no unit" in wrong.stderr
    assert "monthly" in wrong.stderr


@pytest.mark.parametrize("file", ["--payload", "--rules"])
async def test_a_file_that_is_not_there_is_named(file: str, typed: Type) -> None:
    done = await typed("simulate", file, "nowhere.x", *SUNDAY)
    assert done.exit_code == 1
    assert "nowhere.x: cannot be read: No such file" in done.stderr


async def test_hours_that_never_open_are_said_and_not_searched_for_ever(typed: Type, tmp_path: Path) -> None:
    mondays = [str(date(2026, 1, 5) + week * timedelta(weeks=1)) for week in range(160)]
    hours = f"zone: Europe/London\nbusiness_hours: {{days: [mon], holidays: {mondays}}}"
    file = write(tmp_path, "x.yml", SHOP.replace("zone: Europe/London", hours, 1))
    done = await typed("simulate", "severity=info", "--config.file", file, "--at", "2026-02-02T10:00")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no business day in the" in done.stderr


# -- as a process ---------------------------------------------------------------------------------------------------


@pytest.mark.end_to_end
def test_as_a_process_it_answers_without_a_daemon(tmp_path: Path) -> None:
    done = subprocess.run(
        [RUNGBELL, "simulate", *DOWN, *SUNDAY], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "P0 Critical" in done.stdout
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


AT_TEN = ("--source", "cluster", "--at", "2026-11-23T10:00")
STORMS = "storms: {umbrella: {opens: 20}, pages: {at_most: 10}, channels: {chat: {at_most: 4, within: 15m}}}\n"


async def test_it_says_from_when_on_a_storm_would_make_it_otherwise(typed: Type, tmp_path: Path) -> None:
    config = tmp_path / "rungbell.yml"
    config.write_text(SHOP + STORMS)
    words = ("alertname=X", "severity=sev1", *AT_TEN, "--config.file", str(config))
    told = " ".join((await typed("simulate", *words)).stdout.split())
    assert "once 20 incidents of policy default have begun within 1m, this one rings nobody by itself" in told
    assert "once 4 pages have left to somebody through chat within 15m, further ones are held back" in told
    storms = json.loads((await typed("simulate", *words, "-o", "json")).stdout)["storms"]
    assert storms["umbrella"] == {"opens": 20, "within_seconds": 60.0}
    assert {"channel": "chat", "at_most": 4, "within_seconds": 900.0} in storms["budgets"]


async def test_what_a_storm_does_not_change_is_not_said(typed: Type, tmp_path: Path) -> None:
    config = tmp_path / "rungbell.yml"
    config.write_text(SHOP + STORMS)
    words = ("alertname=X", "severity=sev0", *AT_TEN, "--config.file", str(config))
    assert json.loads((await typed("simulate", *words, "-o", "json")).stdout)["storms"]["umbrella"] is None
    config.write_text(SHOP)
    assert "storms" not in (await typed("simulate", *words)).stdout


def test_nothing_heavy_is_imported_for_a_look_ahead() -> None:
    code = "import sys; from rungbell.cli import main\n"
    code += f"main({['simulate', *DOWN, *SUNDAY]!r}, standalone_mode=False)\n"
    code += "print([name for name in ('aiohttp', 'sqlalchemy', 'alembic', 'rich', 'jinja2') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


async def test_whom_a_calendar_in_a_file_names_is_woken_and_a_url_is_not_asked(typed: Type, tmp_path: Path) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0)
    begins, ends = (f"{today + timedelta(days=days):%Y%m%dT000000Z}" for days in (-1, 9))
    (tmp_path / "team.ics").write_bytes(calendar(shift("Chen", begins, ends)))
    text = SHOP.replace("later: {rotation: {people: [alice, chen], starts: 2026-11-30}}", "later: {calendar: {%s}}")
    words = ("alertname=Down", "severity=warning", "--at", f"{today + timedelta(days=1):%Y-%m-%dT12:00}Z")
    file = write(tmp_path, "x.yml", text % "file: team.ics")
    found = await foreseen(typed, *words, "--config.file", str(file))
    assert {step["person"] for step in found["ladder"]} == {"chen"}
    unasked = write(tmp_path, "y.yml", text % "url_file: secrets/gone")
    done = await typed("simulate", *words, "--config.file", str(unasked))
    assert "the URL of the calendar later is not asked: here nobody is on call by it" in done.stderr


@pytest.mark.parametrize("year", [2020, 2029])
async def test_a_calendar_says_who_is_on_call_at_any_time_and_not_only_around_today(
    year: int, typed: Type, tmp_path: Path
) -> None:
    (tmp_path / "team.ics").write_bytes(calendar(shift("Chen", f"{year}0601T000000Z", f"{year}0603T000000Z")))
    text = SHOP.replace("later: {rotation: {people: [alice, chen], starts: 2026-11-30}}", "later: {calendar: {%s}}")
    file = write(tmp_path, "x.yml", text % "file: team.ics")
    found = await foreseen(typed, "severity=warning", "--at", f"{year}-06-02T12:00", "--config.file", file)
    assert {step["person"] for step in found["ladder"]} == {"chen"}


NOT_FOR_A_LOOK = (
    "aiohttp", "asyncio", "email.policy", "holidays", "icalendar", "jinja2", "multiprocessing", "rich",
    "rungbell.config.lint", "sqlalchemy", "ssl", "structlog",
)  # fmt: skip
"""What takes long to import, and a look ahead does without."""


TESTS = SHIPPED.replace("rungbell.yml", "rungbell.test.yml")


@pytest.mark.parametrize(
    "words", [["simulate", *DOWN, "--config.file", SHIPPED], ["test", TESTS, "--run", "critical is P1"]]
)
def test_a_look_ahead_imports_nothing_that_it_does_without(words: list[str]) -> None:
    code = f"""
import sys
from rungbell.cli import main
try:
    main({words!r})
except SystemExit as ended:
    print([name for name in {NOT_FOR_A_LOOK!r} if name in sys.modules], ended.code)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0", done.stdout
