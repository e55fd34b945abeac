"""YAML is read as people mean it, with the line of everything, and cannot be turned against its reader."""

import pytest

from rungbell.config.mistakes import Path
from rungbell.config.yaml_lines import MAX_BYTES, Position, UnreadableError, read_document


def data(text: str) -> dict[str, object]:
    return read_document(text.encode()).data


def refusal(raw: str | bytes) -> tuple[int, str]:
    with pytest.raises(UnreadableError) as caught:
        read_document(raw.encode() if isinstance(raw, str) else raw)
    problem = caught.value.problem
    return problem.position.line, problem.message


@pytest.mark.parametrize(
    "word",
    [
        "no",
        "yes",
        "on",
        "off",
        "y",
        "True",
        "FALSE",
        "12:30",
        "1:30:00",
        "0777",
        "0o17",
        "0x1F",
        "1_000",
        "1e3",
        ".inf",
        ".nan",
        "2026-01-05",
        "+44",
        "=",
        "1.",
        "007",
        "0.5.1",
    ],
)
def test_the_words_that_yaml_1_1_would_change_stay_text(word: str) -> None:
    assert data(f"key: {word}") == {"key": word}


def test_true_false_numbers_and_nothing_mean_themselves() -> None:
    text = "{a: true, b: false, c: 12, d: -1.5, e: null, f: ~, g: , h: 'true', i: \"12\", j: 0}"
    assert data(text) == dict(
        zip("abcdefghij", [True, False, 12, -1.5, None, None, None, "true", "12", 0], strict=True)
    )


def test_keys_are_text_whatever_they_look_like() -> None:
    assert data("on: 1\n1: 2\ntrue: 3\n") == {"on": 1, "1": 2, "true": 3}


def test_every_value_knows_its_line_and_column() -> None:
    found = read_document(b"a:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n")
    places: dict[Path, Position] = {
        ("a",): Position(1, 1),
        ("a", "b"): Position(2, 3),
        ("a", "c"): Position(3, 3),
        ("a", "c", 0): Position(4, 7),
        ("a", "c", 1): Position(5, 7),
        ("a", "c", 1, "d"): Position(5, 8),
    }
    assert {path: found.locate(path) for path in places} == places
    assert all(found.holds(path) for path in places)


def test_what_has_no_place_of_its_own_is_told_at_what_is_around_it() -> None:
    found = read_document(b"x: 0\na: {b: 1}\n")
    assert not found.holds(("a", "missing", 3))
    assert found.locate(("a", "missing", 3)) == Position(2, 1)


def test_a_key_given_twice_is_a_problem_at_its_second_line_and_the_first_counts() -> None:
    found = read_document(b"a: 1\nb:\n  c: 2\n  c: 3\na: 4\n")
    assert [(one.position.line, one.path, one.message) for one in found.problems] == [
        (4, ("b", "c"), "is given twice (first in line 3)"),
        (5, ("a",), "is given twice (first in line 1)"),
    ]
    assert found.data == {"a": 1, "b": {"c": 2}}


def test_anchors_aliases_and_merge_keys_work_and_own_keys_win() -> None:
    text = "base: &base {a: 1, b: 2}\nother: &other {b: 9, c: 3}\nall: {<<: [*base, *other], a: 0}\nsame: *base\n"
    assert data(text)["all"] == {"a": 0, "b": 2, "c": 3}
    assert data(text)["same"] == {"a": 1, "b": 2}


def test_a_merged_value_has_the_line_where_it_was_written() -> None:
    assert read_document(b"base: &base {a: 1}\nuse: {<<: *base}\n").locate(("use", "a")) == Position(1, 14)


def test_merging_something_else_than_a_mapping_is_a_problem() -> None:
    (problem,) = read_document(b"a: {<<: 3}\n").problems
    assert problem.message == "<< must name a mapping"


def test_a_billion_laughs_are_cut_short() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert refusal("\n".join(lines))[1] == "holds more than 100000 values once aliases are expanded"


def test_empty_mappings_that_are_merged_over_and_over_count_too() -> None:
    merged = ("a: &a {}", f"b: &b {{<<: [{', '.join(['*a'] * 500)}]}}", f"c: {{<<: [{', '.join(['*b'] * 500)}]}}")
    assert refusal("\n".join(merged))[1] == "holds more than 100000 values once aliases are expanded"


def test_merges_that_double_each_time_are_cut_short() -> None:
    lines = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    assert refusal("\n".join(lines))[1] == "holds more than 100000 values once aliases are expanded"


def test_an_alias_that_contains_itself_is_refused() -> None:
    assert refusal("a: &a [*a]") == (1, "holds an alias that contains itself")
    assert refusal("a: &a {<<: *a}") == (1, "holds an alias that contains itself")


def test_deep_nesting_is_refused_without_deep_recursion() -> None:
    assert refusal("a: " + "[" * 300_000) == (1, "is nested deeper than 50 levels")


def test_aliases_that_nest_deeper_together_than_one_may_are_refused() -> None:
    lines = ["a0: &a0 x"] + [f"a{n}: &a{n} {'[' * 40}*a{n - 1}{']' * 40}" for n in range(1, 30)]
    assert refusal("\n".join(lines)) == (2, "is nested deeper than 50 levels")


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"", 1, "is empty"),
        (b"# only a comment\n", 1, "is empty"),
        (b"a: 1\n---\nb: 2\n", 2, "holds a second YAML document"),
        (b"- a\n- b\n", 1, "must be a mapping (key: value) at the top"),
        (b"a: 1\nb: \xff\n", 2, "not UTF-8: byte 8 cannot be read"),
        (b"\xff\xfea\x00", 1, "not UTF-8: byte 0 cannot be read"),
        (b"a: 1\nb: \x01\n", 2, "holds a character that YAML does not allow (1)"),
        (b"a: 1\nb: !!python/object:os.system x\n", 2, "holds a YAML tag"),
        (b"a: !!int '3'\n", 1, "holds a YAML tag"),
        (b'a: {"b":!t c}\n', 1, "holds a YAML tag"),
        (b"a: *nowhere\n", 1, "not valid YAML: found undefined alias"),
        (b"a: &x 1\nb: &x 2\n", 2, "not valid YAML: second occurrence found duplicate anchor; first occurrence"),
        (b"a: [1,\nb: 2\n", 3, "not valid YAML: did not find expected ',' or ']' while parsing a flow sequence"),
        (b"a: b: c\n", 1, "not valid YAML: mapping values are not allowed in this context"),
        (
            b"a: 1\n\tb: 2\n",
            2,
            "not valid YAML: found a tab character that violates indentation while scanning a plain scalar",
        ),
        (b"a: '" + b"x" * MAX_BYTES + b"'", 1, f"is {MAX_BYTES + 5} bytes long, more than {MAX_BYTES}"),
    ],
)
def test_what_is_not_one_yaml_mapping_is_refused_at_its_line(raw: bytes, line: int, message: str) -> None:
    assert refusal(raw) == (line, message)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_document(b"\xef\xbb\xbfa: 1\n").data == {"a": 1}


def test_a_key_that_is_not_text_is_a_problem() -> None:
    (problem,) = read_document(b"a: 1\n? [x]\n: 2\n").problems
    assert (problem.position.line, problem.message) == (2, "a key must be text")
