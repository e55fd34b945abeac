"""Communications and their copies, as every database keeps them."""

from dataclasses import replace
from datetime import timedelta

from rungbell.domain.communication.copies import Copy, SentCopy
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.communication.record import Communication, CommunicationState, Step
from rungbell.domain.decision import Decision, Delivery, Outcome, Reply
from rungbell.domain.incident import Incident, Status
from rungbell.domain.page import LEASE, PageState
from rungbell.domain.severity import Severity
from rungbell.store import Store
from tests.store.databases import Database
from tests.store.samples import NOON, changing, incident, opening, page, policy, stored

WORDS = Text("Notice — 🔴", "Dear client,\n\nwe know.")


def communication(about: Incident, number: int = 1) -> Communication:
    return Communication(
        about.id,
        number,
        CommunicationKind.CLIENT_NOTICE,
        ("contoso", "fabrikam"),
        CommunicationState.DRAFT,
        Step("alice", NOON),
    )


def copy(about: Incident, recipient: str = "contoso", text: Text | None = WORDS) -> Copy:
    return Copy(about.id, 1, CommunicationKind.CLIENT_NOTICE, recipient, "mail", Severity.P1, NOON, text)


async def told(store: Store, *copies: Copy, about: Incident | None = None) -> Incident:
    found = about or await stored(store)
    sent = replace(communication(found), state=CommunicationState.SENT, sent=Step("alice", NOON))
    await store.write(changing(found, communications=(sent,), copies=copies))
    return found


async def leased(store: Store) -> list[SentCopy]:
    found = await store.write(lambda transaction: transaction.claim("mail", NOON, NOON + LEASE, 10))
    return [sent for sent in found if isinstance(sent, SentCopy)]


async def test_a_communication_is_kept_as_it_last_stood(store: Store) -> None:
    about = await stored(store)
    drafted = communication(about)
    await store.write(changing(about, communications=(drafted, communication(about, 2))))
    reviewed = replace(
        drafted,
        state=CommunicationState.REVIEWED,
        reviewed=Step("chen", NOON + timedelta(minutes=1)),
        texts={"contoso": WORDS, "fabrikam": WORDS},
    )
    await store.write(changing(about, communications=(reviewed,)))
    assert await store.read(lambda transaction: transaction.communication(about.id, 1)) == reviewed
    assert await store.read(lambda transaction: transaction.communication(about.id, 3)) is None
    assert await store.read(lambda transaction: transaction.communications(about.id)) == [
        reviewed,
        communication(about, 2),
    ]


async def test_what_waits_for_somebody_is_found_over_all_incidents(store: Store) -> None:
    first, second = await stored(store), await stored(store)
    for about in (first, second):
        done = replace(communication(about, 2), state=CommunicationState.DISCARDED)
        await store.write(changing(about, communications=(communication(about), done)))
    found = await store.read(lambda transaction: transaction.open_communications(10))
    assert found == [(second.number, communication(second)), (first.number, communication(first))]
    assert len(await store.read(lambda transaction: transaction.open_communications(1))) == 1


async def test_a_copy_leaves_by_its_channel_with_its_words(store: Store) -> None:
    about = await told(store)
    await store.write(changing(about, copies=(copy(about), copy(about, "fabrikam", None))))
    found = await leased(store)
    assert {sent.copy.recipient: sent.copy.text for sent in found} == {"contoso": WORDS, "fabrikam": None}
    assert {(sent.state, sent.attempts) for sent in found} == {(PageState.LEASED, 1)}


async def test_the_words_that_left_are_kept_and_those_of_a_lost_lease_are_not(store: Store) -> None:
    about = await told(store)
    await store.write(changing(about, copies=(copy(about, text=None),)))
    (sent,) = await leased(store)
    worded = replace(sent.copy, text=WORDS)
    late = Delivery(sent.intent, 7, PageState.ACCEPTED, copy=worded)
    await store.write(lambda transaction: transaction.record(late))
    (kept,) = await store.read(lambda transaction: transaction.copies(about.id))
    assert (kept.state, kept.copy.text) == (PageState.LEASED, None)
    await store.write(lambda transaction: transaction.record(replace(late, attempt=1)))
    (kept,) = await store.read(lambda transaction: transaction.copies(about.id))
    assert (kept.state, kept.copy.text) == (PageState.ACCEPTED, WORDS)
    assert await store.read(lambda transaction: transaction.copy(sent.intent)) == kept


async def test_one_intent_is_one_copy(store: Store) -> None:
    about = await told(store)
    for _ in range(2):
        await store.write(changing(about, copies=(copy(about),)))
    assert len(await store.read(lambda transaction: transaction.copies(about.id))) == 1


async def test_pages_and_copies_do_not_mix_and_an_acknowledgement_takes_back_no_copy(store: Store) -> None:
    one = incident()
    about = await store.write(opening(one, page(one)))
    assert about is not None
    await store.write(changing(about, copies=(copy(about),)))
    assert len(await store.read(lambda transaction: transaction.pages(about.id))) == 1
    assert [sent.state for sent in await store.read(lambda transaction: transaction.copies(about.id))] == [
        PageState.WAITING
    ]


async def test_they_go_with_their_incident(store: Store, database: Database) -> None:
    about = await store.write(opening(incident(status=Status.RESOLVED, resolved_at=NOON)))
    assert about is not None
    decision = Decision(Reply(Outcome.DONE), communications=(communication(about),))
    await store.write(lambda transaction: transaction.write(decision, policy(), about, "", NOON))
    assert await store.write(lambda transaction: transaction.forget_incidents(NOON + timedelta(days=1), 10)) == 1
    assert database.query("SELECT count(*) FROM communications")[0][0] == 0
