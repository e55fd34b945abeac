"""Who gets a copy, and how they are reached today.

Rules
-----
* Clients: whom a person names; else those that people say are affected; else those whose matchers hold for the group's
  labels. A P0 concerns all of them, and so does what fits none: whoever reviews it takes out who is not affected.
* Updates and the all clear go to exactly those clients who were told before, whether or not it arrived (A27).
* Executives: those of the file, never their pagers (A37). Internally: the room of the severity; of a restricted
  incident the restricted room only, until it is released (A28).

May import: ``book``, ``incident``, ``matchers``, ``severity``, ``timeline`` and the modules of values of this
package.
"""

from collections.abc import Iterable
from datetime import datetime

from rungbell.domain.book import Book
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.kinds import CommunicationKind, Recipient
from rungbell.domain.communication.plan import CommunicationPlan, Room
from rungbell.domain.communication.record import Communication, CommunicationState
from rungbell.domain.incident import Incident
from rungbell.domain.matchers import all_match
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import SYSTEM

FOLLOWING = frozenset({CommunicationKind.CLIENT_UPDATE, CommunicationKind.ALL_CLEAR})
"""What goes to those who were told before."""


def room_of(incident: Incident, plan: CommunicationPlan) -> Room | None:
    """Give where the team reads of the incident."""
    return plan.restricted_room if incident.command.withheld else plan.rooms.get(incident.severity)


def recipients_of(incident: Incident, kind: CommunicationKind, book: Book, now: datetime) -> tuple[str, ...]:
    """Give whom a communication of that kind is for, by id, where nobody says otherwise."""
    plan = book.communication
    if kind in FOLLOWING:
        told = incident.command.told.get(Audience.CLIENTS)
        return told.recipients if told else ()
    if kind.audience is Audience.CLIENTS:
        return _clients(incident, plan)
    if kind.audience is Audience.INTERNAL:
        room = room_of(incident, plan)
        return () if room is None else (room.id,)
    return tuple(dict.fromkeys(_people(plan.executives, book, now)))


def meant(given: Communication, incident: Incident, book: Book, now: datetime) -> tuple[str, ...]:
    """Give whom a communication is for.

    What rungbell laid out and nobody has reviewed yet is for whom the incident concerns now: it may have become a P0,
    or people know better who is affected.
    """
    if given.state is CommunicationState.DRAFT and given.drafted.by == SYSTEM:
        return recipients_of(incident, given.kind, book, now) or given.recipients
    return given.recipients


def _clients(incident: Incident, plan: CommunicationPlan) -> tuple[str, ...]:
    if incident.command.impact.clients:
        return tuple(client for client in incident.command.impact.clients if client in plan.clients)
    if incident.severity is not Severity.P0:
        affected = [client.id for client in plan.clients.values() if all_match(client.match, incident.group_labels)]
        if affected:
            return tuple(affected)
    return tuple(plan.clients)


def _people(names: Iterable[str], book: Book, now: datetime) -> Iterable[str]:
    for name in names:
        schedule = book.roster.schedules.get(name)
        yield from schedule.on_call(now) if schedule else (name,)


def recipient(id_: str, audience: Audience, book: Book) -> Recipient | None:
    """Look up who is meant; ``None`` where the file knows them no more."""
    plan = book.communication
    if audience is Audience.CLIENTS:
        client = plan.clients.get(id_)
        return Recipient(client.id, client.name, client.contacts, audience) if client else None
    if audience is Audience.EXECUTIVES:
        person = book.roster.people.get(id_)
        return Recipient(person.id, person.name, person.contacts, audience) if person else None
    room = _room(id_, plan)
    if room is None:
        return None
    return Recipient(room.id, room.id, {"room": room.room} if room.room else {}, audience)


def channels_of(who: Recipient, book: Book) -> tuple[str, ...]:
    """Give the channels that reach a recipient, all together; none where nothing does."""
    plan = book.communication
    if who.audience is Audience.CLIENTS:
        client = plan.clients.get(who.id)
        through = client.through if client else ()
    elif who.audience is Audience.EXECUTIVES:
        through = plan.executives_through
    else:
        room = _room(who.id, plan)
        through = (room.channel,) if room else ()
    channels = book.roster.channels
    return tuple(
        name
        for name in through
        if name in channels and (channels[name].needs is None or who.contacts.get(channels[name].needs or ""))
    )


def rooms_for(incident: Incident, plan: CommunicationPlan) -> tuple[str, ...]:
    """Give the rooms in which the incident may be told, by id: every one, or the restricted one only (A28)."""
    rooms = _rooms(plan)
    if incident.command.withheld:
        rooms = (plan.restricted_room,) if plan.restricted_room else ()
    return tuple(dict.fromkeys(room.id for room in rooms))


def _room(id_: str, plan: CommunicationPlan) -> Room | None:
    return next((room for room in _rooms(plan) if room.id == id_), None)


def _rooms(plan: CommunicationPlan) -> tuple[Room, ...]:
    return (*plan.rooms.values(), *((plan.restricted_room,) if plan.restricted_room else ()))
