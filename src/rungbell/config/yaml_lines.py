"""YAML, read strictly and with the line of every value.

Rules
-----
* A plain scalar means what it looks like: ``true`` and ``false`` are the only booleans, decimal numbers the only
  numbers, ``null``, ``~`` and nothing at all are empty. ``no``, ``12:30``, ``0777``, ``1_000`` and dates stay text, and
  the field they stand in decides what to make of them.
* Keys are always text. A key that is given twice is a mistake; the first one counts for finding further mistakes.
* Anchors, aliases and merge keys work, within limits: the *expanded* document may not outgrow ``MAX_NODES``.
* One document a file, no tags, UTF-8.

May import: ``mistakes`` and PyYAML.
"""

import re
from contextlib import suppress
from dataclasses import field

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


_MARKS = re.compile(r"^(?:---|\.\.\.)|(?:^|[\s\[{,])!", re.MULTILINE)
"""Without any of these a text has no second document and no tag; with one it may."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads text to nodes, and asks nothing about them: what a scalar means is said by ``_scalar``."""

    def resolve(self, kind: type[yaml.Node], value: object, implicit: object) -> str:
        """Give a node's tag; nobody looks at it."""
        return ""

    def descend_resolver(self, parent: yaml.Node | None, index: object) -> None:
        """Enter a node."""

    def ascend_resolver(self) -> None:
        """Leave it."""


class _Deep(Exception):
    """A node stands so deep that it must be looked at more closely."""


class _Counting(_Loader):
    """Goes no deeper than it may."""

    depth = 0

    def descend_resolver(self, parent: yaml.Node | None, index: object) -> None:
        """Enter a node; raises ``_Deep``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Deep

    def ascend_resolver(self) -> None:
        """Leave it."""
        self.depth -= 1


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


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain data (text, numbers, booleans, ``None``, lists and mappings) and where each value stood."""

    data: dict[str, object]
    positions: dict[Path, Position]
    problems: tuple[Problem, ...] = ()
    text: str = ""
    """What stood in the file, comments and all."""

    def locate(self, path: Path) -> Position:
        """Give the place of a path, or of the nearest one around it that the file has."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, Position(1, 1))


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
    if not isinstance(root, yaml.MappingNode):
        raise _unreadable(*_at(root), "must be a mapping (key: value) at the top")
    composer = _Reader()
    data = composer.mapping(root, ())
    problems = tuple(composer.problems[at] for at in sorted(composer.problems))
    return Document(data, composer.positions, problems, text)


def _unreadable(line: int, column: int, message: str, hint: str = "") -> UnreadableError:
    return UnreadableError(Problem(Position(line, column), (), message, hint))


def _at(node: "yaml.Node | yaml.Event") -> tuple[int, int]:
    mark = node.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _unreadable(line, 1, f"not UTF-8: byte {error.start} cannot be read", "save the file as UTF-8") from None


def _composed(text: str) -> yaml.Node | None:
    """Give the nodes of a text; most texts are read once for it, and only what may be refused a first time."""
    if not _MARKS.search(text):
        with suppress(_Deep):
            return yaml.compose(text, Loader=_Counting)
    _look_over(text)
    return yaml.compose(text, Loader=_Loader)


def _look_over(text: str) -> None:
    """Refuse what must not reach the composer, which recurses: deep nesting, tags, a second document."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        if type(event) is yaml.ScalarEvent and event.tag is None:  # nearly all of them
            continue
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if depth > MAX_DEPTH:
            raise _unreadable(*_at(event), TOO_DEEP)
        if documents > 1:
            raise _unreadable(*_at(event), "holds a second YAML document", "one file is one document: remove the ---")
        if getattr(event, "tag", None):
            raise _unreadable(*_at(event), "holds a YAML tag", "write the value without !")


@dataclass
class _Reader:
    """Makes plain data of nodes; counts them, and remembers places and problems."""

    positions: dict[Path, Position] = field(default_factory=dict)
    problems: dict[Position, Problem] = field(default_factory=dict)
    nodes: int = 0
    inside: list[int] = field(default_factory=list)

    def value(self, node: yaml.Node, path: Path) -> object:
        if isinstance(node, yaml.ScalarNode):  # most are, and none contains anything
            self._count(node)
            return _scalar(node)
        self._enter(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._filled(node, path)
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self.inside.pop()

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        self._enter(node)
        return self._filled(node, path)

    def _filled(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, (key_node, value_node) in self._pairs(node, path).items():
            self.positions[(*path, key)] = Position(*_at(key_node))
            found[key] = self.value(value_node, (*path, key))
        return found

    def _item(self, node: yaml.Node, path: Path) -> object:
        self.positions[path] = Position(*_at(node))
        return self.value(node, path)

    def _count(self, node: yaml.Node) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _unreadable(*_at(node), f"holds more than {MAX_NODES} values once aliases are expanded")

    def _enter(self, node: yaml.Node) -> None:
        self._count(node)
        if id(node) in self.inside:
            raise _unreadable(*_at(node), "holds an alias that contains itself")
        self.inside.append(id(node))

    def _pairs(self, node: yaml.MappingNode, path: Path) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Give the keys of a mapping, its own before those it merges."""
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
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

    def _merged(self, node: yaml.Node, path: Path) -> list[yaml.MappingNode]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        mappings = [item for item in nodes if isinstance(item, yaml.MappingNode)]
        if len(mappings) != len(nodes):
            self._problem(node, path, "<< must name a mapping", "such as `<<: *plan`")
        return mappings

    def _problem(self, node: yaml.Node, path: Path, message: str, hint: str = "") -> None:
        position = Position(*_at(node))
        self.problems.setdefault(position, Problem(position, path, message, hint))


def _scalar(node: yaml.Node) -> object:
    text: str = node.value
    if getattr(node, "style", None):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-0123456789":
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
