"""Acknowledging together: what left as one bundle is answered as one, and lands as an act on each incident.

Rules
-----
* Each act has an identity of its own, made of the answer's and of the incident: told again, none has a second effect,
  and where the store fails in between, the answer can be given again.

May import: ``domain``, ``words``, ``runtime.incident_handler``.
"""

import asyncio
from collections.abc import Iterable

from rungbell.domain.decision import Outcome
from rungbell.domain.events import Acknowledged, Via
from rungbell.domain.page import Asked
from rungbell.domain.values import dataclass
from rungbell.runtime.incident_handler import Handled, IncidentHandler
from rungbell.words.words import HeardWords


@dataclass(frozen=True, slots=True)
class Together:
    """What came of it."""

    handled: tuple[Handled, ...]

    @property
    def done(self) -> int:
        """How many were acknowledged by it."""
        return sum(one.reply.outcome is Outcome.DONE for one in self.handled)

    def text(self, words: HeardWords) -> str:
        """Say it in a sentence."""
        rest = len(self.handled) - self.done
        others = words.others.format(others=rest) if rest else ""
        return words.together.format(done=self.done, all=len(self.handled)) + others


async def acknowledge_together(
    handler: IncidentHandler, asked: Iterable[Asked], *, by: str, via: Via, once: str, delivered: bool = False
) -> Together:
    """Acknowledge all of them for one person; ``delivered`` as ``IncidentHandler.handle`` has it.

    Raises:
        StoreError: some of them may not be acknowledged; the same answer may be given again.
    """
    each = {one.incident: one for one in asked}.values()
    acts = (
        handler.handle(
            Acknowledged(incident=one.incident, by=by, via=via, cycle=one.cycle),
            once=identity_in(once, one),
            delivered=delivered,
        )
        for one in each
    )
    results = await asyncio.gather(*acts, return_exceptions=True)
    handled: list[Handled] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        handled.append(result)
    return Together(tuple(handled))


def identity_in(once: str, asked: Asked) -> str:
    """Give the identity of one act of an answer."""
    return f"{once}:{asked.incident}:{asked.cycle}"
