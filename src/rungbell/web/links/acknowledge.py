"""``/a/<token>``: the link of a page. GET shows, POST acts.

Rules
-----
* Mail scanners and chat previews follow links, so no GET or HEAD changes anything (conventions 0.10).
* Expired, used, resolved and already acknowledged are said plainly, with whom and when.
* An unreadable token and an unknown incident look the same from outside.

May import: the rest of ``links``, the packages below, ``runtime``, ``domain``.
"""

from dataclasses import replace
from datetime import datetime

from aiohttp import web

from rungbell.domain.decision import Outcome, Reply
from rungbell.domain.errors import StoreError
from rungbell.domain.events import Acknowledged, Via
from rungbell.domain.incident import Incident
from rungbell.domain.nameless import Nameless
from rungbell.runtime.link_tokens import LinkToken, TrialToken, link_identity
from rungbell.web.links.bundles import acknowledge_bundle, show_bundle
from rungbell.web.links.page import SECRET, UNKNOWN, Reader, Shown, away, expired, page, reader_of
from rungbell.web.services import SERVICES, Services


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
        return page(away(reader_of(services, token.person)))
    if incident is None:
        return page(UNKNOWN)
    gone = services.forgotten.nameless()
    theirs = replace(token, person=gone.name(token.person))
    return page(_what_is_true(services, theirs, gone.incident(incident), used[0] if used else None))


def _what_is_true(services: Services, token: LinkToken, incident: Incident, used: datetime | None) -> Shown:
    reader = reader_of(services, token.person)
    words = reader.words
    if services.clock.now() >= token.expires_at:
        return replace(expired(reader, token.expires_at), incident=incident)
    if (over := _over(reader, token, incident)) is not None:
        return Shown(410, over, incident, reader=reader)
    holder = incident.holder
    if holder is not None:
        mine = holder.by == token.person
        headline = (words.you_hold if mine else words.held).format(
            person=holder.by, at=reader.at(holder.at), until=reader.at(holder.ends_at)
        )
        return Shown(200, headline, incident, button=not mine and used is None, reader=reader)
    if used is not None:
        return Shown(410, words.used.format(at=reader.at(used)), incident, reader=reader)
    return Shown(200, words.for_you.format(person=token.person), incident, button=True, reader=reader)


async def act(request: web.Request) -> web.Response:
    """Acknowledge, and lead to what is true then."""
    services = request.app[SERVICES]
    text = request.match_info["token"]
    token = services.signer.read(text)
    if token is None:
        return await _together(services, text)
    reader = reader_of(services, token.person)
    if services.clock.now() >= token.expires_at:
        return page(expired(reader, token.expires_at))
    event = Acknowledged(incident=token.incident, by=token.person, via=Via.LINK, cycle=token.cycle)
    try:
        handled = await services.handler.handle(event, once=link_identity(token))
    except StoreError:
        return page(away(reader))
    if handled.incident is None:
        return page(UNKNOWN)
    if handled.reply.outcome in {Outcome.DONE, Outcome.ALREADY}:
        await services.contacts.answered(token.person, token.channel)
        raise web.HTTPSeeOther(location=text, headers=SECRET)  # relative: a proxy may have taken a prefix off
    return page(_not_done(services.forgotten.nameless(), reader, token, handled.incident, handled.reply))


def _not_done(gone: Nameless, reader: Reader, token: LinkToken, found: Incident, reply: Reply) -> Shown:
    """Say why it was not done."""
    incident = gone.incident(found)
    if reply.outcome is Outcome.REFUSED:
        return Shown(410, "Whoever this link was for is not in the configuration any more", incident)
    said = _over(reader, token, incident) or gone.sentence(reply.text)
    return Shown(410, said, incident, reader=reader)


async def _tried(services: Services, token: TrialToken | None) -> Shown:
    """Say what the link of a test page is for, or that it was answered."""
    if token is None:
        return UNKNOWN
    reader = reader_of(services, token.person)
    words = reader.words
    if services.clock.now() >= token.expires_at:
        return expired(reader, token.expires_at)
    if not services.contacts.is_current(token):
        return Shown(410, words.other_contact, reader=reader)
    try:
        at = await services.contacts.answered_at(token)
    except StoreError:
        return away(reader)
    if at is not None:
        headline = words.tried.format(channel=token.channel, person=token.person, at=reader.at(at))
        return Shown(200, headline, reader=reader)
    headline = words.to_try.format(channel=token.channel, person=token.person)
    return Shown(200, headline, button=True, reader=reader)


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
    reader = reader_of(services, token.person)
    if services.clock.now() >= token.expires_at:
        return page(expired(reader, token.expires_at))
    try:
        if not await services.contacts.confirm(token):
            return page(Shown(410, reader.words.other_contact, reader=reader))
    except StoreError:
        return page(away(reader))
    raise web.HTTPSeeOther(location=text, headers=SECRET)


def _over(reader: Reader, token: LinkToken, incident: Incident) -> str | None:
    """Say why the link can do nothing any more, if so."""
    words = reader.words
    if not incident.open and incident.resolved_at is not None:
        status, at = reader.ended(incident), reader.at(incident.resolved_at)
        if incident.resolved_by == "window":
            return words.ended_itself.format(status=status, at=at)
        return words.ended.format(status=status, person=incident.resolved_by, at=at)
    return words.cycle.format(cycle=token.cycle) if incident.cycle != token.cycle else None
