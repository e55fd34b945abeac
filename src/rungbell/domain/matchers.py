r"""Matchers on labels, written as Alertmanager writes them: ``severity="critical"``, ``team=~"db|web"``.

Rules
-----
* The syntax is that of Alertmanager 0.27 and later (docs/configuration.md, "Matcher"): UTF-8 label names, quoted where
  they hold a space or one of ``{}!=~,"'`` or a backtick; the value double-quoted or one unquoted word.
* In quotes ``\"``, ``\\`` and ``\n`` are escapes. A backslash before anything else is a backslash, so that
  ``"web\.example"`` reads as Alertmanager reads it by default, where both of its parsers are in force.
* A label that is missing has the value "" (so ``team!="db"`` and ``team=~".*"`` hold where there is no team).
* Expressions match the whole value, and are limited to what ``regex`` allows.
* A list of matchers holds as a whole. An empty text is refused, for an empty list would match everything.

May import: ``regex`` and the standard library's pure parts.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from rungbell.domain.regex import MATCHED, RegexError, SlowRegexError, compile_regex
from rungbell.domain.values import dataclass

Operator = Literal["=", "!=", "=~", "!~"]

_OPERATORS: tuple[Operator, ...] = ("=~", "!=", "!~", "=")  # the longer first, for "=" begins "=~"
_RESERVED = frozenset("{}!=~,\"'`")
_PLAIN_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n"}
_SHOWN = 120


class MatcherError(ValueError):
    """A matcher cannot be understood; the message says what is wrong, at which column (from 1), and how to mend it."""

    def __init__(self, message: str, *, slow: bool = False) -> None:
        self.slow = slow
        """Whether it could be understood, but its expression could run for long."""
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label.

    Equal, hashed and pickled by its three fields. Raises ``MatcherError`` where ``value`` is an expression (``=~``,
    ``!~``) that ``regex`` refuses, or the name is empty.
    """

    name: str
    op: Operator
    value: str

    def __post_init__(self) -> None:
        if not self.name:
            raise MatcherError("the label name is empty: name the label to match")
        if self.op not in _OPERATORS:
            raise MatcherError(f"{self.op!r} is no operator: use one of = != =~ !~")
        if self.op in {"=~", "!~"}:
            try:
                compile_regex(self.value)
            except RegexError as error:
                slow = isinstance(error, SlowRegexError)
                raise MatcherError(f"regular expression {_shown(self.value)}: {error}", slow=slow) from None

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the condition holds for ``labels``; a missing label counts as ""."""
        value = labels.get(self.name, "")
        if self.op == "=":
            return value == self.value
        if self.op == "!=":
            return value != self.value
        return (compile_regex(self.value).fullmatch(value[:MATCHED]) is not None) is (self.op == "=~")

    def __str__(self) -> str:
        name = self.name if _PLAIN_NAME.fullmatch(self.name) else _quoted(self.name)
        return f"{name}{self.op}{_quoted(self.value)}"


def all_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether every matcher holds for ``labels``; no matchers at all hold for everything."""
    return all(matcher.matches(labels) for matcher in matchers)


def parse_matcher(text: str) -> Matcher:
    """Read exactly one matcher.

    Raises ``MatcherError`` where the text is not a matcher, or is several.
    """
    matchers = _Reader(text).matchers()
    if len(matchers) != 1:
        raise MatcherError(
            f"expected one matcher, found {len(matchers)} in {_shown(text)}: write one matcher per entry"
        )
    return matchers[0]


def parse_matchers(texts: Iterable[str]) -> tuple[Matcher, ...]:
    """Read a list of texts, each one matcher or several separated by commas, in braces or not: ``{a="b",c=~"d|e"}``.

    Raises ``MatcherError`` at the first text that cannot be understood, ``TypeError`` for a lone string.
    """
    if isinstance(texts, str):
        # A string is a sequence of strings, too: letter by letter it would fail with a message that helps nobody.
        raise TypeError("matchers are a list of texts, not one text: put it in brackets")
    return tuple(matcher for text in texts for matcher in _Reader(text).matchers())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _shown(text: str) -> str:
    return f"`{text}`" if len(text) <= _SHOWN else f"`{text[:_SHOWN]}…`"


class _Reader:
    """One pass over a text, left to right, one character of lookahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def matchers(self) -> tuple[Matcher, ...]:
        """Read the whole text; only ``{}`` gives none."""
        in_braces = self._take("{")
        found: list[Matcher] = []
        while not (in_braces and self._next() == "}"):
            if found and not self._next():
                break  # a trailing comma is allowed, as in Alertmanager
            found.append(self._matcher())
            if not self._take(","):
                break
        if in_braces and not self._take("}"):
            raise self._fault("the opening brace is not closed", "end the list with }, and put commas between matchers")
        if self._next() == "}":
            raise self._fault("a closing brace without an opening one", "begin the list with {, or leave the brace out")
        if self._next():
            raise self._fault(
                f"unexpected {self._next()}",
                "put a comma between matchers, and double quotes around a value with spaces",
            )
        return tuple(found)

    def _matcher(self) -> Matcher:
        name = self._word("label name", 'write a matcher as name="value"')
        named_until = self._at
        operator = self._operator()
        self._next()
        begins = self._at
        value = self._word("value", 'put the value in double quotes, "" for none')
        try:
            return Matcher(name, operator, value)
        except MatcherError as error:
            begins = begins if name else named_until - 2
            raise MatcherError(f"column {begins + 1} of {_shown(self._text)}: {error}", slow=error.slow) from None

    def _operator(self) -> Operator:
        self._next()
        for operator in _OPERATORS:
            if self._text.startswith(operator, self._at):
                self._at += len(operator)
                return operator
        found = self._next()
        problem = f"expected an operator, found {found}" if found else "the operator is missing"
        raise self._fault(problem, "put one of = != =~ !~ between the label name and the value")

    def _word(self, what: str, mend: str) -> str:
        """Read a quoted text, or the characters up to the next space or reserved one."""
        first = self._next()
        if first == '"':
            return self._quotation()
        if first in {"'", "`"}:
            raise self._fault(f"the {what} begins with {first}", "use double quotes")
        begins = self._at
        while self._at < len(self._text) and not self._ends_word(self._text[self._at]):
            self._at += 1
        if self._at == begins:
            raise self._fault(f"expected a {what}, found {first}" if first else f"the {what} is missing", mend)
        return self._text[begins : self._at]

    def _quotation(self) -> str:
        begins = self._at
        self._at += 1
        read: list[str] = []
        while self._at < len(self._text):
            char, following = self._text[self._at], self._text[self._at + 1 : self._at + 2]
            self._at += 1
            if char == '"':
                return "".join(read)
            if char == "\\" and following in _ESCAPES:
                self._at += 1
                char = _ESCAPES[following]
            read.append(char)
        self._at = begins
        raise self._fault("the quotation is not closed", 'end it with ", and write a quote inside it as \\"')

    @staticmethod
    def _ends_word(char: str) -> bool:
        return char in _RESERVED or char.isspace()

    def _next(self) -> str:
        """The next character that is no space, without taking it; "" at the end."""
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        return self._text[self._at : self._at + 1]

    def _take(self, char: str) -> bool:
        found = self._next() == char
        self._at += found
        return found

    def _fault(self, problem: str, mend: str) -> MatcherError:
        return MatcherError(f"column {self._at + 1} of {_shown(self._text)}: {problem}: {mend}")
