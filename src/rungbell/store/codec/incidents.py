"""Incidents with their alerts, communications and pinned policies, as columns.

Rules
-----
* A fact of an incident that is as it would be by default is left out: it is half of the text. So a default that changes
  needs a migration; what was written with all of its facts is read all the same.
* What reads and writes a kind of value is built when the first of them is, and kept: it takes as long as a whole page.

May import: ``columns``, ``domain`` and pydantic.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from rungbell.domain.alert import KnownAlert
from rungbell.domain.chain import Head
from rungbell.domain.communication.record import Communication
from rungbell.domain.errors import StoreIncompatible
from rungbell.domain.incident import Incident
from rungbell.domain.opening import full_name
from rungbell.domain.policy import READABLE_FORMATS, Policy
from rungbell.domain.severity import Severity
from rungbell.store.codec.columns import Row, from_column, optional, to_column

_documents: dict[str, str] = {}
DOCUMENTS = 100
"""Policies whose text is kept at hand; there are as many as the configuration names, and a few from before reloads."""


@cache
def _incident() -> TypeAdapter[Incident]:
    return TypeAdapter(Incident)


@cache
def _policy() -> TypeAdapter[Policy]:
    return TypeAdapter(Policy)


@cache
def _communication() -> TypeAdapter[Communication]:
    return TypeAdapter(Communication)


def build_codecs() -> None:
    """Build what reads and writes incidents and policies, should nobody have needed it yet."""
    _incident()
    _policy()


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
        "facts": _incident().serializer.to_json(incident, exclude_defaults=True).decode(),
        "resolved_at": None if incident.resolved_at is None else to_column(incident.resolved_at),
        "overdue": " ".join(sorted(overdue)) or None,
        "likeness": incident.likeness or None,
        "entries": None if head is None else head.seq,
        "head": None if head is None else head.hash,
    }


def incident_from(row: Row) -> Incident:
    """Read (number, name_base, name_count, version, facts)."""
    number, base, count, version, facts = row
    incident: Incident = _incident().validator.validate_json(facts)
    name = full_name(base, count)
    if (incident.number, incident.version, incident.name) == (number, version, name):
        return incident
    return incident.changed(number=number, version=version, name=name)


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
        ends_at=optional(ends_at),
        severity=Severity(severity) if severity else None,
        labels=told["labels"],
        annotations=told["annotations"],
        generator_url=told["generator_url"],
    )


def communication_row(communication: Communication) -> dict[str, Any]:
    """Columns of a communication."""
    return {
        "incident": communication.incident,
        "number": communication.number,
        "state": communication.state._value_,
        "facts": _communication().dump_json(communication).decode(),
    }


def communication_from(row: Row) -> Communication:
    """Read (facts)."""
    return _communication().validate_json(row[0])


def policy_document(policy: Policy) -> str:
    """Give the pinned policy as text; each new incident asks for it."""
    if policy.hash not in _documents:
        if len(_documents) >= DOCUMENTS:
            _documents.clear()
        _documents[policy.hash] = _policy().dump_json(policy).decode()
    return _documents[policy.hash]


def policy_from(format_: int, document: str) -> Policy:
    """Read a pinned policy.

    Raises:
        StoreIncompatible: it was written in a format this rungbell does not know.
    """
    if format_ not in READABLE_FORMATS:
        readable = ", ".join(map(str, sorted(READABLE_FORMATS)))
        raise StoreIncompatible(f"a pinned policy has format {format_}; this rungbell reads {readable}")
    return _policy().validate_json(document)
