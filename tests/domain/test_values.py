"""What ``rungbell.domain.values.dataclass`` makes is what the standard library would have made, only later."""

import ast
import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

import rungbell
from rungbell.domain import values
from rungbell.domain.command.record import Command
from rungbell.domain.values import dataclass
from tests.store.samples import incident


@dataclass(frozen=True, slots=True)
class Point:
    """A place."""

    x: int
    y: int = 2
    seen: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    sum: int = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sum", self.x + self.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Point):
    """A place that has a name."""

    name: str


@dataclass(frozen=True)
class Open:
    """One that has a dictionary."""

    first: int
    rest: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One that comes before others."""

    number: int
    column: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """One that says nothing."""


NOT_FROZEN = {"frozen": False, "slots": True}


def ours_and_theirs(**options: bool) -> list[type[Any]]:
    """Give the same class from both."""

    def made(by: Callable[..., Any]) -> type[Any]:
        class Value:
            """A value."""

            a: int
            b: str = "b"
            c: list[int] = dataclasses.field(default_factory=list)

        made: type[Any] = by(**{"frozen": True, **options})(Value)
        return made

    return [made(dataclass), made(dataclasses.dataclass)]


@pytest.mark.parametrize(
    "options",
    [{}, {"slots": True}, {"kw_only": True}, {"slots": True, "order": True}, {"frozen": False}, NOT_FROZEN],
)
def test_it_is_made_shown_and_compared_as_the_standard_library_does(options: dict[str, Any]) -> None:
    ours, theirs = (made(a=1, c=[2]) for made in ours_and_theirs(**options))
    assert repr(ours) == repr(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert dataclasses.replace(ours, b="c") == type(ours)(a=1, b="c", c=[2])
    assert str(inspect.signature(type(ours))) == str(inspect.signature(type(theirs)))
    assert hasattr(ours, "__dict__") is hasattr(theirs, "__dict__")
    assert type(ours).__match_args__ == type(theirs).__match_args__


@pytest.mark.parametrize(
    ("given", "named"), [((), {}), ((), {"a": 1, "z": 2}), ((1, "b", [], 4), {}), ((1,), {"a": 1})]
)
def test_arguments_that_do_not_fit_are_told_in_the_same_words(given: tuple[Any, ...], named: dict[str, int]) -> None:
    told = []
    for made in ours_and_theirs():
        with pytest.raises(TypeError) as refused:
            made(*given, **named)
        told.append(str(refused.value))
    assert told[0] == told[1]


@pytest.mark.parametrize("options", [{}, {"slots": True}, {"kw_only": True}, NOT_FROZEN])
def test_the_first_values_of_a_class_are_like_those_that_follow(options: dict[str, Any]) -> None:
    ours, _ = ours_and_theirs(**options)
    made = [ours(a=1, c=[2]) for _ in range(values.FEW + 1)]
    assert {repr(one) for one in made} == {repr(made[0])}
    assert made[0] == made[-1]
    assert made[0].c is not made[-1].c


@pytest.mark.parametrize("options", [{"frozen": False}, NOT_FROZEN])
def test_what_is_not_frozen_changes_and_is_no_key(options: dict[str, bool]) -> None:
    for made in ours_and_theirs(**options):
        value = made(1)
        value.a = 2
        assert value == made(2)
        assert value != made(1)
        with pytest.raises(TypeError, match="unhashable"):
            hash(value)


def test_each_value_has_a_default_of_its_own() -> None:
    assert Point(1).seen is not Point(1).seen


def test_what_is_worked_out_after_it_was_made_is_there() -> None:
    for made in (partial(Point, 1), partial(Named, 1, name="here")):
        assert {made().sum for _ in range(values.FEW + 1)} == {3}


def test_equal_values_are_one_key_and_what_is_not_compared_does_not_count() -> None:
    assert len({Point(1, seen={"a": 1}), Point(1), Open(1), Open(1), Nothing(), Nothing()}) == 3
    assert Point(1) != Named(1, name="here")


def test_values_come_in_the_order_of_their_fields() -> None:
    assert sorted([Line(2, 1), Line(1, 2), Line(1, 1)]) == [Line(1, 1), Line(1, 2), Line(2, 1)]
    with pytest.raises(TypeError):
        assert Line(1, 1) < Point(1)  # type: ignore[operator]


@pytest.mark.parametrize("value", [Point(1), Open(1)])
def test_nothing_about_it_changes(value: Point | Open) -> None:
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(value, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot delete field '{name}'"):
        delattr(value, name)


@pytest.mark.parametrize("value", [Point(1), Named(1, name="here"), Open(1, (2,)), Line(1, 1), Nothing()])
def test_it_can_be_copied_and_pickled(value: object) -> None:
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value  # noqa: S301 -- our own


def test_what_is_changed_often_changes_as_by_replace_and_has_no_other_facts() -> None:
    command, whole = Command(), incident()

    assert command.changed(communications=3) == dataclasses.replace(command, communications=3) != command
    assert whole.changed(round=3) == dataclasses.replace(whole, round=3) != whole
    assert whole.changed() == whole
    assert whole != "an incident"
    for value in (command, whole):
        with pytest.raises(TypeError, match="has no colour, shape"):
            value.changed(shape="round", colour="red")


def test_pydantic_reads_and_writes_it() -> None:
    adapter = TypeAdapter(Named)
    read = adapter.validate_json('{"x": 1, "name": "here"}')
    assert (read, read.sum) == (Named(1, name="here"), 3)
    assert adapter.dump_python(read, exclude={"sum"}) == {"x": 1, "y": 2, "seen": {}, "name": "here"}


def test_nothing_is_written_before_a_class_has_made_a_few_values(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[type] = []
    write = values._written_init  # noqa: SLF001 -- what is counted here

    def counted(owner: type, fields: values.Fields, *, slots: bool, frozen: bool) -> object:
        written.append(owner)
        return write(owner, fields, slots=slots, frozen=frozen)

    monkeypatch.setattr(values, "_written_init", counted)
    ours, _ = ours_and_theirs(slots=True)
    for _ in range(values.FEW):
        ours(1)
    assert written == []
    ours(1)
    ours(2)
    assert written == [ours]


def test_what_only_inherits_from_a_frozen_value_is_refused_when_one_is_made() -> None:
    @values.dataclass(frozen=True, slots=True)
    class Value:
        fact: int

    class Other(Value):
        pass

    assert Value(1).__class__ is Value
    with pytest.raises(TypeError, match="layout"):
        Other(1)


def frozen_by_the_standard_library(tree: ast.AST) -> list[str]:
    """Name the frozen dataclasses of a module that takes ``dataclass`` from ``dataclasses``."""
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        for alias in node.names
    }
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and "dataclass" in imported
        for made in node.decorator_list
        if isinstance(made, ast.Call) and "frozen" in {option.arg for option in made.keywords}
    ]


def test_every_frozen_value_of_rungbell_is_made_by_it() -> None:
    files = sorted(Path(rungbell.__file__).parent.rglob("*.py"))
    texts = {str(file): file.read_text(encoding="utf-8") for file in files}
    suspect = {name: text for name, text in texts.items() if "dataclasses" in text and "frozen" in text}
    found = {name: frozen_by_the_standard_library(ast.parse(text)) for name, text in suspect.items()}
    told = "take `dataclass` from rungbell.domain.values: each from `dataclasses` delays the start of every command"
    assert {name: values for name, values in found.items() if values} == {}, told
