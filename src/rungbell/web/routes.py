"""Every route of rungbell: the one table, from which the application, its guards and its description are made.

To add one
----------
1. Write ``async def verb_noun(request)`` beside its kin. Its docstring is what the description says: first line the
   summary, the rest the details. Its answer is a model of the ``answers`` beside it, given by ``json_answer``, in which
   ids of people are a ``PersonId`` (``wire.view``); a body is a model read by ``read_body``. Who asks is
   ``request[GRANT]``, under whose name something is done ``actor(request, body.by)``. An act on an incident is one
   line, ``acting.enact(request, Body, Event)``: the body names its fields as the event does.
2. Add one line here: method, path, handler, scope; ``answer``, ``body``, ``parameters`` and ``problems`` where there
   are any. A new name in a path, such as ``{incident}``, needs a line in ``openapi.IN_PATH``.

Nothing else: the guard, the description, the matrix of scopes and the tests that hold a running daemon against the
description go through this table.

Rules
-----
* No route is without a scope or the word ``OPEN``. Looking takes ``read``, doing ``act``, running rungbell ``admin``.
* A route with ``ingest`` says itself which source is speaking (``access.callers.source_of``), for that depends on
  more than tokens; all others are guarded before their handler is called.

May import: the rest of ``web``, ``domain``.
"""

from rungbell.domain.token import Scope
from rungbell.web import openapi
from rungbell.web.access import tokens
from rungbell.web.access.token_answers import NewToken, TokenList, TokenView
from rungbell.web.acts import acting, command, declare, lifecycle, responding
from rungbell.web.acts.acting import ActAnswer
from rungbell.web.communication import communications, drafts
from rungbell.web.communication.answers import CommunicationDetail, CommunicationList, WaitingList
from rungbell.web.incidents import looking, outlook, timelines
from rungbell.web.incidents.answers import IncidentDetail, IncidentList
from rungbell.web.incidents.command_answers import Checklists, RecipeList
from rungbell.web.incidents.outlook_answers import Outlook
from rungbell.web.incidents.timeline_answers import Timeline, TimelineExport, Verification
from rungbell.web.intake import alertmanager, answering
from rungbell.web.intake.alertmanager import Taken
from rungbell.web.intake.webhook_body import WebhookBody
from rungbell.web.learning import postmortem, reviews
from rungbell.web.learning.postmortem_answers import Document, PostmortemList, PostmortemView
from rungbell.web.learning.review_answers import ReviewAnswer, ReviewList
from rungbell.web.links import acknowledge
from rungbell.web.oncall import calendar, handover, overrides, schedules, swaps
from rungbell.web.oncall.answers import (
    CalendarLink,
    GapList,
    NoteAnswer,
    NoteList,
    OnCallList,
    OverrideAnswer,
    OverrideList,
    ShiftList,
)
from rungbell.web.operating import backup, health, status
from rungbell.web.operating.status_answers import StatusView
from rungbell.web.people import contacts, known
from rungbell.web.people.answers import ForgottenView, PeopleList
from rungbell.web.people.contact_answers import ContactList, TestPageAnswer
from rungbell.web.wire import query
from rungbell.web.wire.json_body import SignedBody
from rungbell.web.wire.problem import Handler
from rungbell.web.wire.route import OPEN, Route

ONE = "/api/v1/incidents/{incident}"
ONCALL = "/api/v1/oncall"
_REFUSED = frozenset({409, 422})


def _act(name: str, handler: Handler, body: type[acting.ActBody]) -> Route:
    return Route(
        "POST", f"{ONE}/{name}", handler, Scope.ACT, ActAnswer, body, (query.IDEMPOTENCY_KEY,), problems=_REFUSED
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
    Route("GET", "/c/{token}", calendar.follow_calendar, OPEN),
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
    Route(
        "GET", "/api/v1/incidents", looking.list_incidents, Scope.READ, IncidentList,
        parameters=looking.LIST_PARAMETERS,
    ),
    Route(
        "POST", "/api/v1/incidents", declare.open_incident, Scope.ACT, ActAnswer, declare.DeclareBody,
        (query.IDEMPOTENCY_KEY,), problems=_REFUSED, status=201,
    ),
    Route("GET", "/api/v1/status", status.show_status, Scope.READ, StatusView),
    Route("GET", ONE, looking.show_incident, Scope.READ, IncidentDetail),
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
    _act("acknowledge", responding.acknowledge, acting.ActBody),
    _act("unacknowledge", responding.unacknowledge, acting.ActBody),
    _act("escalate", responding.escalate, responding.EscalateBody),
    _act("resolve", responding.resolve, responding.ResolveBody),
    _act("notes", responding.add_note, responding.NoteBody),
    _act("severity", responding.set_severity, responding.SeverityBody),
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
    _act("postmortem/review", postmortem.hold_review, postmortem.PostmortemReviewBody),
    _act("items", postmortem.add_item, postmortem.ItemBody),
    _act("items/change", postmortem.change_item, postmortem.ItemChangeBody),
    _act("items/review", postmortem.review_items, acting.ActBody),
    Route("GET", f"{ONE}/communications", communications.list_communications, Scope.READ, CommunicationList),
    Route("GET", f"{ONE}/communications/{{communication}}", communications.show_communication, Scope.READ,
          CommunicationDetail),
    _act("communications", communications.draft_communication, communications.DraftBody),
    _act(
        "communications/{communication}/review", communications.review_communication,
        communications.CommunicationReviewBody,
    ),
    _act("communications/{communication}/send", communications.send_communication, acting.ActBody),
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
    _act("release", lifecycle.release, acting.ActBody),
    Route("GET", ONCALL, schedules.show_oncall, Scope.READ, OnCallList, parameters=(schedules.SCHEDULE,)),
    Route(
        "GET", f"{ONCALL}/shifts", schedules.list_shifts, Scope.READ, ShiftList,
        parameters=(schedules.SCHEDULE, *schedules.PERIOD),
    ),
    Route(
        "GET", f"{ONCALL}/gaps", schedules.list_gaps, Scope.READ, GapList,
        parameters=(schedules.SCHEDULE, schedules.DAYS),
    ),
    Route(
        "GET", f"{ONCALL}/ical", calendar.show_calendar, Scope.READ, media="text/calendar",
        parameters=calendar.CALENDAR,
    ),
    Route(
        "GET", f"{ONCALL}/ical/link", calendar.link_calendar, Scope.READ, CalendarLink,
        parameters=calendar.CALENDAR, head=False,
    ),
    Route(
        "GET", f"{ONCALL}/overrides", overrides.list_overrides, Scope.READ, OverrideList,
        parameters=(schedules.SCHEDULE, overrides.ALL),
    ),
    Route(
        "POST", f"{ONCALL}/overrides", overrides.make_override, Scope.ACT, OverrideAnswer, overrides.OverrideBody,
        (query.IDEMPOTENCY_KEY,), problems=_REFUSED, status=201,
    ),
    Route(
        "DELETE", f"{ONCALL}/overrides/{{override}}", overrides.end_override, Scope.ACT, OverrideAnswer,
        problems=frozenset({409}),
    ),
    Route(
        "POST", f"{ONCALL}/swaps", swaps.swap_shifts, Scope.ACT, OverrideAnswer, swaps.SwapBody,
        (query.IDEMPOTENCY_KEY,), problems=_REFUSED, status=201,
    ),
    Route(
        "GET", f"{ONCALL}/notes", handover.list_handover_notes, Scope.READ, NoteList,
        parameters=(schedules.SCHEDULE, handover.LIMIT),
    ),
    Route(
        "POST", f"{ONCALL}/notes", handover.leave_handover_note, Scope.ACT, NoteAnswer, handover.HandoverNoteBody,
        (query.IDEMPOTENCY_KEY,), problems=frozenset({422}), status=201,
    ),
    Route("GET", "/api/v1/people", known.list_people, Scope.READ, PeopleList),
    Route(
        "POST", "/api/v1/people/{person}/forget", known.forget_person, Scope.ADMIN, ForgottenView, SignedBody,
        problems=frozenset({409}),
    ),
    Route(
        "POST", "/api/v1/people/{person}/test-page", contacts.send_test_page, Scope.ACT, TestPageAnswer,
        contacts.TestPageBody, (query.IDEMPOTENCY_KEY,), problems=frozenset({422}), status=201,
    ),
    Route("GET", "/api/v1/contacts", contacts.list_contacts, Scope.READ, ContactList, parameters=(contacts.REVEAL,)),
    Route("GET", "/api/v1/reviews", reviews.list_reviews, Scope.READ, ReviewList, parameters=(reviews.LIMIT,)),
    Route(
        "POST", "/api/v1/reviews", reviews.note_review, Scope.ACT, ReviewAnswer, reviews.ReviewNoteBody,
        (query.IDEMPOTENCY_KEY,), problems=frozenset({422}), status=201,
    ),
    Route("GET", "/api/v1/tokens", tokens.list_tokens, Scope.ADMIN, TokenList),
    Route(
        "POST", "/api/v1/tokens", tokens.create_token, Scope.ADMIN, NewToken, tokens.TokenBody,
        problems=frozenset({422}), status=201,
    ),
    Route("DELETE", "/api/v1/tokens/{token}", tokens.revoke_token, Scope.ADMIN, TokenView),
)  # fmt: skip
