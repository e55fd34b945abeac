"""A rehearsal tells what the daemon does: the same random nights, once with store and sender, once in memory."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.events import (
    Acknowledged,
    AlertsReceived,
    Declared,
    Escalated,
    Event,
    FailureReason,
    Resolved,
    SeveritySet,
    Unacknowledged,
)
from rungbell.domain.incident import Incident
from rungbell.domain.page import Page
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import Entry
from rungbell.notifiers import Message, SendFailed
from rungbell.rehearsal import Failure, Rehearsal
from tests.domain.shipped import LABELS
from tests.scenario.harness import MONDAY_10, LogLine, World
from tests.scenario.policies import playbook
from tests.scenario.providers import Provider, incident_of

NIGHTS = 4
STEPS = 25
CHANNELS = ("pager", "phone", "mail", "chat")
PEOPLE = ("alice", "bob", "chen", "dana", "farah", "grace", "mallory")
NAMES = ("DiskFull", "CpuHot", "DatabaseDown")
PLAYBOOK = playbook().replace("automatic: [internal, executives]", "automatic: []")
"""A rehearsal sends pages; what nobody has to review would leave the daemon only."""
RELOADED = (
    PLAYBOOK.replace("  mail:  {type: simulated}\n", "")
    .replace("through: [mail]", "through: [chat]")
    .replace("through: [mail, chat]", "through: [chat]")
    .replace("through: [phone, mail]", "through: [{phone: 2m}, pager]")
    .replace("through: [pager, chat, phone]", "through: [chat, {phone: 2m}, {pager: 5m}]")
    .replace("seniors:     {people: [chen]}", "seniors:     {people: [farah]}")
)
FAILURES = (
    Failure(FailureReason.PROVIDER_ERROR, detail="HTTP 503"),
    Failure(FailureReason.REFUSED, permanent=True, detail="HTTP 400"),
    Failure(FailureReason.RATE_LIMITED, retry_after=timedelta(seconds=50), detail="HTTP 429"),
    Failure(FailureReason.RATE_LIMITED, retry_after=timedelta(minutes=9), detail="HTTP 429"),
)


class Moody(Provider):
    """A provider that fails in one way until it fails no more."""

    failure: Failure | None = None

    def _take(self, message: Message) -> str:
        if self.failure is not None:
            told = self.failure
            raise SendFailed(told.reason, told.detail, permanent=told.permanent, retry_after=told.retry_after)
        return super()._take(message)


class Both:
    """One night, lived twice."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rehearsal = Rehearsal(world.parts.handler.book, MONDAY_10, self._provider)
        self.alerts: dict[str, dict[str, Alert]] = {name: {} for name in NAMES}
        self.opened = 0

    @property
    def now(self) -> datetime:
        return self.rehearsal.now

    def _provider(self, page: Page, now: datetime) -> Failure | None:
        provider = self.world.providers[page.channel]
        assert isinstance(provider, Moody)
        return provider.failure

    async def happen(self, event: Event) -> None:
        told = await self.world.parts.handler.handle(event)
        assert self.rehearsal.happen(event).reply == told.reply
        await self.pass_time()

    async def pass_time(self, minutes: float = 0) -> None:
        self.rehearsal.pass_time(self.now + timedelta(minutes=minutes))
        await self.world.pass_time(minutes=minutes)
        assert await self.attempts_of_the_daemon() == self.attempts_of_the_rehearsal()

    async def tell(self, name: str) -> None:
        """The sender tells of the whole group."""
        self.opened += 1
        group = AlertGroup(
            source="default",
            receiver="rungbell",
            group_labels={"alertname": name},
            alerts=tuple(self.alerts[name].values()),
            firing=any(alert.firing for alert in self.alerts[name].values()),
        )
        await self.happen(AlertsReceived(group=group, new_id=f"id-{self.opened}"))

    async def attempts_of_the_daemon(self) -> list[tuple[datetime, int, str, int]]:
        return sorted(
            (one.at, incident_of(one.message).number, one.message.intent.partition(":")[2], one.message.attempt)
            for provider in self.world.providers.values()
            for one in provider.attempts
        )

    def attempts_of_the_rehearsal(self) -> list[tuple[datetime, int, str, int]]:
        numbers = {id_: incident.number for id_, incident in self.rehearsal.records.incidents.items()}
        left = [one for one in self.rehearsal.attempts if not _gone(one.failure)]
        return sorted(
            (one.at, numbers[one.page.incident], one.page.intent.partition(":")[2], one.number) for one in left
        )

    async def incidents_of_the_daemon(self) -> list[Incident]:
        found = await self.world.parts.store.read(lambda transaction: transaction.incidents(limit=1000))
        return [_anonymous(incident) for incident in reversed(found)]

    def incidents_of_the_rehearsal(self) -> list[Incident]:
        return [_anonymous(incident) for incident in self.rehearsal.records.incidents.values()]

    async def timelines_of_the_daemon(self) -> list[list[tuple[datetime, str, str]]]:
        found = await self.world.parts.store.read(lambda transaction: transaction.incidents(limit=1000))
        ids = [incident.id for incident in reversed(found)]
        return await self.world.parts.store.read(
            lambda transaction: [_lines(transaction.timeline(incident)) for incident in ids]
        )

    def timelines_of_the_rehearsal(self) -> list[list[tuple[datetime, str, str]]]:
        records = self.rehearsal.records
        return [_lines(records.timeline(incident)) for incident in records.incidents]


def _gone(failure: Failure | None) -> bool:
    """What could not be tried never reached a provider."""
    return failure is not None and failure.reason in {FailureReason.CHANNEL_GONE, FailureReason.RECIPIENT_GONE}


def _anonymous(incident: Incident) -> Incident:
    """Identities of rungbell's own incidents are drawn at random."""
    return incident.changed(id="", key="")


def _lines(entries: list[Entry]) -> list[tuple[datetime, str, str]]:
    """In the order of time; of one moment, in any."""
    return sorted((entry.at, entry.kind.value, entry.text) for entry in entries)


async def something_happens(both: Both, dice: random.Random) -> None:
    """One step of a night."""
    match dice.randrange(10):
        case 0 | 1 | 2:
            await _an_alert_changes(both, dice)
        case 3 | 4:
            await _somebody_acts(both, dice)
        case 5:
            provider = both.world.providers[dice.choice(CHANNELS)]
            assert isinstance(provider, Moody)
            provider.failure = dice.choice((None, *FAILURES))
        case 6:
            both.world.reload(dice.choice((PLAYBOOK, RELOADED)))
            both.rehearsal.book = both.world.parts.handler.book
        case _:
            await both.pass_time(dice.choice((0.1, 1, 4, 5, 10, 29, 61, 120)))


async def _an_alert_changes(both: Both, dice: random.Random) -> None:
    name, instance = dice.choice(NAMES), dice.choice("ab")
    known = both.alerts[name].get(instance)
    if known is not None and known.firing:
        changed = replace(known, firing=False, ends_at=both.now)
    else:
        labels = {"alertname": name, "instance": instance, **LABELS[dice.choice(list(LABELS))]}
        changed = Alert(labels=known.labels if known else labels, firing=True, starts_at=both.now)
    both.alerts[name][instance] = changed
    await both.tell(name)


async def _somebody_acts(both: Both, dice: random.Random) -> None:
    by = dice.choice(PEOPLE)
    ids = [id_ for id_ in both.rehearsal.records.incidents if id_.startswith("id-")]
    id_ = dice.choice(ids) if ids else "nothing"
    both.opened += 1
    events: list[Event] = [
        *(Acknowledged(incident=id_, by=by) for _ in range(3)),
        Unacknowledged(incident=id_, by=by),
        Escalated(incident=id_, by=by, to=dice.choice([None, *Tier])),
        Resolved(incident=id_, by=by, reason=dice.choice(["", "known"])),
        SeveritySet(incident=id_, by=by, severity=dice.choice(list(Severity)), reason="so it is"),
        Declared(incident=f"id-{both.opened}", by=by, title="phones are down", severity=dice.choice(list(Severity))),
    ]
    await both.happen(dice.choice(events))


@pytest.mark.parametrize("seed", range(NIGHTS))
async def test_a_rehearsal_tells_what_the_daemon_does(seed: int, tmp_path: Path, logs: list[LogLine]) -> None:
    dice = random.Random(seed)
    world = World(tmp_path, PLAYBOOK, logs)
    world.providers.update({name: Moody(name, world.clock) for name in CHANNELS})
    await world.start()
    both = Both(world)
    for _ in range(STEPS):
        await something_happens(both, dice)
    await both.pass_time(61)
    assert both.incidents_of_the_rehearsal() == await both.incidents_of_the_daemon()
    assert both.timelines_of_the_rehearsal() == await both.timelines_of_the_daemon()
    await world.crash()
