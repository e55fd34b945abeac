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
from rungbell.domain.policy import Policy
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


def _waits(p0: timedelta | None, p1: timedelta | None) -> str | None:
    if p0 is None or p1 is None or p0 <= p1:
        return None
    return f"{format_duration(p0)}, longer than P1 ({format_duration(p1)}),"


def _slower(ladder: Ladder, key: str, message: str, findings: Findings) -> None:
    findings.warn("p0-slower-than-p1", pace_at(ladder, key), message)
