"""What people do about communications.

May import: the value modules of the core, ``answers``, ``decision`` and ``communication.telling``.
"""

from dataclasses import replace

from rungbell.domain.answers import over
from rungbell.domain.command.record import Waiver
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.copies import withheld
from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationDrafted,
    CommunicationReviewed,
    CommunicationSent,
    Waived,
)
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.communication.recipients import meant, recipient, recipients_of
from rungbell.domain.communication.record import (
    BODY_LENGTH,
    SUBJECT_LENGTH,
    Communication,
    CommunicationState,
)
from rungbell.domain.communication.telling import (
    discard,
    lay_out,
    listed,
    outdated,
    review,
    send,
    spoken,
    strangers,
    tell_of_draft,
    why_not,
)
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.incident import Status
from rungbell.domain.timeline import EntryKind

REASON_LENGTH = 500


def draft_communication(draft: Draft, event: CommunicationDrafted) -> Decision:
    """Lay out a communication; send it at once where that is wanted and its kind allows it."""
    kind, book = event.kind, draft.situation.book
    if (waiting := draft.incident.command.drafts.get(kind)) is not None:
        return nothing(Outcome.INVALID, f"{spoken(kind)} {waiting} waits already; send or discard it first")
    if reason := why_not(draft.incident, kind):
        return _senseless(draft, kind, reason)
    if event.recipients and (unknown := strangers(event.recipients, kind, draft.incident, book)):
        return nothing(Outcome.INVALID, unknown)
    wanted = tuple(dict.fromkeys(event.recipients))
    recipients = wanted or recipients_of(draft.incident, kind, book, draft.now)
    if not recipients:
        return nothing(Outcome.INVALID, _nobody(draft, kind))
    begun = lay_out(draft, kind, recipients, event.by)
    if event.send and kind.audience is not Audience.CLIENTS:
        return _sent(draft, begun, event.by)
    tell_of_draft(draft, begun)
    then = "a person reviews it before it is sent" if kind.audience is Audience.CLIENTS else "send it"
    return draft.decided(f"{spoken(kind)} {begun.number} drafted for {listed(recipients)}; {then}")


def _nobody(draft: Draft, kind: CommunicationKind) -> str:
    if kind.audience is Audience.CLIENTS:
        return "no clients: name them under `clients` in the file"
    if kind.audience is Audience.EXECUTIVES:
        return "no executives: name them under `communication.executives` in the file"
    if draft.incident.command.withheld:
        return "the incident is restricted, and `communication.internal` of the file has no room `restricted`"
    return f"no room for {draft.incident.severity}: name one under `communication.internal` in the file"


def review_communication(draft: Draft, event: CommunicationReviewed) -> Decision:
    """Stand for the words of each recipient whom the file still knows."""
    given = _given(draft)
    if (refused := _refused(draft, given, event.communication)) is not None or given is None:
        return refused or _unknown(event.communication)
    audience, book = given.kind.audience, draft.situation.book
    today = [who for who in given.recipients if recipient(who, audience, book)]
    missing = [who for who in today if who not in event.texts]
    others = [who for who in event.texts if who not in given.recipients]
    if missing or others:
        wrong = f"none for {listed(missing)}" if missing else f"one for {listed(others)}, who is no recipient"
        return nothing(Outcome.INVALID, f"a review has a text for each recipient; there is {wrong}")
    for who, text in event.texts.items():
        if wrong := _unfit(text):
            return nothing(Outcome.INVALID, f"the text for {who}: {wrong}")
    review(draft, given, event.texts, event.by)
    return draft.decided(f"{spoken(given.kind)} {given.number} reviewed; it can be sent")


def _unfit(text: Text) -> str:
    if not text.subject.strip() or not text.body.strip():
        return "subject and body must not be empty"
    if len(text.subject) > SUBJECT_LENGTH or len(text.body) > BODY_LENGTH:
        return f"a subject has {SUBJECT_LENGTH} characters at most, a body {BODY_LENGTH}"
    return ""


def send_communication(draft: Draft, event: CommunicationSent) -> Decision:
    """Let it leave."""
    given = _given(draft)
    if (refused := _refused(draft, given, event.communication)) is not None or given is None:
        return refused or _unknown(event.communication)
    if given.kind.audience is Audience.CLIENTS and given.state is not CommunicationState.REVIEWED:
        return nothing(Outcome.INVALID, f"{spoken(given.kind)} {given.number} goes to clients: review it first")
    return _sent(draft, given, event.by)


def _sent(draft: Draft, given: Communication, by: str) -> Decision:
    reached = send(draft, given, by)
    if not reached:
        nobody = f"no channel reaches {listed(given.recipients)}; the file says how they are reached"
        return nothing(Outcome.INVALID, nobody)
    return draft.decided(f"{spoken(given.kind)} {given.number} sent to {listed(reached)}")


def discard_communication(draft: Draft, event: CommunicationDiscarded) -> Decision:
    """Send it never."""
    given = draft.situation.communication
    if given is None:
        return _unknown(event.communication)
    if not given.open:
        return nothing(Outcome.ALREADY, _state(given))
    discard(draft, given, event.by, event.reason[:REASON_LENGTH])
    return draft.decided(f"{spoken(given.kind)} {given.number} discarded")


def waive(draft: Draft, event: Waived) -> Decision:
    """Decide that an audience need not be told."""
    if not event.reason.strip():
        return nothing(Outcome.INVALID, "a waiver needs a `reason`")
    audience = event.audience
    waiver = Waiver(event.by, draft.now, event.reason[:REASON_LENGTH])
    draft.command(waived={**draft.incident.command.waived, audience: waiver})
    told = f"{audience} need not be told, by {event.by}: {waiver.reason}"
    draft.tell(EntryKind.WAIVED, told, actor=event.by, audience=audience)
    return draft.decided(f"{audience} need not be told")


def after_the_end(
    draft: Draft, event: CommunicationDrafted | CommunicationReviewed | CommunicationSent | Waived
) -> Decision:
    """Where it is over for good: only the all clear of a false alarm may still follow, or be waived."""
    if draft.incident.status is not Status.FALSE_POSITIVE:
        return over(draft, event)
    if isinstance(event, CommunicationDrafted):
        return draft_communication(draft, event)
    if isinstance(event, CommunicationReviewed):
        return review_communication(draft, event)
    return waive(draft, event) if isinstance(event, Waived) else send_communication(draft, event)


def _given(draft: Draft) -> Communication | None:
    """Give the communication that is meant, for whom it is now."""
    given, book = draft.situation.communication, draft.situation.book
    return given and replace(given, recipients=meant(given, draft.incident, book, draft.now))


def _refused(draft: Draft, given: Communication | None, number: int) -> Decision | None:
    if given is None:
        return _unknown(number)
    if not given.open:
        return nothing(Outcome.ALREADY, _state(given))
    if reason := why_not(draft.incident, given.kind):
        return _senseless(draft, given.kind, reason)
    if reason := outdated(draft.incident, given, draft.situation.book):
        return nothing(Outcome.INVALID, reason)
    return None


def _senseless(draft: Draft, kind: CommunicationKind, reason: str) -> Decision:
    return nothing(Outcome.REFUSED if withheld(draft.incident, kind.audience) else Outcome.INVALID, reason)


def _state(given: Communication) -> str:
    last = given.discarded or given.sent or given.reviewed or given.drafted
    return f"{spoken(given.kind)} {given.number} was {given.state} by {last.by} at {last.at:%H:%M:%S} UTC"


def _unknown(number: int) -> Decision:
    return nothing(Outcome.INVALID, f"the incident has no communication {number}")
