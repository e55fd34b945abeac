"""YAML, read strictly and with the line of every value.

Rules
-----
* A plain scalar means what it looks like: ``true`` and ``false`` are the only booleans, decimal numbers the only
  numbers, ``null``, ``~`` and nothing at all are empty. ``no``, ``12:30``, ``0777``, ``1_000`` and dates stay text, and
  the field they stand in decides what to make of them.
* Keys are always text. A key that is given twice is a mistake; the first one counts for finding further mistakes.
* Anchors, aliases and merge keys work, within limits: the *expanded* document may not outgrow ``MAX_NODES`` and
  ``MAX_DEPTH``.
* The text is read once. Marks are kept beside the data, and made positions only where somebody asks for one.
* One document a file, no tags, UTF-8.

May import: ``mistakes`` and PyYAML.
"""

import re
from dataclasses import field
from typing import Any

import yaml

from rungbell.config.mistakes import Path
from rungbell.domain.values import dataclass

MAX_BYTES = 1 << 20
"""Largest file that is read, in bytes."""
MAX_NODES = 100_000
"""Most values a document may hold once its aliases are expanded."""
MAX_DEPTH = 50
"""Deepest nesting."""
TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_WORDS = {"true": True, "false": False, "": None, "~": None, "null": None, "Null": None, "NULL": None}

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the file; both numbers count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the YAML itself, and where."""

    position: Position
    path: Path
    message: str
    hint: str = ""


class UnreadableError(ValueError):
    """The text cannot be read as one YAML mapping at all; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.message)


Mark = Any
"""Where PyYAML found something: ``line`` and ``column``, both counted from 0."""
Places = dict[str | int, tuple[Mark, "Places"]]
"""Where each part of a mapping or list stands, and the parts of that part."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain data (text, numbers, booleans, ``None``, lists and mappings) and where each value stood."""

    data: dict[str, object]
    places: Places
    problems: tuple[Problem, ...] = ()
    text: str = ""
    """What stood in the file, comments and all."""

    def holds(self, path: Path) -> bool:
        """Say whether the file has something at a path."""
        places = self.places
        for part in path:
            if part not in places:
                return False
            _, places = places[part]
        return True

    def locate(self, path: Path) -> Position:
        """Give the place of a path, or of the nearest one around it that the file has."""
        found, places = Position(1, 1), self.places
        for part in path:
            if part not in places:
                break
            mark, places = places[part]
            found = Position(mark.line + 1, mark.column + 1)
        return found


def read_document(raw: bytes, example: str = "") -> Document:
    """Read a file's bytes; ``example`` says what an empty one could hold.

    Raises ``UnreadableError`` where nothing can be made of them; lesser faults are in the document's ``problems``.
    """
    if len(raw) > MAX_BYTES:
        raise _unreadable(1, 1, f"is {len(raw)} bytes long, more than {MAX_BYTES}")
    text = _decoded(raw)
    try:
        root = _composed(text)
    except yaml.reader.ReaderError as error:
        line = raw[: error.position].count(b"\n") + 1
        raise _unreadable(line, 1, f"holds a character that YAML does not allow ({error.character!r})") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if "nesting depth" in str(error.problem):  # newer libyaml counts for itself, and reads ahead of us
            raise _unreadable(line, column, TOO_DEEP) from None
        context = f" {error.context}" if error.context else ""
        raise _unreadable(line, column, f"not valid YAML: {error.problem}{context}") from None
    if root is None:
        raise _unreadable(1, 1, "is empty", example)
    if not (isinstance(root, _Collection) and root.mapping):
        raise _unreadable(*_at(root), "must be a mapping (key: value) at the top")
    reader = _Reader()
    data, places = reader.read(root, ())
    problems = tuple(reader.problems[at] for at in sorted(reader.problems))
    return Document(data, places, problems, text)


def _unreadable(line: int, column: int, message: str, hint: str = "") -> UnreadableError:
    return UnreadableError(Problem(Position(line, column), (), message, hint))


def _at(node: "_Node | yaml.Event") -> tuple[int, int]:
    mark: Mark = node.start_mark
    return mark.line + 1, mark.column + 1


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _unreadable(line, 1, f"not UTF-8: byte {error.start} cannot be read", "save the file as UTF-8") from None


@dataclass(slots=True)
class _Collection:
    """A list or a mapping as it is written."""

    start_mark: Mark
    mapping: bool
    parts: list["_Node"]
    """What a list holds; of a mapping each key, and its value after it."""
    value: None = None
    """Where a scalar has its text."""


_Node = yaml.ScalarEvent | _Collection
_NO_PARTS: Places = {}
_SPECIAL = frozenset({None, "<<"})
"""A key that is no scalar, and one that merges."""


def _composed(text: str) -> _Node | None:
    """Give the node that a text is, its aliases replaced by what they stand for; refuse deep nesting and tags."""
    top: list[_Node] = []
    parts, around = top, list[list[_Node]]()
    anchors: dict[str | None, _Node] = {}
    for event in iter(_Loader(text).get_event, None):
        kind = type(event)
        if kind is yaml.ScalarEvent:
            parts.append(event)
            if event.anchor or event.tag:
                _name(event, event, anchors)
        elif kind in _STARTS:
            if len(around) == MAX_DEPTH:
                raise _unreadable(*_at(event), TOO_DEEP)
            node = _Collection(event.start_mark, kind is yaml.MappingStartEvent, [])
            if event.anchor or event.tag:
                _name(event, node, anchors)
            parts.append(node)
            around.append(parts)
            parts = node.parts
        elif kind in _ENDS:
            parts = around.pop()
        elif kind is yaml.AliasEvent:
            parts.append(_anchored(event, anchors))
        elif kind is yaml.DocumentStartEvent and top:
            raise _unreadable(*_at(event), "holds a second YAML document", "one file is one document: remove the ---")
    return top[0] if top else None


def _name(event: yaml.ScalarEvent | yaml.CollectionStartEvent, node: _Node, anchors: dict[str | None, _Node]) -> None:
    """Keep a node under its anchor; refuse a tag."""
    if event.tag:
        raise _unreadable(*_at(event), "holds a YAML tag", "write the value without !")
    if event.anchor in anchors:
        raise _unreadable(*_at(event), "not valid YAML: second occurrence found duplicate anchor; first occurrence")
    anchors[event.anchor] = node


def _anchored(event: yaml.AliasEvent, anchors: dict[str | None, _Node]) -> _Node:
    if event.anchor not in anchors:
        raise _unreadable(*_at(event), "not valid YAML: found undefined alias")
    return anchors[event.anchor]


@dataclass
class _Reader:
    """Makes plain data of nodes; counts them, and gives their places and problems."""

    problems: dict[Position, Problem] = field(default_factory=dict)
    nodes: int = 1
    inside: list[int] = field(default_factory=list)

    def read(self, node: _Collection, path: Path) -> tuple[Any, Places]:
        """Give what a mapping or list holds, and where."""
        self._enter(node)
        data: dict[str | int, object] = {}
        places: Places = {}
        parts = self._pairs(node, path).items() if node.mapping else enumerate(zip(node.parts, node.parts, strict=True))
        for name, (place, part) in parts:
            if isinstance(part, _Collection):
                data[name], inside = self.read(part, (*path, name))
                places[name] = (place.start_mark, inside)
            else:
                data[name] = _scalar(part)
                places[name] = (place.start_mark, _NO_PARTS)
        self.inside.pop()
        return (data if node.mapping else list(data.values())), places

    def _enter(self, node: _Collection) -> None:
        if id(node) in self.inside:
            raise _unreadable(*_at(node), "holds an alias that contains itself")
        if len(self.inside) == MAX_DEPTH:
            raise _unreadable(*_at(node), TOO_DEEP)
        self.nodes += max(1, len(node.parts) // (2 if node.mapping else 1))
        if self.nodes > MAX_NODES:
            raise _unreadable(*_at(node), f"holds more than {MAX_NODES} values once aliases are expanded")
        self.inside.append(id(node))

    def _pairs(self, node: _Collection, path: Path) -> dict[str, tuple[_Node, _Node]]:
        """Give the keys of a mapping with their values, its own before those it merges."""
        keys, values = node.parts[::2], node.parts[1::2]
        pairs: dict[Any, tuple[_Node, _Node]] = dict(
            zip([key.value for key in keys], zip(keys, values, strict=True), strict=True)
        )
        if len(pairs) == len(keys) and _SPECIAL.isdisjoint(pairs):
            return pairs
        own: dict[str, tuple[_Node, _Node]] = {}
        for key_node, value_node in zip(keys, values, strict=True):
            if not isinstance(key_node, yaml.ScalarEvent):
                self._problem(key_node, path, "a key must be text")
            elif key_node.value in own:
                first = _at(own[key_node.value][0])[0]
                self._problem(key_node, (*path, key_node.value), f"is given twice (first in line {first})")
            else:
                own[key_node.value] = (key_node, value_node)
        merge = own.pop("<<", None)
        for merged in self._merged(merge[1], path) if merge else ():
            self._enter(merged)
            for key, pair in self._pairs(merged, path).items():
                own.setdefault(key, pair)
            self.inside.pop()
        return own

    def _merged(self, node: _Node, path: Path) -> list[_Collection]:
        nodes = node.parts if isinstance(node, _Collection) and not node.mapping else [node]
        mappings = [item for item in nodes if isinstance(item, _Collection) and item.mapping]
        if len(mappings) != len(nodes):
            self._problem(node, path, "<< must name a mapping", "such as `<<: *plan`")
        return mappings

    def _problem(self, node: _Node, path: Path, message: str, hint: str = "") -> None:
        position = Position(*_at(node))
        self.problems.setdefault(position, Problem(position, path, message, hint))


def _scalar(node: yaml.ScalarEvent) -> object:
    text: str = node.value
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-0123456789":
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
