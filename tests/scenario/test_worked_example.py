"""The playbook's own example (L833-845) lived through by the shipped configuration, minute by minute.

On the left of each step stands what people did then; what rungbell pages, sends, demands and drafts is asserted
line by line. Two things differ from the story, because rungbell is faster: engineering is paged with the assessment
at 10:35, five minutes earlier, and the declaration names the commander.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.command.events import ImpactStated, RoleAssumed, Ticked
from rungbell.domain.command.record import Role
from rungbell.domain.communication.events import CommunicationReviewed, CommunicationSent
from rungbell.domain.communication.kinds import Text
from rungbell.domain.communication.recipients import meant, recipient
from rungbell.domain.communication.record import Communication
from rungbell.domain.events import Acknowledged, Act, Declared, NoteAdded, Resolved, SeveritySet
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.events import StatusSet
from rungbell.domain.obligation_clocks import overdue
from rungbell.domain.postmortem.document import document
from rungbell.domain.postmortem.events import PostmortemMoved
from rungbell.domain.postmortem.record import DocumentState, Owed
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind, NoteKind
from rungbell.runtime.wording.copies import CopyWriter
from tests.scenario.harness import World
from tests.scenario.policies import playbook, with_policy

TUESDAY_1030 = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
ALERT = "DatabaseConnectionIssues"


@dataclass
class Story:
    """The world, and how far somebody has looked at what left it."""

    world: World
    incident: str = ""
    seen: dict[str, int] = field(default_factory=dict)
    told: int = 0

    async def until(self, clock: str) -> None:
        """Let time pass until then."""
        hour, minute = map(int, clock.split(":"))
        at = TUESDAY_1030.replace(hour=hour, minute=minute)
        await self.world.pass_time(seconds=(at - self.world.clock.now()).total_seconds())

    async def act(self, event: Act) -> str:
        reply = (await self.world.parts.handler.handle(event)).reply
        await self.world.settle()
        assert reply.outcome == "done", reply
        return reply.text

    def left(self) -> list[str]:
        """What left since the last look: minute, channel, whom, and what it is."""
        found = []
        for name, provider in self.world.providers.items():
            fresh = provider.arrived[self.seen.get(name, 0) :]
            self.seen[name] = len(provider.arrived)
            for arrival in fresh:
                arrival.expected = True
                message = arrival.message
                what = message.copy.kind.value if message.copy else message.kind.value
                found.append(f"{arrival.at:%H:%M} {what} {message.person.id} by {name}")
        return sorted(found)

    async def demanded(self) -> list[str]:
        """What was said to be overdue or coming since the last look."""
        entries = await self.world.parts.store.read(lambda transaction: transaction.timeline(self.incident))
        fresh, self.told = entries[self.told :], len(entries)
        return [
            f"{entry.at:%H:%M} {entry.kind} {entry.facts['obligation']}"
            for entry in fresh
            if entry.kind in {EntryKind.OVERDUE, EntryKind.REMINDED}
        ]


def pages(clock: str, *people: str, channels: tuple[str, ...]) -> list[str]:
    return sorted(f"{clock} page {person} by {channel}" for person in people for channel in channels)


async def worded(story: Story, drafted: Communication) -> dict[str, Text]:
    """What was drafted for each recipient, as whoever reviews it reads it."""
    parts, book = story.world.parts, story.world.parts.handler.book
    incident = await story.world.incident(ALERT)
    policy = await parts.store.read(lambda transaction: transaction.policy(incident.policy))
    entries = await parts.store.read(lambda transaction: transaction.timeline(incident.id))
    writer, now = CopyWriter(external_url="https://bell.example"), story.world.clock.now()
    for_ = meant(drafted, incident, book, now)
    found = {name: recipient(name, drafted.kind.audience, book) for name in for_}
    return {
        name: writer.text(drafted.kind, incident, policy, book, entries, who, now)
        for name, who in found.items()
        if who is not None
    }


async def reviewed_and_sent(story: Story, kind: str, by: str) -> str:
    """A person reads what was drafted for each client, stands for it, and sends it; gives the first client's text."""
    parts = story.world.parts
    found = await parts.store.read(lambda transaction: transaction.communications(story.incident))
    drafted = next(one for one in found if one.kind == kind and one.open)
    texts = await worded(story, drafted)
    await story.act(CommunicationReviewed(incident=story.incident, by=by, communication=drafted.number, texts=texts))
    await story.act(CommunicationSent(incident=story.incident, by=by, communication=drafted.number))
    return next(iter(texts.values())).body


CLIENTS = ("contoso", "fabrikam", "northwind")
TO_EXECUTIVES = ("farah by chat", "farah by mail", "grace by chat", "grace by mail")


def executives(clock: str, kind: str) -> list[str]:
    return [f"{clock} {kind} {whom}" for whom in TO_EXECUTIVES]


def notified(clock: str, *people: str, channels: tuple[str, ...] = ("chat", "pager")) -> list[str]:
    return [f"{clock} notification {person} by {channel}" for person in people for channel in channels]


def room(clock: str, kind: str) -> str:
    return f"{clock} {kind} #incidents-p0 by chat"


ALL = ("chat", "pager", "phone")


@pytest.mark.requirement(
    "2", "11", "12", "27", "31", "32", "33", "52", "61", "65", "71", "A9", "A14", "A33", "A36", "A37", "A43"
)
@with_policy(playbook())
async def test_the_worked_example_of_the_playbook(world: World) -> None:  # noqa: PLR0915 -- one story, told in order
    story = Story(world)

    # 10:30, Prometheus: alert fired: DatabaseConnectionIssues
    await story.until("10:30")
    handled = await world.fires(ALERT, "critical")
    assert handled.incident is not None
    incident = story.incident = handled.incident.id
    assert handled.incident.severity is Severity.P1
    assert story.left() == sorted(
        pages("10:30", "alice", channels=("chat", "pager")) + pages("10:30", "chen", channels=ALL)
    )

    # 10:32, John Smith (L1): on-call acknowledged alert
    await story.until("10:32")
    page = next(one for one in world.providers["pager"].arrived if one.message.person.id == "alice")
    assert (await world.follow(page.message.acknowledge_url)).text == "alice holds the incident until 12:32 UTC"
    assert (story.left(), await story.demanded()) == ([], [])

    # 10:35, John Smith: severity assessed as P0, incident declared
    await story.until("10:35")
    assert story.left() == notified("10:35", "alice")
    assert await story.demanded() == [
        "10:35 overdue triage", "10:35 overdue declaration", "10:35 reminded client_draft",
    ]  # fmt: skip
    await story.act(SeveritySet(incident=incident, by="alice", severity=Severity.P0, reason="no query works"))
    assert await story.act(Declared(incident=incident, by="alice")) == "declared P0; chen commands"
    await story.act(Acknowledged(incident=incident, by="chen"))
    assert story.left() == sorted(
        pages("10:35", "alice", channels=("chat", "pager"))
        + pages("10:35", "chen", "dana", channels=ALL)
        + executives("10:35", "executive_note")
        + [room("10:35", "internal_declaration")]
        + notified("10:35", "chen", channels=ALL)
    )

    # 10:40, Jane Doe (L2): incident commander assigned, engineering paged
    await story.until("10:40")
    assert story.left() == notified("10:40", "chen", channels=ALL)
    assert await story.demanded() == ["10:40 overdue roles"]
    for role, person in ((Role.TECHNICAL_LEAD, "dana"), (Role.COMMUNICATION_LEAD, "bob"), (Role.SCRIBE, "alice")):
        await story.act(RoleAssumed(incident=incident, by="chen", role=role, person=person))
    await story.act(Acknowledged(incident=incident, by="dana"))
    said = {"clients_affected": "all", "functionality": "no enhancements are delivered"}
    await story.act(ImpactStated(incident=incident, by="chen", words=said))
    assert story.left() == sorted(notified("10:40", "alice", "bob") + notified("10:40", "dana", channels=ALL))

    # 10:45, Communication Lead: client notification email sent
    await story.until("10:45")
    assert (story.left(), await story.demanded()) == ([], [])
    notice = await reviewed_and_sent(story, "client_notice", "bob")
    assert "Severity: P0 - Critical" in notice
    assert "Detected: 2026-11-24 10:30 UTC" in notice
    assert "no enhancements are delivered" in notice
    assert story.left() == [f"10:45 client_notice {client} by mail" for client in CLIENTS]

    # 10:50, Engineering: root cause identified: slow query + pool exhaustion
    await story.until("10:50")
    assert story.left() == sorted(executives("10:50", "executive_update") + notified("10:50", "chen", channels=ALL))
    assert await story.demanded() == ["10:50 reminded update_soon"]
    cause = "a slow query exhausts the pool"
    await story.act(NoteAdded(incident=incident, by="dana", kind=NoteKind.CAUSE, text=cause))
    await story.act(StatusSet(incident=incident, by="dana", status=Status.IDENTIFIED))
    assert story.left() == sorted([room("10:50", "internal_update"), *executives("10:50", "executive_update")])

    # 11:00, Engineering: containment: killed long-running queries
    await story.until("11:00")
    assert (story.left(), await story.demanded()) == ([], [])
    killed = "long queries are ended"
    await story.act(
        NoteAdded(incident=incident, by="dana", kind=NoteKind.CONTAINMENT, text=killed, client_visible=True)
    )
    await story.act(StatusSet(incident=incident, by="dana", status=Status.CONTAINED))
    assert story.left() == sorted([room("11:00", "internal_update"), *executives("11:00", "executive_update")])

    # 11:10, Engineering: eradication: deployed query optimization patch
    await story.until("11:10")
    await story.act(StatusSet(incident=incident, by="dana", status=Status.FIXING, note="the index is deployed"))
    assert story.left() == sorted([room("11:10", "internal_update"), *executives("11:10", "executive_update")])

    # 11:20, IC: recovery: service validated, monitoring for stability
    await story.until("11:20")
    await world.stops_firing(ALERT)
    assert (await world.incident(ALERT)).status is Status.MONITORING
    for line in ("recovery.restored", "recovery.end_to_end"):
        await story.act(Ticked(incident=incident, by="dana", line=line))
    assert (story.left(), await story.demanded()) == ([], [])

    # 11:50, IC: declared resolved, "All Clear" email sent
    await story.until("11:50")
    assert story.left() == sorted(
        executives("11:35", "executive_update")
        + notified("11:35", "chen", channels=ALL)
        + pages("11:50", "dana", channels=ALL)
        + [room("11:50", "internal_update")]
        + executives("11:50", "executive_update")
        + notified("11:50", "chen", channels=ALL)
    )
    assert await story.demanded() == ["11:35 reminded update_soon", "11:50 overdue client_update"]
    await story.act(Ticked(incident=incident, by="chen", line="recovery.stable"))
    assert "the all clear" in await story.act(Resolved(incident=incident, by="chen"))
    assert story.left() == sorted([room("11:50", "internal_update"), *executives("11:50", "executive_update")])
    all_clear = await reviewed_and_sent(story, "all_clear", "bob")
    assert "Total duration: 1 hour 20 minutes" in all_clear
    assert all_clear.count("✅") == 3
    assert story.left() == [f"11:50 all_clear {client} by mail" for client in CLIENTS]

    # 12:45, IC: postmortem draft started
    await story.until("12:45")
    assert (story.left(), await story.demanded()) == ([], [])
    await story.act(PostmortemMoved(incident=incident, by="chen", state=DocumentState.DRAFT))
    ended = await world.incident(ALERT)
    assert ended.postmortem is not None
    assert (ended.postmortem.owed, ended.postmortem.owner) == (Owed.MANDATORY, "chen")
    policy = await world.parts.store.read(lambda transaction: transaction.policy(ended.policy))
    entries = await world.parts.store.read(lambda transaction: transaction.timeline(incident))
    people = world.parts.handler.book.roster.people
    text = document(ended, policy, entries, people, "https://bell.example/1")
    for line in (
        "- **Incident:** INC-20261124-1030",
        "- **Duration:** 1 hour 20 minutes",
        "- **Incident commander:** Chen Wei",
        "- Acknowledged after 2 minutes (expected within 5 minutes)",
        "- Clients told after 15 minutes (expected within 30 minutes of becoming P0 after 5 minutes)",
        "- Cause known after 20 minutes (expected within 10 minutes)",
        f"The cause: {cause}",
    ):
        assert line in text, line
    rows = [line for line in text.splitlines() if re.match(r"\| \d\d:\d\d \|", line)]
    assert [row for row in rows if "took" in row] == [], "deliveries are no part of the story"
    assert overdue(ended, policy, world.clock.now()) == {}
    assert ended.resolved_at == TUESDAY_1030 + timedelta(minutes=80)
