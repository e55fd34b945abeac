"""The policies of the scenarios: a small one to spoil, and the shipped playbook with simulated channels."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "config" / "rungbell.yml"

_STORY = """\
zone: UTC
people:
  alice: {{name: Alice}}
  bob: {{name: Bob}}
  chen: {{name: Chen}}
  dana: {{name: Dana}}
  eli: {{name: Eli}}
  olga: {{name: Olga}}
channels:
  phone: {{type: simulated}}
  pager: {{type: simulated}}
  mail: {{type: simulated}}
tiers:
  L1: {{role: Support, reach: alice, through: {L1}}}
  L2: {{role: Senior, reach: bob, through: {L2}}}
  L3: {{role: Engineering, reach: chen, through: {L3}}}
  L4: {{role: Manager, reach: dana, through: {L4}}}
  L5: {{role: Executive, reach: eli, through: {L5}, only: [P0]}}
severities:
  P0: {{page: [L1, L2], acknowledge_within: 5m, climb_to: L5, acknowledgement_lasts: 1h, stable_for: 30m, \
resolves: person}}
  P1: {{page: [L1], acknowledge_within: 5m, climb_to: L4, acknowledgement_lasts: 2h, stable_for: 30m, resolves: person}}
  P2: {{page: [L1], acknowledge_within: 15m, climb_to: L2, acknowledgement_lasts: 4h, stable_for: 15m, \
resolves: window}}
  P3: {{page: [L1], acknowledge_within: 1h, climb_to: L1, hours: business, acknowledgement_lasts: next_business_day, \
stable_for: 0s, resolves: window}}
rules:
  - {{severity: P0, match: ['severity="disaster"']}}
policies:
  - name: operations
    match: ['team="operations"']
    tiers: {{L1: {{role: Operator, reach: olga, through: [mail]}}}}
    severities: {{P1: {{acknowledge_within: 12h}}}}
operator: operations
"""
_EVERY_TIER: Mapping[str, str] = dict.fromkeys(("L1", "L2", "L3", "L4", "L5"), "[phone]")


def story(**through: str) -> str:
    """Five people on five tiers, by phone unless said otherwise; Olga hears of rungbell's own troubles by mail."""
    return _STORY.format(**{**_EVERY_TIER, **through})


def watched() -> str:
    """The same with a source from which a Watchdog is expected every quarter of an hour."""
    return story() + "sources:\n  cluster-a: {bearer_token: a-token-of-cluster-a, watchdog_within: 15m}\n"


def without_operator() -> str:
    """The same where nobody hears of rungbell's own troubles."""
    return story().replace("operator: operations\n", "")


def with_policy(text: str) -> pytest.MarkDecorator:
    """Let a test's world follow that policy."""
    return pytest.mark.parametrize("policy", [text], ids=["of-its-own"])


def playbook() -> str:
    """The shipped configuration with every channel simulated."""
    return re.sub(r"\{type: (webhook|console)[^}]*\}", "{type: simulated}", SHIPPED.read_text())


def with_calendar(where: str, **others: str) -> str:
    """The same where L2 reaches whom a calendar names; ``others`` are further layers and keys of the schedule."""
    schedule = others.get("layers", "{calendar: {%s}}") % where
    return story().replace("reach: bob", "reach: support") + f"schedules:\n  support: {schedule}\n"


def scheduled(turns: str = "[alice, dana]", *, every: str = "1w", tell: str = "") -> str:
    """The same where L2 reaches a schedule; its first one of two is on call since Monday at nine."""
    rotation = f"{{people: {turns}, every: {every}, handover: 09:00, starts: 2026-11-23}}"
    rest = f", tell: {tell}" if tell else ""
    return story().replace("reach: bob", "reach: support") + f"schedules:\n  support: {{rotation: {rotation}{rest}}}\n"
