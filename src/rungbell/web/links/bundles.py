"""The link of pages that left together: GET shows all of them, POST acknowledges each.

Rules
-----
* One button for all; what somebody holds or what is over stays as it is, and is shown as such.
* What the link has acknowledged once, it does not acknowledge again.

May import: ``page``, ``services``, ``runtime``, ``domain``.
"""

from rungbell.domain.errors import StoreError
from rungbell.domain.events import Via
from rungbell.domain.incident import Incident
from rungbell.runtime.hearing.acknowledging import acknowledge_together, identity_in
from rungbell.runtime.link_tokens import BundleToken
from rungbell.store import Transaction
from rungbell.web.links.page import UNKNOWN, Shown, away, expired, reader_of
from rungbell.web.services import Services


async def show_bundle(services: Services, token: BundleToken) -> Shown:
    """Say what the link is about, and whether it can still do something."""
    reader = reader_of(services, token.person)
    if services.clock.now() >= token.expires_at:
        return expired(reader, token.expires_at)

    def together(transaction: Transaction) -> dict[str, tuple[Incident, bool]]:
        """Give each incident, and whether the link can acknowledge it."""
        found: dict[str, tuple[Incident, bool]] = {}
        gone = services.forgotten.nameless()
        for asked in transaction.bundle(token.bundle).values():
            incident = transaction.incident(asked.incident)
            if incident is not None:
                used = transaction.applied(identity_in(_once(token), asked)) is not None
                waits = incident.open and incident.holder is None and incident.cycle == asked.cycle and not used
                found[incident.id] = gone.incident(incident), waits
        return found

    try:
        found = await services.store.read(together)
    except StoreError:
        return away(reader)
    if not found:
        return UNKNOWN
    incidents = sorted((incident for incident, _ in found.values()), key=lambda one: (one.severity, one.number))
    waiting = sum(waits for _, waits in found.values())
    words = reader.words
    if not waiting:
        return Shown(200, words.spent.format(count=len(found)), bundle=tuple(incidents), reader=reader)
    person = services.forgotten.nameless().name(token.person)
    headline = words.waiting.format(person=person, waiting=waiting, count=len(found))
    return Shown(200, headline, button=True, bundle=tuple(incidents), reader=reader)


async def acknowledge_bundle(services: Services, token: BundleToken) -> Shown | None:
    """Acknowledge all of it; gives what stands in the way, if anything does."""
    reader = reader_of(services, token.person)
    if services.clock.now() >= token.expires_at:
        return expired(reader, token.expires_at)
    try:
        found = await services.store.read(lambda transaction: transaction.bundle(token.bundle))
        if not found:
            return UNKNOWN
        asked = found.values()
        await acknowledge_together(services.handler, asked, by=token.person, via=Via.LINK, once=_once(token))
    except StoreError:
        return away(reader)
    await services.contacts.answered(token.person, token.channel)
    return None


def _once(token: BundleToken) -> str:
    return f"link:bundle:{token.bundle}:{token.person}"
