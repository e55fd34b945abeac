"""Every act of the API has a word in a chat, or stands here with the reason why it has none."""

from collections.abc import Mapping

from rungbell.domain.token import Scope
from rungbell.runtime.hearing.vocabulary import ACTS
from rungbell.web.routes import ONCALL, ONE, ROUTES

WORDS: Mapping[str, str] = {
    "POST /api/v1/incidents": "declare",
    f"POST {ONE}/acknowledge": "ack",
    f"POST {ONE}/unacknowledge": "unack",
    f"POST {ONE}/escalate": "escalate",
    f"POST {ONE}/resolve": "resolve",
    f"POST {ONE}/notes": "note",
    f"POST {ONE}/severity": "severity",
    f"POST {ONE}/declare": "declare",
    f"POST {ONE}/assume": "assume",
    f"POST {ONE}/give-up": "give-up",
    f"POST {ONE}/handoff": "handoff",
    f"POST {ONE}/tick": "tick",
    f"POST {ONE}/impact": "impact",
    f"POST {ONE}/postmortem": "postmortem state",
    f"POST {ONE}/postmortem/review": "postmortem review",
    f"POST {ONE}/items": "postmortem add-item",
    f"POST {ONE}/items/change": "postmortem set-item",
    f"POST {ONE}/items/review": "postmortem reviewed",
    f"POST {ONE}/communications": "tell",
    f"POST {ONE}/communications/{{communication}}/review": "review",
    f"POST {ONE}/communications/{{communication}}/send": "send",
    f"POST {ONE}/communications/{{communication}}/discard": "discard",
    f"POST {ONE}/waive": "waive",
    f"POST {ONE}/status": "status",
    f"POST {ONE}/snooze": "snooze",
    f"POST {ONE}/merge": "merge",
    f"POST {ONE}/false-positive": "false-positive",
    f"POST {ONE}/close": "close",
    f"POST {ONE}/reopen": "reopen",
    f"POST {ONE}/release": "release",
    f"POST {ONCALL}/overrides": "oncall override",
    f"DELETE {ONCALL}/overrides/{{override}}": "oncall remove",
    f"POST {ONCALL}/swaps": "oncall swap",
    f"POST {ONCALL}/notes": "oncall note",
    "POST /api/v1/people/{person}/test-page": "oncall test-page",
    "POST /api/v1/reviews": "playbook reviewed",
}
FURTHER = {"postmortem own", "postmortem link", "oncall take"}
"""Further words for acts that have one."""
NO_WORD: Mapping[str, str] = {}
"""Acts without a word, each with the reason."""


def acts() -> set[str]:
    """Everything that the API lets a person do."""
    return {f"{route.method} {route.path}" for route in ROUTES if route.scope is Scope.ACT}


def test_every_act_of_the_api_has_a_word_or_a_reason_why_not() -> None:
    assert acts() == WORDS.keys() | NO_WORD.keys()
    assert not WORDS.keys() & NO_WORD.keys()
    assert all(NO_WORD.values())


def test_every_word_is_that_of_an_act() -> None:
    assert set(WORDS.values()) | FURTHER == ACTS.keys()
