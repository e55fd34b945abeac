"""From a test file to its cases, held against the configuration that they test.

Rules
-----
* Everything wrong with a file is told at once, with line and hint; a file with a mistake tests nothing.
* A name that the configuration does not know is a mistake and no failed test: what cannot happen is never expected.
* A test lasts until the last moment that it names, or until ``until``.

May import: ``moments``, ``overriding``, ``sections``, ``times``, ``verbs``, ``config``, ``domain``, the standard
library.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial

from rungbell.cli.test.moments import Moment, offset_hint
from rungbell.cli.test.overriding import overridden, overrides_of
from rungbell.cli.test.sections import NOBODY, CaseFileSection, CaseSection
from rungbell.cli.test.times import lines_of, moments_of
from rungbell.cli.test.verbs import ActSection
from rungbell.config.findings import Findings
from rungbell.config.mistakes import ConfigMistake, InvalidConfigError, Path, did_you_mean, spelled
from rungbell.config.reading import read_file
from rungbell.config.settings import Settings
from rungbell.config.validate import validated
from rungbell.config.yaml_lines import Document
from rungbell.domain.book import Book
from rungbell.domain.events import Reason
from rungbell.domain.values import dataclass

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)
EXAMPLE = "config/rungbell.test.yml has an example for nearly everything"
Load = Callable[[str, datetime | None], Settings]
"""Reads a configuration file, with what its calendars say from a time on, or raises ``InvalidConfigError``."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test, with everything that it needs; times are UTC."""

    section: CaseSection
    path: Path
    """Where it stands in the file."""
    zone: str
    """In which its wall times are, and are shown."""
    start: datetime
    end: datetime
    source: str
    """That of alerts which name none."""
    book: Book
    reloads: dict[str, Book]
    """The other configurations, by the name that acts use."""

    def instant(self, moment: Moment) -> datetime:
        """Give the time that was written."""
        return moment.instant(self.start, self.zone)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A test file that can be run."""

    file: str
    document: Document
    cases: tuple[Case, ...]

    def line(self, path: Path) -> int:
        """Give the line in which something stands."""
        return self.document.locate(path).line


Names = dict[str, None]
"""In order, and quick to be asked for one."""


REASONS: Names = dict.fromkeys(reason.value for reason in Reason)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the configurations know, all of them together."""

    people: Names
    channels: Names
    tiers: Names
    policies: Names
    sources: Names
    holders: Names
    """Who can hold an incident: people, and nobody."""
    in_pages: tuple[tuple[str, Names], ...]
    """What lines of pages name, and who is known of it."""


def read_cases(file: str, load: Load) -> CaseFile:
    """Read a test file and the configurations it names.

    Raises ``InvalidConfigError`` with every mistake of them.
    """
    reading = read_file(file, EXAMPLE)
    findings = reading.findings
    section = validated(CaseFileSection, findings.document.data, (), findings)
    name, first = getattr(section, "config", None), _first(section)
    configs, broken = _load_all(section, findings, lambda other: load(str(reading.folder / other), first))
    if isinstance(name, str) and name in configs:
        cases = tuple(_cases(section, configs[name], configs, findings))
        if not findings.mistakes:
            return CaseFile(file, findings.document, cases)
    raise InvalidConfigError((*findings.mistakes, *broken))


def _first(section: CaseFileSection) -> datetime | None:
    """Give when the first of the tests begins, about: so they come out alike whenever they are run."""
    starts = (getattr(one, "at", None) for one in getattr(section, "tests", ()))
    walls = [start.at for start in starts if start is not None and start.at is not None]
    return min((wall.astimezone(UTC) if wall.tzinfo else wall.replace(tzinfo=UTC) for wall in walls), default=None)


def _load_all(
    section: CaseFileSection, findings: Findings, load: Callable[[str], Settings]
) -> tuple[dict[str, Settings], list[ConfigMistake]]:
    """Read every configuration that is named; what is wrong with them comes beside what is wrong with the file."""
    places: dict[str, Path] = {}
    for index, case in enumerate(getattr(section, "tests", ())):
        for number, act in enumerate(getattr(case, "acts", ())):
            if getattr(act, "reload", None):
                places.setdefault(act.reload, ("tests", index, "acts", number, "reload"))
    if isinstance(getattr(section, "config", None), str):
        places[section.config] = ("config",)
    found: dict[str, Settings] = {}
    broken: list[ConfigMistake] = []
    for name, path in places.items():
        try:
            found[name] = load(name)
        except InvalidConfigError as error:
            findings.wrong(path, f"{name[:80]} cannot be used", "its own mistakes are told below")
            broken.extend(error.mistakes)
    return found, broken


def _cases(
    section: CaseFileSection, settings: Settings, configs: dict[str, Settings], findings: Findings
) -> Iterator[Case]:
    known = _known(configs.values())
    names: dict[str, int] = {}
    for index, one in enumerate(getattr(section, "tests", ())):
        path: Path = ("tests", index)
        if any(mistake.field.startswith(spelled(path)) for mistake in findings.mistakes):
            continue
        if one.name in names:
            findings.wrong((*path, "name"), f"is also the name of tests[{names[one.name]}]", "names tell tests apart")
        names.setdefault(one.name, index)
        case = _timed(one, path, settings, configs, findings)
        if case is not None:
            _check(case, known, findings)
            yield case


def _known(configs: Iterable[Settings]) -> _Known:
    books = [settings.book for settings in configs]
    routed = [route.policy for book in books for route in book.routes]
    people = dict.fromkeys(name for book in books for name in book.roster.people)
    channels = dict.fromkeys(name for book in books for name in book.roster.channels)
    tiers = dict.fromkeys(tier.value for policy in routed for tier in sorted(policy.tiers))
    return _Known(
        people=people,
        channels=channels,
        tiers=tiers,
        policies=dict.fromkeys(policy.name for policy in routed),
        sources=dict.fromkeys(source.name for settings in configs for source in settings.sources),
        holders={**people, NOBODY: None},
        in_pages=(("tier", tiers), ("person", people), ("channel", channels)),
    )


# -- times


def _timed(
    section: CaseSection, path: Path, settings: Settings, configs: dict[str, Settings], findings: Findings
) -> Case | None:
    """Fix the times of a test; ``None`` where one of them is no moment."""
    zone = section.zone or settings.book.routes[-1].policy.hours.zone
    start = _instant(section.at, (*path, "at"), EPOCH, zone, findings)
    if start is None:
        return None
    instant = partial(_instant, start=start, zone=zone, findings=findings)
    named = [(place, instant(moment, (*path, *place))) for place, moment in moments_of(section)]
    times = [(place, at) for place, at in named if at is not None]
    end = max((at for _, at in times), default=start)
    until = next((at for place, at in times if place == ("until",)), None)
    for place, at in times:
        if at < start and place[-1] != "from":
            findings.wrong((*path, *place), f"is before the test starts, at {section.at.text}")
        elif until is not None and at > until:
            findings.wrong((*path, *place), f"is after the test ends, at {section.until.text if section.until else ''}")
    if section.expect.pages == () and end <= start:
        findings.wrong((*path, "expect", "pages"), "needs to know how long nobody is paged", "`until: 1h`, beside `at`")
    if len(times) < len(named):
        return None
    source = settings.sources[0].name
    overrides = overrides_of(section, path, start, instant, settings.book, findings)
    books = {name: overridden(other.book, overrides) for name, other in configs.items()}
    return Case(section, path, zone, start, max(end, start), source, overridden(settings.book, overrides), books)


def _instant(moment: Moment, path: Path, start: datetime, zone: str, findings: Findings) -> datetime | None:
    try:
        return moment.instant(start, zone)
    except ValueError as error:
        findings.wrong(path, str(error), offset_hint(moment, zone))
    except OverflowError:
        findings.wrong(path, "is further away than time is counted")
    return None


# -- names


def _check(case: Case, known: _Known, findings: Findings) -> None:
    section, path = case.section, case.path
    _check_alerts(case, known, findings)
    for index, act in enumerate(section.acts):
        _check_act(act, (*path, "acts", index), known, findings)
    for place, line in lines_of(section):
        for key, names in known.in_pages:
            for number, name in enumerate(getattr(line, key) or ()):
                if name not in names:
                    _unknown((*path, *place, key, number), name, names, key, findings)
    _check_states(case, known, findings)
    if section.expect.policy is not None:
        _refer((*path, "expect", "policy"), section.expect.policy, known.policies, "policy", findings)


def _check_states(case: Case, known: _Known, findings: Findings) -> None:
    for index, state in enumerate(case.section.expect.states):
        place = (*case.path, "expect", "states", index)
        for key, named in (("holder", state.holder), ("commander", state.commander)):
            if named is not None:
                _refer((*place, key), named, known.holders, "person", findings)
        if state.tier is not None:
            _refer((*place, "tier"), state.tier, known.tiers, "tier", findings)


def _check_alerts(case: Case, known: _Known, findings: Findings) -> None:
    fired: dict[tuple[str | None, frozenset[tuple[str, str]]], list[tuple[datetime, datetime]]] = {}
    for index, alert in enumerate(case.section.alerts):
        path: Path = (*case.path, "alerts", index)
        if alert.source is not None:
            _refer((*path, "source"), alert.source, known.sources, "source", findings)
        since = case.instant(alert.since) if alert.since else case.start
        until = case.instant(alert.until) if alert.until else FOREVER
        if until <= max(since, case.start):
            findings.wrong((*path, "until"), "is not after the alert begins to fire, or the test starts")
        same = fired.setdefault((alert.source, frozenset(alert.labels.items())), [])
        if any(since < other_until and other_since < until for other_since, other_until in same):
            findings.wrong(path, "fires already at that time", "with the same labels, one begins after the other ends")
        same.append((since, until))


def _check_act(act: ActSection, path: Path, known: _Known, findings: Findings) -> None:
    verb = act.verb
    if act.who is not None and not act.refused:
        _refer((*path, "by" if act.by else verb), act.who, known.people, "person", findings)
    for key in ("commander", "handoff"):
        if (named := getattr(act, key)) is not None and not act.refused:
            _refer((*path, key), named, known.people, "person", findings)
    if verb in {"fails", "recovers"}:
        _refer((*path, verb), getattr(act, verb), known.channels, "channel", findings)
    if verb == "escalate" and act.because is not None:
        _refer((*path, "because"), act.because, REASONS, "reason", findings)
    if act.policy is not None and not act.refused:
        _refer((*path, "policy"), act.policy, known.policies, "policy", findings)


def _refer(path: Path, name: str, known: Names, what: str, findings: Findings) -> None:
    if name not in known:
        _unknown(path, name, known, what, findings)


def _unknown(path: Path, name: str, known: Names, what: str, findings: Findings) -> None:
    findings.wrong(path, f"there is no {what} `{name[:64]}`", did_you_mean(name, known))
