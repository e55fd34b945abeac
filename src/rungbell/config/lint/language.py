r"""What values an expression matches, written down as a few words with gaps.

A word is a value; ``RUN`` in it stands for any run of one or more characters, as ``.+`` matches them. So ``Disk.*`` is
the two words ``Disk`` and ``Disk`` + ``RUN``, and ``db|web[12]`` is three words without a gap.

``RUN`` is a character that nobody writes. Where an expression has nothing but ``.*`` and ``.+`` that could match it (it
is *open*), matching the word itself says what matching all that it stands for would.

Rules
-----
* The words stand for every value that is matched, and for more where it takes more to be written down: ``x[a-z]+`` is
  ``x`` + ``RUN``. Words without a gap are never left out.

May import: ``domain.matchers``, ``domain.regex`` and the standard library.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from itertools import product
from typing import Any

from rungbell.domain.matchers import Matcher
from rungbell.domain.regex import MATCHED

op, parser = import_module("re._constants"), import_module("re._parser")
"""How `re` itself reads an expression."""

RUN = "\ue000"
"""Of the private use area."""
MAX_WORDS = 256
"""Most words an expression is written down as."""

Words = frozenset[str]
Parsed = Any
"""What `re` reads an expression into: pairs of a constant and what belongs to it."""

NOTHING, SOMETHING = frozenset({""}), frozenset({RUN})
EVERYTHING = NOTHING | SOMETHING
"""The words of a label of which nothing is said."""

_ENDS = {op.AT_BEGINNING, op.AT_BEGINNING_STRING, op.AT_END, op.AT_END_STRING}
_POSITIVE = {op.CATEGORY_DIGIT, op.CATEGORY_SPACE, op.CATEGORY_WORD}


@lru_cache(maxsize=4096)
def words_of(matcher: Matcher) -> Words:
    """Give what ``=`` or ``=~`` asks for, or what ``!=`` or ``!~`` refuses."""
    if RUN in matcher.value:
        return EVERYTHING
    if matcher.op in {"=", "!="}:
        return frozenset({matcher.value}) if len(matcher.value) < MATCHED else EVERYTHING
    tree, flags = _tree(matcher.value)
    return EVERYTHING if flags else _sequence(tree)


@lru_cache(maxsize=4096)
def is_open(pattern: str) -> bool:
    """Whether only ``.*`` and ``.+`` can match ``RUN``."""
    tree, flags = _tree(pattern)
    return not flags and RUN not in pattern and _open(tree)


def head(word: str) -> str:
    """Give how everything begins that the word stands for."""
    return word.partition(RUN)[0]


def tail(word: str) -> str:
    """Give how everything ends that the word stands for."""
    return word.rpartition(RUN)[2]


def _tree(pattern: str) -> tuple[Parsed, int]:
    tree = parser.parse(pattern, re.ASCII)
    return tree, tree.state.flags & ~re.ASCII


def _sequence(items: Parsed) -> Words:
    found = NOTHING
    for item in items:
        found = _joined(found, _item(item)) or _joined(found, EVERYTHING) or EVERYTHING
    return found


def _joined(before: Words, after: Words) -> Words:
    """Give every word followed by every other; none at all where that would be too many, or too long."""
    if len(before) * len(after) > MAX_WORDS:
        return frozenset()
    found = frozenset(map("".join, product(before, after)))
    return found if all(len(word) < MATCHED for word in found) else frozenset()


def _item(item: Parsed) -> Words:
    kind, value = item
    if kind in {op.LITERAL, op.IN}:
        return _characters([item] if kind is op.LITERAL else value)
    if kind is op.AT:
        return NOTHING  # it takes no character, and may only refuse more
    if kind is op.BRANCH:
        return _union(map(_sequence, value[1]))
    if kind is op.SUBPATTERN:
        _, on, off, inner = value
        return EVERYTHING if on or off else _sequence(inner)
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT}:
        return _repeated(*value)
    return SOMETHING if kind in {op.ANY, op.NOT_LITERAL} else EVERYTHING


def _union(parts: Iterable[Words]) -> Words:
    found = frozenset[str]().union(*parts)
    return found if len(found) <= MAX_WORDS else EVERYTHING


def _characters(members: Parsed) -> Words:
    found: set[str] = set()
    for kind, value in members:
        if kind is op.LITERAL:
            found.add(chr(value))
        elif kind is op.RANGE and value[1] - value[0] < MAX_WORDS:
            found.update(map(chr, range(value[0], value[1] + 1)))
        else:
            return SOMETHING
    return SOMETHING if RUN in found or len(found) > MAX_WORDS else frozenset(found)


def _repeated(least: int, most: int, inner: Parsed) -> Words:
    once = _sequence(inner)
    if most == op.MAXREPEAT:
        return SOMETHING if least and "" not in once else EVERYTHING
    turns = [NOTHING]
    for _ in range(most):
        following = _joined(turns[-1], once)
        if not following:
            return EVERYTHING
        turns.append(following)
    return _union(turns[least:])


def _open(items: Parsed) -> bool:
    return all(_open_item(kind, value) for kind, value in items)


def _open_item(kind: Parsed, value: Parsed) -> bool:
    if kind in {op.LITERAL, op.IN}:
        return all(map(_open_member, [(kind, value)] if kind is op.LITERAL else value))
    if kind is op.AT:
        return value in _ENDS
    if kind is op.BRANCH:
        return all(map(_open, value[1]))
    if kind is op.SUBPATTERN:
        return not value[1] and not value[2] and _open(value[3])
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT}:
        least, most, inner = value
        gap = most == op.MAXREPEAT and least <= 1 and [kind for kind, _ in inner] == [op.ANY]
        return gap or _open(inner)
    return False


def _open_member(member: Parsed) -> bool:
    kind, value = member
    if kind is op.RANGE:
        return not value[0] <= ord(RUN) <= value[1]
    return kind is op.LITERAL or (kind is op.CATEGORY and value in _POSITIVE)
