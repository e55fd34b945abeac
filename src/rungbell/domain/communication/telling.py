"""Telling: a communication is drafted, reviewed, sent or discarded, and what that does to the incident's facts.

Rules
-----
* What goes to clients is sent only after a person has reviewed it; the others may leave without (playbook L399-607).
* Sent counts as told, for each recipient, whether or not it arrives: the clocks of an audience run from there, and the
  all clear goes to exactly these clients (A27).
* Of a restricted incident clients hear nothing before it is released, and the team in the restricted room only (A28).
* The all clear goes to everybody who was told: none leaves anybody out, or is that of an end before a reopening.
* One draft of a kind at a time; a text that nobody can get is refused.
* What is sent ends a waiver.

May import: the value modules of the core, ``decision``, ``obligation_dues`` and ``communication.recipients``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rungbell.domain.book import Book
from rungbell.domain.command.record import Told
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.copies import Copy, withheld
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.communication.recipients import FOLLOWING, channels_of, recipient, recipients_of, rooms_for
from rungbell.domain.communication.record import Communication, CommunicationState, Step
from rungbell.domain.decision import Draft
from rungbell.domain.incident import Incident, Status
from rungbell.domain.obligation_dues import told_since_the_end
from rungbell.domain.timeline import SYSTEM, EntryKind

ALL_CLEAR_IN = frozenset({Status.RESOLVED, Status.FALSE_POSITIVE})
SHOWN = 20
"""Names that a message lists at most."""


def spoken(kind: CommunicationKind) -> str:
    """Give a kind as people say it."""
    return kind.replace("_", " ")


def why_not(incident: Incident, kind: CommunicationKind) -> str:
    """Say why a communication of that kind makes no sense now; empty where it does."""
    if withheld(incident, kind.audience):
        return "the incident is restricted: clients hear nothing before its commander releases it"
    if kind is CommunicationKind.INTERNAL_DECLARATION and incident.command.declared_at is None:
        return "it is not declared; declare it first"
    if kind not in FOLLOWING:
        late = kind is CommunicationKind.CLIENT_NOTICE and told_since_the_end(incident)
        return "it is over, and the all clear was sent" if late else ""
    if kind.audience not in incident.command.told:
        return f"no client was told of it: the {spoken(kind)} follows a client notice"
    if kind is CommunicationKind.CLIENT_UPDATE:
        return "" if incident.open else "it is over; send the all_clear"
    ended = incident.status in ALL_CLEAR_IN
    return "" if ended else f"it is {incident.status}; the all clear follows the resolution"


def strangers(ids: tuple[str, ...], kind: CommunicationKind, incident: Incident, book: Book) -> str:
    """Say who of these cannot get a communication of that kind, or must not be left out; empty: they are fit."""
    known: Iterable[str] = book.communication.clients
    if kind is CommunicationKind.ALL_CLEAR:
        known = incident.command.told[kind.audience].recipients
    elif kind.audience is Audience.EXECUTIVES:
        known = book.roster.people
    elif kind.audience is Audience.INTERNAL:
        known = rooms_for(incident, book.communication)
    unknown = [who for who in ids if who not in known]
    if not unknown:
        left = left_out(incident, ids, book) if kind is CommunicationKind.ALL_CLEAR else []
        return f"the all clear goes to everybody who was told; this leaves out {listed(left)}" if left else ""
    names, others = listed(sorted(known)) or "nobody", listed(unknown)[:200]
    if kind is CommunicationKind.ALL_CLEAR:
        return f"the all clear goes to whom was told ({names}), not to {others}"
    restricted = "the incident is restricted: " if incident.command.withheld else ""
    return f"{restricted}{spoken(kind)} cannot go to {others}; the file knows {names}"


def outdated(incident: Incident, given: Communication, book: Book) -> str:
    """Say why a communication must be drafted anew; empty where it may go on."""
    kind, whose = given.kind, f"{spoken(given.kind)} {given.number}"
    if kind.audience is Audience.INTERNAL and incident.command.withheld:
        return strangers(given.recipients, kind, incident, book)
    if kind is not CommunicationKind.ALL_CLEAR:
        return ""
    if incident.resolved_at is not None and given.drafted.at < incident.resolved_at:
        return f"{whose} is about an end that was none: discard it, and draft it anew"
    if left := left_out(incident, given.recipients, book):
        return f"{whose} leaves out {listed(left)}, who was told: discard it, and draft it anew"
    return ""


def left_out(incident: Incident, recipients: Iterable[str], book: Book) -> list[str]:
    """Give the clients of today who were told of the incident and are not among these."""
    told = incident.command.told.get(Audience.CLIENTS)
    there = set(recipients)
    return [who for who in told.recipients if who not in there and who in book.communication.clients] if told else []


def lay_out(draft: Draft, kind: CommunicationKind, recipients: tuple[str, ...], by: str) -> Communication:
    """Begin a communication."""
    command = draft.incident.command
    number = command.communications + 1
    begun = Communication(draft.incident.id, number, kind, recipients, CommunicationState.DRAFT, Step(by, draft.now))
    draft.communications[number] = begun
    draft.command(communications=number, drafts={**command.drafts, kind: number})
    if kind is CommunicationKind.CLIENT_NOTICE and command.drafted_at is None:
        draft.command(drafted_at=draft.now)
    return begun


def tell_of_draft(draft: Draft, begun: Communication) -> None:
    """Write down that a draft waits."""
    told = f"{spoken(begun.kind)} {begun.number} drafted for {listed(begun.recipients)}"
    note(draft, EntryKind.DRAFTED, told, begun, begun.drafted.by)


def review(draft: Draft, given: Communication, texts: Mapping[str, Text], by: str) -> None:
    """Fix the words of each recipient."""
    step = Step(by, draft.now)
    kept = {name: texts[name] for name in given.recipients if name in texts}
    draft.communications[given.number] = replace(given, state=CommunicationState.REVIEWED, reviewed=step, texts=kept)
    told = f"{spoken(given.kind)} {given.number} reviewed by {by}"
    note(draft, EntryKind.REVIEWED, told, given, by)


def send(draft: Draft, given: Communication, by: str) -> tuple[str, ...]:
    """Let it leave to everybody who can be reached, and give who that is; to nobody: nothing has changed."""
    audience = given.kind.audience
    reached = {who: ways for who in given.recipients if (ways := _ways(draft, who, audience))}
    if not reached:
        return ()
    draft.copies += [
        Copy(
            incident=draft.incident.id,
            communication=given.number,
            kind=given.kind,
            recipient=who,
            channel=channel,
            severity=draft.incident.severity,
            send_after=draft.now,
            text=given.texts.get(who),
        )
        for who, ways in reached.items()
        for channel in ways
    ]
    draft.communications[given.number] = replace(given, state=CommunicationState.SENT, sent=Step(by, draft.now))
    _close(draft, given)
    _remember(draft, given, tuple(given.recipients))
    note(draft, EntryKind.TOLD, f"{spoken(given.kind)} {given.number} sent to {listed(reached)}", given, by)
    if lost := [who for who in given.recipients if who not in reached]:
        told = f"{spoken(given.kind)} {given.number}: no channel reaches {listed(lost)}"
        note(draft, EntryKind.COPY_FAILED, told, given)
    return tuple(reached)


def discard(draft: Draft, given: Communication, by: str, reason: str) -> None:
    """Send it never."""
    draft.communications[given.number] = replace(
        given, state=CommunicationState.DISCARDED, discarded=Step(by, draft.now), reason=reason
    )
    _close(draft, given)
    why = f": {reason}" if reason else ""
    told = f"{spoken(given.kind)} {given.number} discarded by {by}{why}"
    note(draft, EntryKind.DISCARDED, told, given, by)


def send_at_once(draft: Draft, kind: CommunicationKind, by: str) -> Communication | None:
    """Draft and send in one commit what needs no review; ``None``, and nothing happens, where nobody can get it."""
    audience = kind.audience
    found = recipients_of(draft.incident, kind, draft.situation.book, draft.now)
    if not any(_ways(draft, who, audience) for who in found):
        return None
    begun = lay_out(draft, kind, found, by)
    send(draft, begun, by)
    return begun


def listed(names: Iterable[str]) -> str:
    """Give names as a sentence has them, not all where they are many."""
    every = list(names)
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more


def note(draft: Draft, kind: EntryKind, text: str, about: Communication, actor: str = SYSTEM) -> None:
    """Write a line of the timeline about a communication."""
    audience = about.kind.audience
    draft.tell(kind, text, actor=actor, communication=str(about.number), what=about.kind, audience=audience)


def _ways(draft: Draft, who: str, audience: Audience) -> tuple[str, ...]:
    book = draft.situation.book
    found = recipient(who, audience, book)
    return channels_of(found, book) if found else ()


def _close(draft: Draft, given: Communication) -> None:
    """It waits for nobody any more."""
    drafts = draft.incident.command.drafts
    draft.command(drafts={kind: number for kind, number in drafts.items() if number != given.number})


def _remember(draft: Draft, given: Communication, recipients: tuple[str, ...]) -> None:
    command, audience = draft.incident.command, given.kind.audience
    before = command.told.get(audience)
    everybody = tuple(dict.fromkeys((*(before.recipients if before else ()), *recipients)))
    told = Told(before.first_at if before else draft.now, draft.now, everybody)
    draft.command(
        told={**command.told, audience: told},
        waived={one: waiver for one, waiver in command.waived.items() if one is not audience},
    )
    if given.kind is CommunicationKind.ALL_CLEAR:
        draft.command(all_clear_at=draft.now)
