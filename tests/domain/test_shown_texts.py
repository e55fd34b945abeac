"""What people are shown cites nothing that they do not have: numbers of requirements, lines of the playbook."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import rungbell

SOURCE = Path(rungbell.__file__).parent
CITED = re.compile(r"\([^()]*\b(playbook L\d|L\d{2,}|A\d+|rule \d|requirement)[^()]*\)")


def shown_texts(tree: ast.AST) -> Iterator[str]:
    """Give every piece of text that is neither a docstring nor said of a clock where nobody is shown it."""
    for node in ast.walk(tree):
        unread = isinstance(node, ast.Expr) or (isinstance(node, ast.keyword) and node.arg in {"starts", "stops"})
        if unread:
            node.value = ast.Constant(None)  # type: ignore[attr-defined]  # both have a value
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("file", sorted(SOURCE.rglob("*.py")), ids=lambda file: str(file.relative_to(SOURCE)))
def test_no_text_cites_what_nobody_can_look_up(file: Path) -> None:
    cited = [text for text in shown_texts(ast.parse(file.read_text())) if CITED.search(text)]
    assert cited == []
