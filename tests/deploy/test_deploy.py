"""What is shipped for Prometheus and systemd holds to what rungbell really has, and to what a daemon should be.

Programs that are not installed (promtool, amtool, systemd-analyze) skip their test; none is asked to reach a network.
"""

import configparser
import re
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from rungbell.app import SHUTDOWN_SECONDS
from rungbell.cli.serve import serve
from rungbell.telemetry import Metrics
from tests.deploy.commands import TOP, flags_in, known_flags, run
from tests.harness.programs import do_without, find_program

DEPLOY = TOP / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
KUBERNETES = DEPLOY / "kubernetes"
UNIT = DEPLOY / "systemd" / "rungbell.service"

Json = dict[str, Any]


def read(file: Path) -> Any:  # noqa: ANN401 -- YAML
    return yaml.safe_load(file.read_text())


# -- Prometheus -----------------------------------------------------------------------------------------------------


RULES: list[Json] = [rule for group in read(PROMETHEUS / "rules.yml")["groups"] for rule in group["rules"]]
RULE_TESTS: list[Json] = read(PROMETHEUS / "rules_test.yml")["tests"]
RUNBOOKS = (PROMETHEUS / "README.md").read_text()
ALERTS = [rule["alert"] for rule in RULES]

each_rule = pytest.mark.parametrize("rule", RULES, ids=ALERTS)


@pytest.fixture(scope="module")
def exposed() -> set[str]:
    """Every name of a series that rungbell can expose."""
    metrics = Metrics()
    metrics.know(["pager"], ["default"])
    metrics.daemon.watch_clock(lambda: False)
    metrics.daemon.watch_certificate(lambda: None)
    names = set()
    for family in metrics.registry.collect():
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
        names |= {family.name + ending for ending in endings}
    return names


def named_metrics(text: str) -> set[str]:
    return set(re.findall(r"\brungbell_\w+", text))


def test_prometheus_takes_the_job_and_the_rules() -> None:
    assert "SUCCESS" in run(find_program("promtool"), "check", "config", PROMETHEUS / "scrape.yml")


def test_promtool_finds_nothing_to_complain_of_in_the_rules() -> None:
    run(find_program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", PROMETHEUS / "rules.yml")


def test_every_rule_fires_and_stays_silent_as_its_tests_say() -> None:
    assert "SUCCESS" in run(find_program("promtool"), "test", "rules", "rules_test.yml", cwd=PROMETHEUS)


@pytest.mark.parametrize("file", [PROMETHEUS / "alertmanager.yml", KUBERNETES / "alertmanager.yml"], ids=str)
def test_alertmanager_takes_the_receivers(file: Path) -> None:
    assert "SUCCESS" in run(find_program("amtool"), "check-config", file)


def test_every_metric_in_the_rules_is_one_that_rungbell_exposes(exposed: set[str]) -> None:
    named = set(chain.from_iterable(named_metrics(rule["expr"]) for rule in RULES))
    assert named, "the rules name no metric at all"
    assert named <= exposed


def test_the_rule_tests_make_up_no_metric(exposed: set[str]) -> None:
    series = chain.from_iterable(test["input_series"] for test in RULE_TESTS)
    assert set(chain.from_iterable(named_metrics(one["series"]) for one in series)) <= exposed


@pytest.mark.parametrize("text", [RUNBOOKS, (TOP / "README.md").read_text()], ids=["runbooks", "readme"])
def test_every_metric_that_is_told_of_is_one_that_rungbell_exposes(text: str, exposed: set[str]) -> None:
    families = exposed | {name.rsplit("_", 1)[0] for name in exposed if name.endswith("_bucket")}
    assert named_metrics(text) <= families


@each_rule
def test_a_rule_says_how_bad_it_is_and_what_to_do(rule: Json) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["labels"]["component"] == "rungbell"
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}


@each_rule
def test_the_runbook_of_an_alert_is_where_its_link_leads(rule: Json) -> None:
    file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^## (\w+)$", (TOP / file).read_text(), re.MULTILINE)
    assert anchor == rule["alert"].lower()
    assert rule["alert"] in headings


@each_rule
def test_a_runbook_says_what_it_means_where_to_look_and_how_to_mend(rule: Json) -> None:
    section = RUNBOOKS.split(f"\n## {rule['alert']}\n")[1].split("\n## ")[0]
    assert "**At 3 a.m.**" in section or rule["labels"]["severity"] == "info"
    assert "**Look**" in section
    assert "**Mend**" in section


def test_no_runbook_is_left_over_from_an_alert_that_is_gone() -> None:
    assert re.findall(r"^## (Rungbell\w+)$", RUNBOOKS, re.MULTILINE) == ALERTS


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_a_test_where_it_fires_and_one_where_it_does_not(alert: str) -> None:
    expected = [
        bool(check["exp_alerts"])
        for test in RULE_TESTS
        for check in test["alert_rule_test"]
        if check["alertname"] == alert
    ]
    assert set(expected) == {True, False}


def test_alerts_about_rungbell_take_a_way_around_rungbell() -> None:
    config = read(KUBERNETES / "alertmanager.yml")
    first = config["route"]["routes"][0]
    assert first["matchers"] == ['component="rungbell"']
    (receiver,) = [one for one in config["receivers"] if one["name"] == first["receiver"]]
    assert "11911" not in str(receiver)


# -- systemd --------------------------------------------------------------------------------------------------------


def unit() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys of systemd tell capitals apart
    parser.read(UNIT)
    return parser


def test_the_unit_starts_the_daemon_with_flags_it_has() -> None:
    words = unit()["Service"]["ExecStart"].split()[1:]
    assert words[0] == "serve"
    assert flags_in(words) <= known_flags(serve)


def test_systemd_waits_longer_for_its_end_than_rungbell_takes() -> None:
    assert int(unit()["Service"]["TimeoutStopSec"].removesuffix("s")) > SHUTDOWN_SECONDS


@pytest.fixture
def installed_unit(tmp_path: Path) -> Path:
    """The unit as if rungbell were installed: systemd looks for the program."""
    text = UNIT.read_text().replace("/opt/rungbell/bin/rungbell", sys.executable)
    (tmp_path / UNIT.name).write_text(text)
    return tmp_path / UNIT.name


def test_systemd_takes_the_unit(installed_unit: Path) -> None:
    run(find_program("systemd-analyze"), "verify", "--man=no", installed_unit)


def test_systemd_thinks_the_unit_is_confined(installed_unit: Path) -> None:
    analyze = find_program("systemd-analyze")
    if int(run(analyze, "--version").split()[1]) < 250:
        do_without("this systemd is too old: it judges units that are not installed from 250 on")
    run(analyze, "security", "--offline=true", "--threshold=20", "--no-pager", installed_unit)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("DynamicUser", "yes"),
        ("StateDirectory", "rungbell"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
        ("Restart", "always"),
    ],
)
def test_the_unit_is_confined_and_comes_back(setting: str, value: str) -> None:
    assert unit()["Service"][setting] == value
