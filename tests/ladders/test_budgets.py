"""Many incidents at once under budgets: what a rehearsal sends is what the running engine sends, message by message."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest
import structlog

from rungbell.config import Settings, load
from rungbell.domain.events import AlertsReceived
from rungbell.rehearsal import Attempt, Rehearsal
from tests.harness.webhooks import Json
from tests.ladders.cases import Batch, batch
from tests.ladders.comparing import OneThreadLoop
from tests.ladders.engine import KINDS, Sent, engine

FOLLOWED = timedelta(hours=1)
STORMS: Json = {"pages": {"at_most": 3, "within": "10m"}, "channels": {"sms": {"at_most": 1, "within": "30m"}}}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The engine tells of exhausted ladders; here that is no news."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


def under_budgets(drawn: Batch, folder: Path) -> Settings:
    file = folder / "rungbell.yml"
    policy = json.loads(drawn.policy) | {"storms": STORMS}
    policy.pop("operator", None)
    file.write_text(json.dumps(policy))
    file.chmod(0o600)
    return load(file, KINDS)


def rehearsed(drawn: Batch, settings: Settings, begin: datetime) -> list[Sent]:
    rehearsal = Rehearsal(settings.book, begin)
    for case in sorted(drawn.cases, key=lambda one: one.at):
        rehearsal.pass_time(case.at)
        rehearsal.happen(AlertsReceived(group=case.group, new_id=rehearsal.new_id()))
        rehearsal.pass_time(case.at)
    rehearsal.pass_time(begin + FOLLOWED)
    numbers = {one.id: one.number for one in rehearsal.records.incidents.values()}

    def sent(attempts: list[Attempt]) -> Sent:
        about = {numbers[one.page.incident] for one in attempts}
        return Sent(*_message(attempts[0]), tuple(sorted(about)))

    alone = [[one] for one in rehearsal.attempts if one.together == 1]
    bundled = sorted((one for one in rehearsal.attempts if one.together > 1), key=_message)
    return [sent(one) for one in (*alone, *(list(them) for _, them in groupby(bundled, _message)))]


def _message(attempt: Attempt) -> tuple[datetime, str, str]:
    return attempt.at, attempt.page.person, attempt.page.channel


async def ran(drawn: Batch, settings: Settings, begin: datetime, store: Path) -> list[Sent]:
    async with engine(store, settings, begin) as running:
        for case in sorted(drawn.cases, key=lambda one: one.at):
            await running.passes_time(case.at)
            await running.fires(case.group)
        await running.passes_time(begin + FOLLOWED)
        return running.sent


def both(seed: int, folder: Path) -> Counter[Sent]:
    """Rehearse and run a batch, which must come to the same, and give what left."""
    drawn = batch(seed)
    settings = under_budgets(drawn, folder)
    begin = min(case.at for case in drawn.cases)
    foreseen = Counter(rehearsed(drawn, settings, begin))
    with asyncio.Runner(loop_factory=OneThreadLoop) as runner:
        got = Counter(runner.run(ran(drawn, settings, begin, folder / "store.db")))
    assert sorted((foreseen - got).elements()) == sorted((got - foreseen).elements()) == []
    assert any(len(one.incidents) > 1 for one in got), "nothing was held back"
    return got


@pytest.mark.parametrize("seed", [0, 1, 3, 4])
def test_a_rehearsal_sends_under_budgets_what_the_engine_sends(seed: int, tmp_path: Path) -> None:
    both(seed, tmp_path)


def test_so_it_is_where_a_message_has_no_room_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("rungbell.rehearsal.rehearsal", "rungbell.runtime.lanes.bundling"):
        monkeypatch.setattr(f"{module}.MOST", 2)
    assert max(len(one.incidents) for one in both(0, tmp_path)) == 2
