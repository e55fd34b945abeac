"""The faults that every provider may have, and what a notifier's tests say of each.

May import: ``domain`` (its events), the standard library.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

from rungbell.domain.events import FailureReason
from rungbell.domain.values import dataclass

Provoke = Callable[[Any], Awaitable[None]]
"""Makes the provider of a stage behave so from now on."""


class Fault(StrEnum):
    """What a provider does that is not taking the message; the columns of the matrix."""

    REFUSES = "refuses"
    """It will never take this message."""
    UNAUTHORIZED = "unauthorized"
    """It does not accept our credentials."""
    GONE = "gone"
    """Whom or what the message is for is not there any more."""
    TOO_MANY = "too many"
    """It has had enough for now (429), and does not say for how long."""
    TOO_MANY_UNTIL = "too many, until"
    """It has had enough, and says for how long (``Retry-After``)."""
    TROUBLE = "trouble"
    """It is in trouble itself (5xx)."""
    ERROR_IN_SUCCESS = "error in success"
    """It answers as if all were well (200), and its body says the opposite."""
    GARBAGE = "garbage"
    """It says something that is not its protocol."""
    HANGS_BEFORE = "hangs before"
    """It never answers, and has not taken the message."""
    HANGS_AFTER = "hangs after"
    """It has taken the message, and never says so."""
    CUT = "cut"
    """The connection is lost in the middle of its answer."""
    NOBODY_LISTENS = "nobody listens"
    """No connection can be made."""
    REDIRECTS = "redirects"
    """It wants us to go somewhere else."""


@dataclass(frozen=True)
class Failure:
    """A way to fail, and what the notifier has to say of it; ``None`` leaves the reason to the notifier."""

    provoke: Provoke
    reason: FailureReason | None
    permanent: bool = False
    retry_after: timedelta | None = None


@dataclass(frozen=True)
class Hang:
    """A way to say nothing: the deadline of the whole send ends it."""

    provoke: Provoke


@dataclass(frozen=True)
class NotPossible:
    """Why a provider cannot have a fault; a sentence, and the test of that cell."""

    because: str

    def __post_init__(self) -> None:
        if len(self.because.split()) < 3:
            raise ValueError("say in a sentence why it is not possible")


Cell = Failure | Hang | NotPossible
"""What is said of one fault of one provider."""


@dataclass(frozen=True)
class Folded:
    """By what a provider, or who reads it, folds a message that left twice: the same on every attempt."""

    keys: Callable[[Any], Sequence[str]]
    """The keys of what arrived at a stage, in order."""
