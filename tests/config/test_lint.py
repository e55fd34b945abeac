"""``check config --lint`` finds each planted mistake under its id and at its line, and nothing else."""

import string
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rungbell.config import ConfigMistake, InvalidConfigError, load
from rungbell.config.findings import Findings
from rungbell.config.lint.allowed import not_allowed
from rungbell.config.lint.check import linted
from rungbell.config.lint.kinds import KINDS
from rungbell.config.model.file import FileSection
from rungbell.domain.book import Book
from rungbell.notifiers import registry
from tests.config.planted import CLEAN, NEAR_MISSES, NOW, PLANTED, Plant, policy, rule
from tests.config.sample import NOTIFIERS, write

CALENDARS = {"calendar-nobody-now", "calendar-unknown-name"}
"""Found where a calendar is read: see ``test_calendars``."""
CONFIG = Path(__file__).parents[2] / "config"


def told(folder: Path, text: str) -> tuple[ConfigMistake, ...]:
    try:
        return load(write(folder, text), NOTIFIERS, lint_at=NOW).warnings
    except InvalidConfigError as error:
        return error.mistakes


def found(folder: Path, text: str) -> list[tuple[str, int]]:
    return [(one.id, one.line) for one in told(folder, text)]


def changed(*changes: tuple[str, str]) -> str:
    return Plant((), changes).text


def test_the_sample_itself_is_clean(tmp_path: Path) -> None:
    assert found(tmp_path, CLEAN) == []


@pytest.mark.requirement("A24")
@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: f"{plant.found[0][0]}-{plant.changes[-1][1].strip()[:60]}")
def test_a_planted_mistake_is_found_under_its_id_at_its_line_and_nothing_else_is(tmp_path: Path, plant: Plant) -> None:
    assert sorted(found(tmp_path, plant.text)) == sorted(plant.found)


@pytest.mark.parametrize(
    ("kind", "changes"), [(kind, tuple(one)) for kind, all_ in NEAR_MISSES.items() for one in all_]
)
def test_what_only_looks_like_a_mistake_is_not_found(
    tmp_path: Path, kind: str, changes: tuple[tuple[str, str], ...]
) -> None:
    assert [one for one in found(tmp_path, changed(*changes)) if one[0] == kind] == []


def test_a_file_with_secrets_that_everybody_may_read_is_found_and_one_of_its_owner_is_not(tmp_path: Path) -> None:
    path = write(tmp_path, CLEAN + "sources: {am: {bearer_token: sample-token-1}}\n")
    assert load(path, NOTIFIERS, lint_at=NOW).warnings == ()
    path.chmod(0o644)
    assert [(one.id, one.line) for one in load(path, NOTIFIERS, lint_at=NOW).warnings] == [("open-secret", 1)]


def test_every_kind_is_planted_and_almost_planted() -> None:
    planted = {kind for plant in PLANTED for kind, _ in plant.found}
    assert planted == NEAR_MISSES.keys() == KINDS.keys() - {"open-secret", "template-does-not-render", *CALENDARS}


@pytest.mark.parametrize("file", ["rungbell.yml", "quickstart.yml"])
def test_the_shipped_configurations_are_clean(file: str) -> None:
    assert load(CONFIG / file, registry(), lint_at=NOW).warnings == ()


def test_the_readme_lists_the_kinds() -> None:
    lines = (CONFIG / "README.md").read_text().splitlines()
    assert [
        line for line in lines if line.startswith("| `") and line.count("|") == 4 and "-" in line.split("|")[1]
    ] == [f"| `{kind.id}` | {kind.title} | {kind.why} |" for kind in KINDS.values()]


# -- what is said ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            [rule('team="web"')],
            "rules[4]: is never reached: rules[3] (line 37) takes all of its alerts",
        ),
        (
            [("""'alertname=~"Disk.*"'""", """'team="db"'"""), rule('team=~"db|web"')],
            "rules[4]: is never reached: rules[1] (line 35) and rules[3] (line 37) take all of its alerts",
        ),
        (
            [rule('team="a"', 'team="b"')],
            "rules[4]: is never reached: its matchers cannot all hold for one alert",
        ),
        (
            [("2026-01-05", "2026-12-07")],
            (
                "schedules.support: nobody is on call from Thu 2026-11-26 12:00 to Mon 2026-12-07 09:00, and L1 rings "
                "nobody else then"
            ),
        ),
        (
            [("{people: [chen]}", "{rotation: {people: [bob, chen], starts: 2026-01-12}}")],
            "tiers.L2.reach: L2 follows L1, and on both stands bob (from Mon 2026-11-30 09:00)",
        ),
        (
            [policy('a="b"', more=", tiers: {L4: {role: x, reach: dana, through: [pager], only: [P0]}}")],
            "policies[2].tiers.L4.reach: L4 follows L3, and on both stands dana",
        ),
        (
            [("engineering_within: 30m", "engineering_within: 10m")],
            "severities.P0.engineering_within: P0 waits 15m, longer than P1 (10m), for engineering",
        ),
    ],
)
def test_a_finding_says_what_it_is_about(tmp_path: Path, changes: list[tuple[str, str]], expected: str) -> None:
    assert expected in [one.text.split(": ", 1)[1] for one in told(tmp_path, changed(*changes))]


@pytest.mark.parametrize(
    ("matchers", "hint"),
    [
        (['team="a"', 'team="b"'], "mend its matchers, or remove it"),
        (['severity="none"'], "mend its matchers, or remove it"),
        (['alertname="DiskFull"'], ""),  # that of its kind: another rule takes its alerts
    ],
)
def test_a_rule_that_nothing_can_reach_is_not_to_be_moved(tmp_path: Path, matchers: list[str], hint: str) -> None:
    assert [one.hint for one in told(tmp_path, changed(rule(*matchers)))] == [hint]


# -- what is allowed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  L4: {role: Executive, reach: dana # rungbell: allow same-person-next-tier: she is reached at home", []),
        ("  # rungbell: allow no-operator, same-person-next-tier\n  # for now\n  L4: {role: x, reach: dana", []),
        ("  # rungbell: allow single-channel\n  L4: {role: Executive, reach: dana", ["same-person-next-tier"]),
        ("  # rungbell: allow same-person-next-tier\n\n  L4: {role: Executive, reach: dana", ["same-person-next-tier"]),
    ],
)
def test_a_comment_allows_a_finding_on_its_line_or_just_below(tmp_path: Path, written: str, kept: list[str]) -> None:
    written += "\n   , through: [pager], only: [P0]}" if "home" in written else ", through: [pager], only: [P0]}"
    text = changed(("  L4: {role: Executive, reach: eli, through: [pager], only: [P0]}", written))
    assert [kind for kind, _ in found(tmp_path, text)] == kept


def test_what_is_about_the_whole_file_is_allowed_anywhere_in_it(tmp_path: Path) -> None:
    assert found(tmp_path, changed(("operator: default\n", "# rungbell: allow no-operator\n"))) == []


def test_a_mistake_cannot_be_allowed(tmp_path: Path) -> None:
    text = changed(("reach: support", "reach: [] # rungbell: allow tier-with-nobody\n   "))
    assert found(tmp_path, text) == [("tier-with-nobody", 16)]


def test_without_the_lint_a_comment_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, changed(("operator: default\n", "# rungbell: allow no-operator\n")))
    assert [one.id for one in load(path, NOTIFIERS).warnings] == ["no-operator"]


# -- whatever stands in a file --------------------------------------------------------------------------------------

VALUES = [
    "", "a", "none", "Watchdog", "a|b", "a.*", ".*a", ".+", "[a-c]x?", "(?i)a", "a{2,3}", "^a$", "[^a]*", "a.c",
    "\\\\d+",
]  # fmt: skip
MATCHER = st.builds(
    '{}{}"{}"'.format,
    st.sampled_from(["alertname", "severity", "team"]),
    st.sampled_from(["=", "!=", "=~", "!~"]),
    st.sampled_from(VALUES),
)
MATCH = st.lists(MATCHER, min_size=1, max_size=3)
DAYS = st.dates(NOW.date().replace(year=2025), NOW.date().replace(year=2028)).map(str)
SCHEDULE = st.one_of(
    st.builds(
        "{{rotation: {{people: {}, every: {}w, starts: {}}}}}".format,
        st.lists(st.sampled_from(["alice", "bob", "chen", "eli"]), min_size=1, max_size=3),
        st.integers(1, 3),
        DAYS,
    ),
    st.builds("{{people: {}}}".format, st.lists(st.sampled_from(["alice", "eli"]), min_size=1, unique=True)),
)
TIER = st.builds(
    "{{role: x, reach: {}, through: {}}}".format,
    st.lists(st.sampled_from(["alice", "bob", "chen", "dana", "eli", "support", "experts"]), min_size=1, unique=True),
    st.lists(st.sampled_from(["pager", "chat", "mail"]), min_size=1, unique=True),
)


@st.composite
def files(draw: st.DrawFn) -> str:
    head, _ = CLEAN.split("schedules:\n")
    plan = CLEAN[CLEAN.index("severities:\n") : CLEAN.index("rules:\n")]
    lines = ["schedules:", *(f"  {name}: {draw(SCHEDULE)}" for name in ("support", "experts"))]
    lines += CLEAN[CLEAN.index("channels:\n") : CLEAN.index("tiers:\n")].splitlines()
    lines += ["tiers:", *(f"  L{number}: {draw(TIER)}" for number in range(1, draw(st.integers(4, 5)) + 1))]
    lines += [
        plan,
        "rules:",
        *(
            f"  - {{severity: {draw(st.sampled_from(['P0', 'P2', 'none']))}, match: {one}}}"
            for one in draw(st.lists(MATCH, min_size=1, max_size=6))
        ),
    ]
    tiers = st.dictionaries(st.sampled_from(["L1", "L3"]), TIER, min_size=1).map(
        lambda of: ", ".join(f"{at}: {tier}" for at, tier in of.items())
    )
    lines += [
        "policies:",
        *(
            f"  - {{name: p{n}, match: {one}, tiers: {{{draw(tiers)}}}}}"
            for n, one in enumerate(draw(st.lists(MATCH, min_size=1, max_size=4)))
        ),
    ]
    return head + "\n".join(lines) + "\n"  # fmt: skip


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=files())
def test_whatever_a_sound_file_says_the_lint_has_only_findings_of_the_list_with_lines_of_the_file(
    tmp_path: Path, text: str
) -> None:
    warnings = load(write(tmp_path, text), NOTIFIERS, lint_at=NOW).warnings
    assert all(one.id in KINDS and 0 < one.line <= text.count("\n") for one in warnings)


HOSTILE = {
    "prefixes": ('alertname=~"A{}x.*"', 'team=~"t{}|u{}"'),
    "suffixes": ('alertname=~".*A{}x"', 'team=~"t{}[a-z]+"'),
    "nothing but no": ('alertname!~"A{}.*"', 'team!="t{}"'),
}


@pytest.mark.parametrize(("of_rule", "of_policy"), HOSTILE.values(), ids=HOSTILE)
def test_two_thousand_rules_and_five_hundred_policies_are_looked_at_as_fast_as_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_rule: str, of_policy: str
) -> None:
    rules = "".join(rule(of_rule.replace("{}", str(n)))[1].split("policies")[0] for n in range(2000))
    tiers = "tiers: {{L2: {{role: r{}, reach: experts, through: [pager, mail]}}}}"
    policies = "".join(
        f"  - {{name: p{n}, match: ['{of_policy.replace('{}', str(n))}'], {tiers.format(n)}}}\n" for n in range(500)
    )
    took = []

    def timed(file: FileSection, book: Book, findings: Findings, now: datetime) -> tuple[ConfigMistake, ...]:
        began = time.thread_time()
        kept = linted(file, book, findings, now)
        took.append(time.thread_time() - began)
        return kept

    monkeypatch.setattr("rungbell.config.lint.check.linted", timed)
    began = time.thread_time()
    assert told(tmp_path, changed(("policies:\n", f"{rules}policies:\n{policies}"))) == ()
    reading = time.thread_time() - began - took[0]
    assert took[0] < 3 * reading  # 0.4 to 1.5 s of either were measured; without a limit it is minutes


@given(st.text(string.printable, max_size=60))
def test_any_comment_is_read(text: str) -> None:
    mistake = ConfigMistake("f", 1, 1, "x", "m", severity="warning", id="no-operator")
    assert not_allowed((mistake,), f"# rungbell: allow {text}") in {(), (mistake,)}
