"""What leaves, as columns of the outbox: pages, notices of shifts, test pages, copies and echoes.

May import: ``columns``, ``domain`` and pydantic.
"""

from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from rungbell.domain.communication.copies import Copy, SentCopy
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.contacts import TRIAL, Trial
from rungbell.domain.echo import SentEcho
from rungbell.domain.page import Echo, Page, PageKind, PageState, Purpose, SentPage
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.domain.shift_notice import PRIORITY, Says, SentNotice, ShiftNotice
from rungbell.store.codec.columns import Row, from_column, to_column

COPY = "copy"
"""What kind of row is a copy of a communication."""
TEST = "test"
"""What kind of row is a test page, which is no page: nothing that asks for pages finds it."""
ECHO = "echo"
"""What kind of row is an echo."""


def page_row(page: Page, now: datetime) -> dict[str, Any]:
    """Columns of a page that has just been decided."""
    send_after = to_column(page.send_after)
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
        "send_after": send_after,
        "state": PageState.WAITING._value_,
        "due_at": send_after,
        "attempts": 0,
        "facts": to_json({"about": page.about}).decode() if page.about else None,
    }


def page_from(row: Row) -> SentPage:
    """Read the columns of ``statements.outbox.PAGE_COLUMNS`` of a row that is about an incident."""
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
    """Read the columns of ``statements.outbox.PAGE_COLUMNS`` of a row that is a copy."""
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
    """Read the columns of ``statements.outbox.PAGE_COLUMNS`` of a row that is an echo."""
    incident, cycle, _, _, _, channel, _, _, severity, send_after = row[:10]
    state, attempts, created_at, failure, facts = row[10:15]
    version: int = from_json(facts)["version"]
    echo = Echo(incident, channel, cycle, version, Severity(severity), from_column(send_after))
    return SentEcho(echo, PageState(state), attempts, from_column(created_at), failure)


def sent_from(row: Row) -> SentPage | SentNotice | SentCopy | SentEcho:
    """Read the columns of ``statements.outbox.PAGE_COLUMNS``, whatever the row is about."""
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
