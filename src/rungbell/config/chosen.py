"""How people want to be reached, held against the tiers on which they may stand.

Rules
-----
* What somebody wants is told at their own line, once, whichever tiers and policies it is about.
* Where a schedule has people who are not in the file, as those of a calendar, everybody may stand on its tiers.

May import: ``durations``, ``findings``, ``ladders``, ``mistakes``, ``model``, ``references``, ``domain`` and the
standard library.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta

from rungbell.config.durations import format_duration
from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path
from rungbell.config.model.file import FileSection
from rungbell.config.model.people import ThroughSection
from rungbell.config.references import refer
from rungbell.domain.policy import Policy, TierPlan
from rungbell.domain.roster import Roster
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class _Place:
    """One tier of one policy on which somebody may stand, for one severity for which they chose."""

    person: str
    path: Path
    """Where what they chose stands."""
    wanted: tuple[ThroughSection, ...]
    severity: Severity
    policy: Policy
    plan: TierPlan


def check_ways(path: Path, ways: Iterable[ThroughSection], file: FileSection, findings: Findings) -> None:
    """Note channels that are not there, or are named twice."""
    channels = [getattr(way, "channel", None) for way in ways]
    for index, channel in enumerate(channels):
        if channel is None:
            continue
        refer((*path, index), channel, getattr(file, "channels", {}), "channel", findings)
        if channel in channels[:index]:
            findings.wrong((*path, index), f"names `{channel}` twice")


def check_chosen(file: FileSection, findings: Findings) -> None:
    """Note what people want that there is not."""
    for name, person in getattr(file, "people", {}).items():
        for key, ways in person.reached:
            check_ways(_path(name, key, findings), ways or (), file, findings)


def warn_fallen_back(file: FileSection, policies: Iterable[Policy], roster: Roster, findings: Findings) -> None:
    """Note people on tiers that allow nothing of what they want: the tier decides alone."""
    tiers: dict[tuple[Path, str], set[str]] = {}
    for place in _places(file, policies, roster, findings):
        usable = {way.channel for way in roster.ways(place.person, place.plan.through)}
        if usable and usable.isdisjoint(way.channel for way in place.wanted):
            tiers.setdefault((place.path, place.person), set()).add(place.plan.tier)
    for (path, person), names in tiers.items():
        text = f"{' and '.join(sorted(names))} can reach {person} through none of these, and decides alone"
        findings.warn("preference-falls-back", path, text)


def lint_chosen(
    file: FileSection, policies: Sequence[Policy], roster: Roster, phones: Collection[str], findings: Findings
) -> None:
    """Note what people want in vain, or too late, or that lets them sleep through a P0."""
    used: dict[Path, set[str]] = {}
    wanted: dict[Path, tuple[str, tuple[ThroughSection, ...]]] = {}
    for place in _places(file, policies, roster, findings):
        channels = {way.channel for way in place.plan.through}
        used.setdefault(place.path, set()).update(channels)
        wanted[place.path] = place.person, place.wanted
        _check_waits(place, findings)
        _check_phone(place, roster, phones, findings)
    for path, (person, ways) in wanted.items():
        unused = [(index, way.channel) for index, way in enumerate(ways) if way.channel not in used[path]]
        for index, channel in unused if len(unused) < len(ways) else ():  # else the tiers decide alone, as was told
            text = f"no tier on which {person} stands pages through `{channel}`"
            findings.warn("preference-unused", (*path, index), text)


def _check_waits(place: _Place, findings: Findings) -> None:
    if all(way.after for way in place.wanted):
        text = "all of these wait; something leaves at once, and that is the first of those that a tier allows"
        findings.warn("preference-waits", place.path, text)
    limit = place.policy.plan(place.severity).acknowledge_within
    late = [way for way in place.wanted if way.after >= max(limit, timedelta(seconds=1))]
    for way in late:
        text = f"`{way.channel}` waits {format_duration(way.after)}, and the next tier is rung after"
        findings.warn("preference-waits", place.path, f"{text} {format_duration(limit)} ({place.severity})")


def _check_phone(place: _Place, roster: Roster, phones: Collection[str], findings: Findings) -> None:
    policy = place.policy
    first = next((tier for tier in policy.ladder(Severity.P0) if tier in policy.plan(Severity.P0).page), None)
    if place.severity is not Severity.P0 or place.plan.tier != first:
        return
    usable = {way.channel for way in roster.ways(place.person, place.plan.through)}
    if usable.intersection(phones) and not {way.channel for way in place.wanted}.intersection(phones):
        text = f"{place.person} is among the first to hear of a P0, and wants no telephone"
        findings.warn("p0-without-phone", place.path, text)


def _places(file: FileSection, policies: Iterable[Policy], roster: Roster, findings: Findings) -> Iterator[_Place]:
    chose = {name: section.reached for name, section in file.people.items() if section.reached.model_fields_set}
    for policy in policies if chose else ():
        for plan in policy.tiers.values():
            stand = _may_stand(plan, roster)
            for name in chose if stand is None else [one for one in chose if one in stand]:
                for severity in sorted(plan.only):
                    key = chose[name].key_for(severity)
                    if key is not None:
                        path = _path(name, key, findings)
                        yield _Place(name, path, chose[name].ways_for(severity), severity, policy, plan)


def _may_stand(plan: TierPlan, roster: Roster) -> set[str] | None:
    """Give who may ever stand on the tier; ``None``: that is not known."""
    found: set[str] = set()
    for name in plan.reach:
        schedule = roster.schedules.get(name)
        if schedule is not None and not all(layer.members for layer in schedule.layers):
            return None
        found.update(schedule.members if schedule else (name,))
    return found


def _path(person: str, key: str, findings: Findings) -> Path:
    """Where it stands what somebody wants; the key is not written where it is the same for all severities."""
    path: Path = ("people", person, "reached", key)
    return path if findings.document.holds(path) else path[:-1]
