"""What a shop's policies demand beside paging, in the simulation's plain words, and rungbell's own of the same words.

Rules
-----
* Times are short where the playbook's are long, so that a world sees their end; some fall together with paging clocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Final, NamedTuple

from rungbell.domain.communication.audience import Audience
from rungbell.domain.policy import Obligations, PostmortemPlan, PostmortemRule
from rungbell.domain.postmortem.record import Owed as HowOwed
from rungbell.domain.severity import Severity
from tests.simulation.moments import DAY, HOUR, MINUTE

STRICTNESS: Final = ("optional", "recommended", "mandatory")


class PostmortemWords(NamedTuple):
    """When a postmortem is owed: in any case, what lasts longer than this, what happens again."""

    otherwise: str = "optional"
    beyond: int | None = None
    on_repeat: str | None = None


NEVER_OWED: Final = PostmortemWords()


@dataclass(frozen=True, slots=True)
class Owed:
    """What one severity demands; ``None``: nothing."""

    triaged: int | None = None
    declared: int | None = None
    executives: int | None = None
    clients: int | None = None
    drafted: int | None = None
    impacts: bool = False
    updates: tuple[tuple[str, int], ...] = ()
    remind: int | None = None
    sla: int | None = None
    provider: int | None = None
    handoff: int | None = None
    postmortem: PostmortemWords = NEVER_OWED


@dataclass(frozen=True, slots=True)
class Aftermath:
    """When the parts of a postmortem are due."""

    draft: int = 2 * DAY
    review_days: int = 5
    publish: int = 7 * DAY
    repeat: int = 30 * DAY
    items: Mapping[str, int] = field(default_factory=lambda: {"P0": 7 * DAY, "P1": 7 * DAY, "P2": 14 * DAY})
    items_reviewed: int = 7 * DAY


NOTHING: Final = Owed()
USUAL: Final = Aftermath()


def draw_owed(rng: Random, severity: str) -> Owed:
    """Draw what a severity demands; the worse it is, the more."""

    def some(*minutes: int, often: float = 0.8) -> int | None:
        return rng.choice(minutes) * MINUTE if rng.random() < often else None

    if severity == "P3":
        return Owed(postmortem=PostmortemWords(on_repeat=rng.choice((None, "recommended", "mandatory"))))
    if severity == "P2":
        return Owed(
            clients=some(2, 120),
            updates=(("clients", 60 * MINUTE),),
            provider=some(20, often=0.3),
            handoff=some(10, 240, often=0.4),
            postmortem=PostmortemWords(on_repeat=rng.choice((None, "recommended", "mandatory"))),
        )
    return Owed(
        triaged=some(1, 5, 5),
        declared=some(1, 5, 5),
        executives=some(*((0, 0, 1) if severity == "P0" else (2, 120))),
        clients=some(*((5, 30) if severity == "P0" else (5, 60))),
        drafted=some(1, 5),
        impacts=rng.random() < 0.7,
        updates=tuple((who, rng.choice((3, 30)) * MINUTE) for who in ("internal", "clients", "executives")),
        remind=some(1, 15),
        sla=some(3, 90, often=0.6),
        provider=some(4, 30, often=0.6),
        handoff=some(2, 240),
        postmortem=PostmortemWords(
            otherwise=rng.choice(STRICTNESS),
            beyond=rng.choice((None, 10 * MINUTE, 2 * HOUR)),
            on_repeat=rng.choice((None, None, "mandatory")),
        ),
    )


def draw_aftermath(rng: Random) -> Aftermath:
    """Draw when the parts of a postmortem are due."""
    return Aftermath(
        draft=rng.choice((5 * MINUTE, HOUR, 2 * DAY)),
        review_days=rng.choice((1, 5)),
        publish=rng.choice((HOUR, 7 * DAY)),
        items={"P0": rng.choice((10 * MINUTE, DAY)), "P1": DAY, "P2": 2 * DAY},
        items_reviewed=rng.choice((10 * MINUTE, DAY, 7 * DAY)),
    )


def obligations(owed: Owed) -> Obligations:
    """rungbell's own, of the same words."""
    words = owed.postmortem
    return Obligations(
        triaged_within=_span(owed.triaged),
        declared_within=_span(owed.declared),
        executives_told_within=_span(owed.executives),
        clients_told_within=_span(owed.clients),
        clients_drafted_within=_span(owed.drafted),
        impacts_clients=owed.impacts,
        updates_every={Audience(who): timedelta(milliseconds=every) for who, every in owed.updates},
        remind_of_updates_after=_span(owed.remind),
        sla_at_risk_after=_span(owed.sla),
        ask_for_provider_after=_span(owed.provider),
        handoff_after=_span(owed.handoff),
        postmortem=PostmortemRule(
            HowOwed(words.otherwise), _span(words.beyond), None if words.on_repeat is None else HowOwed(words.on_repeat)
        ),
    )


def postmortem_plan(aftermath: Aftermath) -> PostmortemPlan:
    """rungbell's own, of the same words."""
    return PostmortemPlan(
        draft_within=timedelta(milliseconds=aftermath.draft),
        review_business_days=aftermath.review_days,
        publish_within=timedelta(milliseconds=aftermath.publish),
        repeat_within=timedelta(milliseconds=aftermath.repeat),
        items_due_within={Severity(name): timedelta(milliseconds=within) for name, within in aftermath.items.items()},
        items_reviewed_every=timedelta(milliseconds=aftermath.items_reviewed),
    )


def _span(length: int | None) -> timedelta | None:
    return None if length is None else timedelta(milliseconds=length)
