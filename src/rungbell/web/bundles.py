"""The link of pages that left together: GET shows all of them, POST acknowledges each.

Rules
-----
* One button for all; what somebody holds or what is over stays as it is, and is shown as such.
* What the link has acknowledged once, it does not acknowledge again.

May import: the rest of ``web``, ``runtime``, ``domain``.
"""

from rungbell.domain.errors import StoreError
from rungbell.domain.events import Via
from rungbell.domain.incident import Incident
from rungbell.runtime.acknowledging import acknowledge_together, identity_in
from rungbell.runtime.link_tokens import BundleToken
from rungbell.store import Transaction
from rungbell.web.link_page import AWAY, UNKNOWN, Shown
from rungbell.web.services import Services


async def show_bundle(services: Services, token: BundleToken) -> Shown:
    """Say what the link is about, and whether it can still do something."""
    if (gone := _expired(services, token)) is not None:
        return gone

    def together(transaction: Transaction) -> dict[str, tuple[Incident, bool]]:
        """Give each incident, and whether the link can acknowledge it."""
        found: dict[str, tuple[Incident, bool]] = {}
        for asked in transaction.bundle(token.bundle).values():
            incident = transaction.incident(asked.incident)
            if incident is not None:
                used = transaction.applied(identity_in(_once(token), asked)) is not None
                waits = incident.open and incident.holder is None and incident.cycle == asked.cycle and not used
                found[incident.id] = incident, waits
        return found

    try:
        found = await services.store.read(together)
    except StoreError:
        return AWAY
    if not found:
        return UNKNOWN
    incidents = sorted((incident for incident, _ in found.values()), key=lambda one: (one.severity, one.number))
    waiting = sum(waits for _, waits in found.values())
    if not waiting:
        headline = f"Nothing of this can be acknowledged by this link any more: {len(found)} incidents"
        return Shown(200, headline, bundle=tuple(incidents))
    headline = f"Paged: {token.person}; {waiting} of {len(found)} are held by nobody"
    return Shown(200, headline, button=True, bundle=tuple(incidents))


async def acknowledge_bundle(services: Services, token: BundleToken) -> Shown | None:
    """Acknowledge all of it; gives what stands in the way, if anything does."""
    if (gone := _expired(services, token)) is not None:
        return gone
    try:
        found = await services.store.read(lambda transaction: transaction.bundle(token.bundle))
        if not found:
            return UNKNOWN
        asked = found.values()
        await acknowledge_together(services.handler, asked, by=token.person, via=Via.LINK, once=_once(token))
    except StoreError:
        return AWAY
    await services.contacts.answered(token.person, token.channel)
    return None


def _once(token: BundleToken) -> str:
    return f"link:bundle:{token.bundle}:{token.person}"


def _expired(services: Services, token: BundleToken) -> Shown | None:
    if services.clock.now() < token.expires_at:
        return None
    return Shown(410, f"This link expired at {token.expires_at:%Y-%m-%d %H:%M} UTC")
