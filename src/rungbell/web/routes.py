"""Every route of rungbell: the one table, from which the application, its guards and its description are made.

To add one
----------
1. Write ``async def verb_noun(request)`` beside its kin. Its docstring is what the description says: first line the
   summary, the rest the details. Its answer is a model of ``answers``, given by ``json_answer``; a body is a model read
   by ``read_body``. Who asks is ``request[GRANT]``, under whose name something is done ``actor(request, body.by)``.
   An act on an incident is one line, ``api.enact(request, Body, Event)``: the body names its fields as the event does.
2. Add one line here: method, path, handler, scope; ``answer``, ``body``, ``parameters`` and ``problems`` where there
   are any. A new name in a path, such as ``{incident}``, needs a line in ``openapi.IN_PATH``.

Nothing else: the guard, the description, the matrix of scopes and the tests that hold a running daemon against the
description go through this table.

Rules
-----
* No route is without a scope or the word ``OPEN``. Looking takes ``read``, doing ``act``, running rungbell ``admin``.
* A route with ``ingest`` says itself which source is speaking (``access.source_of``), for that depends on more than
  tokens; all others are guarded before their handler is called.

May import: the rest of ``web``, ``domain``.
"""

from rungbell.domain.token import Scope
from rungbell.web import (
    acknowledge,
    alertmanager,
    answering,
    api,
    backup,
    command,
    communications,
    contacts,
    declare,
    drafts,
    handover,
    health,
    lifecycle,
    oncall,
    oncall_calendar,
    openapi,
    outlook,
    overrides,
    people,
    postmortem,
    reviews,
    status,
    swaps,
    timelines,
    tokens,
)
from rungbell.web.answers import (
    ActAnswer,
    ForgottenView,
    IncidentDetail,
    IncidentList,
    NewToken,
    Outlook,
    PeopleList,
    StatusView,
    Taken,
    Timeline,
    TimelineExport,
    TokenList,
    TokenView,
    Verification,
)
from rungbell.web.command_answers import Checklists, RecipeList
from rungbell.web.communication_answers import CommunicationDetail, CommunicationList, WaitingList
from rungbell.web.contact_answers import ContactList, TestPageAnswer
from rungbell.web.json_body import SignedBody
from rungbell.web.oncall_answers import (
    CalendarLink,
    GapList,
    NoteAnswer,
    NoteList,
    OnCallList,
    OverrideAnswer,
    OverrideList,
    ShiftList,
)
from rungbell.web.postmortem_answers import Document, PostmortemList, PostmortemView
from rungbell.web.problem import Handler
from rungbell.web.review_answers import ReviewAnswer, ReviewList
from rungbell.web.route import OPEN, Route
from rungbell.web.webhook_body import WebhookBody

ONE = "/api/v1/incidents/{incident}"
ONCALL = "/api/v1/oncall"
_REFUSED = frozenset({409, 422})


def _act(name: str, handler: Handler, body: type[api.ActBody]) -> Route:
    return Route(
        "POST", f"{ONE}/{name}", handler, Scope.ACT, ActAnswer, body, (api.IDEMPOTENCY_KEY,), problems=_REFUSED
    )


def _intake(method: str, path: str, operation: str = "") -> Route:
    return Route(method, path, alertmanager.receive, Scope.INGEST, Taken, WebhookBody, operation=operation)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/", health.front_page, OPEN),
    Route("GET", "/-/healthy", health.healthy, OPEN),
    Route("GET", "/-/ready", health.ready, OPEN),
    Route("GET", "/metrics", health.metrics, OPEN),
    Route("POST", "/-/reload", health.reload, Scope.ADMIN),
    Route("GET", "/-/backup", backup.backup, Scope.ADMIN, head=False),
    Route("GET", "/a/{token}", acknowledge.show, OPEN),
    Route("POST", "/a/{token}", acknowledge.act, OPEN),
    Route("GET", "/c/{token}", oncall_calendar.follow_calendar, OPEN),
    *(
        Route(method, path, answering.receive, OPEN, head=False)
        for path in ("/answers/{channel}", "/answers/{channel}/{what}")
        for method in ("GET", "POST")
    ),
    # Grafana may PUT, and a trailing slash must not become a redirect.
    _intake("POST", "/api/v1/alertmanager", "receive_alerts"),
    _intake("PUT", "/api/v1/alertmanager", "receive_alerts_by_put"),
    *(
        _intake(method, path)
        for path in ("/api/v1/alertmanager/", "/webhook", "/webhook/")
        for method in ("POST", "PUT")
    ),
    Route("GET", "/api/v1/openapi.json", openapi.show_description, Scope.READ),
    Route("GET", "/api/v1/incidents", api.list_incidents, Scope.READ, IncidentList, parameters=api.LIST_PARAMETERS),
    Route(
        "POST", "/api/v1/incidents", declare.open_incident, Scope.ACT, ActAnswer, declare.DeclareBody,
        (api.IDEMPOTENCY_KEY,), problems=_REFUSED, status=201,
    ),
    Route("GET", "/api/v1/status", status.show_status, Scope.READ, StatusView),
    Route("GET", ONE, api.show_incident, Scope.READ, IncidentDetail),
    Route("GET", f"{ONE}/timeline", timelines.show_timeline, Scope.READ, Timeline),
    Route("GET", f"{ONE}/timeline/export", timelines.export_timeline, Scope.READ, TimelineExport),
    Route(
        "GET", f"{ONE}/timeline/markdown", timelines.export_timeline_as_markdown, Scope.READ, media="text/markdown"
    ),
    Route("GET", f"{ONE}/timeline/verification", timelines.verify_timeline, Scope.READ, Verification),
    Route("GET", f"{ONE}/outlook", outlook.show_outlook, Scope.READ, Outlook),
    Route(
        "GET", f"{ONE}/drafts/{{kind}}", drafts.show_draft, Scope.READ, drafts.DraftView, parameters=(drafts.CLIENT,)
    ),
    _act("acknowledge", api.acknowledge, api.ActBody),
    _act("unacknowledge", api.unacknowledge, api.ActBody),
    _act("escalate", api.escalate, api.EscalateBody),
    _act("resolve", api.resolve, api.ResolveBody),
    _act("notes", api.add_note, api.NoteBody),
    _act("severity", api.set_severity, api.SeverityBody),
    _act("declare", command.declare, command.DeclaredBody),
    _act("assume", command.assume_role, command.AssumeBody),
    _act("give-up", command.give_up_role, command.GiveUpBody),
    _act("handoff", command.hand_off, command.HandoffBody),
    _act("tick", command.tick_line, command.TickBody),
    _act("impact", command.state_impact, command.ImpactBody),
    Route("GET", f"{ONE}/checklists", command.show_checklists, Scope.READ, Checklists),
    Route("GET", f"{ONE}/recipes", command.show_recipes, Scope.READ, RecipeList),
    Route(
        "GET", "/api/v1/postmortems", postmortem.list_postmortems, Scope.READ, PostmortemList,
        parameters=(postmortem.LIMIT,),
    ),
    Route("GET", f"{ONE}/postmortem", postmortem.show_postmortem, Scope.READ, PostmortemView),
    Route("GET", f"{ONE}/postmortem/draft", postmortem.draft_postmortem, Scope.READ, Document),
    _act("postmortem", postmortem.move_postmortem, postmortem.MoveBody),
    _act("postmortem/review", postmortem.hold_review, postmortem.ReviewBody),
    _act("items", postmortem.add_item, postmortem.ItemBody),
    _act("items/change", postmortem.change_item, postmortem.ItemChangeBody),
    _act("items/review", postmortem.review_items, api.ActBody),
    Route("GET", f"{ONE}/communications", communications.list_communications, Scope.READ, CommunicationList),
    Route("GET", f"{ONE}/communications/{{communication}}", communications.show_communication, Scope.READ,
          CommunicationDetail),
    _act("communications", communications.draft_communication, communications.DraftBody),
    _act("communications/{communication}/review", communications.review_communication, communications.ReviewBody),
    _act("communications/{communication}/send", communications.send_communication, api.ActBody),
    _act("communications/{communication}/discard", communications.discard_communication, communications.DiscardBody),
    _act("waive", communications.waive_communication, communications.WaiveBody),
    Route(
        "GET", "/api/v1/communications", communications.list_waiting, Scope.READ, WaitingList,
        parameters=(communications.LIMIT,),
    ),
    _act("status", lifecycle.set_status, lifecycle.StatusBody),
    _act("snooze", lifecycle.snooze, lifecycle.SnoozeBody),
    _act("merge", lifecycle.merge, lifecycle.MergeBody),
    _act("false-positive", lifecycle.mark_false_positive, lifecycle.FalsePositiveBody),
    _act("close", lifecycle.close, lifecycle.CloseBody),
    _act("reopen", lifecycle.reopen, lifecycle.ReopenBody),
    _act("release", lifecycle.release, api.ActBody),
    Route("GET", ONCALL, oncall.show_oncall, Scope.READ, OnCallList, parameters=(oncall.SCHEDULE,)),
    Route(
        "GET", f"{ONCALL}/shifts", oncall.list_shifts, Scope.READ, ShiftList,
        parameters=(oncall.SCHEDULE, *oncall.PERIOD),
    ),
    Route("GET", f"{ONCALL}/gaps", oncall.list_gaps, Scope.READ, GapList, parameters=(oncall.SCHEDULE, oncall.DAYS)),
    Route(
        "GET", f"{ONCALL}/ical", oncall_calendar.show_calendar, Scope.READ, media="text/calendar",
        parameters=oncall_calendar.CALENDAR,
    ),
    Route(
        "GET", f"{ONCALL}/ical/link", oncall_calendar.link_calendar, Scope.READ, CalendarLink,
        parameters=oncall_calendar.CALENDAR, head=False,
    ),
    Route(
        "GET", f"{ONCALL}/overrides", overrides.list_overrides, Scope.READ, OverrideList,
        parameters=(oncall.SCHEDULE, overrides.ALL),
    ),
    Route(
        "POST", f"{ONCALL}/overrides", overrides.make_override, Scope.ACT, OverrideAnswer, overrides.OverrideBody,
        (api.IDEMPOTENCY_KEY,), problems=_REFUSED, status=201,
    ),
    Route(
        "DELETE", f"{ONCALL}/overrides/{{override}}", overrides.end_override, Scope.ACT, OverrideAnswer,
        problems=frozenset({409}),
    ),
    Route(
        "POST", f"{ONCALL}/swaps", swaps.swap_shifts, Scope.ACT, OverrideAnswer, swaps.SwapBody,
        (api.IDEMPOTENCY_KEY,), problems=_REFUSED, status=201,
    ),
    Route(
        "GET", f"{ONCALL}/notes", handover.list_handover_notes, Scope.READ, NoteList,
        parameters=(oncall.SCHEDULE, handover.LIMIT),
    ),
    Route(
        "POST", f"{ONCALL}/notes", handover.leave_handover_note, Scope.ACT, NoteAnswer, handover.NoteBody,
        (api.IDEMPOTENCY_KEY,), problems=frozenset({422}), status=201,
    ),
    Route("GET", "/api/v1/people", people.list_people, Scope.READ, PeopleList),
    Route(
        "POST", "/api/v1/people/{person}/forget", people.forget_person, Scope.ADMIN, ForgottenView, SignedBody,
        problems=frozenset({409}),
    ),
    Route(
        "POST", "/api/v1/people/{person}/test-page", contacts.send_test_page, Scope.ACT, TestPageAnswer,
        contacts.TestPageBody, (api.IDEMPOTENCY_KEY,), problems=frozenset({422}), status=201,
    ),
    Route("GET", "/api/v1/contacts", contacts.list_contacts, Scope.READ, ContactList, parameters=(contacts.REVEAL,)),
    Route("GET", "/api/v1/reviews", reviews.list_reviews, Scope.READ, ReviewList, parameters=(reviews.LIMIT,)),
    Route(
        "POST", "/api/v1/reviews", reviews.note_review, Scope.ACT, ReviewAnswer, reviews.ReviewNoteBody,
        (api.IDEMPOTENCY_KEY,), problems=frozenset({422}), status=201,
    ),
    Route("GET", "/api/v1/tokens", tokens.list_tokens, Scope.ADMIN, TokenList),
    Route(
        "POST", "/api/v1/tokens", tokens.create_token, Scope.ADMIN, NewToken, tokens.TokenBody,
        problems=frozenset({422}), status=201,
    ),
    Route("DELETE", "/api/v1/tokens/{token}", tokens.revoke_token, Scope.ADMIN, TokenView),
)  # fmt: skip
