"""Every statement, written once in SQLAlchemy Core.

A ``Statement`` is compiled on first use to the text a driver runs, so that the hot path pays no compilation. Only
``insert … on conflict`` differs by dialect, and SQLite and PostgreSQL spell it alike.

May import: SQLAlchemy Core, ``schema``.
"""

from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, Executable, bindparam, delete, exists, func, null, select, text, tuple_, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Compiled

from rungbell.store.schema import (
    alerts,
    applied,
    handover_notes,
    heartbeats,
    incidents,
    notes,
    outbox,
    overrides,
    policies,
    timeline,
    tokens,
)

_DIALECT = sqlite.dialect(paramstyle="named")


class Statement:
    """One statement; ``text`` is what SQLite's driver is given, with ``:name`` parameters."""

    def __init__(self, core: Executable) -> None:
        self.core = core

    @cached_property
    def _compiled(self) -> Compiled:
        return self.core.compile(dialect=_DIALECT)  # type: ignore[attr-defined,no-any-return]

    @cached_property
    def text(self) -> str:
        """The compiled statement."""
        return str(self._compiled)

    @cached_property
    def constants(self) -> dict[str, Any]:
        """The parameters whose values stand in the statement itself."""
        return {name: value for name, value in (self._compiled.params or {}).items() if value is not None}

    def filled(self, values: dict[str, Any]) -> dict[str, Any]:
        """Give all parameters of one execution."""
        return self.constants | values if self.constants else values


def _p(name: str) -> BindParameter[Any]:
    return bindparam(name)


INCIDENT_COLUMNS = (
    incidents.c.number,
    incidents.c.name_base,
    incidents.c.name_count,
    incidents.c.version,
    incidents.c.facts,
)
PAGE_COLUMNS = (
    outbox.c.incident,
    outbox.c.cycle,
    outbox.c.round,
    outbox.c.tier,
    outbox.c.person,
    outbox.c.channel,
    outbox.c.purpose,
    outbox.c.kind,
    outbox.c.severity,
    outbox.c.send_after,
    outbox.c.state,
    outbox.c.attempts,
    outbox.c.created_at,
    outbox.c.failure,
    outbox.c.facts,
)

LATEST_INCIDENT = Statement(
    select(*INCIDENT_COLUMNS).where(incidents.c.key == _p("key")).order_by(incidents.c.number.desc()).limit(1)
)
INCIDENT_BY_ID = Statement(select(*INCIDENT_COLUMNS).where(incidents.c.id == _p("id")))
INCIDENT_BY_NUMBER = Statement(select(*INCIDENT_COLUMNS).where(incidents.c.number == _p("number")))
INCIDENT_BY_NAME = Statement(
    select(*INCIDENT_COLUMNS).where(incidents.c.name_base == _p("base"), incidents.c.name_count == _p("count"))
)
INCIDENTS_BEFORE = Statement(
    select(*INCIDENT_COLUMNS)
    .where(incidents.c.number < _p("before"))
    .order_by(incidents.c.number.desc())
    .limit(_p("limit"))
)
INCIDENTS_BEFORE_IN = Statement(
    select(*INCIDENT_COLUMNS)
    .where(incidents.c.number < _p("before"), incidents.c.status == _p("status"))
    .order_by(incidents.c.number.desc())
    .limit(_p("limit"))
)
CLOCKS_BEFORE_IN = Statement(
    select(*INCIDENT_COLUMNS, incidents.c.wake_at)
    .where(incidents.c.number < _p("before"), incidents.c.status == _p("status"))
    .order_by(incidents.c.number.desc())
    .limit(_p("limit"))
)
SET_CLOCK = Statement(
    update(incidents)
    .where(incidents.c.id == _p("row"), incidents.c.version == _p("expected"))
    .values(wake_at=_p("wake_at"))
)
OPEN_IDS = Statement(select(incidents.c.id).where(incidents.c.wake_at.is_not(None)).order_by(incidents.c.number))
COUNT_BY_STATUS = Statement(
    select(incidents.c.status, incidents.c.severity, func.count())
    .where(incidents.c.wake_at.is_not(None))
    .group_by(incidents.c.status, incidents.c.severity)
)
INSERT_INCIDENT = Statement(
    insert(incidents)
    .values({column.name: _p(column.name) for column in incidents.c if column.name != "number"})
    .returning(incidents.c.number)
)
UPDATE_INCIDENT = Statement(
    update(incidents)
    .where(incidents.c.id == _p("row"), incidents.c.version == _p("expected"))
    .values(
        {
            name: _p(name)
            for name in (
                "name_base",
                "name_count",
                "status",
                "severity",
                "opened_at",
                "wake_at",
                "version",
                "facts",
                "resolved_at",
            )
        }
    )
)
NAME_OF = Statement(select(incidents.c.name_base, incidents.c.name_count).where(incidents.c.id == _p("id")))
HIGHEST_NAME = Statement(select(func.max(incidents.c.name_count)).where(incidents.c.name_base == _p("base")))
DUE_INCIDENTS = Statement(
    select(incidents.c.id, incidents.c.wake_at)
    .where(incidents.c.wake_at <= _p("now"))
    .order_by(incidents.c.wake_at)
    .limit(_p("limit"))
)
NEXT_WAKE = Statement(select(func.min(incidents.c.wake_at)).where(incidents.c.wake_at.is_not(None)))

ALERTS_OF_GROUP = Statement(
    select(
        alerts.c.key, alerts.c.firing, alerts.c.starts_at, alerts.c.ends_at, alerts.c.severity, alerts.c.facts
    ).where(alerts.c.group_key == _p("group_key"))
)
STANDINGS_OF_GROUP = Statement(
    select(alerts.c.key, alerts.c.firing, alerts.c.starts_at).where(alerts.c.group_key == _p("group_key"))
)
_alert = insert(alerts).values({column.name: _p(column.name) for column in alerts.c})
UPSERT_ALERT = Statement(
    _alert.on_conflict_do_update(
        index_elements=["group_key", "key"],
        set_={
            name: _alert.excluded[name] for name in ("firing", "starts_at", "ends_at", "severity", "seen_at", "facts")
        },
    )
)
SETTLE_ALERTS = Statement(
    update(alerts).where(alerts.c.group_key == _p("group"), alerts.c.firing == 1).values(firing=0)
)

INSERT_ENTRY = Statement(
    insert(timeline).values({column.name: _p(column.name) for column in timeline.c if column.name != "id"})
)
TIMELINE = Statement(
    select(
        timeline.c.at,
        timeline.c.kind,
        timeline.c.actor,
        timeline.c.tier,
        timeline.c.channel,
        timeline.c.text,
        timeline.c.facts,
    )
    .where(timeline.c.incident == _p("incident"))
    .order_by(timeline.c.id)
)
LAST_ENTRY = Statement(select(timeline.c.at).order_by(timeline.c.id.desc()).limit(1))

INSERT_PAGE = Statement(
    insert(outbox)
    .values({column.name: _p(column.name) for column in outbox.c if column.name not in {"failure", "reference"}})
    .on_conflict_do_nothing(index_elements=["intent"])
)
CLAIMABLE = Statement(
    select(outbox.c.intent)
    .where(outbox.c.channel == _p("channel"), outbox.c.due_at.is_not(None), outbox.c.due_at <= _p("now"))
    .order_by(outbox.c.priority, outbox.c.due_at)
    .limit(_p("limit"))
    .with_for_update(skip_locked=True)
)
LEASE = Statement(
    update(outbox)
    .where(outbox.c.intent == _p("key"), outbox.c.due_at <= _p("now"))
    .values(state="leased", due_at=_p("until"), attempts=outbox.c.attempts + 1)
)
NEXT_DUE = Statement(
    select(func.min(outbox.c.due_at)).where(outbox.c.channel == _p("channel"), outbox.c.due_at.is_not(None))
)
OLDEST_WAITING = Statement(select(func.min(outbox.c.due_at)).where(outbox.c.due_at.is_not(None)))
OVERDUE_PAGE = Statement(
    select(outbox.c.intent)
    .where(outbox.c.due_at.is_not(None), outbox.c.due_at < _p("before"))
    .order_by(outbox.c.due_at, outbox.c.intent)
    .limit(1)
)
_unsent = select(outbox.c.incident, outbox.c.state, outbox.c.purpose).where(outbox.c.due_at.is_not(None))
_unsent_pages = _unsent.limit(_p("limit")).subquery()
RESOLVED_WITH_PAGES = Statement(
    select(incidents.c.id)
    .where(
        incidents.c.id == _unsent_pages.c.incident,
        incidents.c.status == "resolved",
        _unsent_pages.c.state == "waiting",
        _unsent_pages.c.purpose != "news",
    )
    .distinct()
)
WAITING_CHANNELS = Statement(select(outbox.c.channel).where(outbox.c.due_at.is_not(None)).distinct())
PAGE = Statement(select(*PAGE_COLUMNS).where(outbox.c.intent == _p("intent")))
PAGES_OF_ROUND = Statement(
    select(*PAGE_COLUMNS).where(
        outbox.c.incident == _p("incident"), outbox.c.cycle == _p("cycle"), outbox.c.round == _p("round")
    )
)
PAGES_OF_INCIDENT = Statement(
    select(*PAGE_COLUMNS).where(outbox.c.incident == _p("incident")).order_by(outbox.c.created_at, outbox.c.intent)
)
NOTICES = Statement(
    select(*PAGE_COLUMNS).where(outbox.c.incident.is_(None)).order_by(outbox.c.created_at, outbox.c.intent)
)
WAITING_PAGES = Statement(select(*PAGE_COLUMNS).where(outbox.c.incident == _p("incident"), outbox.c.state == "waiting"))
WITHDRAW_PAGE = Statement(
    update(outbox)
    .where(outbox.c.intent == _p("key"), outbox.c.state == "waiting")
    .values(state="withdrawn", due_at=null())
)
FORWARD_PAGE = Statement(
    update(outbox).where(outbox.c.intent == _p("key"), outbox.c.state == "waiting").values(due_at=_p("now"))
)
GIVE_UP_PAGE = Statement(
    update(outbox).where(outbox.c.intent == _p("key")).values(state="failed", due_at=null(), failure=_p("failure"))
)
RELEASE_LEASES = Statement(
    update(outbox).where(outbox.c.state == "leased").values(state="waiting", due_at=outbox.c.send_after)
)
RECORD_DELIVERY = Statement(
    update(outbox)
    .where(outbox.c.intent == _p("key"), outbox.c.state == "leased", outbox.c.attempts == _p("attempt"))
    .values(state=_p("state"), due_at=_p("due_at"), failure=_p("failure"), reference=_p("reference"))
)

INSERT_POLICY = Statement(
    insert(policies)
    .values({column.name: _p(column.name) for column in policies.c})
    .on_conflict_do_nothing(index_elements=["hash"])
)
POLICY = Statement(select(policies.c.format, policies.c.document).where(policies.c.hash == _p("hash")))

_beat = insert(heartbeats).values(source=_p("source"), seen_at=_p("seen_at"))
BEAT = Statement(_beat.on_conflict_do_update(index_elements=["source"], set_={"seen_at": _beat.excluded.seen_at}))
HEARTBEATS = Statement(select(heartbeats.c.source, heartbeats.c.seen_at))

APPLIED = Statement(select(applied.c.at, applied.c.reply).where(applied.c.event == _p("event")))
INSERT_APPLIED = Statement(
    insert(applied).values(event=_p("event"), at=_p("at"), reply=_p("reply")).on_conflict_do_nothing()
)
_note = insert(notes).values(name=_p("name"), value=_p("value"))
WRITE_NOTE = Statement(_note.on_conflict_do_update(index_elements=["name"], set_={"value": _note.excluded.value}))
NOTE = Statement(select(notes.c.value).where(notes.c.name == _p("name")))
NOTES_BELOW = Statement(select(notes.c.name, notes.c.value).where(notes.c.name.startswith(_p("prefix"))))

INSERT_TOKEN = Statement(insert(tokens).values({column.name: _p(column.name) for column in tokens.c}))
TOKENS = Statement(select(*tokens.c).order_by(tokens.c.created_at, tokens.c.id))
REVOKE_TOKEN = Statement(
    update(tokens).where(tokens.c.id == _p("token"), tokens.c.revoked_at.is_(None)).values(revoked_at=_p("now"))
)

OVERRIDES = Statement(
    select(*overrides.c).where(overrides.c.ends > _p("since")).order_by(overrides.c.made_at, overrides.c.number)
)
OVERRIDE = Statement(select(*overrides.c).where(overrides.c.number == _p("number")))
INSERT_OVERRIDE = Statement(
    insert(overrides)
    .values({column.name: _p(column.name) for column in overrides.c if column.name != "number"})
    .returning(overrides.c.number)
)
END_OVERRIDE = Statement(
    update(overrides).where(overrides.c.number == _p("key"), overrides.c.ends > _p("now")).values(ends=_p("now"))
)
DELETE_OVERRIDE = Statement(delete(overrides).where(overrides.c.number == _p("key")))
INSERT_HANDOVER_NOTE = Statement(
    insert(handover_notes).values({c.name: _p(c.name) for c in handover_notes.c if c.name != "number"})
)
HANDOVER_NOTES = Statement(
    select(handover_notes.c.schedule, handover_notes.c.by, handover_notes.c.at, handover_notes.c.text)
    .where(handover_notes.c.schedule == _p("schedule"))
    .order_by(handover_notes.c.number.desc())
    .limit(_p("limit"))
)

OLD_INCIDENTS = Statement(
    select(incidents.c.id, incidents.c.key, incidents.c.policy)
    .where(
        incidents.c.resolved_at < _p("before"),
        incidents.c.wake_at.is_(None),  # no open one; asked by its status, SQLite would read every resolved one
        ~exists().where(outbox.c.incident == incidents.c.id, outbox.c.due_at.is_not(None)),
    )
    .order_by(incidents.c.resolved_at)
    .limit(_p("limit"))
)
FORGET_INCIDENT = Statement(delete(incidents).where(incidents.c.id == _p("id")))
FORGET_TIMELINE = Statement(delete(timeline).where(timeline.c.incident == _p("id")))
FORGET_PAGES = Statement(delete(outbox).where(outbox.c.incident == _p("id")))
FORGET_ALERTS_OF_GROUP = Statement(
    delete(alerts).where(
        alerts.c.group_key == _p("group"), alerts.c.firing == 0, ~exists().where(incidents.c.key == _p("group"))
    )
)
FORGET_POLICY = Statement(
    delete(policies).where(policies.c.hash == _p("hash"), ~exists().where(incidents.c.policy == _p("hash")))
)
FORGET_OLD_ALERTS = Statement(
    delete(alerts).where(
        tuple_(alerts.c.group_key, alerts.c.key).in_(
            select(alerts.c.group_key, alerts.c.key)
            .where(
                alerts.c.seen_at < _p("before"),
                alerts.c.firing == text("0"),  # as the index says it
                alerts.c.ends_at.is_not(None),  # what a person settled may be repeated for as long as it fires
            )
            .limit(_p("limit"))
        )
    )
)
FORGET_OLD_APPLIED = Statement(
    delete(applied).where(
        applied.c.event.in_(select(applied.c.event).where(applied.c.at < _p("before")).limit(_p("limit")))
    )
)

FORGET_OLD_OVERRIDES = Statement(
    delete(overrides).where(
        overrides.c.number.in_(select(overrides.c.number).where(overrides.c.ends < _p("before")).limit(_p("limit")))
    )
)
FORGET_OLD_NOTICES = Statement(
    delete(outbox).where(
        outbox.c.intent.in_(
            select(outbox.c.intent)
            .where(outbox.c.incident.is_(None), outbox.c.due_at.is_(None), outbox.c.created_at < _p("before"))
            .limit(_p("limit"))
        )
    )
)
FORGET_OLD_HANDOVER_NOTES = Statement(
    delete(handover_notes).where(
        handover_notes.c.number.in_(
            select(handover_notes.c.number).where(handover_notes.c.at < _p("before")).limit(_p("limit"))
        )
    )
)

# SQLite's own: a file does not shrink by itself. The driver takes one step of the PRAGMA, which gives one page back.
ROOM = Statement(text("SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count"))
GIVE_BACK = Statement(text("PRAGMA incremental_vacuum(1)"))
