"""The example of a channel of one's own passes its own suite, as somebody else would run it, and is small."""

import shutil
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from rungbell.config import load
from rungbell.notifiers import GROUP, Installed
from tests.deploy.commands import TOP, run

PLUGIN = TOP / "deploy" / "plugin"
PROJECT = tomllib.loads((PLUGIN / "pyproject.toml").read_text())
MOST_LINES = 60
CONFIGURATION = """\
zone: UTC
people:
  alice: {name: Alice}
channels:
  push: {type: gotify, url: "https://gotify.example.com", token: token-of-gotify}
tiers:
  L1: {role: Support, reach: alice, through: [push]}
severities:
  P0: &plan {page: [L1], acknowledge_within: 5m, climb_to: L1, acknowledgement_lasts: 1h, stable_for: 0s, \
resolves: window}
  P1: *plan
  P2: *plan
  P3: *plan
"""


def test_its_own_suite_passes(tmp_path: Path) -> None:
    folder = shutil.copytree(PLUGIN, tmp_path / "plugin")

    said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder, timeout=100)

    assert "passed" in said


def test_its_entry_point_makes_it_a_type_of_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PLUGIN))
    points = PROJECT["project"]["entry-points"][GROUP]
    file = tmp_path / "rungbell.yml"
    file.write_text(CONFIGURATION)

    found = load(file, Installed({}, lambda: [EntryPoint(name, value, GROUP) for name, value in points.items()]))

    assert found.channels["push"].type == "gotify"
    assert "token-of-gotify" not in repr(found.channels["push"])


def test_it_is_small() -> None:
    assert len((PLUGIN / "rungbell_gotify.py").read_text().splitlines()) < MOST_LINES
