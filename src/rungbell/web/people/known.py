"""People over the API: who is known, and what the store forgets of whoever has gone.

Rules
-----
* Only of somebody whom the configuration does not name any more: it says how they are reached, and would go on to.
* Forgotten again, they are forgotten once more, under the number they have.

May import: the rest of ``people``, the packages below, ``store`` (the port), ``domain``, structlog.
"""

import structlog
from aiohttp import web

from rungbell.domain.nameless import called
from rungbell.store import Transaction
from rungbell.store.people import Forgotten
from rungbell.web.access.callers import actor
from rungbell.web.people.answers import ForgottenView, PeopleList, PersonView
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import SignedBody, json_answer, read_body
from rungbell.web.wire.problem import problem

log = structlog.get_logger()


async def list_people(request: web.Request) -> web.Response:
    """List the people of the configuration by id, and behind them those who were forgotten."""
    services = request.app[SERVICES]
    people = services.handler.book.roster.people
    await services.forgotten.load()
    rows = [PersonView(id=one.id, name=one.name, forgotten=False) for _, one in sorted(people.items())]
    rows += [PersonView(id=one, name=name, forgotten=True) for one, name in services.forgotten.nameless().names.items()]
    return json_answer(request, PeopleList(people=rows))


async def forget_person(request: web.Request) -> web.Response:
    """Let the store forget a person who is not in the configuration any more.

    Tokens are revoked, overrides ended and their reasons blanked, handover notes blanked. Timelines keep the id, for
    they are sealed; where names are shown it reads `forgotten person` and a number.
    """
    services = request.app[SERVICES]
    person = request.match_info["person"]
    body = await read_body(request, SignedBody)
    by = actor(request, body.by)
    if person in services.handler.book.roster.people:
        return problem(409, f"{person!r} is in the configuration: take them out of it and reload it first")
    if not await services.store.read(lambda transaction: transaction.knows(person)):
        raise web.HTTPNotFound(reason="nothing in the store names this person")
    now = services.clock.now()

    def work(transaction: Transaction) -> Forgotten:
        return transaction.forget_person(person, by, now)

    found = await services.store.write(work, reserved=True, large=True)
    await services.forgotten.load()
    await services.tokens.load()
    await services.overrides.load()
    log.info("a person was forgotten", number=found.number, by=by)
    return json_answer(
        request,
        ForgottenView(
            id=person,
            name=called(found.number),
            tokens=found.tokens,
            overrides=found.overrides,
            handover_notes=found.notes,
        ),
    )
