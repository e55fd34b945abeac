"""``--verify``: what should be so, held against what is.

    severity=P0   guessed=false   policy=default   L1=alice   L2=bob+chen   L5=nobody   L4@5m=farah   L4@5m

Rules
-----
* Of a tier it says everybody who stands on it when it has its turn; with ``@`` also how long after the alert that is.
* Every difference is told, each with what was expected and what there is.

May import: ``config.durations``, ``domain``, the standard library, click.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import click

from rungbell.config.durations import format_duration, parse_duration
from rungbell.domain.policy import TIERS
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass

FACTS = ("severity", "guessed", "policy")
NOBODY = "nobody"
HOW = "write for example severity=P0, policy=default, L1=alice, L2=bob+chen, L5=nobody or L4@5m=farah"
_TIER = re.compile(r"(L[1-5])(?:@(.+))?")


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that should be so; ``value`` is what was typed behind the sign, if anything was."""

    key: str
    value: str
    tier: str = ""
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise."""

    key: str
    expected: str
    got: str


def read_expected(texts: Iterable[str]) -> tuple[Expected, ...]:
    """Read what was typed.

    Raises:
        click.BadParameter: it cannot be understood.
    """
    parts = [part.strip() for text in texts for part in text.split(",")]
    return tuple(_expected(part) for part in parts if part)


def _expected(text: str) -> Expected:
    key, separator, value = (part.strip() for part in text.partition("="))
    named = _TIER.fullmatch(key)
    if named is None and key not in FACTS:
        raise _bad(f"{key!r} is nothing that can be verified", text)
    if not value and (separator or named is None or named[2] is None):
        raise _bad(f"{text!r} does not say what is expected", text)
    if named is None:
        return Expected(key, _fact(key, value, text))
    if named[2] is None:
        return Expected(key, _people(value), named[1])
    try:
        after = parse_duration(named[2])
    except ValueError as error:
        raise _bad(str(error), text) from None
    return Expected(key, _people(value), named[1], after)


def _fact(key: str, value: str, text: str) -> str:
    if key == "severity":
        value = value if value.casefold() == "none" else value.upper()
        if value not in {*Severity, "none"}:
            raise _bad(f"{value!r} is no severity", text)
    elif key == "guessed" and value not in {"true", "false"}:
        raise _bad("`guessed` is true or false", text)
    return value


def _people(value: str) -> str:
    return "+".join(sorted({name.strip() for name in value.split("+")}))


def _bad(what: str, text: str) -> click.BadParameter:
    return click.BadParameter(f"{what}: {HOW}", param_hint=f"--verify {text}")


def differences(found: dict[str, Any], expected: Iterable[Expected]) -> Iterator[Difference]:
    """Give everything in a document that is otherwise."""
    for one in expected:
        if not one.tier:
            got = _told(found[one.key])
            if got != one.value:
                yield Difference(one.key, one.value, got)
            continue
        people, after = _on(found, one.tier)
        if one.value and people != one.value:
            yield Difference(one.tier, one.value, people)
        if one.after is not None and after != one.after:
            yield Difference(
                f"{one.tier}@", format_duration(one.after), NOBODY if after is None else format_duration(after)
            )


def _told(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)


def _on(found: dict[str, Any], name: str) -> tuple[str, timedelta | None]:
    """Who stands on a tier when it has its turn, and how long after the alert that is."""
    if name not in TIERS:
        return NOBODY, None
    tier = next((tier for tier in found.get("tiers", ()) if tier["tier"] == name), None)
    if tier is None or not tier["people"]:
        return NOBODY, None
    after = datetime.fromisoformat(tier["at"]) - datetime.fromisoformat(found["at"])
    return "+".join(sorted(one["person"] for one in tier["people"])), after
