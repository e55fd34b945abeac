"""What is on record of the command of an incident, and of its postmortem: plain values from the store's own document.

Rules
-----
* Nobody changes a value, or a dictionary in it, in place: ``_replace`` makes the next one.
* Of words of people only those that other rules ask for are kept.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from tests.simulation.moments import milliseconds

COMMANDER = "incident_commander"
ROLES = (COMMANDER, "technical_lead", "communication_lead", "scribe")


class Post(NamedTuple):
    """Who holds a role."""

    person: str
    tier: str
    since: int
    shift_ends: int | None


class Alarm(NamedTuple):
    """When something was said to be owed, first and last."""

    first: int
    last: int


class Told(NamedTuple):
    """When an audience was told something, first and last, and whoever of it ever was."""

    first: int
    last: int
    recipients: tuple[str, ...]


class Command(NamedTuple):
    """What people have said and decided."""

    declared_at: int | None = None
    declared_by: str | None = None
    reclassified_at: int | None = None
    raised_at: int | None = None
    triaged_at: int | None = None
    cause_found_at: int | None = None
    impact_started_at: int | None = None
    roles: dict[str, Post] = {}  # noqa: RUF012 -- see the rules
    vacated: dict[str, int] = {}  # noqa: RUF012
    impact: dict[str, str] = {}  # noqa: RUF012
    """What was said of the harm, without what is empty."""
    clients: tuple[str, ...] = ()
    client_impacting: bool | None = None
    clients_asked: bool = False
    ticks: dict[str, tuple[str, int]] = {}  # noqa: RUF012
    """Line to who ticked it and when."""
    alarms: dict[str, Alarm] = {}  # noqa: RUF012
    drafted_at: int | None = None
    status_changed_at: int | None = None
    mitigated_at: int | None = None
    restricted: bool = False
    released_at: int | None = None
    told: dict[str, Told] = {}  # noqa: RUF012
    """By audience."""
    waived: dict[str, int] = {}  # noqa: RUF012
    """Audience to when somebody decided that it need not be told."""
    all_clear_at: int | None = None
    communications: int = 0
    """How many texts there were."""
    drafts: dict[str, int] = {}  # noqa: RUF012
    """Kind of a text to the one that still waits for somebody."""

    @property
    def withheld(self) -> bool:
        """Whether nobody but those paged may know (A28)."""
        return self.restricted and self.released_at is None

    def counts(self, audience: str) -> bool:
        """Whether a waiver for that audience counts: it does until the severity is raised (A21)."""
        waived = self.waived.get(audience)
        return waived is not None and (self.raised_at is None or waived >= self.raised_at)

    def news_since(self, audience: str) -> int | None:
        """When an audience that was told last heard of it, or how it stands changed since then."""
        told = self.told.get(audience)
        if told is None or self.counts(audience):
            return None
        return max(told.last, self.status_changed_at or told.last)


NOTHING_COMMANDED = Command()


class Item(NamedTuple):
    """One action item."""

    owner: str
    priority: str
    made_at: int
    due: int
    status: str = "not_started"
    done_at: int | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.status != "done"


class Postmortem(NamedTuple):
    """How far it has come."""

    owed: str
    owner: str | None = None
    state: str = "none"
    url: str = ""
    drafted_at: int | None = None
    in_review_at: int | None = None
    published_at: int | None = None
    reviewed_at: int | None = None
    items: tuple[Item, ...] = ()
    items_reviewed_at: int | None = None
    reviewed_again_at: int | None = None
    repeated: bool = False

    @property
    def wanted(self) -> bool:
        """Whether it has to come further."""
        return self.owed == "mandatory" or self.state != "none"


@lru_cache(maxsize=8192)
def at(text: str) -> int:
    """Read a time."""
    return milliseconds(datetime.fromisoformat(text))


def maybe(text: str | None) -> int | None:
    """Read a time that may be missing."""
    return None if text is None else at(text)


def command_from(told: dict[str, Any]) -> Command:
    """Read what stands in the document of an incident's row."""
    return Command(
        declared_at=maybe(told["declared_at"]),
        declared_by=told["declared_by"],
        reclassified_at=maybe(told["reclassified_at"]),
        raised_at=maybe(told["raised_at"]),
        triaged_at=maybe(told["triaged_at"]),
        cause_found_at=maybe(told["cause_found_at"]),
        impact_started_at=maybe(told["impact_started_at"]),
        roles={
            role: Post(post["person"], post["tier"], at(post["since"]), maybe(post["shift_ends_at"]))
            for role, post in told["roles"].items()
        },
        vacated={role: at(since) for role, since in told["vacated"].items()},
        impact={name: text for name, text in told["impact"].items() if text and name != "clients"},
        clients=tuple(told["impact"]["clients"]),
        client_impacting=told["client_impacting"],
        clients_asked=told["clients_asked"],
        ticks={line: (tick["by"], at(tick["at"])) for line, tick in told["ticks"].items()},
        alarms={name: Alarm(at(alarm["first_at"]), at(alarm["last_at"])) for name, alarm in told["alarms"].items()},
        drafted_at=maybe(told["drafted_at"]),
        status_changed_at=maybe(told["status_changed_at"]),
        mitigated_at=maybe(told["mitigated_at"]),
        restricted=told["restricted"],
        released_at=maybe(told["released_at"]),
        told={
            audience: Told(at(one["first_at"]), at(one["last_at"]), tuple(one["recipients"]))
            for audience, one in told["told"].items()
        },
        waived={audience: at(waiver["at"]) for audience, waiver in told["waived"].items()},
        all_clear_at=maybe(told["all_clear_at"]),
        communications=told["communications"],
        drafts=told["drafts"],
    )


def postmortem_from(told: dict[str, Any] | None) -> Postmortem | None:
    """Read what stands in the document of an incident's row."""
    if told is None:
        return None
    return Postmortem(
        owed=told["owed"],
        owner=told["owner"],
        state=told["state"],
        url=told["url"],
        drafted_at=maybe(told["drafted_at"]),
        in_review_at=maybe(told["in_review_at"]),
        published_at=maybe(told["published_at"]),
        reviewed_at=at(told["review"]["at"]) if told["review"] else None,
        items=tuple(
            Item(
                item["owner"], item["priority"], at(item["created_at"]), at(item["due"]), item["status"],
                maybe(item["done_at"]),
            )
            for item in told["items"]
        ),
        items_reviewed_at=maybe(told["items_reviewed_at"]),
        reviewed_again_at=maybe(told["reviewed_again_at"]),
        repeated=bool(told["repeats"]),
    )  # fmt: skip
