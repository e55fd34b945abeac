"""Waiting for something to become true, with a deadline and a sentence for when it does not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(ask: Callable[[], Awaitable[T]], what: str, *, within: float, every: float = 0.05) -> T:
    """Ask until the answer is true and give it back; fail with ``what`` when it never is."""
    answer: T | None = None
    try:
        async with asyncio.timeout(within):
            while True:
                answer = await ask()
                if answer:
                    return answer
                await asyncio.sleep(every)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {within:.0f} s (last answer: {answer!r})") from None
