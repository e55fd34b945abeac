r"""Regular expressions that mean the same here as in Alertmanager, and that no label value can make slow.

Alertmanager matches with RE2, which is linear in the length of the value; Python's ``re`` backtracks. A label value
comes from outside and is matched on the way to a page, so an expression that could run for minutes is refused when the
configuration is read, not met at night.

Rules
-----
* What RE2 refuses is refused: back-references, lookaround, conditionals, atomic groups, possessive repeats.
* What RE2 understands and Python does not (``\z``, ``\pL``, ``[[:alpha:]]``, ``\Q…\E``) is refused, with what to write.
* ``\d``, ``\w``, ``\s`` and ``\b`` are ASCII, as in RE2.
* An expression is weighed by the ways in which it can be tried on one value. A part that has more than one way to match
  must not repeat without bound: that is exponential. Unbounded repeats in a row are polynomial, and counted; each of
  their ways to divide a value tries all bounded ways anew, so the two are also weighed together.

May import: the standard library's pure parts only.
"""

import re
import warnings
from functools import lru_cache
from math import comb, prod

from rungbell.domain.values import dataclass

MAX_LENGTH = 1_000
"""Longest expression, in characters."""
MAX_UNBOUNDED = 3
"""Most unbounded repeats (``*``, ``+``, ``{2,}``) in a row. Three cost up to a second on 2,000 characters."""
MAX_WAYS = 1_000_000
"""Most ways to try the bounded parts of an expression on one value: some tens of milliseconds."""
MATCHED = 512
"""Characters of a label value that an expression sees: what repeats in a row cost grows with a power of the length."""
MAX_STEPS = comb(MATCHED + MAX_UNBOUNDED, MAX_UNBOUNDED)
"""Most steps of both together: what three unbounded repeats cost by themselves, about a second at worst."""
MAX_DEPTH = 50
"""Deepest nesting of groups; it also bounds the recursion of this module and of ``re``."""
MAX_COUNT = 1_000
"""Largest number in a counted repeat, as in RE2."""

_COUNTED = re.compile(r"\{(\d*)(,?)(\d*)\}", re.ASCII)
_GROUP_OPENING = re.compile(r"\((?:\?P<\w+>|\?[ims]*(?:-[ims]+)?[:)]|(?!\?))", re.ASCII)
_KNOWN_ESCAPES = frozenset("AabBdDfnrsStvwWx0")
_REFUSED_ESCAPES = {
    "z": r"\z is not needed, the expression always matches the whole value; leave it out",
    "Z": r"\Z is not RE2 and not needed, the expression always matches the whole value; leave it out",
    "p": r"Unicode classes like \pL are not supported; write the characters as a class, for example [A-Za-z]",
    "P": r"Unicode classes like \PL are not supported; write the characters as a class, for example [^A-Za-z]",
    "Q": r"\Q…\E is not supported; put a backslash before each special character",
    "E": r"\Q…\E is not supported; put a backslash before each special character",
}
_REFUSED_GROUPS = {
    "(?=": "lookahead is not RE2; use a second matcher, = or =~, for what must also hold",
    "(?!": "lookahead is not RE2; use a second matcher, != or !~, for what must not hold",
    "(?<=": "lookbehind is not RE2; write the text before it into the expression",
    "(?<!": "lookbehind is not RE2; use a second matcher, != or !~, for what must not hold",
    "(?<": "write a named group as (?P<name>…)",
    "(?P=": "back-references are not RE2; write the repeated text out",
    "(?P>": "recursion is not RE2; write the repeated text out",
    "(?(": "conditional groups are not RE2; write the alternatives with |",
    "(?>": "atomic groups are not RE2; use (?:…)",
    "(?#": "comments are not RE2; leave the comment out",
}


class RegexError(ValueError):
    """The expression is refused; the message says where (character, counted from 1), why, and what to write instead."""


class SlowRegexError(RegexError):
    """It is refused because some value could make it run for long."""


@dataclass(frozen=True, slots=True)
class _Weight:
    """What trying a part costs: bounded ``ways``, unbounded repeats in a row, and the literal it must begin with."""

    ways: int = 1
    unbounded: int = 0
    first: str | None = None


@lru_cache(maxsize=4096)
def compile_regex(pattern: str) -> re.Pattern[str]:
    """Compile ``pattern`` for ``fullmatch``, once per text.

    Raises ``RegexError`` where RE2 would refuse it, Python would read it differently, or matching could be slow.
    """
    if len(pattern) > MAX_LENGTH:
        raise RegexError(
            f"the expression has {len(pattern):,} characters, {MAX_LENGTH:,} are allowed; use several matchers"
        )
    walk = _Walk(pattern)
    weight = walk.alternation(depth=0)
    if weight.unbounded > MAX_UNBOUNDED:
        raise SlowRegexError(
            f"{weight.unbounded} repeats like .* in a row, {MAX_UNBOUNDED} are allowed; use several matchers"
        )
    steps = weight.ways * comb(MATCHED + weight.unbounded, weight.unbounded)
    if weight.ways > MAX_WAYS or steps > MAX_STEPS:
        raise SlowRegexError("the expression can be tried in too many ways on one value; use several matchers")
    try:
        with warnings.catch_warnings():
            # Python warns where a later release may read a character class differently; RE2 never will.
            warnings.simplefilter("error", FutureWarning)
            return re.compile(pattern, re.ASCII)
    except FutureWarning as warning:
        raise RegexError(f"{str(warning).lower()}; put a backslash before that character") from None
    except re.error as error:
        where = "" if error.pos is None else f"character {error.pos + 1}: "
        raise RegexError(f"{where}{error.msg}") from None


class _Walk:
    """One pass over the text of an expression; it refuses what is not RE2 and weighs the rest.

    Text that is no expression at all is left to ``re.compile``, which runs afterwards and says so best.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def alternation(self, depth: int) -> _Weight:
        """Weigh everything up to the end of the enclosing group."""
        branches = [self._sequence(depth)]
        while self._take("|"):
            branches.append(self._sequence(depth))
        if len(branches) == 1:
            return branches[0]
        firsts = {branch.first for branch in branches}
        # Where the first character already decides, only one branch is ever tried beyond it.
        decided = None not in firsts and len(firsts) == len(branches)
        ways = [branch.ways for branch in branches]
        return _Weight(max(ways) if decided else sum(ways), max(branch.unbounded for branch in branches))

    def _sequence(self, depth: int) -> _Weight:
        parts: list[_Weight] = []
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            parts.append(self._repeated(depth))
        return _Weight(
            min(prod(part.ways for part in parts), MAX_WAYS + 1),
            sum(part.unbounded for part in parts),
            parts[0].first if parts else None,
        )

    def _repeated(self, depth: int) -> _Weight:
        weight = self._atom(depth)
        begins = self._at
        bounds = self._bounds()
        if bounds is None:
            return weight
        if self._take("+"):
            raise self._fault("possessive repeats are not RE2; leave out the second +", begins)
        self._take("?")
        least, most = bounds
        if most is None:
            if weight.unbounded or weight.ways > 1:
                raise SlowRegexError(
                    f"character {begins + 1}: a repeat of something that itself varies, like (a+)+ or (a|ab)*, can "
                    "take forever; repeat a single character or class instead, for example [a-z0-9-]+"
                )
            return _Weight(unbounded=1)
        # Powers of a capped number by a capped count stay small enough to compute.
        ways = min(weight.ways**most * (most - least + 1), MAX_WAYS + 1)
        return _Weight(ways, weight.unbounded * most, weight.first if least else None)

    def _bounds(self) -> tuple[int, int | None] | None:
        """Read a repeat: least and most times, ``None`` for no upper bound; ``None`` alone where nothing repeats."""
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        counted = _COUNTED.match(self._pattern, self._at)
        if counted is None or not (counted[1] or counted[3]):
            return None  # a brace that counts nothing is a literal brace
        if not counted[1]:
            raise self._fault(f"write {{0,{counted[3]}}}, RE2 reads {counted[0]} as plain text", self._at)
        least = int(counted[1])
        most = least if not counted[2] else int(counted[3]) if counted[3] else None
        if max(least, most or 0) > MAX_COUNT:
            raise self._fault(f"a repeat counts to {MAX_COUNT:,} at most", self._at)
        self._at = counted.end()
        return least, most if most is None else max(least, most)

    def _atom(self, depth: int) -> _Weight:
        char = self._pattern[self._at]
        if char == "(":
            return self._group(depth)
        if char == "[":
            self._character_class()
            return _Weight()
        if char == "\\":
            return _Weight(first=self._escape())
        self._at += 1
        # Folded, because under (?i) two cases of one letter do not decide between branches.
        return _Weight(first=None if char in ".^$" else char.casefold())

    def _escape(self) -> str | None:
        """Step over an escape; give the character where it stands for itself."""
        begins, char = self._at, self._pattern[self._at + 1 : self._at + 2]
        if char in _REFUSED_ESCAPES:
            raise self._fault(_REFUSED_ESCAPES[char], begins)
        if char and char in "123456789":
            raise self._fault("back-references are not RE2; write the repeated text out", begins)
        if char.isascii() and char.isalnum() and char not in _KNOWN_ESCAPES:
            raise self._fault(f"\\{char} is not known; write the character itself", begins)
        self._at += 2
        return None if not char or char in _KNOWN_ESCAPES else char

    def _character_class(self) -> None:
        begins = self._at
        self._at += 1
        self._take("^")
        self._take("]")  # a closing bracket in the first place is a literal one
        while self._at < len(self._pattern) and self._pattern[self._at] != "]":
            if self._pattern.startswith("[:", self._at):
                raise self._fault("classes like [[:alpha:]] are not supported; write the range, as in [A-Za-z]", begins)
            if self._pattern[self._at] == "\\":
                self._escape()
            else:
                self._at += 1
        self._at += 1

    def _group(self, depth: int) -> _Weight:
        if depth == MAX_DEPTH:
            raise self._fault(f"groups are nested more than {MAX_DEPTH} deep; write it flatter", self._at)
        opening = _GROUP_OPENING.match(self._pattern, self._at)
        if opening is None:
            for refused, why in _REFUSED_GROUPS.items():
                if self._pattern.startswith(refused, self._at):
                    raise self._fault(why, self._at)
            raise self._fault(
                "this kind of group is not known; use (…), (?:…), (?P<name>…) or (?i) (?m) (?s)", self._at
            )
        self._at = opening.end()
        if opening[0].endswith(")"):
            return _Weight()
        weight = self.alternation(depth + 1)
        self._take(")")
        return weight

    def _take(self, char: str) -> bool:
        found = self._pattern.startswith(char, self._at)
        self._at += found
        return found

    def _fault(self, problem: str, at: int) -> RegexError:
        return RegexError(f"character {at + 1}: {problem}")
