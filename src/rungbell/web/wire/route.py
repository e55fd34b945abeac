"""What is said of a route: what it needs, what it takes, what it answers.

May import: ``domain``, ``problem``, pydantic.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from rungbell.domain.token import Scope
from rungbell.domain.values import dataclass
from rungbell.web.wire.problem import Handler

OPEN = None
"""Instead of a scope: nobody is asked who they are."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a request that stands beside the body: in the ``query``, or in a ``header``."""

    name: str
    where: str
    about: str
    schema: Mapping[str, Any]
    """What it may be, as JSON Schema."""


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One path and method, and all there is to know of it; the docstring of ``handler`` says what it does."""

    method: str
    path: str
    handler: Handler
    scope: Scope | None
    """What it takes to be let in, or ``OPEN``."""
    answer: type[BaseModel] | None = None
    """What it answers; ``None`` where that is no JSON model."""
    body: type[BaseModel] | None = None
    """What it takes, where it takes JSON."""
    parameters: tuple[Parameter, ...] = ()
    problems: frozenset[int] = frozenset()
    """Statuses it may refuse with, beside those that follow from the rest (see ``openapi``)."""
    media: str = "application/json"
    """What its answer is written in."""
    status: int = 200
    operation: str = ""
    """The name that clients are made with; the handler's where it is not given."""
    head: bool = True
    """Whether HEAD goes with GET."""

    @property
    def described(self) -> bool:
        """Whether it is part of the API's description: one spelling of each path below ``/api/``."""
        return self.path.startswith("/api/") and not self.path.endswith("/")
