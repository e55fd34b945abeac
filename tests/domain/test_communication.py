"""Who is told of an incident: what leaves by itself, what a person reviews, what is owed and what is not."""

from dataclasses import replace
from typing import Any

import pytest

from rungbell.domain.book import Book
from rungbell.domain.clock import ClockName
from rungbell.domain.clocks import deadlines
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationDrafted,
    CommunicationReviewed,
    CommunicationSent,
    CopyAccepted,
    CopyFailed,
    Waived,
)
from rungbell.domain.communication.kinds import CommunicationKind as Kind
from rungbell.domain.communication.kinds import Text
from rungbell.domain.communication.plan import Room
from rungbell.domain.communication.record import Communication, CommunicationState
from rungbell.domain.decision import Outcome, Reply
from rungbell.domain.events import Declared, FailureReason
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.events import FalsePositiveFound
from rungbell.domain.page import PageKind, PageState, Purpose
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import at, fire, opened, shipped
from tests.domain.world import World

MINUTE = 60
CLIENTS = ("northwind", "contoso", "fabrikam")


class Desk:
    """What people do about the communications of a world's incident."""

    def __init__(self, world: World) -> None:
        self.world = world

    def draft(self, kind: Kind, *recipients: str, by: str = "chen", send: bool = False) -> Reply:
        world = self.world
        event = CommunicationDrafted(incident=world.id, by=by, kind=kind, recipients=recipients, send=send)
        return world.happen(event).reply

    def review(self, number: int, *, by: str = "chen", only: tuple[str, ...] | None = None) -> Reply:
        given = self.found(number)
        texts = {who: Text("about it", f"to {who}") for who in (given.recipients if only is None else only)}
        event = CommunicationReviewed(incident=self.world.id, by=by, communication=number, texts=texts)
        return self.world.happen(event).reply

    def send(self, number: int, by: str = "chen") -> Reply:
        return self.world.happen(CommunicationSent(incident=self.world.id, by=by, communication=number)).reply

    def discard(self, number: int) -> Reply:
        event = CommunicationDiscarded(incident=self.world.id, by="chen", communication=number, reason="twice")
        return self.world.happen(event).reply

    def waive(self, audience: Audience, reason: str = "told by phone") -> Reply:
        event = Waived(incident=self.world.id, by="chen", audience=audience, reason=reason)
        return self.world.happen(event).reply

    def tell(self, kind: Kind, *recipients: str) -> Communication:
        """Draft, review and send it."""
        self.draft(kind, *recipients)
        number = self.world.state().command.communications
        self.review(number)
        assert self.send(number).outcome is Outcome.DONE
        return self.found(number)

    def found(self, number: int) -> Communication:
        found = self.world.records.communication(self.world.id, number)
        assert found is not None
        return found

    def every(self, *kinds: Kind) -> list[Communication]:
        """Those that were sent, of these kinds or of all, in order."""
        return [
            one
            for one in self.world.records.communications.values()
            if one.state is CommunicationState.SENT and (not kinds or one.kind in kinds)
        ]

    def sent_at(self, kind: Kind) -> list[int]:
        """The seconds of the world at which such texts were sent."""
        return [int((one.sent.at - self.world.started).total_seconds()) for one in self.every(kind) if one.sent]

    def lease(self, sent: SentCopy) -> SentCopy:
        leased = replace(sent, state=PageState.LEASED, attempts=sent.attempts + 1)
        self.world.records.copies[sent.intent] = leased
        return leased

    def copies(self, kind: Kind) -> list[SentCopy]:
        return [sent for sent in self.world.records.copies.values() if sent.copy.kind is kind]


def desk(severity: str = "P0", *, book: Book | None = None, acknowledged: bool = True) -> Desk:
    world = opened(severity, book=book)
    if acknowledged:
        world.acknowledge("chen")
    return Desk(world)


def declare(desk: Desk, commander: str = "chen") -> None:
    desk.world.happen(Declared(incident=desk.world.id, by=commander, commander=commander))


def planned(**plan: Any) -> Book:  # noqa: ANN401 -- the fields of a plan
    """The shipped book with another plan of who is told."""
    return replace(shipped(), communication=replace(shipped().communication, **plan))


def due(desk: Desk, clock: ClockName) -> int | None:
    """The second of the world at which a clock is due."""
    world = desk.world
    assert world.policy is not None
    found = [one.due for one in deadlines(world.state(), world.policy) if one.clock is clock]
    return int((found[0] - world.started).total_seconds()) if found else None


def reminders(desk: Desk) -> list[str]:
    """What people were reminded of."""
    return [sent.page.about for sent in desk.world.outbox.values() if sent.page.purpose is Purpose.REMINDER]


# -- internal and executive


@pytest.mark.requirement("32", "47", "A9")
def test_with_the_declaration_the_team_is_told_in_the_room_of_the_severity() -> None:
    told = desk("P1")
    declare(told)
    (sent,) = told.copies(Kind.INTERNAL_DECLARATION)
    assert (sent.copy.channel, sent.copy.recipient, sent.copy.text) == ("chat", "#incidents-p1", None)
    assert told.world.state().command.told[Audience.INTERNAL].recipients == ("#incidents-p1",)


@pytest.mark.requirement("A23", "31")
@pytest.mark.parametrize(("severity", "room"), [("P0", "#incidents-p0"), ("P1", "#incidents-p1")])
def test_p0_and_p1_have_a_room_each(severity: str, room: str) -> None:
    told = desk(severity)
    declare(told)
    assert [sent.copy.recipient for sent in told.copies(Kind.INTERNAL_DECLARATION)] == [room]


@pytest.mark.requirement("A23")
@pytest.mark.parametrize("severity", ["P2", "P3"])
def test_p2_and_p3_are_told_in_no_room_unless_the_file_names_one(severity: str) -> None:
    told = desk(severity)
    declare(told)
    assert told.copies(Kind.INTERNAL_DECLARATION) == []

    rooms = {Severity(severity): Room("chat", "#small-things")}
    told = desk(severity, book=planned(rooms=rooms))
    declare(told)
    assert [sent.copy.recipient for sent in told.copies(Kind.INTERNAL_DECLARATION)] == ["#small-things"]


@pytest.mark.requirement("11", "51", "A6", "A37")
def test_executives_hear_of_a_p0_at_once_by_note_channels_and_nobody_pages_them() -> None:
    told = at(opened("P0"), 1)
    (mail, chat) = [sent.copy for sent in Desk(told).copies(Kind.EXECUTIVE_NOTE) if sent.copy.recipient == "grace"]
    assert {mail.channel, chat.channel} == {"mail", "chat"}
    assert Desk(told).sent_at(Kind.EXECUTIVE_NOTE) == [0]
    assert "L5" not in told.first_rang()


@pytest.mark.requirement("11", "A5", "A42")
@pytest.mark.parametrize(("seconds", "notes"), [(7199, []), (7200, [7200])])
def test_of_a_p1_executives_hear_at_two_hours_and_not_one_second_before(seconds: int, notes: list[int]) -> None:
    told = desk("P1")
    at(told.world, seconds)
    assert told.sent_at(Kind.EXECUTIVE_NOTE) == notes
    assert {copy.copy.recipient for copy in told.copies(Kind.EXECUTIVE_NOTE)} <= {"farah", "grace"}
    assert "L5" not in told.world.first_rang()


@pytest.mark.requirement("52", "A10")
def test_updates_leave_by_themselves_in_the_pace_of_their_audience() -> None:
    told = desk("P0")
    declare(told)
    at(told.world, 61 * MINUTE)
    assert told.sent_at(Kind.EXECUTIVE_UPDATE) == [m * MINUTE for m in (15, 30, 45, 60)]
    assert told.sent_at(Kind.INTERNAL_UPDATE) == [m * MINUTE for m in (30, 60)]


@pytest.mark.requirement("52", "A10")
def test_what_a_person_sends_puts_the_next_update_off() -> None:
    told = desk("P0")
    declare(told)
    at(told.world, 10 * MINUTE)
    assert told.draft(Kind.INTERNAL_UPDATE, send=True).outcome is Outcome.DONE
    assert due(told, ClockName.INTERNAL_UPDATE) == 40 * MINUTE


@pytest.mark.requirement("52", "A10")
def test_a_change_of_the_status_puts_the_next_update_off_too() -> None:
    told = desk("P1")
    told.tell(Kind.CLIENT_NOTICE)
    assert due(told, ClockName.CLIENT_UPDATE) == 60 * MINUTE
    at(told.world, 20 * MINUTE)
    told.world.set_status("chen", Status.IDENTIFIED)
    assert due(told, ClockName.CLIENT_UPDATE) == 80 * MINUTE


@pytest.mark.requirement("52", "A10", "43")
def test_what_a_person_changes_is_told_at_once_and_so_is_the_end() -> None:
    told = desk("P1")
    declare(told)
    at(told.world, 5 * MINUTE)
    told.world.set_severity("chen", Severity.P0)
    at(told.world, 6 * MINUTE)
    told.world.resolve("chen", "it was the disk")
    assert told.sent_at(Kind.INTERNAL_UPDATE) == [5 * MINUTE, 6 * MINUTE]
    rooms = [sent.copy.recipient for sent in told.copies(Kind.INTERNAL_UPDATE)]
    assert rooms == ["#incidents-p0", "#incidents-p0"], "the room of the severity as it is now"


def test_what_alerts_change_is_told_with_the_next_update() -> None:
    told = desk("P1")
    declare(told)
    for minute in range(1, 6):
        at(told.world, minute * MINUTE)
        told.world.quieten()
        fire(told.world, "P1")
    assert told.sent_at(Kind.INTERNAL_UPDATE) == []


def test_where_nothing_is_automatic_a_person_is_asked() -> None:
    told = desk("P0", book=planned(automatic=frozenset()))
    declare(told)
    assert told.copies(Kind.INTERNAL_DECLARATION) == []
    assert told.found(1).state is CommunicationState.DRAFT
    at(told.world, 1)
    assert told.copies(Kind.EXECUTIVE_NOTE) == []
    assert any("executives have not been told" in text for text in reminders(told))


# -- clients


@pytest.mark.requirement("A33", "48")
def test_the_first_text_for_clients_is_drafted_at_five_minutes_and_nothing_leaves() -> None:
    told = desk("P1")
    at(told.world, 5 * MINUTE)
    drafted = told.found(1)
    assert (drafted.kind, drafted.state, drafted.drafted.by) == (
        Kind.CLIENT_NOTICE,
        CommunicationState.DRAFT,
        "rungbell",
    )
    assert told.copies(Kind.CLIENT_NOTICE) == []
    assert any("ready to be reviewed" in text for text in reminders(told))


@pytest.mark.requirement("12", "48")
def test_no_client_is_told_what_no_person_has_reviewed() -> None:
    told = desk("P0")
    told.draft(Kind.CLIENT_NOTICE)
    number = told.world.state().command.communications
    refused = told.send(number)
    assert refused.outcome is Outcome.INVALID
    assert "review it first" in refused.text
    assert told.copies(Kind.CLIENT_NOTICE) == []
    told.review(number)
    assert told.send(number).outcome is Outcome.DONE
    assert [sent.copy.text for sent in told.copies(Kind.CLIENT_NOTICE)] == [
        Text("about it", f"to {client}") for client in CLIENTS
    ]


@pytest.mark.parametrize(("severity", "seconds"), [("P0", 30 * MINUTE), ("P1", 60 * MINUTE)])
@pytest.mark.requirement("12", "A9", "A42")
def test_clients_untold_are_overdue_at_the_boundary_and_the_commander_hears(severity: str, seconds: int) -> None:
    told = desk(severity)
    declare(told)
    at(told.world, seconds - 1)
    assert not any("clients have not been told" in text for text in reminders(told))
    at(told.world, seconds)
    assert any("clients have not been told" in text for text in reminders(told))
    assert any("clients have not been told" in text for text in told.world.told(EntryKind.OVERDUE))


@pytest.mark.requirement("12", "A21")
def test_told_clients_are_owed_an_update_in_the_pace_of_the_severity() -> None:
    told = desk("P1")
    declare(told)
    told.tell(Kind.CLIENT_NOTICE)
    assert due(told, ClockName.CLIENT_NOTICE) is None
    assert due(told, ClockName.CLIENT_UPDATE) == 60 * MINUTE
    told.world.set_severity("chen", Severity.P0)
    assert due(told, ClockName.CLIENT_UPDATE) == 30 * MINUTE
    at(told.world, 30 * MINUTE)
    (waiting,) = [one for one in told.world.records.communications.values() if one.kind is Kind.CLIENT_UPDATE]
    assert waiting.state is CommunicationState.DRAFT, "it is laid out, and waits for a person"
    assert any("update to clients is overdue" in text for text in reminders(told))


@pytest.mark.requirement("A9")
def test_a_client_whose_labels_match_is_affected_and_others_are_not() -> None:
    world = World(shipped())
    world.receive(
        world.alert(labels={"alertname": "DiskFull", "severity": "critical", "tenant": "northwind"}),
        alertname="DiskFull",
        tenant="northwind",
    )
    world.acknowledge("chen")
    Desk(world).draft(Kind.CLIENT_NOTICE)
    assert Desk(world).found(1).recipients == ("northwind", "fabrikam"), "fabrikam names no labels: all concern it"


@pytest.mark.requirement("12", "A21")
def test_a_waiver_says_why_and_ends_with_an_upgrade() -> None:
    told = desk("P1")
    assert told.waive(Audience.CLIENTS, "").outcome is Outcome.INVALID
    assert told.waive(Audience.CLIENTS).outcome is Outcome.DONE
    assert due(told, ClockName.CLIENT_NOTICE) is None
    at(told.world, MINUTE)
    told.world.set_severity("chen", Severity.P0)
    assert due(told, ClockName.CLIENT_NOTICE) == 31 * MINUTE


# -- the all clear


@pytest.mark.requirement("50", "43", "A27")
def test_the_all_clear_goes_to_exactly_those_who_were_told_also_where_it_failed() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE, "contoso", "northwind")
    (first, _) = told.copies(Kind.CLIENT_NOTICE)
    leased = told.lease(first)
    told.world.happen(
        CopyFailed(
            incident=told.world.id,
            intent=leased.intent,
            attempt=leased.attempts,
            reason=FailureReason.REFUSED,
            permanent=True,
        )
    )
    reply = told.world.resolve("chen", "it was the disk")
    number = told.world.state().command.communications
    assert reply.text == f"resolved; the all clear ({number}) waits for a review"
    assert told.found(number).recipients == ("contoso", "northwind")
    told.discard(number)
    assert "goes to whom was told" in told.draft(Kind.ALL_CLEAR, "fabrikam").text
    told.draft(Kind.ALL_CLEAR)
    number += 1
    told.review(number)
    told.send(number)
    assert [sent.copy.recipient for sent in told.copies(Kind.ALL_CLEAR)] == ["contoso", "northwind"]
    assert due(told, ClockName.ALL_CLEAR) is None


@pytest.mark.requirement("A27")
def test_the_all_clear_goes_also_to_whom_no_channel_reached_at_first() -> None:
    told, book = desk("P0"), shipped()
    lost = {**book.communication.clients, "contoso": replace(book.communication.clients["contoso"], through=())}
    told.world.book = planned(clients=lost)
    told.tell(Kind.CLIENT_NOTICE, "contoso", "northwind")
    assert [sent.copy.recipient for sent in told.copies(Kind.CLIENT_NOTICE)] == ["northwind"]
    told.world.book = book
    told.world.resolve("chen", "it was the disk")
    assert told.found(told.world.state().command.communications).recipients == ("contoso", "northwind")


@pytest.mark.requirement("43", "A27")
def test_the_all_clear_is_owed_after_the_end_where_clients_were_told() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE)
    told.world.resolve("chen", "it was the disk")
    assert due(told, ClockName.ALL_CLEAR) == 30 * MINUTE


@pytest.mark.requirement("A44", "43")
def test_resolved_before_clients_had_to_be_told_no_mail_is_due_and_no_all_clear() -> None:
    told = desk("P0")
    at(told.world, 29 * MINUTE)
    told.world.resolve("chen", "it was the disk")
    assert told.world.told(EntryKind.NOT_REQUIRED)
    assert due(told, ClockName.ALL_CLEAR) is None
    refused = told.draft(Kind.ALL_CLEAR)
    assert refused.outcome is Outcome.INVALID
    assert "no client was told" in refused.text
    assert told.every(Kind.CLIENT_NOTICE, Kind.ALL_CLEAR) == []


@pytest.mark.requirement("A44", "A42")
def test_resolved_at_the_very_moment_it_was_due_clients_should_have_been_told() -> None:
    told = desk("P0")
    at(told.world, 30 * MINUTE)
    told.world.resolve("chen", "it was the disk")
    assert told.world.told(EntryKind.NOT_REQUIRED) == []
    assert any("never told" in text for text in told.world.told(EntryKind.OVERDUE))


@pytest.mark.requirement("A44")
def test_resolved_after_clients_had_to_be_told_the_timeline_says_that_they_never_were() -> None:
    told = desk("P0")
    at(told.world, 31 * MINUTE)
    told.world.resolve("chen", "it was the disk")
    assert not told.world.told(EntryKind.NOT_REQUIRED)
    assert any("never told" in text for text in told.world.told(EntryKind.OVERDUE))


@pytest.mark.requirement("A44")
def test_clients_who_were_never_told_are_one_broken_obligation() -> None:
    told = desk("P0")
    at(told.world, 60 * MINUTE)
    told.world.resolve("chen", "switched off")
    assert told.world.broken[ClockName.CLIENT_NOTICE] == 1


@pytest.mark.requirement("A44")
def test_the_commander_may_tell_clients_all_the_same_and_then_the_all_clear_is_owed() -> None:
    told = desk("P0")
    told.world.resolve("chen", "it was the disk")
    told.tell(Kind.CLIENT_NOTICE, "contoso")
    assert due(told, ClockName.ALL_CLEAR) is not None


def test_an_all_clear_before_the_end_is_refused() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE)
    refused = told.draft(Kind.ALL_CLEAR)
    assert (refused.outcome, refused.text) == (
        Outcome.INVALID,
        "it is acknowledged; the all clear follows the resolution",
    )


@pytest.mark.requirement("50", "A27")
def test_the_all_clear_of_a_false_alarm_can_be_waived() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE)
    told.world.happen(FalsePositiveFound(incident=told.world.id, by="chen", reason="a test"))
    owed = due(told, ClockName.ALL_CLEAR)
    answered = told.waive(Audience.CLIENTS).outcome
    assert (owed is not None, answered, due(told, ClockName.ALL_CLEAR)) == (True, Outcome.DONE, None)


def test_after_a_reopening_the_next_end_owes_another_all_clear() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE)
    told.world.resolve("chen", "it was the disk")
    number = told.world.state().command.communications
    told.review(number)
    told.send(number)
    at(told.world, 10 * MINUTE)
    fire(told.world, "P0", instance="again")
    at(told.world, 11 * MINUTE)
    told.world.acknowledge("chen")
    told.world.resolve("chen", "it was the other disk")
    assert told.world.state().command.drafts == {Kind.ALL_CLEAR: told.world.state().command.communications}


@pytest.mark.requirement("50", "A27")
def test_an_all_clear_leaves_nobody_out_who_was_told() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE, "northwind")
    told.world.resolve("chen", "switched off")
    first = told.world.state().command.communications
    told.review(first)
    told.tell(Kind.CLIENT_NOTICE, "contoso")
    assert "leaves out contoso" in told.send(first).text
    told.discard(first)
    assert "leaves out contoso" in told.draft(Kind.ALL_CLEAR, "northwind").text
    assert told.tell(Kind.ALL_CLEAR).recipients == ("northwind", "contoso")
    assert "the all clear was sent" in told.draft(Kind.CLIENT_NOTICE, "fabrikam").text


def test_a_client_whom_the_file_knows_no_more_keeps_no_other_from_the_all_clear() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE)
    clients = {name: one for name, one in shipped().communication.clients.items() if name != "contoso"}
    told.world.book = planned(clients=clients)
    told.world.resolve("chen", "switched off")
    number = told.world.state().command.communications
    told.review(number, only=("northwind", "fabrikam"))
    assert told.send(number).text.endswith("sent to northwind, fabrikam")


@pytest.mark.requirement("50", "A27")
def test_the_words_of_an_end_that_was_none_do_not_leave_at_the_next() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE)
    told.world.quieten()
    told.world.resolve("chen", "repaired")
    first = told.world.state().command.communications
    told.review(first)
    at(told.world, 60)
    fire(told.world, "P0")
    at(told.world, 120)
    told.world.resolve("chen", "really repaired")
    assert told.world.state().command.drafts[Kind.ALL_CLEAR] > first
    assert "is about an end that was none" in told.send(first).text


@pytest.mark.requirement("A27", "A44")
def test_after_a_reopening_clients_have_their_time_again_and_a_waived_all_clear_waives_nothing_else() -> None:
    untold, told = desk("P0"), desk("P0")
    told.tell(Kind.CLIENT_NOTICE)
    for one in (untold, told):
        one.world.quieten()
        one.world.resolve("chen", "repaired")
    told.waive(Audience.CLIENTS)
    for one in (untold, told):
        at(one.world, 50 * MINUTE)
        fire(one.world, "P0")
    assert due(untold, ClockName.CLIENT_NOTICE) == 80 * MINUTE
    assert due(told, ClockName.CLIENT_UPDATE) == 80 * MINUTE


@pytest.mark.requirement("A21")
def test_a_waiver_holds_for_what_is_less_bad_and_what_fires_again_worse_runs_anew() -> None:
    waived, worse = desk("P0"), desk("P2")
    waived.waive(Audience.CLIENTS)
    waived.world.set_severity("chen", Severity.P1, "some only")
    assert due(waived, ClockName.CLIENT_NOTICE) is None
    worse.waive(Audience.CLIENTS)
    worse.world.resolve("chen", "repaired")
    at(worse.world, 50 * MINUTE)
    fire(worse.world, "P0", instance="other")
    assert due(worse, ClockName.CLIENT_NOTICE) == 80 * MINUTE


# -- a security breach


@pytest.mark.requirement("57", "A28")
def test_of_a_restricted_incident_clients_hear_nothing_before_its_release() -> None:
    told = desk("P0")
    told.draft(Kind.CLIENT_NOTICE)
    told.review(1)
    restrict(told)
    for refused in (told.send(1), told.draft(Kind.CLIENT_UPDATE)):
        assert refused.outcome is Outcome.REFUSED
        assert "restricted" in refused.text
    at(told.world, 40 * MINUTE)
    assert told.copies(Kind.CLIENT_NOTICE) == []
    incident = told.world.state()
    released = replace(incident.command, released_at=told.world.now)
    told.world.records.incidents[incident.id] = incident.changed(command=released)
    assert told.send(1).outcome is Outcome.DONE


@pytest.mark.requirement("A28")
def test_a_restricted_incident_is_told_internally_in_its_own_room_only() -> None:
    told = desk("P0")
    restrict(told)
    declare(told)
    assert [sent.copy.recipient for sent in told.copies(Kind.INTERNAL_DECLARATION)] == ["#security-incidents"]


def test_what_was_drafted_before_the_restriction_goes_to_no_open_room_and_nobody_can_name_one() -> None:
    told = desk("P0", book=planned(automatic=frozenset()))
    declare(told)
    told.draft(Kind.INTERNAL_UPDATE, "#incidents-p0")
    restrict(told)
    nowhere = "cannot go to #incidents-p0; the file knows #security-incidents"
    assert nowhere in told.send(2).text
    told.discard(2)
    assert nowhere in told.draft(Kind.INTERNAL_UPDATE, "#incidents-p0").text
    assert told.copies(Kind.INTERNAL_UPDATE) == []


def test_without_a_restricted_room_it_is_told_nowhere() -> None:
    told = desk("P0", book=planned(restricted_room=None))
    restrict(told)
    declare(told)
    assert told.copies(Kind.INTERNAL_DECLARATION) == []
    assert "has no room `restricted`" in told.draft(Kind.INTERNAL_DECLARATION).text


def restrict(told: Desk) -> None:
    incident = told.world.state()
    told.world.records.incidents[incident.id] = incident.changed(command=replace(incident.command, restricted=True))


# -- whether it arrived


def test_a_copy_that_a_provider_took_keeps_the_words_that_left() -> None:
    told = desk("P0")
    declare(told)
    (sent,) = told.copies(Kind.INTERNAL_DECLARATION)
    leased = told.lease(sent)
    words = Text("declared", "what was true then")
    told.world.happen(CopyAccepted(incident=told.world.id, intent=leased.intent, attempt=leased.attempts, text=words))
    (kept,) = told.copies(Kind.INTERNAL_DECLARATION)
    assert (kept.state, kept.copy.text) == (PageState.ACCEPTED, words)
    assert told.world.told(EntryKind.COPY_ACCEPTED) == ["chat took internal declaration 1 to #incidents-p0 after 0.0 s"]


def test_a_copy_that_fails_is_tried_again_and_in_the_end_the_commander_hears() -> None:
    told = desk("P0")
    declare(told)
    told.tell(Kind.CLIENT_NOTICE, "contoso")
    (sent,) = told.copies(Kind.CLIENT_NOTICE)
    leased = told.lease(sent)
    fails = CopyFailed(
        incident=told.world.id,
        intent=leased.intent,
        attempt=leased.attempts,
        reason=FailureReason.TIMEOUT,
        permanent=False,
    )
    told.world.happen(fails)
    assert told.copies(Kind.CLIENT_NOTICE)[0].state is PageState.WAITING
    assert told.world.told(EntryKind.COPY_RETRIED)
    leased = told.lease(told.copies(Kind.CLIENT_NOTICE)[0])
    told.world.happen(replace(fails, attempt=leased.attempts, permanent=True))
    assert told.copies(Kind.CLIENT_NOTICE)[0].state is PageState.FAILED
    assert "contoso did not get client notice" in reminders(told)[-1]
    assert all(sent.page.kind is PageKind.NOTIFICATION for sent in told.world.outbox.values() if sent.page.about)


def test_the_result_of_a_lost_lease_counts_for_nothing() -> None:
    told = desk("P0")
    declare(told)
    (sent,) = told.copies(Kind.INTERNAL_DECLARATION)
    late = CopyAccepted(incident=told.world.id, intent=sent.intent, attempt=1, text=Text("late", "late"))
    assert told.world.happen(late).empty


# -- what is refused


@pytest.mark.parametrize(
    ("kind", "recipients", "says"),
    [
        (Kind.CLIENT_NOTICE, ("contosso",), "cannot go to contosso; the file knows contoso, fabrikam, northwind"),
        (Kind.EXECUTIVE_NOTE, ("nobody",), "cannot go to nobody"),
        (Kind.INTERNAL_UPDATE, ("#lobby",), "cannot go to #lobby"),
        (Kind.INTERNAL_DECLARATION, (), "it is not declared; declare it first"),
        (Kind.CLIENT_UPDATE, (), "no client was told of it"),
    ],
)
def test_a_text_that_makes_no_sense_is_refused_and_nothing_changes(
    kind: Kind, recipients: tuple[str, ...], says: str
) -> None:
    told = desk("P1")
    before = told.world.state()
    refused = told.draft(kind, *recipients)
    assert refused.outcome is Outcome.INVALID
    assert says in refused.text
    assert told.world.state() == before


def test_one_draft_of_a_kind_at_a_time() -> None:
    told = desk("P1")
    told.draft(Kind.CLIENT_NOTICE)
    assert told.draft(Kind.CLIENT_NOTICE).text == "client notice 1 waits already; send or discard it first"
    assert told.discard(1).outcome is Outcome.DONE
    assert told.draft(Kind.CLIENT_NOTICE, "contoso").outcome is Outcome.DONE
    assert told.send(1).text == "client notice 1 was discarded by chen at 10:00:00 UTC"
    assert told.send(7).text == "the incident has no communication 7"


@pytest.mark.parametrize(
    ("only", "says"),
    [
        ((), "there is none for northwind, contoso, fabrikam"),
        ((*CLIENTS, "grace"), "one for grace, who is no recipient"),
    ],
)
def test_a_review_has_a_text_for_each_recipient_and_no_other(only: tuple[str, ...], says: str) -> None:
    told = desk("P0")
    told.draft(Kind.CLIENT_NOTICE)
    assert says in told.review(1, only=only).text
    assert told.found(1).state is CommunicationState.DRAFT


def test_what_nobody_can_get_is_not_sent() -> None:
    clients = {"contoso": replace(shipped().communication.clients["contoso"], through=("gone",))}
    told = desk("P0", book=planned(clients=clients))
    told.draft(Kind.CLIENT_NOTICE)
    told.review(1)
    refused = told.send(1)
    assert (refused.outcome, refused.text) == (
        Outcome.INVALID,
        "no channel reaches contoso; the file says how they are reached",
    )
    assert Audience.CLIENTS not in told.world.state().command.told


def test_a_person_must_be_known_and_have_seen_what_is() -> None:
    told = desk("P0")
    assert told.draft(Kind.CLIENT_NOTICE, by="mallory").outcome is Outcome.REFUSED
    stale = CommunicationDrafted(incident=told.world.id, by="chen", kind=Kind.CLIENT_NOTICE, as_of=99)
    assert told.world.happen(stale).reply.outcome is Outcome.STALE


def test_each_copy_has_an_intent_of_its_own() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE)
    intents = [sent.intent for sent in told.world.records.copies.values()]
    assert len(intents) == len(set(intents))


def test_copies_leave_after_every_page() -> None:
    told = desk("P0")
    told.tell(Kind.CLIENT_NOTICE)
    last_page = max(page.priority for page in told.world.pages())
    assert all(sent.copy.priority > last_page for sent in told.copies(Kind.CLIENT_NOTICE))
