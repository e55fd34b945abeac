"""Ladders and their clocks: tiers that nothing pages, a P0 that waits longer or rings no telephone, one channel alone.

Rules
-----
* Paging by hand does not count: at night a clock has to reach a tier.
* One channel is enough for what rings in business hours only.
* A telephone is a channel that needs people's `phone`; where no channel of the file is one, none is missed (A24).
* What a policy inherits is told once, at the top of the file.

May import: ``findings``, ``ladders``, ``mistakes``, ``domain`` and the standard library.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from rungbell.config.durations import format_duration
from rungbell.config.findings import Findings
from rungbell.config.ladders import Ladder, pace_at
from rungbell.config.mistakes import Path
from rungbell.domain.policy import Policy, SeverityPlan, Tier
from rungbell.domain.roster import Roster
from rungbell.domain.severity import Severity

Laid = tuple[Ladder, Policy]
"""A policy as it stands in the file, and what it amounts to."""


def check_steps(every: Sequence[Laid], roster: Roster, findings: Findings) -> None:
    """Note what is wrong with the steps of each ladder."""
    _check_tiers(every, findings)
    _check_phones(every, phones_of(roster), findings)
    for ladder, policy in every:
        _check_channels(ladder, policy, findings)
        _check_pace(ladder, policy, findings)


def phones_of(roster: Roster) -> frozenset[str]:
    """Give the channels that are telephones."""
    return frozenset(channel.name for channel in roster.channels.values() if channel.needs == "phone")


def _check_tiers(every: Sequence[Laid], findings: Findings) -> None:
    paged: dict[Path, bool] = {}
    for ladder, policy in every:
        reached = {tier for severity in policy.severities for tier in policy.ladder(severity)}
        for tier in policy.tiers:
            path = ladder.tier_at(tier)
            paged[path] = paged.get(path, False) or tier in reached
    for path, once in paged.items():
        if not once:
            findings.warn("unreachable-step", path, "no severity that may page it climbs so high: no clock ever does")


def _check_phones(every: Sequence[Laid], phones: Collection[str], findings: Findings) -> None:
    if not phones:
        return
    silent: dict[Path, str] = {}
    for ladder, policy in every:
        first = next((tier for tier in policy.ladder(Severity.P0) if tier in policy.plan(Severity.P0).page), None)
        if first is not None and not any(way.channel in phones for way in policy.tiers[first].through):
            silent[(*ladder.tier_at(first), "through")] = first
    for path, tier in silent.items():
        findings.warn("p0-without-phone", path, f"{tier} is the first to hear of a P0, and by no telephone")


def _check_channels(ladder: Ladder, policy: Policy, findings: Findings) -> None:
    alone: dict[tuple[Path, str], list[str]] = {}
    for severity, plan in policy.severities.items():
        tiers = policy.ladder(severity)
        channels = {way.channel for tier in tiers for way in policy.tiers[tier].through}
        if len(channels) == 1 and not plan.business_hours_only:
            places: list[Path] = [ladder.tier_at(tier) for tier in tiers]
            place = next((path for path in places if path[0] == "policies"), places[0])
            alone.setdefault(((*place, "through"), channels.pop()), []).append(severity)
    for (path, channel), severities in alone.items():
        text = f"every page of {', '.join(sorted(severities))} leaves through `{channel}` alone"
        findings.warn("single-channel", path, text)


def _check_pace(ladder: Ladder, policy: Policy, findings: Findings) -> None:
    p0, p1 = policy.severities[Severity.P0], policy.severities[Severity.P1]
    if p0.business_hours_only and not p1.business_hours_only:
        _slower(ladder, "hours", "P0 is paged in business hours only, P1 at any hour", findings)
    if (waits := _waits(p0.engineering_within, p1.engineering_within)) is not None:
        _slower(ladder, "engineering_within", f"P0 waits {waits} for engineering", findings)
    for tier in p0.while_unresolved:
        if (waits := _waits(p0.while_unresolved[tier], p1.while_unresolved.get(tier))) is not None:
            _slower(ladder, "while_unresolved", f"P0 waits {waits} before it pages {tier}", findings)
    if (waits := _waits(_lasts(p0), _lasts(p1))) is not None:
        _slower(ladder, "acknowledgement_lasts", f"P0 waits {waits} until an acknowledgement has ended", findings)
    _check_missing(ladder, p0, p1, findings)


def _check_missing(ladder: Ladder, p0: SeverityPlan, p1: SeverityPlan, findings: Findings) -> None:
    """Note the steps that bring help into a P1 and not, or later, into a P0."""
    later = [tier for tier in p1.page if tier not in p0.page]
    if later:
        _slower(ladder, "page", f"P1 pages {' and '.join(later)} at once, and P0 does not", findings)
    if p0.climb_to < p1.climb_to:
        _slower(ladder, "climb_to", f"P0 climbs to {p0.climb_to} only, P1 to {p1.climb_to}", findings)
    if p0.engineering_within is None and p1.engineering_within is not None and Tier.L3 not in p0.page:
        asks = f"P1 asks for engineering within {format_duration(p1.engineering_within)}"
        _slower(ladder, "engineering_within", f"{asks}, and P0 never does", findings)
    for tier, within in p1.while_unresolved.items():
        if tier not in p0.page and not _brings(p0, tier, within):
            after = format_duration(within)
            text = f"P1 pages {tier} after {after} whoever holds it, and P0 nobody so high by then"
            _slower(ladder, "while_unresolved", text, findings)


def _brings(plan: SeverityPlan, tier: Tier, within: timedelta) -> bool:
    """Whether a clock that no acknowledgement stops brings in that tier or a higher one; later ones are told apart."""
    if tier in plan.while_unresolved:
        return True
    engineering = plan.engineering_within if tier <= Tier.L3 else None
    times = [at for other, at in plan.while_unresolved.items() if other > tier]
    return any(at <= within for at in [*times, *([engineering] if engineering is not None else [])])


def _lasts(plan: SeverityPlan) -> timedelta:
    """How long an acknowledgement lasts; until the next business day is longer than anything else."""
    return timedelta.max if plan.acknowledgement_lasts is None else plan.acknowledgement_lasts


def _waits(p0: timedelta | None, p1: timedelta | None) -> str | None:
    if p0 is None or p1 is None or p0 <= p1:
        return None
    told = "until the next business day" if p0 == timedelta.max else format_duration(p0)
    return f"{told}, longer than P1 ({format_duration(p1)}),"


def _slower(ladder: Ladder, key: str, message: str, findings: Findings) -> None:
    findings.warn("p0-slower-than-p1", pace_at(ladder, key), message)
