"""A command that is printed can be typed as it stands."""

from pathlib import Path

import pytest

from rungbell.cli.as_typed import as_typed


@pytest.fixture
def program(tmp_path: Path) -> Path:
    found = tmp_path / "the tools" / "rungbell"
    found.parent.mkdir(parents=True)
    found.write_text("#!/bin/sh\n")
    found.chmod(0o755)
    return found


@pytest.mark.parametrize(
    ("called", "on_the_path", "typed"),
    [
        ("the tools/rungbell", False, "'the tools/rungbell'"),
        ("the tools/rungbell", True, "rungbell"),
        ("elsewhere/rungbell", True, "elsewhere/rungbell"),
        ("src/rungbell/__main__.py", True, "python3 -m rungbell"),
        ("pytest", True, "rungbell"),
    ],
)
def test_it_is_the_name_where_the_shell_finds_it_and_else_the_path(
    called: str, on_the_path: bool, typed: str, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(program.parent) if on_the_path else "/nowhere")
    monkeypatch.setattr("sys.argv", [called, "init"])

    assert as_typed() == typed
