"""What is on record: incidents and pages as plain values, read from the store's rows without the store's own reader."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from rungbell.domain.incident import Incident
from tests.simulation.commanded import NOTHING_COMMANDED, Command, Postmortem, at, command_from, maybe, postmortem_from

_incident = TypeAdapter(Incident)
"""Rows leave out what is as it would be by default."""
WORK = ("acknowledged", "investigating", "identified", "contained", "fixing")
HELD = frozenset(WORK)
"""Somebody works on it."""
PAGING = HELD | {"triggered"}
OVER = frozenset({"resolved", "closed", "false_positive", "merged"})
INCIDENT = "SELECT status, severity, wake_at, version, facts FROM incidents WHERE id = ?"
PAGES = (
    "SELECT intent, coalesce(cycle, 0), coalesce(round, 0), coalesce(tier, ''), person, channel, purpose, kind,"
    " send_after, state, due_at, attempts, created_at FROM outbox WHERE incident = ?"
)


class Fired(NamedTuple):
    """What fires anew in a message, as maintenance looks at it."""

    alerts: list[tuple[Mapping[str, str], str]]
    """Labels, with those of the group, and severity of each."""
    never_held: bool
    """The message tells of rungbell's own troubles, or its sender cut something off that may fire."""


class Standing(NamedTuple):
    """What happened on one tier."""

    paged_at: int
    empty: bool
    acknowledged_at: int | None


class Holder(NamedTuple):
    """Who holds an incident."""

    by: str
    tier: str
    at: int
    ends: int
    snoozed: bool = False


@dataclass(slots=True)
class Facts:
    """An incident. Times are milliseconds."""

    id: str
    key: str
    source: str
    policy: str
    severity: str
    detected_at: int
    paging_from: int
    status: str = "triggered"
    version: int = 0
    cycle: int = 1
    round: int = 0
    firing: int = 0
    alerts: int = 0
    tiers: dict[str, Standing] = field(default_factory=dict)
    paged: dict[str, str] = field(default_factory=dict)
    holder: Holder | None = None
    lapse_from: int | None = None
    engaged: tuple[int, ...] = ()
    unresolved: dict[str, tuple[int, ...]] = field(default_factory=dict)
    exhausted_at: int | None = None
    repeated_at: int | None = None
    quiet_until: int | None = None
    monitoring_since: int | None = None
    reminded_at: int | None = None
    resolved_at: int | None = None
    resolved_by: str | None = None
    held_since: int | None = None
    let_go_at: int | None = field(default=None, compare=False)
    """When somebody last looked at what was held; nothing that is stored says so."""
    maintenance_until: int | None = None
    turns: dict[str, int] = field(default_factory=dict)
    """Round robin to the incident's number in it."""
    opened_at: int = 0
    """When this cycle began."""
    worst: str = ""
    """The worst severity that it ever had."""
    team: str = ""
    """The label of its group."""
    likeness: str = ""
    """What incidents of the same kind have in common."""
    progress: str = "acknowledged"
    """How far the work has come, whoever holds it."""
    merged_into: str | None = None
    parts: dict[str, int] = field(default_factory=dict)
    """What was merged into it, and how many alerts of each fire."""
    storm: bool = False
    """It is the umbrella of a storm."""
    command: Command = NOTHING_COMMANDED
    postmortem: Postmortem | None = None

    @property
    def open(self) -> bool:
        """Whether it still wants something."""
        return self.status not in OVER

    @property
    def told_that_it_is_over(self) -> bool:
        """Whether the all clear of its last end was sent."""
        sent = self.command.all_clear_at
        return sent is not None and self.resolved_at is not None and sent >= self.resolved_at

    @property
    def all_firing(self) -> int:
        """How many alerts fire, with those of what was merged into it."""
        return self.firing + sum(self.parts.values())

    @property
    def stage(self) -> str:
        """How far it has come, whoever holds it."""
        return self.progress if self.status in PAGING else self.status

    @property
    def parked(self) -> bool:
        """Whether its paging waits for the end of a maintenance window."""
        return self.maintenance_until is not None and self.status in PAGING


class PageKey(NamedTuple):
    """Whom one page asks, how and why."""

    tier: str
    person: str
    channel: str
    purpose: str
    send_after: int


@dataclass(slots=True)
class PageRow:
    """A page in the outbox, or a copy of a text to others, which has no tier and belongs to no cycle."""

    intent: str
    cycle: int
    round: int
    tier: str
    person: str
    channel: str
    purpose: str
    kind: str
    send_after: int
    state: str
    due_at: int | None
    attempts: int
    created_at: int

    @property
    def key(self) -> PageKey:
        """What a second reading says about it."""
        return PageKey(self.tier, self.person, self.channel, self.purpose, self.send_after)


def facts_from(document: str, version: int) -> Facts:
    """Read the document of an incident's row."""
    told: dict[str, Any] = _incident.dump_python(_incident.validate_json(document), mode="json")
    holder = told["holder"]
    return Facts(
        id=told["id"],
        key=told["key"],
        source=told["source"],
        policy=told["policy"],
        severity=told["severity"],
        detected_at=at(told["detected_at"]),
        paging_from=at(told["paging_from"]),
        status=told["status"],
        version=version,
        cycle=told["cycle"],
        round=told["round"],
        firing=told["firing_count"],
        alerts=told["alert_count"],
        tiers={
            tier: Standing(at(state["paged_at"]), state["empty"], maybe(state["acknowledged_at"]))
            for tier, state in told["tiers"].items()
        },
        paged=told["paged"],
        holder=Holder(holder["by"], holder["tier"], at(holder["at"]), at(holder["ends_at"]), holder["snoozed"])
        if holder
        else None,
        lapse_from=maybe(told["lapse_from"]),
        engaged=tuple(map(at, told["engaged"])),
        unresolved={tier: tuple(map(at, acted)) for tier, acted in told["unresolved"].items()},
        exhausted_at=maybe(told["exhausted_at"]),
        repeated_at=maybe(told["repeated_at"]),
        quiet_until=maybe(told["quiet_until"]),
        monitoring_since=maybe(told["monitoring_since"]),
        reminded_at=maybe(told["reminded_at"]),
        resolved_at=maybe(told["resolved_at"]),
        resolved_by=told["resolved_by"],
        held_since=maybe(told["held_since"]),
        maintenance_until=maybe(told["maintenance_until"]),
        turns=told["round_robin"],
        opened_at=at(told["opened_at"]),
        worst=told["highest"] or told["severity"],
        team=told["group_labels"].get("team", ""),
        likeness=told["likeness"],
        progress=told["progress"],
        merged_into=told["merged_into"],
        parts=told["parts"],
        storm=told["storm"] is not None,
        command=command_from(told["command"]),
        postmortem=postmortem_from(told["postmortem"]),
    )
