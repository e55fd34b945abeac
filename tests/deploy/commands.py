"""How these tests run other programs, and know rungbell's own flags."""

import subprocess
import sys
from pathlib import Path

import click

from tests.harness.programs import find_program

TOP = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path = TOP, timeout: float = 30) -> str:
    """Run a program and give what it said; fail with it when it is not content."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def find_tool(name: str) -> str:
    """Find a program that pip may have put beside the interpreter, or skip the test."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else find_program(name)


def known_flags(command: click.Command) -> set[str]:
    """Every flag that a verb of rungbell takes."""
    return {flag for parameter in command.params for flag in parameter.opts}


def flags_in(words: list[str]) -> set[str]:
    """The flags in a command line, without their values."""
    return {word.split("=", 1)[0] for word in words if word.startswith("--")}
