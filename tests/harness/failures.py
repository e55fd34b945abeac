"""What a failing test shows besides its assertion: the last words of the programs it ran."""

from pathlib import Path

import pytest

LINES = 80
MOST_LOGS = 4


def show_logs_when_failing(request: pytest.FixtureRequest, directory: Path) -> None:
    """Add the end of the newest logs below ``directory`` to the test's report; pytest shows it when the test fails."""

    def show() -> None:
        logs = sorted(directory.rglob("*.log"), key=lambda log: log.stat().st_mtime)
        for log in logs[-MOST_LOGS:]:
            said = log.read_text(errors="replace").splitlines()[-LINES:]
            request.node.add_report_section("teardown", str(log.relative_to(directory)), "\n".join(said))

    request.addfinalizer(show)
