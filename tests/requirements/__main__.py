"""Print which tests prove which requirement and reading; exit 1 where one that the daemon must carry has none.

    python -m tests.requirements [--tests]

``--tests`` names the tests. A test says what it proves by ``@pytest.mark.requirement("44", "A11")``.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping

import click
import pytest
from rich.console import Console
from rich.table import Table

from tests.requirements.numbers import READINGS, REQUIREMENTS


class Marked:
    """A plugin of the test runner that keeps what each collected test says it proves."""

    def __init__(self) -> None:
        self.tests: dict[str, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Look at every test, its class and its module."""
        for item in items:
            for mark in item.iter_markers("requirement"):
                for number in mark.args:
                    self.tests[str(number)].add(item.nodeid.partition("[")[0])


def marked() -> Mapping[str, set[str]]:
    """Collect the tests and give those of each number."""
    plugin = Marked()
    code = pytest.main(["--collect-only", "-qq", "--no-header", "-p", "no:randomly", "tests"], plugins=[plugin])
    if code != pytest.ExitCode.OK:
        raise click.ClickException("the tests cannot be collected")
    return plugin.tests


def unproved(tests: Mapping[str, set[str]]) -> list[str]:
    """What must have a test and has none: every number the daemon carries, and every reading."""
    must = [number for number, (who, _) in REQUIREMENTS.items() if who == "M"]
    return [number for number in (*must, *READINGS) if not tests.get(number)]


def strange(tests: Mapping[str, set[str]]) -> list[str]:
    """Give the numbers that tests name and nobody knows."""
    return sorted(tests.keys() - REQUIREMENTS.keys() - READINGS.keys())


@click.command(help=__doc__)
@click.option("--tests", "named", is_flag=True, help="Name the tests.")
def main(*, named: bool) -> None:
    """Print the table."""
    tests = marked()
    if unknown := strange(tests):
        raise click.ClickException(f"tests are marked with numbers that nobody knows: {', '.join(unknown)}")
    table = Table("number", "who", "about", "tests")
    for number, (who, about) in (*REQUIREMENTS.items(), *((name, ("", about)) for name, about in READINGS.items())):
        found = sorted(tests.get(number, ()))
        table.add_row(number, who, about, "\n".join(found) if named else str(len(found) or "-"))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    missing = unproved(tests)
    click.echo(f"{len(missing)} without a test: {', '.join(missing)}" if missing else "every one of them has a test")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
