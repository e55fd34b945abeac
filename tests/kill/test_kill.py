"""The kill rounds as part of every run of the tests: twenty of them, from one seed."""

from pathlib import Path

import pytest

from tests.harness.failures import show_logs_when_failing
from tests.kill.rounds import Totals, run

ROUNDS, SEED = 20, 1


@pytest.mark.end_to_end
@pytest.mark.timeout(240)
async def test_twenty_kills_under_load_lose_no_webhook_and_send_no_page_twice_without_reason(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    show_logs_when_failing(request, tmp_path)
    rounds: list[Totals] = []

    totals = await run(ROUNDS, SEED, tmp_path, tell=rounds.append)

    assert totals.promised > 20 * ROUNDS, f"the load was too light to show anything: {totals}"
    assert (totals.lost, totals.unpaged, totals.doubled, totals.unexplained) == ((), (), (), ())
    assert [one.rounds for one in rounds] == list(range(1, ROUNDS + 1))
