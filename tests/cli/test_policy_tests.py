"""``rungbell test``: files that pass, files that fail, files that cannot be used, in every form of output."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from rungbell.cli import main
from rungbell.cli.test import many
from rungbell.cli.test.verbs import VERBS
from tests.ical.calendars import calendar, shift

CONFIG = Path(__file__).parents[2] / "config"
SHIPPED = CONFIG / "rungbell.test.yml"
ACTS = ", ".join(VERBS)
MONDAY = "2026-11-23 10:00"
"""Alice is on L1, Chen on L2, Dana on L3 of the shipped policy."""

PASSES = """\
  - name: P1 rings two tiers
    at: 2026-11-23 10:00
    alerts:
      - labels: {alertname: CheckoutErrors, severity: critical}
    expect: {severity: P1, pages: [{at: 0m, tier: [L1, L2]}]}
"""
FAILS = """\
  - name: P1 rings the CTO
    at: 2026-11-23 10:00
    alerts:
      - labels: {alertname: CheckoutErrors, severity: critical}
    acts:
      - {at: 2m, escalate: chen, to: L5}
    until: 5m
    expect:
      severity: P0
      pages:
        - {at: 0m, tier: L1}
        - {at: 5m, tier: L5, channel: phone}
      states:
        - {at: 3m, status: acknowledged, exhausted: false}
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["test", *map(str, arguments)])


def write(folder: Path, *tests: str, config: object = CONFIG / "rungbell.yml", name: str = "a.test.yml") -> Path:
    """Write a test file with those entries of ``tests``."""
    path = folder / name
    path.write_text(f"config: {config}\ntests:\n" + "".join(tests), encoding="utf-8")
    return path


def case(expect: str, **keys: str) -> str:
    """One test of a P1; ``keys`` come beside its name."""
    given = {"name": "one", "at": MONDAY, "alerts": "[{labels: {alertname: A, severity: critical}}]", **keys}
    lines = [f"{key}: {value}" for key, value in {**given, "expect": expect}.items() if value]
    return f"  - {lines[0]}\n" + "".join(f"    {line}\n" for line in lines[1:])


def told(result: Result, path: Path) -> list[str]:
    """The lines about one file, without its name."""
    return [line.strip().replace(f"{path}:", "") for line in result.stdout.splitlines()]


# -- what passes and what fails


def test_the_shipped_playbook_does_what_its_tests_say() -> None:
    result = run(SHIPPED)
    assert result.exit_code == 0, result.stdout
    first, last = result.stdout.splitlines()
    assert first == f"Testing {SHIPPED} … SUCCESS"
    tests = re.match(r"([0-9]+) tests, all passed \(", last)
    assert tests is not None
    assert int(tests[1]) >= 60


def test_what_fails_is_told_as_expected_against_got(tmp_path: Path) -> None:
    path = write(tmp_path, PASSES, FAILS)
    result = run(path)
    assert result.exit_code == 1
    *lines, last = result.stdout.splitlines()
    assert re.fullmatch(r"2 tests, 1 failed \([0-9.]+ s\)", last)
    assert (
        "\n".join(lines).replace(str(tmp_path), "")
        == """\
Testing /a.test.yml … FAILED
  P1 rings the CTO
    /a.test.yml:13: escalate at 2m
      - expected taken
      + got      refused: L5 (CTO / executive) is paged for P0 only
    /a.test.yml:16: severity
      - expected P0
      + got      P1
    /a.test.yml:17: pages
                 0s       Mon 10:00  L1 alice by chat
                 0s       Mon 10:00  L1 alice by pager
      + got      0s       Mon 10:00  L2 chen by chat
      + got      0s       Mon 10:00  L2 chen by pager
      + got      0s       Mon 10:00  L2 chen by phone
      + got      5m       Mon 10:05  L1 alice by chat
      + got      5m       Mon 10:05  L1 alice by pager
      + got      5m       Mon 10:05  L2 chen by chat
      + got      5m       Mon 10:05  L2 chen by pager
      + got      5m       Mon 10:05  L2 chen by phone
      + got      5m       Mon 10:05  L3 dana by chat
      + got      5m       Mon 10:05  L3 dana by pager
      + got      5m       Mon 10:05  L3 dana by phone
      - expected 5m       Mon 10:05  L5 anybody by phone
    /a.test.yml:21: state at 3m
      - expected status acknowledged
      + got      status triggered"""
    )


@pytest.mark.parametrize(
    ("expect", "keys", "failed"),
    [
        ("{severity: P2}", {}, "severity"),
        ("{guessed: true}", {}, "guessed"),
        ("{policy: default, incidents: 2}", {}, "incidents"),
        ("{severity: P1}", {"alerts": "[{labels: {alertname: Watchdog}}]"}, "severity"),
        ("{pages: []}", {"until": "1m"}, "pages"),
        ("{pages: [{at: 1m}]}", {}, "pages"),
        ("{pages: [{at: 0m, tier: L1, person: bob}, {at: 0m}]}", {}, "pages"),
        ("{pages: [{at: 0m, incident: 2}, {at: 0m}]}", {}, "pages"),
        ("{pages_include: [{at: 0m, tier: L1, channel: [chat, phone]}]}", {}, "pages_include"),
        ("{notifications: [{at: 0m}]}", {}, "notifications"),
        ("{operator_pages: []}", {"until": "15m"}, "operator_pages"),
        ("{states: [{at: 1m, holder: alice}]}", {}, "state at 1m"),
        ("{states: [{at: 1m, incident: 1, tier: L3}]}", {}, "state of incident 1 at 1m"),
        ("{states: [{at: 1m, incident: 2, cycle: 1}]}", {}, "state of incident 2 at 1m"),
        ("{states: [{at: 1m, severity: P2, exhausted: true, cycle: 2}]}", {}, "state at 1m"),
        ("{severity: P1}", {"acts": "[{at: 1m, acknowledge: alice, refused: true}]"}, "acknowledge at 1m"),
        ("{severity: P1}", {"acts": "[{at: 1m, resolve: alice}]"}, "resolve at 1m"),
        ("{severity: P1}", {"acts": "[{at: 1m, note: hm, by: alice, incident: 2}]"}, "note at 1m"),
    ],
)
def test_every_expectation_can_fail(tmp_path: Path, expect: str, keys: dict[str, str], failed: str) -> None:
    path = write(tmp_path, case(expect, **keys))
    result = run(path, "-o", "json")
    assert result.exit_code == 1, result.stdout
    (test,) = json.loads(result.stdout)["files"][0]["tests"]
    assert [failure["what"] for failure in test["failures"]] == [failed]


@pytest.mark.parametrize(
    ("expect", "keys"),
    [
        ("{pages: [{at: 0m}]}", {}),
        ("{pages: [{at: 0m, person: [alice, chen]}]}", {}),
        ("{pages_include: [{at: 0m, tier: L2, channel: phone}]}", {}),
        ("{pages: [{at: [0m, 2026-11-23 10:05]}], operator_pages: [], notifications: []}", {"until": "9m"}),
        ("{pages: [{at: 0m}]}", {"at": "2026-11-23T05:00-05:00"}),
        ("{pages: [{at: 2026-11-23 05:00}]}", {"at": "2026-11-23 05:00", "zone": "America/New_York"}),
        ("{pages: [{at: 0m}]}", {"acts": "[{at: 0m, acknowledge: alice}]"}),
        ("{pages: [{at: 0m, channel: [pager, phone]}]}", {"acts": "[{at: 0m, fails: chat, permanently: true}]"}),
        ("{states: [{at: 0m, holder: nobody}, {at: 1m, holder: bob}]}", {"acts": "[{at: 1m, acknowledge: bob}]"}),
        ("{incidents: 2}", {"group_by": "[shop]", "alerts": "[{labels: {shop: a}}, {labels: {shop: b}}]"}),
        ("{incidents: 1}", {"group_by": "shop", "alerts": "[{labels: {x: a}}, {labels: {x: b}}]"}),
    ],
)
def test_what_is_left_out_may_be_anything_and_a_list_is_several_lines(
    tmp_path: Path, expect: str, keys: dict[str, str]
) -> None:
    result = run(write(tmp_path, case(expect, **keys)))
    assert result.exit_code == 0, result.stdout


def test_an_open_incident_keeps_its_ladder_over_a_reload_and_people_are_those_of_today(tmp_path: Path) -> None:
    changed = (CONFIG / "rungbell.yml").read_text(encoding="utf-8")
    changed = changed.replace("{people: [chen]}", "{people: [eli]}").replace(
        "acknowledge_within: 5m ", "acknowledge_within: 9m "
    )
    (tmp_path / "later.yml").write_text(changed, encoding="utf-8")
    pages = "{at: 0m, tier: L1}, {at: 0m, person: chen}, {at: 5m, tier: [L1, L3]}, {at: 5m, tier: L2, person: eli}"
    path = write(tmp_path, case(f"{{pages: [{pages}]}}", acts="[{at: 1m, reload: later.yml}]"))
    result = run(path)
    assert result.exit_code == 0, result.stdout


def test_alerts_say_which_source_sent_them(tmp_path: Path) -> None:
    config = (CONFIG / "rungbell.yml").read_text(encoding="utf-8")
    config += "sources:\n  a: {bearer_token: a-long-token}\n  b: {bearer_token: another-token, scheme: sev0}\n"
    (tmp_path / "own.yml").write_text(config, encoding="utf-8")
    path = write(
        tmp_path,
        case("{severity: P0}", alerts="[{labels: {severity: sev0}, source: b}]"),
        case("{severity: P2, guessed: true}", name="two", alerts="[{labels: {severity: sev0}}]"),
        config="own.yml",
    )
    result = run(path)
    assert result.exit_code == 0, result.stdout


def test_secrets_need_not_be_where_tests_run(tmp_path: Path) -> None:
    config = (CONFIG / "rungbell.yml").read_text(encoding="utf-8")
    config += "sources:\n  a: {bearer_token_file: secrets/a}\n"
    (tmp_path / "own.yml").write_text(config, encoding="utf-8")
    result = run(write(tmp_path, case("{severity: P1}"), config="own.yml"))
    assert result.exit_code == 0, result.stdout


def test_a_storm_is_seen_as_one_umbrella_that_rings_for_its_parts(tmp_path: Path) -> None:
    config = tmp_path / "stormy.yml"
    config.write_text((CONFIG / "rungbell.yml").read_text() + "\nstorms: {umbrella: {opens: 2, within: 1m}}\n")
    alerts = ", ".join(f"{{labels: {{alertname: A{number}, severity: warning}}}}" for number in range(1, 5))
    pages = ", ".join(f"{{at: 0m, tier: L1, incident: {number}}}" for number in (1, 2, 4))
    merged = ", ".join(f"{{at: 1m, incident: {number}, status: merged}}" for number in (3, 5))
    expect = f"{{pages: [{pages}], states: [{merged}, {{at: 1m, incident: 4, status: triggered}}]}}"
    path = write(tmp_path, case(expect, alerts=f"[{alerts}]", until="4m"), config=config)
    assert run(path).exit_code == 0, run(path).stdout


BUDGETED = "\nstorms: {pages: {at_most: 2, within: 10m}}\n"


def held_back(folder: Path, pages: str) -> Path:
    """A test of five incidents at once, of which two ring by themselves."""
    config = folder / "stormy.yml"
    config.write_text((CONFIG / "rungbell.yml").read_text() + BUDGETED)
    alerts = ", ".join(f"{{labels: {{alertname: A{number}, severity: warning}}}}" for number in range(1, 6))
    return write(folder, case(f"{{pages: [{pages}]}}", alerts=f"[{alerts}]", until="4m"), config=config)


def test_what_a_budget_holds_back_leaves_as_one_message(tmp_path: Path) -> None:
    path = held_back(tmp_path, "{at: 0m, together: 1}, {at: 15s, channel: [pager, chat], together: 3}")
    assert run(path).exit_code == 0, run(path).stdout


def test_how_many_left_together_is_shown_where_it_is_not_as_expected(tmp_path: Path) -> None:
    path = held_back(tmp_path, "{at: 0m}, {at: 15s, channel: chat}, {at: 15s, channel: pager, together: 2}")
    lines = told(run(path), path)
    assert "- expected 15s      Mon 10:00:15  any tier anybody by pager, 2 together" in lines, lines
    assert "+ got      15s      Mon 10:00:15  L1 alice by pager (incident 5), 3 together" in lines, lines


# -- which ones are run, in which form


def test_only_tests_whose_names_fit_are_run(tmp_path: Path) -> None:
    path = write(tmp_path, PASSES, FAILS)
    result = run(path, "--run", "two tiers$")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, f"Testing {path} … SUCCESS")
    assert result.stdout.splitlines()[-1].startswith("1 test, all passed")


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ((), "Missing argument 'FILE...'"),
        ((SHIPPED, "--run", "["), "'[' is no regular expression"),
        ((SHIPPED, "--run", "no such name"), "no test has a name in which 'no such name' is found"),
        ((SHIPPED, "-o", "xml"), "'xml' is not one of"),
    ],
)
def test_what_is_typed_wrong_ends_with_2(arguments: tuple[object, ...], answer: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert answer in result.stderr


def test_tap_has_a_point_for_each_test_and_says_what_failed(tmp_path: Path) -> None:
    path = write(tmp_path, PASSES.replace("two tiers", "two#tiers"), FAILS)
    broken = write(tmp_path, case("{sevrity: P1}"), name="b.test.yml")
    result = run(path, broken, "-o", "tap")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[:7] == [
        "TAP version 14",
        "1..3",
        r"ok 1 - P1 rings two\#tiers",
        "not ok 2 - P1 rings the CTO",
        "  ---",
        f'  at: "{path}:8"',
        "  message: |",
    ]
    assert f"    {path}:13: escalate at 2m" in lines
    assert lines[-6:] == [
        f"not ok 3 - {broken}",
        "  ---",
        f'  at: "{broken}:6"',
        "  message: |",
        f"    {broken}:6: tests[0].expect.sevrity: unknown key; hint: did you mean `severity`?",
        "  ...",
    ]


def test_junit_is_xml_that_counts(tmp_path: Path) -> None:
    path = write(tmp_path, PASSES, FAILS)
    result = run(path, tmp_path / "nowhere.yml", "-o", "junit")
    assert result.exit_code == 1
    first, second = ET.fromstring(result.stdout)  # noqa: S314 -- our own
    assert {name: first.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "2", "failures": "1", "errors": "0",
    }  # fmt: skip
    passed, failed = first
    assert (passed.get("name"), passed.get("line"), list(passed)) == ("P1 rings two tiers", "3", [])
    (failure,) = failed
    assert (failure.tag, failure.get("message")) == ("failure", f"{path}:13: escalate at 2m")
    assert "- 5m       Mon 10:05  L5 anybody by phone" in (failure.text or "")
    ((error,),) = second
    assert (second.get("errors"), second.get("failures"), error.tag) == ("1", "0", "error")


def test_json_is_one_document(tmp_path: Path) -> None:
    path = write(tmp_path, PASSES, FAILS)
    result = run(path, tmp_path / "nowhere.yml", "-o", "json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert (document["passed"], document["failed"]) == (1, 2)
    (passed, failed), mistakes = (document["files"][0]["tests"], document["files"][1]["mistakes"])
    assert passed == {"name": "P1 rings two tiers", "line": 3, "passed": True, "failures": []}
    assert failed["failures"][1] == {"what": "severity", "line": 16, "expected": ["P0"], "got": ["P1"]}
    assert [mistake["message"] for mistake in mistakes] == ["cannot be read: No such file or directory"]


@pytest.mark.parametrize("output", ["text", "tap", "junit", "json"])
def test_a_name_speaks_to_nobodys_terminal(tmp_path: Path, output: str) -> None:
    result = run(write(tmp_path, case("{severity: P2}", name=r'"red \e[31m\nok 2 - lie"')), "-o", output)
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
    assert not [line for line in result.stdout.splitlines() if line.startswith("ok 2")]


def test_tests_on_several_cores_come_out_as_they_do_on_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tests = [case("{severity: P1}" if number % 3 else "{severity: P0}", name=f"t{number}") for number in range(12)]
    path = write(tmp_path, *tests)
    on_one = run(path, "-o", "tap")
    monkeypatch.setattr(many, "EACH", 4)
    monkeypatch.setattr(many, "CHUNK", 2)
    monkeypatch.setattr(many, "_cores", lambda: 3)

    on_several = run(path, "-o", "tap")

    assert on_one.exit_code == on_several.exit_code == 1
    assert on_several.stdout == on_one.stdout


def test_without_a_terminal_there_is_no_progress_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rungbell.cli.test.MANY", 0)
    assert run(write(tmp_path, PASSES)).stderr == ""


# -- files that cannot be used


@pytest.mark.parametrize(
    ("test", "line", "mistake", "hint"),
    [
        (case("{severity: P1}", untill="1h"), 6, "tests[0].untill: unknown key", "did you mean `until`?"),
        (case("{sevrity: P1}"), 6, "tests[0].expect.sevrity: unknown key", "did you mean `severity`?"),
        (
            case("{severity: P1}", acts="[{at: 1m, acknowlege: alice}]"),
            6,
            "tests[0].acts[0].acknowlege: unknown key",
            "did you mean `acknowledge`?",
        ),
        (
            case("{pages: [{at: 0m, tiers: L1}]}"),
            6,
            "tests[0].expect.pages[0].tiers: unknown key",
            "did you mean `tier`?",
        ),
        (case("{severity: P1}", at=""), 3, "tests[0].at: is required", None),
        (
            case("{severity: P1}", at="10:00"),
            4,
            "tests[0].at: must be a day and a time of day",
            "such as 2026-11-23 09:30, or 2026-11-23T09:30:00Z",
        ),
        (
            case("{severity: P1}", at="2027-03-28 01:30"),
            4,
            "tests[0].at: is not one moment: the clocks of Europe/London skip it that day",
            "add the offset that is meant: 2027-03-28T01:30+00:00 or 2027-03-28T01:30+01:00",
        ),
        (
            case("{severity: P1}", until="2026-10-25 01:30", at="2026-10-24 01:30"),
            6,
            "tests[0].until: is not one moment: the clocks of Europe/London show it twice that day",
            "add the offset that is meant: 2026-10-25T01:30+01:00 or 2026-10-25T01:30+00:00",
        ),
        (
            case("{severity: P1}", zone="Europe/Lodon"),
            6,
            "tests[0].zone: 'Europe/Lodon' is not a time zone",
            "did you mean `Europe/London`?",
        ),
        (
            case("{pages: [{at: soon}]}"),
            6,
            "tests[0].expect.pages[0].at: must be a time",
            "such as 30s, 5m or 1h30m after the test's start, or such as 2026-11-23 09:30, or 2026-11-23T09:30:00Z",
        ),
        (
            case("{pages: [{at: 2026-11-22 10:00}]}"),
            6,
            f"tests[0].expect.pages[0].at: is before the test starts, at {MONDAY}",
            None,
        ),
        (
            case("{pages: [{at: 2h}]}", until="1h"),
            7,
            "tests[0].expect.pages[0].at: is after the test ends, at 1h",
            None,
        ),
        (
            case("{pages: []}"),
            6,
            "tests[0].expect.pages: needs to know how long nobody is paged",
            "`until: 1h`, beside `at`",
        ),
        (
            case("{}"),
            6,
            "tests[0].expect: expects nothing",
            "say one of severity, policy, incidents, pages, notifications, states",
        ),
        (
            case("{pages: [{at: 0m}], pages_include: [{at: 0m}]}"),
            6,
            "tests[0].expect: says both `pages` and `pages_include`",
            "`pages` are all of them already",
        ),
        (case("{pages_include: []}"), 6, "tests[0].expect.pages_include: must not be empty", None),
        (
            case("{states: [{at: 0m}]}"),
            6,
            "tests[0].expect.states[0]: expects nothing",
            "say one of status, severity, holder, tier, exhausted, cycle, declared, phase, commander, postmortem",
        ),
        (
            case("{severity: P1}", acts="[{at: 1m, acknowledge: alice, resolve: alice}]"),
            6,
            "tests[0].acts[0]: says both `acknowledge` and `resolve`",
            f"exactly one of {ACTS}",
        ),
        (
            case("{severity: P1}", acts="[{at: 1m}]"),
            6,
            "tests[0].acts[0]: says nothing that happens",
            f"exactly one of {ACTS}",
        ),
        (
            case("{severity: P1}", acts="[{at: 1m, acknowledge: alice, to: L3}]"),
            6,
            "tests[0].acts[0]: `to` does not go with `acknowledge`",
            "with `acknowledge` go cycle",
        ),
        (case("{severity: P1}", acts="[{at: 1m, note: hm}]"), 6, "tests[0].acts[0]: `note` needs `by`", None),
        (
            case("{severity: P1}", acts="[{at: 1m, acknowledge: alcie}]"),
            6,
            "tests[0].acts[0].acknowledge: there is no person `alcie`",
            "did you mean `alice`?",
        ),
        (
            case("{severity: P1}", acts="[{at: 1m, declare: alice, commander: bbo}]"),
            6,
            "tests[0].acts[0].commander: there is no person `bbo`",
            "did you mean `bob`?",
        ),
        (
            case("{severity: P1}", acts="[{at: 1m, handoff: bbo, by: alice}]"),
            6,
            "tests[0].acts[0].handoff: there is no person `bbo`",
            "did you mean `bob`?",
        ),
        (
            case("{states: [{at: 0m, commander: bbo}]}"),
            6,
            "tests[0].expect.states[0].commander: there is no person `bbo`",
            "did you mean `bob`?",
        ),
        (
            case("{severity: P1}", acts="[{at: 1m, fails: fax}]"),
            6,
            "tests[0].acts[0].fails: there is no channel `fax`",
            "known: pager, phone, mail, chat",
        ),
        (
            case("{severity: P1}", acts="[{at: 1m, escalate: alice, because: code_fixx}]"),
            6,
            "tests[0].acts[0].because: there is no reason `code_fixx`",
            "did you mean `code_fix`?",
        ),
        (
            case("{severity: P1}", acts="[{at: 1m, reload: nowhere.yml}]"),
            6,
            "tests[0].acts[0].reload: nowhere.yml cannot be used",
            "its own mistakes are told below",
        ),
        (
            case("{pages: [{at: 0m, person: alise}]}"),
            6,
            "tests[0].expect.pages[0].person: there is no person `alise`",
            "did you mean `alice`?",
        ),
        (case("{policy: dba}"), 6, "tests[0].expect.policy: there is no policy `dba`", "known: default"),
        (
            case("{states: [{at: 0m, holder: noone}]}"),
            6,
            "tests[0].expect.states[0].holder: there is no person `noone`",
            None,
        ),
        (
            case("{severity: P1}", alerts="[{labels: {a: b}, source: graphana}]"),
            5,
            "tests[0].alerts[0].source: there is no source `graphana`",
            "known: default",
        ),
        (case("{severity: P1}", alerts="[{labels: {}}]"), 5, "tests[0].alerts[0].labels: must not be empty", None),
        (
            case("{severity: P1}", alerts="[{labels: {a: b}, from: 5m, until: 5m}]"),
            5,
            "tests[0].alerts[0].until: is not after the alert begins to fire, or the test starts",
            None,
        ),
        (
            case("{severity: P1}", alerts="[{labels: {a: b}}, {labels: {a: b}, from: 5m}]"),
            5,
            "tests[0].alerts[1]: fires already at that time",
            "with the same labels, one begins after the other ends",
        ),
        (
            case("{severity: P1}") + case("{severity: P1}"),
            7,
            "tests[1].name: is also the name of tests[0]",
            "names tell tests apart",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_how_to_mend_it(
    tmp_path: Path, test: str, line: int, mistake: str, hint: str | None
) -> None:
    path = write(tmp_path, test)
    result = run(path)
    assert result.exit_code == 1
    lines = told(result, path)
    assert f"{line}: {mistake}" in lines, lines
    assert hint is None or f"hint: {hint}" in lines, lines


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        case("{sevrity: P1}"),
        case("{pages: [{at: 0m, tier: L9}]}", name="two"),
        case("{pages: [{at: 0m, person: eve}]}", name="three"),
    )
    result = run(path)
    lines = told(result, path)
    assert [line for line in lines if line[:1].isdigit()][:3] == [
        "6: tests[0].expect.sevrity: unknown key",
        "10: tests[1].expect.pages[0].tier: 'L9' is not one of L1, L2, L3, L4, L5",
        "14: tests[2].expect.pages[0].person: there is no person `eve`",
    ]
    assert lines[-1].startswith("1 test, 1 failed")


def test_what_one_clock_puts_off_is_not_served_at_the_same_minute(tmp_path: Path) -> None:
    """B exhausts its ladder, and so fires the operator's incident again, when that incident's quiet time ends."""

    def severities(*within: str) -> str:
        rest = "climb_to: L1, acknowledgement_lasts: 4h, stable_for: 15m, resolves: person, hours: always"
        each = [f"P{number}: {{page: [L1], acknowledge_within: {one}, {rest}}}" for number, one in enumerate(within)]
        return f"{{{', '.join(each)}}}"

    (tmp_path / "own.yml").write_text(
        f"""\
zone: UTC
rules: [{{severity: P0, match: ['alertname="A"']}}, {{severity: P1, match: ['alertname="B"']}}]
people: {{p: {{name: P}}}}
channels: {{chat: {{type: console}}}}
tiers: {{L1: {{role: x, reach: [p], through: [chat]}}}}
severities: {severities("5m", "35m", "1h", "1h")}
policies: [{{name: op, match: ['team="op"'], severities: {severities("4h", "4h", "4h", "4h")}}}, {{name: d}}]
operator: op
""",
        encoding="utf-8",
    )
    together = case(
        "{states: [{at: 60m, incident: 2, status: triggered, exhausted: true}]}",
        alerts="[{labels: {alertname: A}}, {labels: {alertname: B}}]",
        acts="[{at: 20m, acknowledge: p, incident: 1}]",
    )
    result = run(write(tmp_path, together, config="own.yml"))
    assert result.exit_code == 0, (result.stdout, result.exception)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "1: is empty"),
        ("tests: [{name: x, at: 2026-11-23 10:00, expect: {states: []}}]\n", "1: tests[0].expect: expects nothing"),
        ("tests: [\n", "2: not valid YAML"),
        ("- a\n- b\n", "1: must be a mapping (key: value) at the top"),
        ("config: rungbell.yml\n", "1: tests: is required"),
        ("config: rungbell.yml\ntests: []\n", "2: tests: must not be empty"),
        ("tests: []\nconfig: nowhere.yml\n", "2: config: nowhere.yml cannot be used"),
        ("tests:\n  - name: x\n", "1: config: is required"),
        ("tests: []\nevaluation_interval: 1m\n", "2: evaluation_interval: unknown key"),
    ],
)
def test_a_file_that_is_none_is_one_failed_test(tmp_path: Path, text: str, mistake: str) -> None:
    path = tmp_path / "a.test.yml"
    path.write_text(text, encoding="utf-8")
    result = run(path)
    assert result.exit_code == 1
    assert any(line.startswith(mistake) for line in told(result, path)), result.stdout


def test_an_empty_file_is_shown_a_test_file_and_no_configuration(tmp_path: Path) -> None:
    path = tmp_path / "a.test.yml"
    path.write_text("", encoding="utf-8")
    assert "hint: config/rungbell.test.yml has an example for nearly everything" in told(run(path), path)


def test_a_test_lasts_until_the_last_obligation_or_text_that_it_expects(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        case("{overdue: [{at: 5m, obligation: [triage, declaration]}]}"),
        case("{told: [{at: 5m, kind: internal_update}]}", name="two", until="4m"),
    )
    assert "11: tests[1].expect.told[0].at: is after the test ends, at 4m" in told(run(path), path)
    path = write(tmp_path, case("{overdue: [{at: 5m, obligation: [triage, declaration]}]}"))
    assert run(path).exit_code == 0


def test_an_override_stands_in_for_its_time_and_over_a_reload(tmp_path: Path) -> None:
    rung = "{at: 0m, tier: L1, person: farah}, {at: 5m, tier: L1, person: bob}, {at: 10m, tier: L1, person: alice}"
    path = write(
        tmp_path,
        case(
            f"{{pages_include: [{rung}]}}",
            overrides="[{schedule: support, person: farah, until: 5m}, {schedule: support, person: bob, from: 5m, "
            "until: 10m, instead_of: alice}]",
            acts=f"[{{at: 1m, reload: {CONFIG / 'rungbell.yml'}}}]",
        ),
    )
    result = run(path)
    assert result.exit_code == 0, result.stdout


@pytest.mark.parametrize(
    ("override", "mistake"),
    [
        (
            "{schedule: suport, person: bob, until: 5m}",
            "5: tests[0].overrides[0].schedule: there is no schedule `suport`",
        ),
        ("{schedule: support, person: bbo, until: 5m}", "5: tests[0].overrides[0].person: there is no person `bbo`"),
        (
            "{schedule: support, person: bob, until: 5m, instead_of: x}",
            "5: tests[0].overrides[0].instead_of: there is no person `x`",
        ),
        ("{schedule: support, person: bob}", "5: tests[0].overrides[0].until: is required"),
        (
            "{schedule: support, person: bob, from: 5m, until: 5m}",
            "5: tests[0].overrides[0].until: is not after the override begins",
        ),
        (
            "{schedule: support, person: bob, until: 2027-03-28 01:30}",
            "5: tests[0].overrides[0].until: is not one moment: the clocks of Europe/London skip it that day",
        ),
    ],
)
def test_an_override_that_cannot_be_is_told_with_its_line(tmp_path: Path, override: str, mistake: str) -> None:
    path = write(tmp_path, case("{severity: P1}", alerts="", overrides=f"[{override}]"))
    assert mistake in told(run(path), path)


@pytest.mark.parametrize("year", [2020, 2029])
def test_a_calendar_says_the_same_whatever_day_it_is(tmp_path: Path, year: int) -> None:
    (tmp_path / "team.ics").write_bytes(calendar(shift("Chen Wei", f"{year}0601T000000Z", f"{year}0603T000000Z")))
    text = (CONFIG / "rungbell.yml").read_text()
    rotation = "{rotation: {people: [alice, bob],  every: 1w, handover: mon 09:00, starts: 2026-01-05}}"
    assert rotation in text
    (tmp_path / "own.yml").write_text(text.replace(rotation, "{calendar: {file: team.ics}}"))
    alerts = "[{labels: {alertname: A, severity: warning}}]"
    test = case("{pages: [{at: 0m, tier: L1, person: chen}]}", at=f"{year}-06-02 12:00", alerts=alerts)
    result = run(write(tmp_path, test, config="own.yml"))
    assert result.exit_code == 0, result.stdout


def test_what_rings_for_ever_is_cut_off_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rungbell.cli.test.running.MOST_PAGES", 1000)
    path = write(
        tmp_path,
        case("{incidents: 1}", until="2100-01-01 00:00"),
        case("{incidents: 0}", name="quiet", until="2100-01-01 00:00", alerts="[{labels: {severity: none}}]"),
    )
    lines = told(run(path), path)
    assert "6: how much happens" in lines
    assert any("let somebody acknowledge, or end the test sooner" in line for line in lines), lines
    assert lines[-1].startswith("2 tests, 1 failed")


def test_the_mistakes_of_its_configuration_are_told_beside_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.yml").write_text("people: {}\n", encoding="utf-8")
    result = run(write(tmp_path, case("{sevrity: P1}"), config="own.yml"))
    assert result.exit_code == 1
    assert f"{tmp_path}/a.test.yml:1: config: own.yml cannot be used" in result.stdout
    assert f"{tmp_path}/own.yml:1: tiers: is required" in result.stdout
    assert "tests[0].expect.sevrity: unknown key" in result.stdout
