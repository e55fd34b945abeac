"""What is kept of people, as columns: tokens, overrides, handover notes, and which of their contacts work.

May import: ``columns``, ``domain`` and pydantic.
"""

from typing import Any

from pydantic_core import from_json, to_json

from rungbell.domain.contacts import Verification, Way
from rungbell.domain.handover import HandoverNote
from rungbell.domain.override import Override
from rungbell.domain.token import Scope, Token
from rungbell.store.codec.columns import Row, from_column, optional, to_column


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
        expires_at=optional(expires_at),
        revoked_at=optional(revoked_at),
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


def handover_note_row(note: HandoverNote) -> dict[str, Any]:
    """Columns of a handover note, without its number."""
    return {"schedule": note.schedule, "by": note.by, "at": to_column(note.at), "text": note.text}


def handover_note_from(row: Row) -> HandoverNote:
    """Read (schedule, by, at, text)."""
    schedule, by, at, text = row
    return HandoverNote(schedule=schedule, by=by, at=from_column(at), text=text)


def verification_value(found: Verification) -> str:
    """What a note says of a contact that was verified."""
    return to_json({"at": to_column(found.at), "mark": found.mark}).decode()


def verification_from(name: str, value: str) -> tuple[Way, Verification]:
    """Read the name of the note, behind its prefix, and what it says."""
    person, _, channel = name.partition("/")
    told: dict[str, Any] = from_json(value)
    return (person, channel), Verification(from_column(told["at"]), told["mark"])
