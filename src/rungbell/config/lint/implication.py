"""What follows from matchers: whether others hold wherever they hold, and whether they can hold at all.

Rules
-----
* Labels are independent of each other, so each is looked at by itself.
* A yes is proven for every value; where words cannot prove it, the answer is no.
* Values are taken to hold no line break: ``.*`` matches every value.

May import: ``language``, ``domain.matchers`` and the standard library.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from rungbell.config.lint.language import EVERYTHING, RUN, Words, head, is_open, tail, words_of
from rungbell.domain.matchers import Matcher

Given = Mapping[str, tuple[Matcher, ...]]
"""Matchers by their label."""


def by_label(matchers: Iterable[Matcher]) -> Given:
    """Sort matchers by label."""
    found: dict[str, tuple[Matcher, ...]] = {}
    for matcher in matchers:
        found[matcher.name] = (*found.get(matcher.name, ()), matcher)
    return found


def implies(given: Given, wanted: Iterable[Matcher]) -> bool:
    """Whether all of ``wanted`` hold for every alert for which all of ``given`` hold."""
    return all(_implied(matcher, given.get(matcher.name, ())) for matcher in wanted)


def can_hold(given: Given) -> bool:
    """Whether some alert may satisfy all of ``given``."""
    return not any(_contradict(matchers) for matchers in given.values())


def possible(given: tuple[Matcher, ...]) -> Words:
    """Give words that stand for every value that a label with these matchers can have, and may stand for more."""
    return frozenset(word for word in min(bases(given), key=len) if not _excluded(word, given))


def bases(given: tuple[Matcher, ...]) -> list[Words]:
    """Give, of each matcher that says what a label is, the words; each by itself stands for every possible value."""
    return [words_of(matcher) for matcher in given if matcher.op in {"=", "=~"}] or [EVERYTHING]


@lru_cache(maxsize=1 << 16)
def _implied(wanted: Matcher, given: tuple[Matcher, ...]) -> bool:
    if wanted in given:
        return True
    if any(all(_settled(word, wanted) or _excluded(word, given) for word in base) for base in bases(given)):
        return True
    return wanted.op in {"!=", "!~"} and all(_excluded(word, given) for word in words_of(wanted))


def _contradict(given: tuple[Matcher, ...]) -> bool:
    return any(all(_excluded(word, given) for word in base) for base in bases(given))


def _settled(word: str, wanted: Matcher) -> bool:
    """Whether ``wanted`` holds for all that the word stands for."""
    exact = RUN not in word or (wanted.op == "=~" and is_open(wanted.value))
    return exact and wanted.matches({wanted.name: word})


def _excluded(word: str, given: tuple[Matcher, ...]) -> bool:
    """Whether one of ``given`` holds for nothing that the word stands for."""
    return any(_excludes(matcher, word) for matcher in given)


def _excludes(matcher: Matcher, word: str) -> bool:
    if matcher.matches({matcher.name: word}):
        return False
    if RUN not in word or (matcher.op == "!~" and is_open(matcher.value)):
        return True
    return matcher.op in {"=", "=~"} and all(_apart(word, other) for other in words_of(matcher))


def _apart(one: str, other: str) -> bool:
    """Whether nothing is said by both words, seen from how they begin and end."""
    (begin, start), (end, finish) = sorted((head(one), head(other))), (tail(one), tail(other))
    return not start.startswith(begin) or not (end.endswith(finish) or finish.endswith(end))
