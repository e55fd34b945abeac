"""The pager does as it is told, so that what tests read off it can be believed."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.harness.pager_receiver import HANG, UNAVAILABLE, Answer, PagerReceiver, too_many


@pytest.fixture
async def pager() -> AsyncIterator[PagerReceiver]:
    async with PagerReceiver() as receiver:
        yield receiver


async def _send(pager: PagerReceiver, intent: str, kind: str = "page", patience: float = 5) -> tuple[int, str | None]:
    body = {"kind": kind, "intent": intent, "tier": "L1", "incident": {"id": "one"}}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience)) as session,
        session.post(pager.url, json=body, headers={"Idempotency-Key": intent}) as answer,
    ):
        return answer.status, answer.headers.get("Retry-After")


async def test_it_keeps_what_came_with_its_headers_in_order(pager: PagerReceiver) -> None:
    for intent in ("a", "b"):
        assert await _send(pager, intent) == (200, None)

    first, second = await pager.wait_for(2, 1)
    assert (first.intent, first.tier, first.incident) == ("a", "L1", "one")
    assert first.headers["Idempotency-Key"] == "a"
    assert '"intent": "a"' in first.raw
    assert first.came < second.came
    assert first.at < second.at


async def test_it_refuses_as_often_as_it_was_told_and_counts_only_what_it_took(pager: PagerReceiver) -> None:
    pager.answer_next(UNAVAILABLE)
    pager.answer_next(too_many(7), times=2)

    answers = [await _send(pager, "a") for _ in range(4)]

    assert answers == [(503, None), (429, "7"), (429, "7"), (200, None)]
    assert (len(pager.received), len(pager.pages)) == (4, 1)


async def test_a_notification_is_kept_but_is_no_page(pager: PagerReceiver) -> None:
    await _send(pager, "a", kind="notification")
    assert [one.kind for one in await pager.wait_for_requests(1, 1)] == ["notification"]
    assert pager.pages == []


async def test_a_slow_answer_is_slow_but_the_page_is_there_at_once(pager: PagerReceiver) -> None:
    pager.answer_next(Answer(delay=0.3))
    sending = asyncio.create_task(_send(pager, "a"))
    await pager.wait_for(1, 0.2)
    assert not sending.done()
    assert await sending == (200, None)


async def test_what_hangs_is_never_answered_and_does_not_hold_up_the_end(pager: PagerReceiver) -> None:
    pager.answer_next(HANG)
    with pytest.raises(TimeoutError):
        await _send(pager, "a", patience=0.2)
    assert (len(pager.received), pager.pages) == (1, [])
    async with asyncio.timeout(2):
        await pager.stop()


async def test_waiting_in_vain_says_what_came_instead(pager: PagerReceiver) -> None:
    await _send(pager, "a")
    with pytest.raises(AssertionError, match="1 of 2 pages came"):
        await pager.wait_for(2, 0.05)


async def test_silence_is_told_from_noise(pager: PagerReceiver) -> None:
    assert await pager.stays_quiet(0.05)
    listening = asyncio.create_task(pager.stays_quiet(0.2))
    await asyncio.sleep(0)
    await _send(pager, "a")
    assert not await listening
