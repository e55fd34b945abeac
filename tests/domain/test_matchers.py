"""Matchers read and hold as Alertmanager's do, and no expression can hold up a page."""

import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.domain.matchers import Matcher, MatcherError, Operator, all_match, parse_matcher, parse_matchers
from rungbell.domain.regex import MAX_LENGTH, RegexError, compile_regex

OPERATORS: tuple[Operator, ...] = ("=", "!=", "=~", "!~")
MENDS_OPERATOR = "put one of = != =~ !~ between the label name and the value"
MENDS_VARYING = (
    "a repeat of something that itself varies, like (a+)+ or (a|ab)*, can take forever; "
    "repeat a single character or class instead, for example [a-z0-9-]+"
)

values = st.text(max_size=20)
names = st.text(min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("text", "matcher"),
    [
        ('severity="critical"', Matcher("severity", "=", "critical")),
        ("severity=critical", Matcher("severity", "=", "critical")),
        ("severity != critical", Matcher("severity", "!=", "critical")),
        ('severity=~"info|none"', Matcher("severity", "=~", "info|none")),
        ("team!~db.+", Matcher("team", "!~", "db.+")),
        (' \t severity =\n "critical"  ', Matcher("severity", "=", "critical")),
        ('team=""', Matcher("team", "=", "")),
        ('"data centre"="west"', Matcher("data centre", "=", "west")),
        ('"größe=\\"l\\""="x"', Matcher('größe="l"', "=", "x")),
        ("größe=🙂", Matcher("größe", "=", "🙂")),
        ("service.name=api/v1:8080", Matcher("service.name", "=", "api/v1:8080")),
        (r'path="a \"b\" \\ c\nd"', Matcher("path", "=", 'a "b" \\ c\nd')),
        (r'host=~"web\.example"', Matcher("host", "=~", r"web\.example")),
        (r'host=~"web\\.example"', Matcher("host", "=~", r"web\.example")),
        ('q="a,b{c}=~d"', Matcher("q", "=", "a,b{c}=~d")),
        ("{a=b}", Matcher("a", "=", "b")),
    ],
)
def test_one_matcher_is_read(text: str, matcher: Matcher) -> None:
    assert parse_matcher(text) == matcher


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], ()),
        (["{}"], ()),
        (["{ }"], ()),
        (['{a="b",c=~"d|e"}'], ('a="b"', 'c=~"d|e"')),
        (['{ a = "b" , c =~ "d|e" , }'], ('a="b"', 'c=~"d|e"')),
        (['a="b",c!~"d"'], ('a="b"', 'c!~"d"')),
        (["a=b,c=d,"], ('a="b"', 'c="d"')),
        (['a="b"', '{c="d",e="f"}', "g=h"], ('a="b"', 'c="d"', 'e="f"', 'g="h"')),
    ],
)
def test_lists_are_read_in_order(texts: list[str], expected: tuple[str, ...]) -> None:
    assert tuple(map(str, parse_matchers(texts))) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'column 1 of ``: the label name is missing: write a matcher as name="value"'),
        ("  ", 'column 3 of `  `: the label name is missing: write a matcher as name="value"'),
        ('="x"', 'column 1 of `="x"`: expected a label name, found =: write a matcher as name="value"'),
        ('""="x"', 'column 1 of `""="x"`: the label name is empty: name the label to match'),
        ("a", f"column 2 of `a`: the operator is missing: {MENDS_OPERATOR}"),
        (
            'a "b"',
            f'column 3 of `a "b"`: expected an operator, found ": {MENDS_OPERATOR}',
        ),
        (
            "a!b",
            f"column 2 of `a!b`: expected an operator, found !: {MENDS_OPERATOR}",
        ),
        ("a=", 'column 3 of `a=`: the value is missing: put the value in double quotes, "" for none'),
        ("a==b", 'column 3 of `a==b`: expected a value, found =: put the value in double quotes, "" for none'),
        ("{a=}", 'column 4 of `{a=}`: expected a value, found }: put the value in double quotes, "" for none'),
        ("a='b'", "column 3 of `a='b'`: the value begins with ': use double quotes"),
        ("`a`=b", "column 1 of ``a`=b`: the label name begins with `: use double quotes"),
        ('a="b', 'column 3 of `a="b`: the quotation is not closed: end it with ", and write a quote inside it as \\"'),
        (
            'a="b\\"',
            'column 3 of `a="b\\"`: the quotation is not closed: end it with ", and write a quote inside it as \\"',
        ),
        (
            'a="b" c="d"',
            (
                'column 7 of `a="b" c="d"`: unexpected c: '
                "put a comma between matchers, and double quotes around a value with spaces"
            ),
        ),
        (
            "{a=b",
            "column 5 of `{a=b`: the opening brace is not closed: end the list with }, and put commas between matchers",
        ),
        (
            "a=b}",
            "column 4 of `a=b}`: a closing brace without an opening one: begin the list with {, or leave the brace out",
        ),
        ("{,}", 'column 2 of `{,}`: expected a label name, found ,: write a matcher as name="value"'),
        ("a=b,,c=d", 'column 5 of `a=b,,c=d`: expected a label name, found ,: write a matcher as name="value"'),
        (
            'a=~"(x+)+"',
            f'column 4 of `a=~"(x+)+"`: regular expression `(x+)+`: character 5: {MENDS_VARYING}',
        ),
        (
            'ok="1", a !~ "("',
            'column 14 of `ok="1", a !~ "("`: regular expression `(`: character 1: missing ), unterminated subpattern',
        ),
    ],
)
def test_a_bad_text_is_answered_with_what_where_and_how_to_mend(text: str, message: str) -> None:
    with pytest.raises(MatcherError) as raised:
        parse_matchers([text])
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=b,c=d", "expected one matcher, found 2 in `a=b,c=d`: write one matcher per entry"),
        ("{}", "expected one matcher, found 0 in `{}`: write one matcher per entry"),
    ],
)
def test_one_matcher_means_one(text: str, message: str) -> None:
    with pytest.raises(MatcherError) as raised:
        parse_matcher(text)
    assert str(raised.value) == message


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(MatcherError, match=r"^column 5001 of `a{120}…`: the operator is missing"):
        parse_matcher("a" * 5_000)


def test_a_lone_string_is_not_a_list_of_matchers() -> None:
    with pytest.raises(TypeError, match="matchers are a list of texts, not one text: put it in brackets"):
        parse_matchers('severity="critical"')


def test_an_operator_nobody_knows_is_refused() -> None:
    with pytest.raises(MatcherError, match=r"'==' is no operator: use one of = != =~ !~"):
        Matcher("a", "==", "b")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("matcher", "labels", "holds"),
    [
        ("a=b", {"a": "b"}, True),
        ("a=b", {"a": "B"}, False),
        ("a=b", {}, False),
        ('a=""', {}, True),
        ("a!=b", {}, True),
        ("a!=b", {"a": "b"}, False),
        ('a=~".*"', {}, True),
        ('a=~".+"', {}, False),
        ('a!~".+"', {}, True),
        ('a=~"b|cd"', {"a": "cd"}, True),
        ('a=~"b|cd"', {"a": "cde"}, False),
        ('a=~"b|cd"', {"a": "bd"}, False),
        ('a=~"b"', {"a": "b\n"}, False),
        ('a=~"^b$"', {"a": "b"}, True),
        ('a!~"b"', {"a": "abc"}, True),
        ('a=~"(?i)info|none"', {"a": "NONE"}, True),
        (r'a=~"\\d+"', {"a": "٣"}, False),  # ASCII digits only, as in RE2
        ('a=~".*"', {"a": "x\ny"}, False),  # a dot is no line feed, as in Alertmanager
    ],
)
def test_a_matcher_holds_as_in_alertmanager(matcher: str, labels: dict[str, str], holds: bool) -> None:
    assert parse_matcher(matcher).matches(labels) is holds


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"(a)\1", "character 4: back-references are not RE2; write the repeated text out"),
        ("(?P<x>a)(?P=x)", "character 9: back-references are not RE2; write the repeated text out"),
        ("(?=a)", "character 1: lookahead is not RE2; use a second matcher, = or =~, for what must also hold"),
        ("a(?!b)", "character 2: lookahead is not RE2; use a second matcher, != or !~, for what must not hold"),
        ("(?<=a)b", "character 1: lookbehind is not RE2; write the text before it into the expression"),
        ("(?<!a)b", "character 1: lookbehind is not RE2; use a second matcher, != or !~, for what must not hold"),
        ("(?<x>a)", "character 1: write a named group as (?P<name>…)"),
        ("(a)?(?(1)b)", "character 5: conditional groups are not RE2; write the alternatives with |"),
        ("(?>a)", "character 1: atomic groups are not RE2; use (?:…)"),
        ("a(?#b)", "character 2: comments are not RE2; leave the comment out"),
        (
            "(?x)a",
            "character 1: this kind of group is not known; use (…), (?:…), (?P<name>…) or (?i) (?m) (?s)",
        ),
        ("a++", "character 2: possessive repeats are not RE2; leave out the second +"),
        (
            r"a\z",
            r"character 2: \z is not needed, the expression always matches the whole value; leave it out",
        ),
        (
            r"a\Z",
            r"character 2: \Z is not RE2 and not needed, the expression always matches the whole value; leave it out",
        ),
        (
            r"\pL+",
            (
                r"character 1: Unicode classes like \pL are not supported; "
                "write the characters as a class, for example [A-Za-z]"
            ),
        ),
        (
            r"[\P{Greek}]",
            (
                r"character 2: Unicode classes like \PL are not supported; "
                "write the characters as a class, for example [^A-Za-z]"
            ),
        ),
        (
            "[[:alpha:]]",
            "character 1: classes like [[:alpha:]] are not supported; write the range, as in [A-Za-z]",
        ),
        (r"\Qa.b\E", r"character 1: \Q…\E is not supported; put a backslash before each special character"),
        (r"\u00e9", r"character 1: \u is not known; write the character itself"),
        ("[a--b]", "possible set difference at position 2; put a backslash before that character"),
        ("a{,3}", "character 2: write {0,3}, RE2 reads {,3} as plain text"),
        ("a{1001}", "character 2: a repeat counts to 1,000 at most"),
        ("a{3,2}", "character 3: min repeat greater than max repeat"),
        ("*a", "character 1: nothing to repeat"),
        ("a**", "character 3: multiple repeat"),
        ("a)", "character 2: unbalanced parenthesis"),
        ("[a", "character 1: unterminated character set"),
        ("\\", "character 1: bad escape (end of pattern)"),
        ("a(?i)b", "character 2: global flags not at the start of the expression"),
        ("(" * 60, "character 51: groups are nested more than 50 deep; write it flatter"),
        ("(a+)+", f"character 5: {MENDS_VARYING}"),
        ("(a*)*", f"character 5: {MENDS_VARYING}"),
        ("((a+)b)*", f"character 8: {MENDS_VARYING}"),
        ("(?:a|aa)+", f"character 9: {MENDS_VARYING}"),
        ("(?i)(a|Aa)+", f"character 11: {MENDS_VARYING}"),
        ("(aa?){2,}", f"character 6: {MENDS_VARYING}"),
        ("(a{1,2})*", f"character 9: {MENDS_VARYING}"),
        (".*.*.*.*", "4 repeats like .* in a row, 3 are allowed; use several matchers"),
        ("(.*a){12}", "12 repeats like .* in a row, 3 are allowed; use several matchers"),
        ("(a?){30}b", "the expression can be tried in too many ways on one value; use several matchers"),
        (".*.*(a?){10}b", "the expression can be tried in too many ways on one value; use several matchers"),
        ("(a|a)" * 30, "the expression can be tried in too many ways on one value; use several matchers"),
        ("a" * (MAX_LENGTH + 1), "the expression has 1,001 characters, 1,000 are allowed; use several matchers"),
    ],
)
def test_an_expression_that_is_not_re2_or_may_be_slow_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(RegexError) as raised:
        compile_regex(pattern)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("a" * MAX_LENGTH, "a" * MAX_LENGTH),
        ("(?P<site>eu|us)-.*", "eu-1"),
        ("(web|db)-[0-9]+", "db-12"),
        ("(foo|bar)+", "foobarfoo"),
        (".*(prod|preprod|staging)-.*", "eu-preprod-1"),
        ("(?:ab)*c", "ababc"),
        ("(a*)?b", "aab"),
        (r"[a-z0-9-]{1,63}(\.[a-z]{2,3})?", "shop.com"),
        (r"([0-9]{1,3}\.){3}[0-9]{1,3}(:\d+)?", "192.0.2.1:9090"),
        (r"(25[0-5]|2[0-4]\d|1\d{2}|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d{2}|[1-9]?\d)){3}", "203.0.113.7"),
        (r"\Acritical|page$", "page"),
        (r"[]\]^-]+?", "]^-"),
        (r"a{b}\{\(", "a{b}{("),
        (r"\x41\t\.\-", "A\t.-"),
        ("(?i:p)[0-3]", "P0"),
        ("", ""),
    ],
)
def test_the_expressions_people_write_are_allowed(pattern: str, value: str) -> None:
    assert compile_regex(pattern).fullmatch(value)


@given(st.text(alphabet="ab.*+?|(){}[],12^\\$", max_size=25))
def test_any_expression_is_refused_or_quick(pattern: str) -> None:
    try:
        compiled = compile_regex(pattern)
    except RegexError as error:
        assert str(error)  # noqa: PT017 - refusing is one of two good ends here
        return
    began = time.thread_time()
    compiled.fullmatch("a" * 60 + "!")
    assert time.thread_time() - began < 1


@given(names, st.sampled_from(("=", "!=")), values)
def test_what_is_written_out_is_read_back(name: str, op: Operator, value: str) -> None:
    matcher = Matcher(name, op, value)
    assert parse_matcher(str(matcher)) == matcher
    assert parse_matchers([f"{{ {matcher} , {matcher}, }}"]) == (matcher, matcher)


@given(names, values, st.dictionaries(names, values, max_size=3))
def test_an_operator_and_its_opposite_never_agree(name: str, value: str, labels: dict[str, str]) -> None:
    assert Matcher(name, "=", value).matches(labels) is not Matcher(name, "!=", value).matches(labels)
    assert Matcher(name, "=~", "[a-z]*").matches(labels) is not Matcher(name, "!~", "[a-z]*").matches(labels)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        read = parse_matchers([text])
    except MatcherError as error:
        assert str(error).startswith("column ")  # noqa: PT017 - refusing is one of two good ends here
    else:
        assert all(parse_matcher(str(matcher)) == matcher for matcher in read)


@given(st.lists(st.sampled_from(["a=1", "b!=2", 'c=~"3|4"']), max_size=4), st.dictionaries(names, values, max_size=3))
def test_a_list_holds_when_each_of_it_holds(texts: list[str], labels: dict[str, str]) -> None:
    matchers = parse_matchers(texts)
    assert all_match(matchers, labels) is all(matcher.matches(labels) for matcher in matchers)


def test_no_matchers_hold_for_everything() -> None:
    assert all_match((), {"a": "b"})


@pytest.mark.parametrize("op", OPERATORS)
def test_a_matcher_is_a_value(op: Operator) -> None:
    matcher = Matcher("a", op, "b.*")
    copy = pickle.loads(pickle.dumps(matcher))  # noqa: S301 - our own bytes
    assert copy == matcher
    assert hash(copy) == hash(matcher)
    assert copy.matches({"a": "b.*"}) is matcher.matches({"a": "b.*"})
    assert matcher != Matcher("a", op, "c")
