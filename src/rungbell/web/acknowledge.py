"""``/a/<token>``: the link of a page. GET shows, POST acts.

Rules
-----
* Mail scanners and chat previews follow links, so no GET or HEAD changes anything (conventions 0.10).
* Expired, used, resolved and already acknowledged are said plainly, with whom and when.
* An unreadable token and an unknown incident look the same from outside.

May import: the rest of ``web``, ``runtime``, ``domain``.
"""

from datetime import datetime

from aiohttp import web

from rungbell.domain.answers import ended
from rungbell.domain.decision import Outcome
from rungbell.domain.errors import StoreError
from rungbell.domain.events import Acknowledged, Via
from rungbell.domain.incident import Incident
from rungbell.runtime.link_tokens import LinkToken, TrialToken, link_identity
from rungbell.web.bundles import acknowledge_bundle, show_bundle
from rungbell.web.link_page import AWAY, SECRET, UNKNOWN, Shown, page
from rungbell.web.services import SERVICES, Services

OTHER_CONTACT = Shown(410, "This test page went to a contact that the configuration does not have any more")


async def show(request: web.Request) -> web.Response:
    """Show what the link is about, and a button where it can do something."""
    services = request.app[SERVICES]
    text = request.match_info["token"]
    token = services.signer.read(text)
    if token is None and (bundle := services.signer.read_bundle(text)) is not None:
        return page(await show_bundle(services, bundle))
    if token is None:
        return page(await _tried(services, services.signer.read_trial(text)))
    try:
        incident, used = await services.store.read(
            lambda transaction: (transaction.incident(token.incident), transaction.applied(link_identity(token)))
        )
    except StoreError:
        return page(AWAY)
    if incident is None:
        return page(UNKNOWN)
    return page(_what_is_true(services, token, incident, used[0] if used else None))


def _what_is_true(services: Services, token: LinkToken, incident: Incident, used: datetime | None) -> Shown:
    over = _over(services, token, incident)
    if over is not None:
        return Shown(410, over, incident)
    holder = incident.holder
    if holder is not None:
        who = "You hold this incident" if holder.by == token.person else f"Acknowledged by {holder.by}"
        headline = f"{who} since {holder.at:%H:%M:%S} UTC, until {holder.ends_at:%Y-%m-%d %H:%M} UTC"
        return Shown(200, headline, incident, button=holder.by != token.person and used is None)
    if used is not None:
        headline = (
            f"This link was used at {used:%Y-%m-%d %H:%M:%S} UTC; nobody holds the incident now. Use a newer page."
        )
        return Shown(410, headline, incident)
    return Shown(200, f"Paged: {token.person}", incident, button=True)


async def act(request: web.Request) -> web.Response:
    """Acknowledge, and lead to what is true then."""
    services = request.app[SERVICES]
    text = request.match_info["token"]
    token = services.signer.read(text)
    if token is None:
        return await _together(services, text)
    if services.clock.now() >= token.expires_at:
        return page(Shown(410, _expired(token)))
    event = Acknowledged(incident=token.incident, by=token.person, via=Via.LINK, cycle=token.cycle)
    try:
        handled = await services.handler.handle(event, once=link_identity(token))
    except StoreError:
        return page(AWAY)
    if handled.incident is None:
        return page(UNKNOWN)
    if handled.reply.outcome in {Outcome.DONE, Outcome.ALREADY}:
        await services.contacts.answered(token.person, token.channel)
        raise web.HTTPSeeOther(location=text, headers=SECRET)  # relative: a proxy may have taken a prefix off
    if handled.reply.outcome is Outcome.REFUSED:
        return page(Shown(410, "Whoever this link was for is not in the configuration any more", handled.incident))
    return page(Shown(410, handled.reply.text, handled.incident))


async def _tried(services: Services, token: TrialToken | None) -> Shown:
    """Say what the link of a test page is for, or that it was answered."""
    if token is None:
        return UNKNOWN
    if services.clock.now() >= token.expires_at:
        return Shown(410, _expired(token))
    if not services.contacts.is_current(token):
        return OTHER_CONTACT
    try:
        at = await services.contacts.answered_at(token)
    except StoreError:
        return AWAY
    if at is not None:
        return Shown(200, f"TEST: {token.channel} reaches you, {token.person}; confirmed at {at:%Y-%m-%d %H:%M} UTC")
    return Shown(200, f"TEST: nothing is wrong. Confirm that {token.channel} reaches you, {token.person}", button=True)


async def _together(services: Services, text: str) -> web.Response:
    """Acknowledge what left together, and lead to what is true then; else it is the link of a test page."""
    bundle = services.signer.read_bundle(text)
    if bundle is None:
        return await _confirm(services, text)
    if (refused := await acknowledge_bundle(services, bundle)) is not None:
        return page(refused)
    raise web.HTTPSeeOther(location=text, headers=SECRET)


async def _confirm(services: Services, text: str) -> web.Response:
    """Remember that a test page reached somebody, and lead to what is true then."""
    token = services.signer.read_trial(text)
    if token is None:
        return page(UNKNOWN)
    if services.clock.now() >= token.expires_at:
        return page(Shown(410, _expired(token)))
    try:
        if not await services.contacts.confirm(token):
            return page(OTHER_CONTACT)
    except StoreError:
        return page(AWAY)
    raise web.HTTPSeeOther(location=text, headers=SECRET)


def _over(services: Services, token: LinkToken, incident: Incident) -> str | None:
    """Say why the link can do nothing any more, if so."""
    if services.clock.now() >= token.expires_at:
        return _expired(token)
    if not incident.open and incident.resolved_at is not None:
        by = "by itself" if incident.resolved_by == "window" else f"by {incident.resolved_by}"
        return f"Already {ended(incident)} {by} at {incident.resolved_at:%Y-%m-%d %H:%M:%S} UTC"
    if incident.cycle != token.cycle:
        return f"This page belongs to cycle {token.cycle}; the incident has opened again since. Use a newer page."
    return None


def _expired(token: LinkToken | TrialToken) -> str:
    return f"This link expired at {token.expires_at:%Y-%m-%d %H:%M} UTC"
