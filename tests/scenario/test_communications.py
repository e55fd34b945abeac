"""Clients, executives and the team are told: once, whatever crashes, and who did not get it is known."""

import pytest

from rungbell.domain.communication.events import CommunicationDrafted, CommunicationReviewed, CommunicationSent
from rungbell.domain.communication.kinds import CommunicationKind as Kind
from rungbell.domain.communication.kinds import Text
from rungbell.domain.events import Act, Declared, Escalated, Reason, Resolved
from rungbell.domain.page import PageState, Purpose
from rungbell.domain.policy import Tier
from tests.scenario.harness import World
from tests.scenario.policies import story, with_policy

PLAN = """\
clients:
  northwind: {name: Northwind, email: it@northwind.example.com}
  contoso: {name: Contoso, email: ops@contoso.example.com}
communication:
  product: AI Agents
  support: {email: support@example.com}
  sign_off: The support team
  clients: {through: [mail]}
  internal: {P0: {through: pager, room: "#incidents-p0"}, restricted: {through: pager, room: "#security"}}
  executives: {tell: eli, through: [mail]}
"""
OWED = (
    "declared_within: 5m, executives_told_within: 0s, clients_told_within: 30m, clients_drafted_within: 5m, "
    "impacts_clients: true, updates_every: {internal: 30m, clients: 30m, executives: 15m}, "
)
TOLD = story().replace("  P0: {page:", f"  P0: {{{OWED}page:") + PLAN


async def act(world: World, event: Act) -> str:
    reply = (await world.parts.handler.handle(event)).reply
    await world.settle()
    return f"{reply.outcome}: {reply.text}"


async def begun(world: World) -> str:
    """A P0 that bob holds; everything it rang is looked at."""
    handled = await world.fires("DatabaseDown", "disaster")
    assert handled.incident is not None
    for person in ("alice", "bob"):
        page = world.phone(person).expects("DatabaseDown")
    await page.acknowledges()
    return handled.incident.id


async def told_clients(world: World, incident: str) -> None:
    """Bob drafts, reviews and sends the first mail."""
    await act(world, CommunicationDrafted(incident=incident, by="bob", kind=Kind.CLIENT_NOTICE))
    number = (await world.parts.store.read(lambda transaction: transaction.communications(incident)))[-1].number
    texts = {name: Text("[AI Agents] Notice", f"Dear {name}") for name in ("northwind", "contoso")}
    await act(world, CommunicationReviewed(incident=incident, by="bob", communication=number, texts=texts))
    await act(world, CommunicationSent(incident=incident, by="bob", communication=number))


async def states(world: World, incident: str, kind: Kind) -> dict[str, tuple[PageState, int]]:
    copies = await world.parts.store.read(lambda transaction: transaction.copies(incident))
    return {sent.copy.recipient: (sent.state, sent.attempts) for sent in copies if sent.copy.kind is kind}


@pytest.mark.requirement("48", "51", "A6", "A36")
@with_policy(TOLD)
async def test_each_audience_reads_its_own_words_where_it_reads(world: World) -> None:
    incident = await begun(world)
    note = world.mail("eli").expects("").message
    assert note.copy is not None
    assert (note.copy.kind, note.tier, note.acknowledge_url) == (Kind.EXECUTIVE_NOTE, None, "")

    await act(world, Declared(incident=incident, by="bob"))
    declared = [one.message for one in world.providers["pager"].arrived]
    assert [one.person.contacts for one in declared] == [{"room": "#incidents-p0"}]
    world.pager("#incidents-p0").expects("")

    await told_clients(world, incident)
    mail = world.mail("northwind").expects("Dear northwind").message
    world.mail("contoso").expects("Dear contoso")
    assert mail.copy is not None
    assert (mail.subject, mail.incident) == ("[AI Agents] Notice", None), "nothing of rungbell's own for a client"
    assert (mail.copy.sender, mail.copy.reply_to) == ("The support team", "support@example.com")
    assert mail.person.contacts == {"email": "it@northwind.example.com"}


@with_policy(TOLD)
async def test_what_left_is_kept_in_the_ledger_and_a_failed_copy_is_tried_again(world: World) -> None:
    incident = await begun(world)
    world.mail("eli").expects("")
    world.providers["mail"].is_away(1)
    await told_clients(world, incident)
    await world.pass_time(seconds=2)
    world.mail("northwind").expects("Dear northwind")
    world.mail("contoso").expects("Dear contoso")
    assert sorted((await states(world, incident, Kind.CLIENT_NOTICE)).values()) == [
        (PageState.ACCEPTED, 1),
        (PageState.ACCEPTED, 2),
    ]
    copies = await world.parts.store.read(lambda transaction: transaction.copies(incident))
    assert all(sent.copy.text is not None for sent in copies), "also those that nobody reviewed"


@pytest.mark.requirement("A27", "50")
@with_policy(TOLD)
async def test_who_did_not_get_it_is_told_to_whoever_holds_it_and_still_gets_the_all_clear(world: World) -> None:
    incident = await begun(world)
    world.mail("eli").expects("")
    world.providers["mail"].refuses(2)
    await told_clients(world, incident)
    assert {state for state, _ in (await states(world, incident, Kind.CLIENT_NOTICE)).values()} == {PageState.FAILED}
    for _ in range(2):
        world.phone("bob").expects("did not get client notice")
    await act(world, Resolved(incident=incident, by="bob", reason="it was the disk"))
    communications = await world.parts.store.read(lambda transaction: transaction.communications(incident))
    assert [one.recipients for one in communications if one.kind is Kind.ALL_CLEAR] == [("northwind", "contoso")]
    world.mail("eli").expects("RESOLVED")


@with_policy(TOLD)
async def test_a_crash_between_the_decision_and_the_mail_loses_no_copy_and_a_second_one_has_the_same_intent(
    world: World,
) -> None:
    incident = await begun(world)
    world.mail("eli").expects("")
    world.providers["mail"].takes_it_as_the_power_fails()
    await act(world, CommunicationDrafted(incident=incident, by="bob", kind=Kind.EXECUTIVE_UPDATE, send=True))
    await world.restart()
    await world.pass_time(minutes=1)
    intents = [one.message.intent for one in world.providers["mail"].arrived]
    assert len(intents) == 3
    assert len(set(intents)) == 2
    for _ in range(2):
        world.mail("eli").expects("")


@with_policy(TOLD)
async def test_the_mail_to_clients_reminds_of_nothing_and_pages_nobody(world: World) -> None:
    incident = await begun(world)
    world.mail("eli").expects("")
    await told_clients(world, incident)
    world.mail("northwind").expects("")
    world.mail("contoso").expects("")
    pages = await world.parts.store.read(lambda transaction: transaction.pages(incident))
    assert {sent.page.purpose for sent in pages} == {Purpose.AT_ONCE}


@pytest.mark.requirement("A28")
@with_policy(TOLD)
async def test_what_waits_for_an_open_room_does_not_leave_once_the_incident_is_restricted(world: World) -> None:
    incident = await begun(world)
    world.mail("eli").expects("")
    world.providers["pager"].is_away(1)
    await act(world, Declared(incident=incident, by="bob"))
    await act(world, Escalated(incident=incident, by="bob", to=Tier.L2, reason=Reason.SECURITY_BREACH))
    await world.pass_time(seconds=5)
    assert await states(world, incident, Kind.INTERNAL_DECLARATION) == {"#incidents-p0": (PageState.FAILED, 2)}
    for person in ("eli", "bob"):
        world.phone(person).expects("DatabaseDown")
    world.phone("bob").expects("#incidents-p0 did not get internal declaration 2")
