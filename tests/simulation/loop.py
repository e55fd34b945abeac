"""An event loop on which time passes only when everything else is done, and then at once.

It is as much of asyncio's loop as rungbell's tasks need: callbacks, timers, tasks and futures, no sockets, no threads.
The same work in the same order gives the same run.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from heapq import heappop, heappush
from typing import Any, TypeVar, cast

Result = TypeVar("Result")
OWNER: ContextVar[object] = ContextVar("OWNER", default=None)
"""Whose the tasks are that are made in this context: all of them die with their owner."""


MOST_AT_ONCE = 50_000
"""Callbacks, and steps of threads, in one moment; a world has some hundred."""


class Astray(BaseException):
    """Something goes on and on without letting time pass."""


class VirtualLoop:
    """One loop; ``advance`` moves its time."""

    def __init__(self) -> None:
        self._now = 0.0
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._count = 0
        self._at_once = 0
        self._tasks: dict[asyncio.Task[Any], object] = {}

    @property
    def as_asyncio(self) -> asyncio.AbstractEventLoop:
        """Itself, as asyncio's functions take it."""
        return cast("asyncio.AbstractEventLoop", self)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Be the running loop of this thread."""
        asyncio._set_running_loop(self.as_asyncio)  # noqa: SLF001 -- what every loop does
        try:
            yield
        finally:
            asyncio._set_running_loop(None)  # noqa: SLF001

    def run_ready(self, stop: Callable[[], bool]) -> None:
        """Run whatever can run now, until nothing can or ``stop`` says so."""
        ready = self._ready
        while ready:
            self._one_more()
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()  # noqa: SLF001 -- as asyncio's own loop does
                if stop():
                    return

    def next_timer(self) -> float | None:
        """When the next timer is due, in the loop's time."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heappop(timers)
        return timers[0][0] if timers else None

    def advance(self, to: float) -> None:
        """Let time pass, and make the timers due by then ready."""
        self._now = max(self._now, to)
        self._at_once = 0
        timers = self._timers
        while timers and timers[0][0] <= self._now:
            handle = heappop(timers)[2]
            if not handle.cancelled():
                self._ready.append(handle)

    def _one_more(self) -> None:
        self._at_once += 1
        if self._at_once > MOST_AT_ONCE:
            raise Astray

    def cancel(self, owner: object) -> None:
        """Cancel every task of an owner."""
        for task in [task for task, whose in self._tasks.items() if whose is owner]:
            task.cancel()

    def close(self) -> None:
        """Cancel every task and let all of them end."""
        for task in list(self._tasks):
            task.cancel()
        self._at_once = 0
        self.run_ready(lambda: False)

    # -- what asyncio asks of a loop ----------------------------------------------------------------------------

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:  # noqa: ANN401
        handle = asyncio.Handle(callback, args, self.as_asyncio, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[..., Any],
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self.as_asyncio, context)
        self._count += 1
        heappush(self._timers, (when, self._count, handle))
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[..., Any],
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self.as_asyncio)

    def create_task(
        self, work: Coroutine[Any, Any, Result], *, name: str | None = None, context: Context | None = None
    ) -> "asyncio.Task[Result]":
        task = asyncio.Task(work, loop=self.as_asyncio, name=name, context=context)
        self._tasks[task] = OWNER.get()
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        del self._tasks[task]
        if not task.cancelled():
            task.exception()  # whoever raised it has told of it already

    def run_in_executor(self, _executor: object, step: Callable[..., Result], *args: Any) -> "asyncio.Future[Result]":  # noqa: ANN401
        """Do it at once: whoever waits for a thread waits for nothing else meanwhile."""
        self._one_more()
        done: asyncio.Future[Result] = self.create_future()
        try:
            done.set_result(step(*args))
        except Exception as error:  # noqa: BLE001 -- it is the waiter's
            done.set_exception(error)
        return done

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Nothing is left to say: faults are told where they happen."""
