"""YAML, read strictly and with the line of every value.

Rules
-----
* A plain scalar means what it looks like: ``true`` and ``false`` are the only booleans, decimal numbers the only
  numbers, ``null``, ``~`` and nothing at all are empty. ``no``, ``12:30``, ``0777``, ``1_000`` and dates stay text, and
  the field they stand in decides what to make of them.
* Keys are always text. A key that is given twice is a mistake; the first one counts for finding further mistakes.
* Anchors, aliases and merge keys work, within limits: the *expanded* document may not outgrow ``MAX_NODES`` and
  ``MAX_DEPTH``.
* The text is read once. What was written is kept beside the data, and looked through only where somebody asks for a
  position.
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

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")
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


@dataclass(slots=True)
class _Collection:
    """A list or a mapping as it is written."""

    start_mark: Mark
    mapping: bool
    parts: list["_Node"]
    """What a list holds; of a mapping each key, and its value after it."""
    value: None = None
    """Where a scalar has its text."""
    pairs: "dict[str, tuple[_Node, _Node]] | None" = None
    """Of a mapping: each key that counts, and its value; set where it is read if those are not just its parts."""


_Node = yaml.ScalarEvent | _Collection
_SPECIAL = frozenset({None, "<<"})
"""A key that is no scalar, and one that merges."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain data (text, numbers, booleans, ``None``, lists and mappings) and where each value stood."""

    data: dict[str, object]
    root: _Collection
    """As it is written."""
    problems: tuple[Problem, ...] = ()
    text: str = ""
    """What stood in the file, comments and all."""

    def holds(self, path: Path) -> bool:
        """Say whether the file has something at a path."""
        return len(self._along(path)) == len(path)

    def locate(self, path: Path) -> Position:
        """Give the place of a path, or of the nearest one around it that the file has."""
        found = self._along(path)
        return Position(*_at(found[-1])) if found else Position(1, 1)

    def _along(self, path: Path) -> list[_Node]:
        """Give where each part of a path stands, as far as the file has them."""
        found: list[_Node] = []
        node: _Node = self.root
        for part in path:
            pair = _part(node, part) if isinstance(node, _Collection) else None
            if pair is None:
                break
            place, node = pair
            found.append(place)
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
    data = reader.read(root, ())
    problems = tuple(reader.problems[at] for at in sorted(reader.problems))
    return Document(data, root, problems, text)


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


def _part(node: _Collection, part: str | int) -> tuple[_Node, _Node] | None:
    """Give where a part of a mapping or list stands, and the part; its own keys come before those it merges."""
    if not node.mapping:
        return (node.parts[part],) * 2 if isinstance(part, int) and part in range(len(node.parts)) else None
    return _pairs(node).get(part) if isinstance(part, str) else None


def _pairs(node: _Collection) -> dict[str, tuple[_Node, _Node]]:
    """Give each key of a mapping that was read, and its value; kept, for neighbours are asked for together."""
    if node.pairs is None:
        keys, values = node.parts[::2], node.parts[1::2]
        node.pairs = {str(key.value): (key, value) for key, value in zip(keys, values, strict=True)}
    return node.pairs


class _Meanings(dict[str, object]):
    """What each plain scalar means; most of a file are written more than once."""

    def __missing__(self, text: str) -> object:
        self[text] = meaning = _meaning(text)
        return meaning


def _meaning(text: str) -> object:
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return float(text) if number[1] else int(text)


@dataclass
class _Reader:
    """Makes plain data of nodes; counts them, and gives their problems."""

    problems: dict[Position, Problem] = field(default_factory=dict)
    nodes: int = 1
    inside: list[int] = field(default_factory=list)
    plain: _Meanings = field(default_factory=lambda: _Meanings(_WORDS))

    def read(self, node: _Collection, path: Path) -> Any:  # noqa: ANN401 -- a list or a mapping
        """Give what a mapping or list holds."""
        self._enter(node)
        parts = self._values(node, path).items() if node.mapping else enumerate(node.parts)
        data: dict[str | int, object] = {}
        for name, part in parts:
            if isinstance(part, _Collection):
                data[name] = self.read(part, (*path, name))
            else:
                data[name] = part.value if part.style else self.plain[part.value]
        self.inside.pop()
        return data if node.mapping else list(data.values())

    def _enter(self, node: _Collection) -> None:
        if id(node) in self.inside:
            raise _unreadable(*_at(node), "holds an alias that contains itself")
        if len(self.inside) == MAX_DEPTH:
            raise _unreadable(*_at(node), TOO_DEEP)
        self.nodes += max(1, len(node.parts) // (2 if node.mapping else 1))
        if self.nodes > MAX_NODES:
            raise _unreadable(*_at(node), f"holds more than {MAX_NODES} values once aliases are expanded")
        self.inside.append(id(node))

    def _values(self, node: _Collection, path: Path) -> dict[str, _Node]:
        """Give what stands under each key of a mapping, its own before those it merges."""
        keys, values = node.parts[::2], node.parts[1::2]
        names: list[Any] = [key.value for key in keys]
        found: dict[str, _Node] = dict(zip(names, values, strict=True))
        if len(found) == len(names) and _SPECIAL.isdisjoint(found):
            return found
        pairs: dict[str, tuple[_Node, _Node]] = {}
        node.pairs = pairs
        for key, value in zip(keys, values, strict=True):
            if not isinstance(key, yaml.ScalarEvent):
                self._problem(key, path, "a key must be text")
            elif key.value in pairs:
                line = _at(pairs[key.value][0])[0]
                self._problem(key, (*path, key.value), f"is given twice (first in line {line})")
            else:
                pairs[key.value] = (key, value)
        merge = pairs.pop("<<", None)
        for merged in self._merged(merge[1], path) if merge else ():
            self._enter(merged)
            self._values(merged, path)
            self.inside.pop()
            for name, pair in _pairs(merged).items():
                pairs.setdefault(name, pair)
        return {name: value for name, (_, value) in pairs.items()}

    def _merged(self, node: _Node, path: Path) -> list[_Collection]:
        nodes = node.parts if isinstance(node, _Collection) and not node.mapping else [node]
        mappings = [item for item in nodes if isinstance(item, _Collection) and item.mapping]
        if len(mappings) != len(nodes):
            self._problem(node, path, "<< must name a mapping", "such as `<<: *plan`")
        return mappings

    def _problem(self, node: _Node, path: Path, message: str, hint: str = "") -> None:
        position = Position(*_at(node))
        self.problems.setdefault(position, Problem(position, path, message, hint))
