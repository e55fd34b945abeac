"""One notifier and its provider, as the contract sees them.

May import: ``notifiers`` (the port), pydantic.
"""

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel

from rungbell.notifiers import Notifier


class Stage(Protocol):
    """One notifier and its provider."""

    notifier: Notifier
    settings: BaseModel
    secrets: Sequence[str]
    """What must never be seen outside of the request itself."""

    async def arrived(self) -> Sequence[str]:
        """Give the texts that the provider took, as a person would read them, in order."""
        ...

    async def structures(self) -> Sequence[object]:
        """Give how each of what arrived is built, in order, texts being only that: see ``shape``."""
        ...
