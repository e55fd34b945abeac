"""What chance may bring: how providers answer, and how often what goes wrong. One place, so that it can be turned."""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

ANSWERS: Final = {
    "takes it": 60,
    "takes it late": 8,
    "refuses": 6,
    "is away": 7,
    "asks to wait": 3,
    "asks to wait too long": 1,
    "hangs": 3,
    "takes it and hangs": 3,
    "breaks": 1,
    "dies before": 2,
    "dies after": 2,
}
"""What a provider does with a call, or the process in it, by weight."""
SLOW: Final = frozenset({"takes it late", "hangs", "takes it and hangs"})
"""Answers that leave time for something else."""
MEANWHILE: Final = {
    "reload": 3,
    "suspend": 3,
    "step forward": 1,
    "crash": 1,
    "acknowledge": 3,
    "resolve": 1,
    "message": 1,
    "store fails": 1,
}
"""What happens while a provider is being called, by weight."""
OUTAGES: Final = {"refuses": 5, "is away": 3, "hangs": 1}
"""How a provider answers while it is out, by weight."""
ACTS: Final = {
    "message": 34,
    "acknowledge": 18,
    "acknowledge twice": 3,
    "link": 4,
    "unacknowledge": 4,
    "escalate": 5,
    "resolve": 8,
    "severity": 6,
    "note": 1,
    "declare": 2,
    "comes back": 6,
    "take the pager": 12,
    "give the pager back": 2,
    "watchdog": 6,
    "never arrived": 4,
    "reload": 7,
    "crash": 5,
    "absence": 3,
    "suspend": 3,
    "step forward": 3,
    "step back": 3,
    "store fails": 3,
    "disk full": 2,
    "provider fails": 4,
    "declare this": 10,
    "take a role": 8,
    "give up a role": 6,
    "hand over": 8,
    "tick": 10,
    "say what the harm is": 6,
    "write down": 8,
    "status": 12,
    "snooze": 6,
    "false positive": 5,
    "merge": 14,
    "close": 4,
    "reopen": 6,
    "lift the restriction": 5,
    "security breach": 4,
    "escalate for a reason": 4,
    "postmortem": 8,
    "review": 4,
    "action item": 5,
    "action item goes on": 5,
    "go through the items": 4,
    "draft a text": 12,
    "review a text": 10,
    "send a text": 10,
    "discard a text": 3,
    "waive": 4,
}
"""What happens, by weight; what does each is the table of ``acts``."""
NEEDS: Final = {
    "take the pager": "overrides",
    "give the pager back": "overrides",
    "watchdog": "heartbeats",
    **dict.fromkeys(
        (
            "declare this",
            "take a role",
            "give up a role",
            "hand over",
            "tick",
            "say what the harm is",
            "write down",
            "status",
            "snooze",
            "false positive",
            "merge",
            "close",
            "reopen",
            "lift the restriction",
            "security breach",
            "escalate for a reason",
            "postmortem",
            "review",
            "action item",
            "action item goes on",
            "go through the items",
            "draft a text",
            "review a text",
            "send a text",
            "discard a text",
            "waive",
        ),
        "playbook",
    ),
}
"""Acts to the part of rungbell without which they mean nothing; not every world has each part."""
PARTS: Final = {"heartbeats": 0.25, "overrides": 0.25, "playbook": 0.1}
"""Parts of rungbell to the share of the worlds that have them; with the playbook policies have obligations."""
STORMS: Final = 0.1
"""The share of the worlds of one replica that have umbrellas: another's count of what begins has no version."""
MESSAGES: Final = {
    "fires": 30,
    "resolves": 25,
    "repeats": 12,
    "stale": 8,
    "fires anew": 12,
    "several": 8,
    "truncated": 4,
    "never pages": 2,
}
"""What a message says, by weight."""
RARE: Final = frozenset(
    {"Unacknowledged", "Escalated", "Resolved", "SeveritySet", "NoteAdded", "Declared", "PagingHeld"}
)
"""What happens less often than the rest, so a replica dies of it more often."""


@dataclass(frozen=True, slots=True)
class Odds:
    """How rough one world is."""

    replicas: int
    grouped: bool
    """The replica writes through rungbell's own writer; only where there is one."""
    parts: frozenset[str]
    """Of ``PARTS``."""
    acts: int
    dies: float
    """At each step."""
    dies_starting: float
    """At each step of a start."""
    commit_fails: float
    yields: float
    """Others run before or after a commit."""
    raced: float
    """Between another's reading and writing, where there are several replicas."""
    meanwhile: float
    """While a provider takes its time."""
    rough_providers: bool


def odds(rng: Random) -> Odds:
    """Draw them."""
    rough = rng.random() < 0.7
    replicas = 2 if rng.random() < 0.25 else 1
    parts = frozenset(part for part, share in PARTS.items() if rng.random() < share)
    return Odds(
        replicas=replicas,
        grouped=replicas == 1 and rng.random() < 0.5,
        parts=parts,
        acts=rng.choice((4, 6, 8, 12) if "playbook" in parts else (1, 2, 3, 4, 4, 6)),
        dies=0.004 if rough else 0.0,
        dies_starting=0.05 if rough else 0.0,
        commit_fails=0.004 if rough else 0.0,
        yields=rng.choice((0.0, 0.2, 0.5)),
        raced=0.25,
        meanwhile=rng.choice((0.0, 0.3, 0.6)),
        rough_providers=rough,
    )


def with_storms(found: Odds, seed: int) -> Odds:
    """Let one of so many have storms: by a chance of its own, so that all others stay as they are.

    A storm is much already, so that half as much happens after it.
    """
    rng = Random(f"storms {seed}")
    if found.replicas > 1 or rng.random() >= STORMS:
        return found
    return replace(found, parts=found.parts | {"storms"}, acts=(found.acts + 1) // 2)


def drawn(rng: Random, weights: dict[str, int]) -> str:
    """Draw one by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]
