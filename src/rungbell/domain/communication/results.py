"""What follows from the result of an attempt to send a copy.

Rules
-----
* Acceptance by a provider is all that is known of an arrival.
* A copy is tried again as pages are. Given up, the commander hears of it: somebody does not know what they should.
* It changes no clock: sent counts as told (A27).

May import: the value modules of the core, ``decision`` and ``obligations``.
"""

from dataclasses import replace

from rungbell.domain.communication.copies import SentCopy, withheld
from rungbell.domain.communication.events import CopyAccepted, CopyFailed
from rungbell.domain.communication.recipients import recipient
from rungbell.domain.communication.telling import spoken
from rungbell.domain.decision import Decision, Delivery, Draft, Outcome, nothing
from rungbell.domain.obligations import remind
from rungbell.domain.page import PageState, next_attempt
from rungbell.domain.plain_text import without_contacts
from rungbell.domain.timeline import EntryKind


def copy_accepted(draft: Draft, event: CopyAccepted) -> Decision:
    """Write down that a provider took it, and the words that left."""
    sent = _sent(draft, event)
    if sent is None:
        return nothing(Outcome.ALREADY, "the lease of this attempt is over")
    copy = sent.copy
    worded = replace(copy, text=event.text) if copy.text is None else None
    reference = event.reference[:200]
    draft.delivery = Delivery(event.intent, event.attempt, PageState.ACCEPTED, reference=reference, copy=worded)
    seconds = (draft.now - copy.send_after).total_seconds()
    told = f"{copy.channel} took {_said(sent)} to {copy.recipient} after {seconds:.1f} s"
    _note(draft, EntryKind.COPY_ACCEPTED, told, sent)
    return draft.decided()


def copy_failed(draft: Draft, event: CopyFailed) -> Decision:
    """Try again later, or give up and say so."""
    sent = _sent(draft, event)
    if sent is None:
        return nothing(Outcome.ALREADY, "the lease of this attempt is over")
    copy = sent.copy
    who = recipient(copy.recipient, copy.kind.audience, draft.situation.book)
    detail = without_contacts(event.detail, who.contacts.values() if who else (), f"({copy.recipient})")
    told = f"{copy.channel} did not take {_said(sent)} to {copy.recipient} ({event.reason}: {detail[:200]})"
    again = next_attempt(event.attempt, event.permanent, event.retry_after, draft.now)
    if again is not None and not withheld(draft.incident, copy.kind.audience):
        draft.delivery = Delivery(event.intent, event.attempt, PageState.WAITING, again, event.reason)
        seconds = (again - draft.now).total_seconds()
        text = f"{told}; attempt {event.attempt + 1} in {seconds:.0f} s"
        _note(draft, EntryKind.COPY_RETRIED, text, sent)
        return draft.decided()
    draft.delivery = Delivery(event.intent, event.attempt, PageState.FAILED, failure=event.reason)
    _note(draft, EntryKind.COPY_FAILED, told, sent)
    remind(draft, f"{copy.recipient} did not get {_said(sent)}: {copy.channel} failed ({event.reason})")
    return draft.decided()


def _sent(draft: Draft, event: CopyAccepted | CopyFailed) -> SentCopy | None:
    """Give the copy of the attempt, unless its lease was lost to somebody else."""
    sent = draft.situation.copy
    if sent is None or sent.attempts != event.attempt or sent.state is not PageState.LEASED:
        return None
    return sent


def _said(sent: SentCopy) -> str:
    return f"{spoken(sent.copy.kind)} {sent.copy.communication}"


def _note(draft: Draft, kind: EntryKind, text: str, sent: SentCopy) -> None:
    copy = sent.copy
    number, who = str(copy.communication), copy.recipient
    draft.tell(kind, text, channel=copy.channel, communication=number, recipient=who, intent=sent.intent)
