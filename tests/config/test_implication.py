"""What is said to follow from matchers follows for every alert: the lint raises no false alarm."""

import re
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rungbell.config.lint.implication import by_label, can_hold, implies
from rungbell.config.lint.language import EVERYTHING, MAX_WORDS, RUN, words_of
from rungbell.domain.matchers import Matcher, MatcherError, all_match, parse_matchers

VALUES = ["", *("".join(word) for length in (1, 2, 3) for word in product("abx", repeat=length)), "aabb", "xabbax"]
"""All short values over the letters that the expressions below are made of, and some longer."""

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "x",
        ".",
        ".*",
        ".+",
        ".?",
        "[ab]",
        "[^a]",
        "(a|b)",
        "(ab|x)?",
        "a{2}",
        "b{0,2}",
        "[a-z]*",
        r"\w|^",
        r"\b",
    ]
)
EXPRESSIONS = st.one_of(
    st.lists(ATOMS, max_size=4).map("".join),
    st.builds("{}|{}".format, st.lists(ATOMS, max_size=2).map("".join), st.lists(ATOMS, max_size=2).map("".join)),
    st.builds("(?i){}".format, st.lists(ATOMS, max_size=2).map("".join)),
)


@st.composite
def matchers(draw: st.DrawFn) -> Matcher:
    if draw(st.booleans()):
        return Matcher("n", draw(st.sampled_from(["=", "!="])), draw(st.sampled_from(VALUES[:16])))
    try:
        return Matcher("n", draw(st.sampled_from(["=~", "!~"])), draw(EXPRESSIONS))
    except MatcherError:
        assume(False)
        raise


SEVERAL = st.lists(matchers(), min_size=1, max_size=3)


@settings(max_examples=300)
@given(SEVERAL, SEVERAL)
def test_what_is_implied_holds_for_every_value(first: list[Matcher], wanted: list[Matcher]) -> None:
    if implies(by_label(first), wanted):
        for value in VALUES:
            assert all_match(wanted, {"n": value}) or not all_match(first, {"n": value})


@settings(max_examples=200)
@given(SEVERAL)
def test_what_cannot_hold_holds_for_no_value(first: list[Matcher]) -> None:
    if not can_hold(by_label(first)):
        assert not any(all_match(first, {"n": value}) for value in VALUES)


@settings(max_examples=200)
@given(matchers())
def test_the_words_stand_for_every_value_that_is_matched(matcher: Matcher) -> None:
    positive = Matcher("n", "=~" if "~" in matcher.op else "=", matcher.value)
    described = [re.compile(".+".join(map(re.escape, word.split(RUN)))) for word in words_of(matcher)]
    for value in VALUES:
        assert any(one.fullmatch(value) for one in described) or not positive.matches({"n": value})


@pytest.mark.parametrize(
    ("first", "wanted", "follows"),
    [
        ("n=a", 'n=~"a|b"', True),
        ("n=a", 'n!="b"', True),
        ("n=a", "m!=b", False),
        ('n=~"ab.*"', 'n=~"a.*"', True),
        ('n=~"a.*"', 'n=~"ab.*"', False),
        ('n=~"a.+"', 'n=~"a.*"', True),
        ('n=~"a.*"', 'n=~"a.+"', False),
        ('n=~"a.*b"', 'n=~"a.*|b"', True),
        ('n=~"^a[0-9]+$"', 'n=~"a.*"', True),
        ('n=~"a.*"', 'n=~"a[^x]*"', False),
        ('n!=""', 'n=~".+"', True),
        ('n!~"a.*"', 'n!~"ab.*"', True),
        ('n!~"a.*",n!=b', 'n!~"ab|b"', True),
        ('n=~"a.*"', 'n!~"b.*"', True),
        ('n=~"(?i)a"', 'n=~"(?i)a"', True),
        ('n=~".*"', 'm=~".*"', True),
    ],
)
def test_what_follows(first: str, wanted: str, follows: bool) -> None:
    assert implies(by_label(parse_matchers([first])), parse_matchers([wanted])) is follows


@pytest.mark.parametrize("pattern", ["((a{100}){100}){100}", "[a-z]{9}", "(?s).*", "a|" * 300, "[\ud7ff-\uffff]", RUN])
def test_what_cannot_be_written_down_in_few_words_is_taken_for_more(pattern: str) -> None:
    words = words_of(Matcher("n", "=~", pattern))
    assert len(words) <= MAX_WORDS
    assert words & EVERYTHING
