"""What was claimed of the outbox, together with what it is about: what a lane can send.

Rules
-----
* What need not leave any more is withdrawn here, in the transaction that claimed it: a page that was under way when
  something made it pointless, a notice of a shift that is old or not so any more, a copy to clients of an incident that
  is restricted, an echo of one to who was not paged for it.
* What cannot be read is given up alone.

May import: ``domain``, ``store`` (the port), ``runtime.lanes.lane``, structlog.
"""

from collections.abc import Mapping
from datetime import datetime

import structlog

from rungbell.domain import shift_notice
from rungbell.domain.communication.copies import SentCopy, withheld
from rungbell.domain.contacts import Trial
from rungbell.domain.decision import Delivery
from rungbell.domain.delivery import pointless
from rungbell.domain.echo import SentEcho, silenced_source
from rungbell.domain.errors import StoreError
from rungbell.domain.incident import Incident
from rungbell.domain.page import PageState, SentPage
from rungbell.domain.roster import Roster
from rungbell.domain.shift_notice import SentNotice
from rungbell.runtime.lanes.lane import Leased, LeasedCopy, LeasedEcho, LeasedNotice, LeasedPage
from rungbell.store import Transaction

log = structlog.get_logger()


def ready(
    transaction: Transaction, sent: SentPage | SentNotice | SentCopy | SentEcho, roster: Roster, now: datetime
) -> Leased | None:
    """Give it with what it is about; ``None`` where it need not leave any more, or cannot be read."""
    if isinstance(sent, SentCopy):
        return _copy(transaction, sent)
    if isinstance(sent, SentEcho):
        return _echo(transaction, sent)
    if isinstance(sent, SentPage):
        return page_ready(transaction, sent)
    if shift_notice.pointless(sent.notice, roster, now):
        transaction.record(Delivery(sent.intent, sent.attempts, PageState.WITHDRAWN))
        return None
    notes = [] if isinstance(sent.notice, Trial) else transaction.handover_notes(sent.notice.schedule, 1)
    return LeasedNotice(sent, next((note for note in notes if note.counts(now)), None))


def leased_page(transaction: Transaction, sent: SentPage, incident: Incident) -> LeasedPage:
    """Give a page with what it is worded from: its incident, where its channel has told of it, how long it has time."""
    places = transaction.places(incident.id, sent.page.channel) if sent.page.channel in incident.told else ()
    plan = transaction.policy(incident.policy).plan(incident.severity)
    return LeasedPage(sent, incident, places, plan.acknowledge_within)


def page_ready(transaction: Transaction, sent: SentPage, *, held_back: bool = False) -> LeasedPage | None:
    """Load what a page is about; ``None`` where it need not leave any more, or cannot be read.

    What was ``held_back`` may have become pointless before its first attempt.
    """
    try:
        incident = transaction.incident(sent.page.incident)
        if incident is not None:
            policy = transaction.policy(incident.policy)
            if (sent.attempts > 1 or held_back) and pointless(incident, policy, sent):
                transaction.record(Delivery(sent.page.intent, sent.attempts, PageState.WITHDRAWN))
                return None
            return leased_page(transaction, sent, incident)
    except (ValueError, StoreError) as error:
        log.exception("the incident of a page cannot be read; the page is given up", error=repr(error))
    transaction.give_up(sent.page.intent)
    return None


def _copy(transaction: Transaction, sent: SentCopy) -> LeasedCopy | None:
    """Load what a copy is worded from; ``None`` where it must not leave, or its incident cannot be read."""
    try:
        incident = transaction.incident(sent.copy.incident)
        if incident is None:
            transaction.give_up(sent.intent)
            return None
        if withheld(incident, sent.copy.kind.audience):
            transaction.record(Delivery(sent.intent, sent.attempts, PageState.WITHDRAWN))
            return None
        entries = tuple(transaction.timeline(incident.id)) if sent.copy.text is None else ()
        return LeasedCopy(sent, incident, transaction.policy(incident.policy), entries)
    except (ValueError, StoreError) as error:
        log.exception("the incident of a copy cannot be read; the copy is given up", error=repr(error))
        transaction.give_up(sent.intent)
        return None


def _echo(transaction: Transaction, sent: SentEcho) -> LeasedEcho | None:
    """Load what an echo tells of, and where; ``None`` where its incident cannot be read."""
    try:
        incident = transaction.incident(sent.echo.incident)
    except (ValueError, StoreError) as error:
        log.exception("the incident of an echo cannot be read; the echo is given up", error=repr(error))
        incident = None
    if incident is None:
        transaction.give_up(sent.intent)
        return None
    source = silenced_source(sent.echo.channel)
    if source is not None:
        return LeasedEcho(sent, incident, (), _firing(transaction, incident, source))
    if incident.command.restricted and sent.echo.channel not in incident.told:
        transaction.record(Delivery(sent.intent, sent.attempts, PageState.WITHDRAWN))
        return None
    return LeasedEcho(sent, incident, transaction.places(incident.id, sent.echo.channel))


def _firing(transaction: Transaction, incident: Incident, source: str) -> tuple[Mapping[str, str], ...]:
    """Give the labels of the alerts of a source that fire, with those of what was merged into the incident."""
    parts = (transaction.incident(part) for part, count in incident.parts.items() if count)
    keys = [one.key for one in (incident, *parts) if one is not None and one.source == source]
    return tuple(alert.labels for key in keys for alert in transaction.alerts(key).values() if alert.firing)
