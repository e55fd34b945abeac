"""Rules and policies that never come to their turn.

Rules
-----
* One is found only where it is certain: earlier ones hold wherever it holds, its matchers contradict each other, or it
  asks for what never pages.
* A rule that says ``none`` may name what never pages; the operator's policy is followed without its matchers.
* No file holds this up: after ``MAX_EFFORT`` nothing more is found.

May import: ``implication``, ``findings``, ``mistakes``, ``domain`` and the standard library.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field

from rungbell.config.findings import Findings
from rungbell.config.lint.implication import Given, bases, by_label, can_hold, implies, possible
from rungbell.config.lint.language import RUN, head, words_of
from rungbell.config.mistakes import Path
from rungbell.domain.book import Book
from rungbell.domain.matchers import Matcher, all_match
from rungbell.domain.severity import NEVER_PAGES, normalised
from rungbell.domain.triage import HEARTBEATS
from rungbell.domain.values import dataclass

MAX_EFFORT = 250_000
"""Most pairs that are looked at; those whose labels begin differently are not."""
PROOF = 20
"""What a proof costs, in looks."""
MAX_CASES = 16
"""Most values of one label that are followed one by one."""

_ANYHOW = ("", "")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A rule or a policy."""

    path: Path
    match: tuple[Matcher, ...]
    quiet: bool = False
    """Whether it is meant for what never pages."""
    chosen_otherwise: bool = False


def check_order(book: Book, findings: Findings) -> None:
    """Note every rule that never decides, and every policy that no alert can follow."""
    rules = (
        _Entry(("rules", index), rule.match, quiet=rule.severity is None) for index, rule in enumerate(book.rules.rules)
    )
    _check(rules, "unreachable-rule", findings)
    policies = (
        _Entry(("policies", index), route.match, chosen_otherwise=route.policy is book.operator)
        for index, route in enumerate(book.routes[:-1])
    )
    _check(policies, "policy-never-chosen", findings)


def _check(entries: Iterable[_Entry], kind: str, findings: Findings) -> None:
    earlier = _Earlier()
    for entry in entries:
        given = by_label(entry.match)
        why, hint = _never(given, quiet=entry.quiet), "mend its matchers, or remove it"
        if not why:
            why, hint = _taken(earlier.taking(given), findings), ""
        if why and not entry.chosen_otherwise:
            findings.warn(kind, entry.path, f"is never reached: {why}", hint)
        earlier.add(entry)


def _never(given: Given, *, quiet: bool) -> str:
    """Say why nothing that pages can hold, if so."""
    if not can_hold(given):
        return "its matchers cannot all hold for one alert"
    names, severities = possible(given.get("alertname", ())), possible(given.get("severity", ()))
    if not quiet and names <= NEVER_PAGES | HEARTBEATS:
        return f"{', '.join(sorted(names))} never pages"
    if not quiet and {normalised(severity) for severity in severities} == {"none"}:
        return 'severity="none" never pages'
    return ""


def _taken(takers: list[Path], findings: Findings) -> str:
    lines = [f"{path[0]}[{path[1]}] (line {findings.document.locate(path).line})" for path in takers]
    return f"{' and '.join(lines)} {'takes' if len(lines) == 1 else 'take'} all of its alerts" if lines else ""


@dataclass
class _Earlier:
    """The entries so far, sorted so that those that may take everything of another are found quickly."""

    entries: list[_Entry] = field(default_factory=list)
    by_head: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """By a label and how its value must begin; those without such a label stand under no label."""
    effort: int = 0

    def add(self, entry: _Entry) -> None:
        """Take another one, after all others."""
        told = [(one.name, set(map(head, words_of(one)))) for one in entry.match if one.op in {"=", "=~"}]
        label, begins = max(told, key=lambda one: len(min(one[1], key=len)), default=("", {""}))
        for begin in begins:
            self.by_head.setdefault((label, begin) if begin else _ANYHOW, []).append(len(self.entries))
        self.entries.append(entry)

    def taking(self, given: Given) -> list[Path]:
        """Give the entry that holds wherever ``given`` does; or several, each for some values of one label."""
        whole = self._first(given)
        if whole is not None:
            return [whole]
        for label, matchers in given.items():
            words = possible(matchers)
            if 1 < len(words) <= MAX_CASES and not any(RUN in word for word in words):
                cases = ({**given, label: (Matcher(label, "=", word),)} for word in sorted(words))
                takers = _all_found(map(self._first, cases))
                if takers:
                    return takers
        return []

    def _first(self, given: Given) -> Path | None:
        sample = _sample(given)
        known = {label: value for label, value in sample.items() if value is not None}
        unknown = sample.keys() - known.keys()
        for place in sorted(self._candidates(given, known)):
            if self.effort > MAX_EFFORT:
                break
            self.effort += 1
            match = self.entries[place].match
            if not all_match((matcher for matcher in match if matcher.name not in unknown), known):
                continue
            self.effort += PROOF
            if implies(given, match):
                return self.entries[place].path
        return None

    def _candidates(self, given: Given, known: Mapping[str, str]) -> set[int]:
        found = set(self.by_head.get(_ANYHOW, ()))
        for label in given:
            begins = {known[label]} if label in known else {head(min(base)) for base in bases(given[label])}
            for begin in begins:
                for end in range(1, len(begin) + 1):
                    found.update(self.by_head.get((label, begin[:end]), ()))
        return found


def _sample(given: Given) -> dict[str, str | None]:
    """Give one alert for which ``given`` holds; ``None`` for a label of which no value is known."""
    found: dict[str, str | None] = {}
    for label, matchers in given.items():
        words = sorted(possible(matchers))
        found[label] = next((word for word in words if all_match(matchers, {label: word})), None)
    return found


def _all_found(paths: Iterable[Path | None]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        if path is None:
            return []
        found[path] = None
    return list(found)
