"""Each policy's ladder as it stands once its own words are laid over the top of the file, and what must hold for it.

Rules
-----
* A tier that a policy gives replaces that tier whole; the keys of a severity and of the business hours are laid over
  one by one.
* A mistake is told at the line that made it: the policy's own key, else its own tier, else the top of the file.

May import: ``domain``, ``findings``, ``mistakes``, ``model`` and ``durations``.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from rungbell.config.durations import format_duration
from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path, did_you_mean
from rungbell.config.model.file import FileSection
from rungbell.config.model.hours import HoursSection
from rungbell.config.model.ladders import PolicySection, SeverityChanges, TierSection
from rungbell.domain.policy import Resolves, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass

S = TypeVar("S", SeverityChanges, HoursSection)

DEFAULT_POLICY = "default"
"""Name of the policy that the top of the file describes."""

STABLE_AT_LEAST = timedelta(minutes=15)
"""Shortest stability window of the playbook (L358)."""

STEP = "unreachable-step"


@dataclass(frozen=True, slots=True)
class Ladder:
    """One policy, complete: the top of the file with ``own`` laid over it. ``path`` is where ``own`` stands."""

    name: str
    tiers: Mapping[Tier, TierSection]
    severities: Mapping[Severity, SeverityChanges]
    hours: HoursSection
    path: Path = ()
    own: PolicySection | None = None

    def tier_at(self, tier: Tier) -> Path:
        """Where the tier is described."""
        own = self.own is not None and tier in self.own.tiers
        return (*self.path, "tiers", tier) if own else ("tiers", tier)

    def key_at(self, severity: Severity, key: str, tier: Tier | None = None) -> Path:
        """Where a fault of that key is to be told, ``tier`` being the one it cannot have."""
        own = self.own
        if own is not None and severity in own.severities and key in own.severities[severity].model_fields_set:
            return (*self.path, "severities", severity, key)
        if own is not None and tier is not None and tier in own.tiers:
            return (*self.path, "tiers", tier)
        return ("severities", severity, key)


def ladders(file: FileSection) -> tuple[Ladder, ...]:
    """Give every policy of the file in its order, the default one last."""
    tiers = getattr(file, "tiers", {})
    severities = getattr(file, "severities", {})
    hours = file.business_hours
    laid = [
        Ladder(
            name=getattr(own, "name", ""),
            tiers={**tiers, **own.tiers},
            severities=_laid_severities(severities, own),
            hours=_laid(hours, own.business_hours) if own.business_hours else hours,
            path=("policies", index),
            own=own,
        )
        for index, own in enumerate(file.policies)
    ]
    return (*laid, Ladder(DEFAULT_POLICY, tiers, severities, hours))


def _laid_severities(base: Mapping[Severity, SeverityChanges], own: PolicySection) -> dict[Severity, SeverityChanges]:
    changed = {key: _laid(base[key], changes) for key, changes in own.severities.items() if key in base}
    return {**base, **changed}


def _laid(base: S, over: S) -> S:
    return base.model_copy(update={key: getattr(over, key) for key in over.model_fields_set})


def check_ladder(ladder: Ladder, findings: Findings) -> None:
    """Hold a policy's severities against its tiers."""
    _check_gaps(ladder, findings)
    for severity, plan in ladder.severities.items():
        _check_tiers(ladder, severity, plan, findings)
        _check_engineering(ladder, severity, plan, findings)
        if getattr(plan, "resolves", None) is Resolves.PERSON and _time(plan, "stable_for") < STABLE_AT_LEAST:
            findings.warn(
                "short-stability",
                ladder.key_at(severity, "stable_for"),
                f"is shorter than {format_duration(STABLE_AT_LEAST)}, the playbook's least where a person resolves",
            )
    _check_pace(ladder, findings)


def _check_pace(ladder: Ladder, findings: Findings) -> None:
    p0, p1 = ladder.severities.get(Severity.P0), ladder.severities.get(Severity.P1)
    if p0 is None or p1 is None or _time(p0, "acknowledge_within") <= _time(p1, "acknowledge_within"):
        return
    findings.warn(
        "p0-slower-than-p1", pace_at(ladder, "acknowledge_within"), "P0 waits longer than P1 before it climbs"
    )


def pace_at(ladder: Ladder, key: str) -> Path:
    """Where it is to be told that a key makes P0 slower than P1: what the policy says itself comes first."""
    own = (ladder.key_at(severity, key) for severity in (Severity.P0, Severity.P1))
    return next((path for path in own if path[0] == "policies"), ("severities", Severity.P0, key))


def _time(plan: SeverityChanges, key: str) -> timedelta:
    found = getattr(plan, key, timedelta.max)
    return found if isinstance(found, timedelta) else timedelta.max


def _check_gaps(ladder: Ladder, findings: Findings) -> None:
    if not ladder.tiers:
        return
    missing = [tier for tier in Tier if tier < max(ladder.tiers) and tier not in ladder.tiers]
    for tier in missing:
        above = min(other for other in ladder.tiers if other > tier)
        findings.wrong(
            ladder.tier_at(above), f"tier {tier} is missing below {above}", "tiers begin with L1 without a gap"
        )


def _check_tiers(ladder: Ladder, severity: Severity, plan: SeverityChanges, findings: Findings) -> None:
    cap: Tier | None = getattr(plan, "climb_to", None)
    named: list[tuple[str, Tier, str | int | None]] = [("climb_to", cap, None)] if cap else []
    named += [("page", tier, index) for index, tier in enumerate(getattr(plan, "page", ()))]
    named += [("while_unresolved", tier, str(tier)) for tier in plan.while_unresolved]
    for key, tier, last in named:
        at = ladder.key_at(severity, key, tier)
        path = (*at, last) if last is not None and at[-1] == key else at
        if tier not in ladder.tiers:
            findings.wrong(path, f"there is no tier {tier}", did_you_mean("", sorted(ladder.tiers)))
        elif severity not in ladder.tiers[tier].only:
            allowed = ", ".join(sorted(ladder.tiers[tier].only))
            findings.wrong(path, f"tier {tier} is closed to {severity} (only: {allowed})", kind=STEP)
        elif cap is not None and tier > cap:
            mend = f"write climb_to: {tier}, or leave {tier} out"
            findings.wrong(path, f"{tier} is above climb_to: {cap}", mend, kind=STEP)


def _check_engineering(ladder: Ladder, severity: Severity, plan: SeverityChanges, findings: Findings) -> None:
    if getattr(plan, "engineering_within", None) is None:
        return
    path = ladder.key_at(severity, "engineering_within", Tier.L3)
    cap: Tier = getattr(plan, "climb_to", Tier.L5)
    if Tier.L3 not in ladder.tiers:
        findings.wrong(path, "needs a tier L3", "leave engineering_within out, or add the tier", kind=STEP)
    elif severity not in ladder.tiers[Tier.L3].only:
        findings.wrong(path, f"needs tier L3, which is closed to {severity}", kind=STEP)
    elif cap < Tier.L3:
        at = ladder.key_at(severity, "engineering_within")
        findings.wrong(at, f"needs tier L3, above climb_to: {cap}", kind=STEP)
