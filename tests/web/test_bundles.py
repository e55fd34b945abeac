"""Pages that left together are answered together: by the link, by a button, by a code, by a reply."""

import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from rungbell.domain import budgets
from rungbell.domain.events import FailureReason, Via
from rungbell.domain.severity import Severity
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.answering import Heard, Wish
from rungbell.runtime.hearing.hearing import of_weight
from rungbell.runtime.lanes.bundling import name_of
from rungbell.runtime.link_tokens import BundleToken, LinkSigner
from rungbell.store import Transaction
from rungbell.store.connections import SqliteRunner
from rungbell.store.statements import Statement
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.scenario.harness import MONDAY_10
from tests.web.pigeon import PigeonNotifier
from tests.web.running import Running, running
from tests.web.test_answering import PIGEONS, answer, count, pigeons  # noqa: F401 -- a fixture for every test here

STORMS = "storms: {pages: {at_most: 1, within: 1h}}\n"


@pytest_asyncio.fixture
async def loft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """A daemon that pages by pigeon, and lets one page an hour leave by itself."""
    monkeypatch.setattr(budgets, "GATHER", timedelta(milliseconds=300))
    async with running(tmp_path / "loft", PIGEONS + STORMS, stub=False) as found:
        yield found


async def bundle_of(loft: Running, held_back: int = 3) -> Any:  # noqa: ANN401 -- a message
    """Let alerts fire, and give the page that flew for those after the first."""
    await loft.opened_by(firing("Disk0", severity="warning"))
    for number in range(1, held_back + 1):
        await loft.accepted(firing(f"Disk{number}", severity="warning"))

    async def flew() -> bool:
        return any(len(one.bundle) == held_back for one in PigeonNotifier.flown)

    await eventually(flew, "what was held back has flown", within=10, every=0.01)
    return next(one for one in PigeonNotifier.flown if one.bundle)


async def statuses(loft: Running) -> list[str]:
    return [(await loft.incident(number))["status"] for number in (1, 2, 3, 4)]


ACKNOWLEDGED = ["triggered", "acknowledged", "acknowledged", "acknowledged"]


@pytest.mark.parametrize("known_by", ["reference", "code", "link", "ticket"])
async def test_one_answer_acknowledges_all_however_it_says_what_it_answers(loft: Running, known_by: str) -> None:
    page = await bundle_of(loft)
    flown = 1 + next(at for at, one in enumerate(PigeonNotifier.flown) if one is page)

    async def taken() -> bool:
        return any(one["kind"] == "page_accepted" for one in await loft.timeline(4))

    await eventually(taken, "the bundle is recorded as taken", within=10, every=0.01)
    by = {
        "reference": f"ring-{flown}", "code": page.code, "link": page.acknowledge_url.rpartition("/")[2],
        "ticket": page.ticket,
    }[known_by]  # fmt: skip

    stranger = await answer(loft, once="0", contact=["pigeon", "Mallory"], **{known_by: by})
    said = await answer(loft, once="1", contact=["pigeon", "Martha"], **{known_by: by})
    again = await answer(loft, once="1", contact=["pigeon", "Martha"], **{known_by: by})

    assert stranger.startswith("200 stranger")
    assert said == "200 done alice 3 of 3 acknowledged"
    assert again.startswith("200 already alice 0 of 3 acknowledged; 3 held by somebody")
    assert await statuses(loft) == ACKNOWLEDGED


async def test_a_bundle_whose_answer_was_lost_leaves_again_under_the_same_name(
    loft: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    flies = PigeonNotifier.send
    lost: list[Message] = []

    async def lose_the_first(self: PigeonNotifier, message: Message) -> str:
        reference = await flies(self, message)
        if message.bundle and not lost:
            lost.append(message)
            raise SendFailed(FailureReason.TIMEOUT)
        return reference

    monkeypatch.setattr(PigeonNotifier, "send", lose_the_first)
    await bundle_of(loft)

    def together() -> list[Message]:
        return [one for one in PigeonNotifier.flown if one.bundle]

    async def twice() -> bool:
        return len(together()) == 2

    await eventually(twice, "it flies again", within=10, every=0.01)
    first, second = together()
    assert (first.intent, first.ticket, first.code) == (second.intent, second.ticket, second.code)
    assert (first.attempt, second.attempt) == (1, 2)
    assert (await answer(loft, once="1", contact=["pigeon", "Martha"], ticket=first.ticket)).startswith("200 done")


async def test_what_an_answer_is_too_light_for_is_left_out_and_looked_up_at_once(
    loft: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await bundle_of(loft)
    assert (await loft.act(2, "severity", {"by": "alice", "severity": "P1", "reason": "customers"})).status == 200
    asked: list[int] = []
    rows = SqliteRunner.rows

    def counted(self: SqliteRunner, statement: Statement, **values: Any) -> Any:  # noqa: ANN401 -- as it is
        asked.append(threading.get_ident())  # other threads ask at the same time, for others
        return rows(self, statement, **values)

    heard = Heard(wish=Wish.ACKNOWLEDGE, once="0", via=Via.CHAT, too_light_for=frozenset({Severity.P0, Severity.P1}))
    _, name, _ = page.ticket.split(".")

    def looked_up(transaction: Transaction) -> int:
        asked.clear()
        assert len(of_weight(transaction, heard, name)) == 2
        return asked.count(threading.get_ident())

    with monkeypatch.context() as counting:
        counting.setattr(SqliteRunner, "rows", counted)
        assert await loft.services.store.read(looked_up) == 2, "pages, incidents"

    light = {"contact": ["pigeon", "Martha"], "ticket": page.ticket, "too_light_for": ["P0", "P1"]}
    said = await answer(loft, once="1", **light)

    assert said == "200 done alice 2 of 2 acknowledged"
    assert await statuses(loft) == ["triggered", "triggered", "acknowledged", "acknowledged"]


def test_the_name_of_a_bundle_is_that_of_its_pages_in_any_order() -> None:
    assert name_of(["a", "b"]) == name_of(["b", "a"])
    assert name_of(["a", "b"]) != name_of(["a", "b", "c"])


async def test_nothing_else_can_be_said_of_what_came_together(loft: Running) -> None:
    page = await bundle_of(loft)
    said = await answer(loft, once="1", wish="resolve", contact=["pigeon", "Martha"], ticket=page.ticket)
    assert said.startswith("200 refused alice what came together can only be acknowledged together")
    assert await statuses(loft) == ["triggered"] * 4


async def test_a_ticket_of_a_bundle_that_nobody_signed_changes_nothing(loft: Running) -> None:
    page = await bundle_of(loft)
    kind, name, mac = page.ticket.split(".")
    assert len(page.ticket) <= 40
    for forged in (f"{kind}.{name[::-1]}.{mac}", page.ticket[:-1], f"{kind}.{name}.{mac[::-1]}"):
        assert (await answer(loft, once=forged, contact=["pigeon", "Martha"], ticket=forged)).startswith("200 unknown")
    assert await statuses(loft) == ["triggered"] * 4


async def test_the_link_shows_all_of_them_and_one_button_acknowledges_each(loft: Running) -> None:
    page = await bundle_of(loft)
    path = f"/a/{page.acknowledge_url.rpartition('/')[2]}"

    shown = await loft.ask("GET", path)
    assert shown.status == 200
    assert all(f"Disk{number}" in shown.text for number in (1, 2, 3))
    assert "Disk0" not in shown.text
    assert "Acknowledge all" in shown.text
    assert await statuses(loft) == ["triggered"] * 4, "looking changes nothing"

    pressed = await loft.ask("POST", path)
    assert pressed.status in {200, 303}
    assert await statuses(loft) == ACKNOWLEDGED
    after = await loft.ask("GET", path)
    assert "Acknowledge all" not in after.text
    assert "can be acknowledged by this link any more: 3 incidents" in after.text


async def test_a_bundle_that_reached_nobody_lets_each_ladder_go_on(loft: Running) -> None:
    page = await bundle_of(loft)

    async def failed() -> bool:
        said = await answer(loft, "lost", once="1", intent=page.intent)
        told = [await loft.timeline(number) for number in (2, 3, 4)]
        return said.startswith("200") and all(any(one["kind"] == "page_failed" for one in part) for part in told)

    await eventually(failed, "every page of it has failed", within=10, every=0.05)


def test_the_token_of_a_bundle_is_no_token_of_a_page_and_an_old_key_still_reads_it() -> None:
    token = BundleToken("0123456789ab", "alice", "pager", MONDAY_10)
    old, new = LinkSigner(["k" * 32]), LinkSigner(["n" * 32, "k" * 32])
    text = old.sign_bundle(token)
    assert new.read_bundle(text) == token
    assert (new.read(text), new.read_trial(text)) == (None, None)
    assert new.read_bundle_ticket(old.bundle_ticket("0123456789ab")) == "0123456789ab"
    assert new.read_ticket(old.bundle_ticket("0123456789ab")) is None
    assert LinkSigner(["x" * 32]).read_bundle(text) is None
