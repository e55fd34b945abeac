"""Between the core's values and what columns hold.

Rules
-----
* A fact of an incident that is as it would be by default is left out: it is half of the text. So a default that changes
  needs a migration; what was written with all of its facts is read all the same.

May import: ``domain`` and pydantic.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from rungbell.domain.alert import KnownAlert
from rungbell.domain.chain import Head, Line, Record, moment
from rungbell.domain.communication.copies import Copy, SentCopy
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.communication.record import Communication
from rungbell.domain.contacts import TRIAL, Trial, Verification, Way
from rungbell.domain.echo import SentEcho
from rungbell.domain.errors import StoreIncompatible
from rungbell.domain.handover import HandoverNote
from rungbell.domain.incident import Incident
from rungbell.domain.opening import full_name
from rungbell.domain.override import Override
from rungbell.domain.page import Echo, Page, PageKind, PageState, Purpose, SentPage
from rungbell.domain.policy import READABLE_FORMATS, Policy, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.shift_notice import PRIORITY, Says, SentNotice, ShiftNotice
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.domain.token import Scope, Token

# Members give their ``_value_``: before Python 3.12 ``value`` is a function call, and here it is made for every row.
Row = Sequence[Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_incident = TypeAdapter(Incident)
_policy = TypeAdapter(Policy)
_communication = TypeAdapter(Communication)
COPY = "copy"
TEST = "test"
"""What a row is that is no page: nothing that asks for pages finds it."""
"""The kind of a row of the outbox that is a copy of a communication."""
ECHO = "echo"
"""The kind of a row of the outbox that is an echo."""
_documents: dict[str, str] = {}
DOCUMENTS = 100
"""Policies whose text is kept at hand; there are as many as the configuration names, and a few from before reloads."""


def to_column(at: datetime) -> int:
    """Epoch milliseconds, rounded down."""
    return (at - _EPOCH) // _MILLISECOND


def from_column(value: int) -> datetime:
    """Read epoch milliseconds as an aware time in UTC."""
    return _EPOCH + value * _MILLISECOND


def _optional(value: int | None) -> datetime | None:
    return None if value is None else from_column(value)


def incident_row(
    incident: Incident, wake_at: datetime | None, overdue: Iterable[str], head: Head | None
) -> dict[str, Any]:
    """Columns of an incident, without number and name.

    ``overdue`` names the obligations that are broken; ``head`` is the new end of the timeline's chain, if it grows.
    """
    return {
        "id": incident.id,
        "key": incident.key,
        "status": incident.status._value_,
        "severity": incident.severity._value_,
        "policy": incident.policy,
        "opened_at": to_column(incident.opened_at),
        "wake_at": None if wake_at is None else to_column(wake_at),
        "version": incident.version,
        "facts": _incident.dump_json(incident, exclude_defaults=True).decode(),
        "resolved_at": None if incident.resolved_at is None else to_column(incident.resolved_at),
        "overdue": " ".join(sorted(overdue)) or None,
        "likeness": incident.likeness or None,
        "entries": None if head is None else head.seq,
        "head": None if head is None else head.hash,
    }


def incident_from(row: Row) -> Incident:
    """Read (number, name_base, name_count, version, facts)."""
    number, base, count, version, facts = row
    incident = _incident.validate_json(facts)
    told = {"number": number, "version": version, "name": full_name(base, count)}
    if all(getattr(incident, name) == value for name, value in told.items()):
        return incident
    return incident.changed(**told)


def alert_rows(group_key: str, alerts: Sequence[KnownAlert], now: datetime) -> list[dict[str, Any]]:
    """Columns of alerts of one group, in the order in which the store keeps them: that is how they are written fast."""
    seen_at = to_column(now)
    return [
        {
            "group_key": group_key,
            "key": alert.key,
            "firing": int(alert.firing),
            "starts_at": to_column(alert.starts_at),
            "ends_at": None if alert.ends_at is None else to_column(alert.ends_at),
            "severity": None if alert.severity is None else alert.severity._value_,
            "seen_at": seen_at,
            "facts": to_json(
                {"labels": alert.labels, "annotations": alert.annotations, "generator_url": alert.generator_url}
            ).decode(),
        }
        for alert in sorted(alerts, key=attrgetter("key"))
    ]


def alert_from(row: Row) -> KnownAlert:
    """Read (key, firing, starts_at, ends_at, severity, facts)."""
    key, firing, starts_at, ends_at, severity, facts = row
    told: dict[str, Any] = from_json(facts)
    return KnownAlert(
        key=key,
        firing=bool(firing),
        starts_at=from_column(starts_at),
        ends_at=_optional(ends_at),
        severity=Severity(severity) if severity else None,
        labels=told["labels"],
        annotations=told["annotations"],
        generator_url=told["generator_url"],
    )


def entry_row(incident: str, entry: Entry, seal: Head) -> dict[str, Any]:
    """Columns of a line of the timeline."""
    return {
        "incident": incident,
        "seq": seal.seq,
        "at": to_column(entry.at),
        "kind": entry.kind._value_,
        "actor": entry.actor,
        "tier": None if entry.tier is None else entry.tier._value_,
        "channel": entry.channel,
        "text": entry.text,
        "facts": to_json(entry.facts).decode() if entry.facts else "{}",
        "hash": seal.hash,
    }


def entry_from(row: Row) -> Entry:
    """Read (at, kind, actor, tier, channel, text, facts)."""
    at, kind, actor, tier, channel, text, facts = row
    told: dict[str, str] = from_json(facts)
    return Entry(from_column(at), EntryKind(kind), text, actor, Tier(tier) if tier else None, channel, told)


def record_from(row: Row) -> Record:
    """Read (seq, hash, at, kind, actor, tier, channel, text, facts), the words as bytes, whatever stands there."""
    seq, hash_, at, kind, actor, tier, channel, text, facts = row
    try:
        told: dict[str, str] = from_json(facts)
        if to_json(told) != facts or not all(type(value) is str for value in told.values()):
            return Record(seq, hash_, None, "its facts are not as rungbell writes them")
        words = (kind.decode(), actor.decode(), tier and tier.decode(), channel and channel.decode(), text.decode())
        return Record(seq, hash_, Line(moment(from_column(at)), *words, told))
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        return Record(seq, hash_, None, str(error))


def page_row(page: Page, now: datetime) -> dict[str, Any]:
    """Columns of a page that has just been decided."""
    return {
        "intent": page.intent,
        "incident": page.incident,
        "cycle": page.cycle,
        "round": page.round,
        "tier": page.tier._value_,
        "person": page.person,
        "channel": page.channel,
        "purpose": page.purpose._value_,
        "kind": page.kind._value_,
        "severity": page.severity._value_,
        "priority": page.priority,
        "created_at": to_column(now),
        "send_after": to_column(page.send_after),
        "state": PageState.WAITING._value_,
        "due_at": to_column(page.send_after),
        "attempts": 0,
        "facts": to_json({"about": page.about}).decode() if page.about else None,
    }


def notice_row(notice: ShiftNotice | Trial, now: datetime) -> dict[str, Any]:
    """Columns of a notice that has just become due, or of a test page."""
    about = {"by": notice.by} if isinstance(notice, Trial) else {"schedule": notice.schedule}
    return {
        "intent": notice.intent,
        "incident": None,
        "cycle": None,
        "round": None,
        "tier": None,
        "person": notice.person,
        "channel": notice.channel,
        "purpose": str(notice.says),
        "kind": TEST if isinstance(notice, Trial) else PageKind.NOTIFICATION._value_,
        "severity": None,
        "priority": PRIORITY,
        "created_at": to_column(now),
        "send_after": to_column(now),
        "state": PageState.WAITING._value_,
        "due_at": to_column(now),
        "attempts": 0,
        "facts": to_json({**about, "at": to_column(notice.at)}).decode(),
    }


def copy_row(copy: Copy, now: datetime) -> dict[str, Any]:
    """Columns of a copy that has just been decided."""
    return {
        "intent": copy.intent,
        "incident": copy.incident,
        "cycle": None,
        "round": None,
        "tier": None,
        "person": copy.recipient,
        "channel": copy.channel,
        "purpose": copy.kind._value_,
        "kind": COPY,
        "severity": copy.severity._value_,
        "priority": copy.priority,
        "created_at": to_column(now),
        "send_after": to_column(copy.send_after),
        "state": PageState.WAITING._value_,
        "due_at": to_column(copy.send_after),
        "attempts": 0,
        "facts": copy_facts(copy),
    }


def copy_facts(copy: Copy) -> str:
    """What a copy says."""
    text = None if copy.text is None else {"subject": copy.text.subject, "body": copy.text.body}
    return to_json({"communication": copy.communication, "text": text}).decode()


def copy_from(row: Row) -> SentCopy:
    """Read the columns of ``statements.PAGE_COLUMNS`` of a row that is a copy."""
    incident, _, _, _, person, channel, purpose, _, severity, send_after = row[:10]
    state, attempts, created_at, failure, facts = row[10:15]
    told: dict[str, Any] = from_json(facts)
    copy = Copy(
        incident=incident,
        communication=told["communication"],
        kind=CommunicationKind(purpose),
        recipient=person,
        channel=channel,
        severity=Severity(severity),
        send_after=from_column(send_after),
        text=Text(**told["text"]) if told["text"] else None,
    )
    return SentCopy(copy, PageState(state), attempts, from_column(created_at), failure)


def communication_row(communication: Communication) -> dict[str, Any]:
    """Columns of a communication."""
    return {
        "incident": communication.incident,
        "number": communication.number,
        "state": communication.state._value_,
        "facts": _communication.dump_json(communication).decode(),
    }


def communication_from(row: Row) -> Communication:
    """Read (facts)."""
    return _communication.validate_json(row[0])


def echo_row(echo: Echo, now: datetime) -> dict[str, Any]:
    """Columns of an echo that has just been decided."""
    return {
        "intent": echo.intent,
        "incident": echo.incident,
        "cycle": echo.cycle,
        "round": None,
        "tier": None,
        "person": "",
        "channel": echo.channel,
        "purpose": ECHO,
        "kind": ECHO,
        "severity": echo.severity._value_,
        "priority": echo.priority,
        "created_at": to_column(now),
        "send_after": to_column(echo.send_after),
        "state": PageState.WAITING._value_,
        "due_at": to_column(echo.send_after),
        "attempts": 0,
        "facts": to_json({"version": echo.version}).decode(),
    }


def echo_from(row: Row) -> SentEcho:
    """Read the columns of ``statements.PAGE_COLUMNS`` of a row that is an echo."""
    incident, cycle, _, _, _, channel, _, _, severity, send_after = row[:10]
    state, attempts, created_at, failure, facts = row[10:15]
    version: int = from_json(facts)["version"]
    echo = Echo(incident, channel, cycle, version, Severity(severity), from_column(send_after))
    return SentEcho(echo, PageState(state), attempts, from_column(created_at), failure)


def sent_from(row: Row) -> SentPage | SentNotice | SentCopy | SentEcho:
    """Read the columns of ``statements.PAGE_COLUMNS``, whatever the row is about."""
    if row[7] == COPY:
        return copy_from(row)
    if row[7] == ECHO:
        return echo_from(row)
    if row[0] is not None:
        return page_from(row)
    person, channel, says = row[4:7]
    state, attempts, created_at, failure, facts = row[10:]
    told: dict[str, Any] = from_json(facts)
    at = from_column(told["at"])
    notice = (
        Trial(person, channel, told["by"], at)
        if says == TRIAL
        else ShiftNotice(told["schedule"], Says(says), at, person, channel)
    )
    return SentNotice(notice, PageState(state), attempts, from_column(created_at), failure)


def page_from(row: Row) -> SentPage:
    """Read the columns of ``statements.PAGE_COLUMNS`` of a row that is about an incident."""
    incident, cycle, round_, tier, person, channel, purpose, kind, severity, send_after = row[:10]
    state, attempts, created_at, failure, facts = row[10:15]
    page = Page(
        incident=incident,
        cycle=cycle,
        round=round_,
        tier=Tier(tier),
        person=person,
        channel=channel,
        purpose=Purpose(purpose),
        kind=PageKind(kind),
        severity=Severity(severity),
        send_after=from_column(send_after),
        about=from_json(facts).get("about", "") if facts else "",
    )
    return SentPage(page, PageState(state), attempts, from_column(created_at), failure)


def token_row(hash_: str, token: Token) -> dict[str, Any]:
    """Columns of a token and the hash of its secret."""
    return {
        "hash": hash_,
        "id": token.id,
        "name": token.name,
        "scopes": " ".join(sorted(token.scopes)),
        "person": token.person,
        "source": token.source,
        "created_at": to_column(token.created_at),
        "created_by": token.created_by,
        "expires_at": None if token.expires_at is None else to_column(token.expires_at),
        "revoked_at": None if token.revoked_at is None else to_column(token.revoked_at),
    }


def token_from(row: Row) -> tuple[str, Token]:
    """Read the columns of the table: the hash, and the token."""
    hash_, id_, name, scopes, person, source, created_at, created_by, expires_at, revoked_at = row
    token = Token(
        id=id_,
        name=name,
        scopes=frozenset(Scope(scope) for scope in scopes.split()),
        person=person,
        source=source,
        created_at=from_column(created_at),
        created_by=created_by,
        expires_at=_optional(expires_at),
        revoked_at=_optional(revoked_at),
    )
    return hash_, token


def override_row(override: Override) -> dict[str, Any]:
    """Columns of an override, without its number."""
    return {
        "schedule": override.schedule,
        "person": override.person,
        "begins": to_column(override.begins),
        "ends": to_column(override.ends),
        "instead_of": override.instead_of,
        "reason": override.reason,
        "made_by": override.made_by,
        "made_at": to_column(override.made_at),
    }


def override_from(row: Row) -> Override:
    """Read the columns of the table."""
    number, schedule, person, begins, ends, instead_of, reason, made_by, made_at = row
    return Override(
        id=str(number),
        schedule=schedule,
        person=person,
        begins=from_column(begins),
        ends=from_column(ends),
        instead_of=instead_of,
        reason=reason,
        made_by=made_by,
        made_at=from_column(made_at),
    )


def verification_value(found: Verification) -> str:
    """What a note says of a contact that was verified."""
    return to_json({"at": to_column(found.at), "mark": found.mark}).decode()


def verification_from(name: str, value: str) -> tuple[Way, Verification]:
    """Read the name of the note, behind its prefix, and what it says."""
    person, _, channel = name.partition("/")
    told: dict[str, Any] = from_json(value)
    return (person, channel), Verification(from_column(told["at"]), told["mark"])


def handover_note_row(note: HandoverNote) -> dict[str, Any]:
    """Columns of a handover note, without its number."""
    return {"schedule": note.schedule, "by": note.by, "at": to_column(note.at), "text": note.text}


def handover_note_from(row: Row) -> HandoverNote:
    """Read (schedule, by, at, text)."""
    schedule, by, at, text = row
    return HandoverNote(schedule=schedule, by=by, at=from_column(at), text=text)


def policy_document(policy: Policy) -> str:
    """Give the pinned policy as text; each new incident asks for it."""
    if policy.hash not in _documents:
        if len(_documents) >= DOCUMENTS:
            _documents.clear()
        _documents[policy.hash] = _policy.dump_json(policy).decode()
    return _documents[policy.hash]


def policy_from(format_: int, document: str) -> Policy:
    """Read a pinned policy.

    Raises:
        StoreIncompatible: it was written in a format this rungbell does not know.
    """
    if format_ not in READABLE_FORMATS:
        readable = ", ".join(map(str, sorted(READABLE_FORMATS)))
        raise StoreIncompatible(f"a pinned policy has format {format_}; this rungbell reads {readable}")
    return _policy.validate_json(document)
