"""What the API answers about the daemon, as models; the rules of ``incidents.answers`` hold here too.

May import: ``domain``, ``learning.review_answers``, ``wire.view``, pydantic.
"""

from pydantic import Field

from rungbell.domain.incident import Status
from rungbell.domain.severity import Severity
from rungbell.web.learning.review_answers import ReviewDueView
from rungbell.web.wire.view import Moment, PersonId, View


class OpenCount(View):
    """How many incidents are open with this status and severity."""

    status: Status
    severity: Severity
    count: int


class OverdueCount(View):
    """How many incidents of this severity break an obligation."""

    obligation: str
    severity: Severity
    count: int


class Acknowledged(View):
    """One incident that somebody has acknowledged."""

    person: PersonId
    number: int
    severity: Severity
    title: str
    until: Moment


class Heartbeat(View):
    """When a source's Watchdog was seen, and how often it is expected."""

    source: str
    seen_at: Moment | None
    age_seconds: float | None
    expected_within_seconds: float | None


class PagedTwice(View):
    """An Alertmanager that pages PagerDuty by itself although rungbell does."""

    source: str
    receivers: list[str] = Field(description="Through which of its receivers, as it calls them.")


class Reload(View):
    """The configuration in use; ``successful`` is false where a later file could not be used."""

    at: Moment
    successful: bool
    hash: str


class StoreView(View):
    """Whether the store can be read; ``failing`` says why it cannot be, or why nothing can be written to it."""

    reachable: bool
    failing: str


class StatusView(View):
    """How the daemon stands."""

    version: str
    at: Moment
    ready: bool
    why_not: str = Field(description="Why it is not ready; empty where it is.")
    open: list[OpenCount] | None = None
    acknowledged: list[Acknowledged] | None = None
    overdue: list[OverdueCount] | None = None
    reviews: list[ReviewDueView] | None = None
    clock_lag_seconds: float | None = Field(
        default=None, description="Age of the oldest due clock that nobody has served yet."
    )
    oldest_unsent_page_seconds: float | None = Field(
        default=None, description="How overdue the most overdue unsent page is."
    )
    heartbeats: list[Heartbeat] | None = None
    paged_twice: list[PagedTwice]
    reload: Reload
    store: StoreView
    people: list[str] = Field(description="Who may act, by id in the configuration.")
