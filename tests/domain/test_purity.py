"""The core has no I/O, no clock, no randomness and no logging: read off the syntax trees of its files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import rungbell.domain

FOLDER = Path(rungbell.domain.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))

PURE = frozenset(
    {
        "bisect", "collections", "collections.abc", "contextlib", "dataclasses", "datetime", "enum", "functools",
        "hashlib", "itertools", "json", "json.encoder",
        "math", "operator", "re", "string", "typing", "unicodedata", "warnings", "zoneinfo",
    }
)  # fmt: skip
"""All that the core may import beside itself; ``datetime`` and ``zoneinfo`` without their clocks."""
CLOCKS = frozenset({"now", "today", "utcnow", "time_ns", "monotonic", "perf_counter"})
DOORS = frozenset({"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"})
"""Builtins that reach outside."""
WRITERS = {"values": ["exec"]}
"""What a module uses of them all the same: ``__init__`` is written as ``dataclasses`` writes it."""


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def reached(tree: ast.AST) -> Iterator[str]:
    """Names of clocks and of doors to the outside that the code mentions, called or handed on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS and _is_not_a_value(node.value):
            yield node.attr
        elif isinstance(node, ast.Name) and node.id in DOORS:
            yield node.id


def _is_not_a_value(node: ast.expr) -> bool:
    """``draft.now`` and ``self.now`` are the time that was handed in."""
    return not (isinstance(node, ast.Name) and node.id in {"draft", "self"})


def impure(tree: ast.AST) -> list[str]:
    strange = [name for name in imports(tree) if name not in PURE and not f"{name}.".startswith("rungbell.domain.")]
    return strange + list(reached(tree))


def test_there_is_a_core_to_look_at() -> None:
    names = {file.stem for file in FILES}
    assert {"act", "alert", "clocks", "decide", "delivery", "due", "ladder", "message", "policy"} <= names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_module_of_the_core_reaches_nothing_outside(file: Path) -> None:
    assert impure(ast.parse(file.read_text(encoding="utf-8"))) == WRITERS.get(file.stem, [])


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import time", ["time"]),
        ("import os.path as p", ["os.path"]),
        ("from random import choice", ["random"]),
        ("def f():\n    from logging import getLogger", ["logging"]),
        ("from rungbell.clock import Clock", ["rungbell.clock"]),
        ("from rungbell import store", ["rungbell"]),
        ("from . import clocks", ["."]),
        ("from rungbell.domain_store import x", ["rungbell.domain_store"]),
        ("from datetime import datetime\nx = datetime.now()", ["now"]),
        ("import datetime\nx = datetime.datetime.now(datetime.UTC)", ["now"]),
        ("from datetime import date\ntoday = date.today", ["today"]),
        ("x = open('file')", ["open"]),
        ("print('hello')", ["print"]),
        ("from rungbell.domain.clocks import CLOCKS\nfrom rungbell.domain import act\nx = draft.now", []),
    ],
)
def test_the_check_sees_what_it_is_for(code: str, found: list[str]) -> None:
    assert impure(ast.parse(code)) == found
