"""Second reading: ringing tiers and people, and what holds, withdraws and restarts it.

Rules 2, 5, 9, 14 and 20 of requirements 3.11; readings A22 and A35.
"""

from dataclasses import dataclass, field

from tests.simulation.duty import Taken
from tests.simulation.ladders import CALLS, TIERS, Ladder, Rung
from tests.simulation.letters import Letter
from tests.simulation.record import Facts, PageRow, Standing
from tests.simulation.shops import Shop
from tests.simulation.timetable import next_rung

DONE, ALREADY, OVER, STALE, REFUSED, INVALID = "done", "already", "over", "stale", "refused", "invalid"
"""What is answered."""
ENDED_BY_ACKNOWLEDGEMENT = frozenset({"lapse", "repeat", "exhausted", "acknowledgement_ended"})
"""Purposes of pages that an acknowledgement makes pointless (rule 5)."""
EVERY_PAGE = frozenset(
    {"at_once", "upgrade", "engagement", "unresolved", "tier_empty", "manual", "resolution", *ENDED_BY_ACKNOWLEDGEMENT}
)

Request = tuple[str, str]
"""Tier and purpose."""
Ways = list[tuple[str, int]]
"""Channels with their delays."""
Wish = tuple[str, str, str, Ways]
"""Tier, purpose, person, ways."""


@dataclass(slots=True)
class Draft:
    """An incident while an event changes it."""

    facts: Facts
    ladder: Ladder
    shop: Shop
    now: int
    taken: tuple[Taken, ...]
    """The overrides that counted."""
    served: dict[str, int]
    """How many incidents each round robin has had."""
    pages: dict[str, PageRow]
    letters: dict[int, Letter]
    """The texts about it to others, by number."""
    fresh: list[PageRow] = field(default_factory=list)
    copies: list[PageRow] = field(default_factory=list)
    """Of what is sent to others."""
    repeated: bool = False
    """Whether the same happened not long ago."""
    newest: str = ""
    """The newest incident of its alerts."""
    settled: bool = False
    """Every alert of it counts as over."""
    follow: list[tuple[str, str]] = field(default_factory=list)
    """What must be decided next in the same commit: the name of the event, and about which incident."""


def relieve(facts: Facts, now: int) -> None:
    """Somebody acts: an exhausted ladder is over, and who was asked to resolve is not asked again at once."""
    facts.exhausted_at = facts.repeated_at = None
    if facts.reminded_at is not None:
        facts.reminded_at = now if facts.status == "monitoring" else None


def release(draft: Draft) -> None:
    """Rule 20: a hold ends, and nothing of the time away is replayed."""
    facts = draft.facts
    if facts.held_since is not None:
        facts.held_since, facts.let_go_at = None, draft.now
        restart_paging(draft)


def restart_paging(draft: Draft) -> None:
    """After a hold, or maintenance: the paging clocks run from now."""
    facts = draft.facts
    facts.paging_from = facts.lapse_from = draft.now
    facts.engaged, facts.unresolved = (), {}
    if facts.exhausted_at is not None:
        facts.repeated_at = draft.now


def restart_clocks(draft: Draft) -> None:
    facts = draft.facts
    facts.holder, facts.paging_from, facts.lapse_from = None, draft.now, draft.now
    facts.engaged, facts.unresolved = (), {}


def withdraw(
    draft: Draft, purposes: frozenset[str], *, above: str | None = None, delayed_for: str | None = None
) -> None:
    for row in draft.pages.values():
        if row.state != "waiting":
            continue
        delayed = delayed_for is not None and row.person == delayed_for and row.send_after > draft.now
        if delayed or (row.purpose in purposes and (above is None or row.tier > above)):
            row.state, row.due_at = "withdrawn", None


def waits(draft: Draft) -> bool:
    """Whether business hours are over for it, or maintenance is not."""
    facts = draft.facts
    return facts.parked or draft.ladder.elapse(facts.severity, facts.paging_from, 0) > draft.now


def page_at_once(draft: Draft, purpose: str) -> None:
    if not waits(draft):
        ring(draft, [(tier, purpose) for tier in draft.ladder.plans[draft.facts.severity].page])


def ring(
    draft: Draft,
    requests: list[Request],
    *,
    person: tuple[str, str, str] | None = None,
    limit: str | None = None,
) -> None:
    """Page whoever stands on these tiers, and on the next one where nobody does; ``person``: who, tier, purpose."""
    facts, ladder = draft.facts, draft.ladder
    climbable = ladder.climbable(facts.severity)
    wishes: list[Wish] = []
    if person is not None:
        who, tier, purpose = person
        allowed = ladder.allows(tier, facts.severity)
        ways = draft.shop.ways(who, ladder.rungs[tier].through) if allowed else []
        if ways:
            wishes.append((tier, purpose, who, ways))
        else:
            requests = [*requests, (tier if allowed else max(climbable, default="L1"), purpose)]
    cap = limit or ladder.plans[facts.severity].climb_to
    asked = dict(requests)
    top_is_empty = False
    for tier in TIERS:
        if tier not in asked:
            continue
        people = _on_tier(draft, ladder.rungs[tier]) if ladder.allows(tier, facts.severity) else []
        wishes += [(tier, asked[tier], who, ways) for who, ways in people]
        if people:
            continue
        facts.tiers.setdefault(tier, Standing(draft.now, True, None))
        top_is_empty = top_is_empty or tier == max(climbable, default=None)
        above = next((other for other in TIERS if other > tier and ladder.allows(other, facts.severity)), None)
        if above is not None and above <= cap:
            asked.setdefault(above, stands_in_for(asked[tier]))
    _enter(draft, wishes)
    nobody_left = (not wishes or top_is_empty) and next_rung(facts, ladder) is None
    if nobody_left and facts.status == "triggered" and facts.exhausted_at is None:
        facts.exhausted_at = facts.repeated_at = draft.now
    if facts.lapse_from is None and facts.exhausted_at is None:
        facts.lapse_from = draft.now


def _on_tier(draft: Draft, rung: Rung) -> list[tuple[str, Ways]]:
    """An incident takes its turn in a round robin when it rings it first, and keeps it."""
    turns = draft.facts.turns
    for name in rung.reach:
        rota = draft.shop.rota(name)
        if rota is not None and rota.robin and name not in turns:
            turns[name] = draft.served.get(name, 0)
            draft.served[name] = turns[name] + 1
    return draft.shop.on_rung(rung, draft.now, turns, draft.taken)


def stands_in_for(purpose: str) -> str:
    return "lapse" if purpose == "lapse" else "tier_empty"


def _enter(draft: Draft, wishes: list[Wish]) -> None:
    facts = draft.facts
    known = set(facts.tiers)
    for tier, _, who, _ in wishes:
        standing = facts.tiers.get(tier)
        if standing is None:
            facts.tiers[tier] = Standing(draft.now, False, None)
        elif standing.empty:
            facts.tiers[tier] = Standing(draft.now, False, standing.acknowledged_at)
        facts.paged[who] = max(tier, facts.paged.get(who, tier))
    if not wishes:
        return
    if any(tier not in known for tier, *_ in wishes):
        facts.lapse_from = draft.now
    facts.round += 1
    write_pages(draft, wishes, "page")


def inform(draft: Draft, person: str, tier: str, purpose: str) -> bool:
    """Tell one person something, the way their tier is rung, if that reaches them; no call where there is another.

    What one commit tells and pages is one round.
    """
    rung = draft.ladder.rungs.get(tier)
    ways = draft.shop.ways(person, rung.through) if rung else []
    if quiet := [way for way in ways if way[0] not in CALLS]:
        first, *others = quiet
        ways = quiet if any(after == 0 for _, after in quiet) else [(first[0], 0), *others]
    if ways:
        if not draft.fresh or any((row.person, row.purpose) == (person, purpose) for row in draft.fresh):
            draft.facts.round += 1
        write_pages(draft, [(tier, purpose, person, ways)], "notification")
    return bool(ways)


def write_pages(draft: Draft, wishes: list[Wish], kind: str) -> None:
    """Rule 14: one page per person and channel; the highest tier names it, the earliest time stands."""
    chosen: dict[tuple[str, str], tuple[str, str, int]] = {}
    for tier, purpose, who, ways in sorted(wishes, key=lambda wish: wish[0], reverse=True):
        for channel, after in ways:
            before = chosen.get((who, channel))
            if before is None:
                chosen[who, channel] = (tier, purpose, after)
            else:
                chosen[who, channel] = (before[0], before[1], min(before[2], after))
    facts = draft.facts
    for (who, channel), (tier, purpose, after) in chosen.items():
        intent = f"{facts.id}:{facts.cycle}:{facts.round}:{tier}:{who}:{channel}:{purpose}"
        due = draft.now + after
        draft.fresh.append(
            PageRow(
                intent, facts.cycle, facts.round, tier, who, channel, purpose, kind, due, "waiting", due, 0, draft.now
            )
        )
