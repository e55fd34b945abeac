"""``/api/v1/oncall/ical`` and ``/c/<token>``: who is on call, as a calendar.

Rules
-----
* Programs that show calendars send no token with a request, so a link may carry what it shows, signed: whoever has the
  link sees who is on call, for one person or schedule, and nothing else. It is good until the key that signed it goes.
* Nothing in a link can be guessed, and one that nobody here has signed is as one of nobody known: 404.

May import: the rest of ``oncall``, ``links.page``, the packages below, ``runtime``, ``domain``, ``ical``.
"""

from aiohttp import web

from rungbell.domain.errors import MalformedInput
from rungbell.ical.feed import CONTENT_TYPE, MOST_DAYS, Feed, write
from rungbell.web.links.page import SECRET
from rungbell.web.oncall.answers import CalendarLink
from rungbell.web.oncall.schedules import SCHEDULE, asked_for
from rungbell.web.services import SERVICES, Services
from rungbell.web.wire.json_body import json_answer
from rungbell.web.wire.query import number_in
from rungbell.web.wire.route import Parameter

DEFAULT_DAYS = 90
PERSON = Parameter("person", "query", "Only this person's shifts.", {"type": "string", "minLength": 1, "maxLength": 64})
AHEAD = Parameter(
    "days", "query", "How far to look ahead; the last month is always part of it.",
    {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "default": DEFAULT_DAYS},
)  # fmt: skip
CALENDAR = (SCHEDULE, PERSON, AHEAD)


async def show_calendar(request: web.Request) -> web.Response:
    """Give who is on call as a calendar (iCalendar, RFC 5545), overrides included; times are in UTC."""
    services = request.app[SERVICES]
    feed = _asked_for(request, services)
    return await _written(feed, services)


async def link_calendar(request: web.Request) -> web.Response:
    """Give a link by which a program that sends no token may subscribe to such a calendar.

    Whoever has it sees that calendar, until the key that signed it is taken out of the file of keys.
    """
    services = request.app[SERVICES]
    feed = _asked_for(request, services)
    schedule = request.query.get("schedule")
    token = services.signer.sign_calendar(schedule, feed.person, feed.days)
    link = CalendarLink(url=f"{services.external_url}/c/{token}")
    return json_answer(request, link, headers={"Cache-Control": "no-store"})


async def follow_calendar(request: web.Request) -> web.Response:
    """Give the calendar of a link."""
    services = request.app[SERVICES]
    found = services.signer.read_calendar(request.match_info["token"])
    roster = services.handler.book.roster
    if found is None or found[0] not in {None, *roster.schedules} or found[1] not in {None, *roster.people}:
        raise web.HTTPNotFound(reason="no calendar has this link")
    schedule, person, days = found
    schedules = [roster.schedules[schedule]] if schedule else roster.schedules.values()
    answer = await _written(Feed(tuple(schedules), roster.people, days, person), services)
    answer.headers.update(SECRET)
    return answer


def _asked_for(request: web.Request, services: Services) -> Feed:
    book = services.handler.book
    schedules = asked_for(request, book)
    person = request.query.get("person")
    if person is not None and person not in book.roster.people:
        known = ", ".join(sorted(book.roster.people)[:20])
        raise MalformedInput(f"`person`: there is no person {person[:64]!r}; the configuration knows {known}")
    days = number_in(request, "days", DEFAULT_DAYS, 1, MOST_DAYS)
    return Feed(tuple(schedules), book.roster.people, days, person)


async def _written(feed: Feed, services: Services) -> web.Response:
    text = await services.looking.ahead(lambda: write(feed, services.clock.now()))
    return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})
