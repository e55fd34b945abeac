"""Answers as they are shown: whoever was forgotten has a number for a name, wherever it says who it was.

Rules
-----
* Only fields that hold the id of a person are looked at, and the key of a page, which has the id in it; and what the
  core answers to an act, as a line of a timeline. What anybody wrote stays as it is; so do exports, which are sealed.

May import: ``domain``, ``store`` (the port), pydantic.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from rungbell.domain.incident import Incident
from rungbell.domain.policy import Person
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.domain.timeline_table import forgotten_people, without_forgotten
from rungbell.store.transaction import Transaction

Shown = TypeVar("Shown", bound=BaseModel)

PEOPLE = frozenset({"acknowledged_by", "declared_by", "owner", "person", "resolved_by", "ticked_by"})
"""What fields are called that hold the id of a person."""
KEY = "intent"


def nameless(answer: Shown, numbers: Mapping[str, int]) -> Shown:
    """Give an answer without the ids of those who have these numbers."""
    if not numbers:
        return answer
    names = {person: found.name for person, found in forgotten_people(numbers).items()}
    shown: Shown = _without(answer, names)
    return shown


def nameless_text(text: str, numbers: Mapping[str, int]) -> str:
    """Give a sentence of the core without the ids of those who have these numbers."""
    line = Entry(at=datetime.min.replace(tzinfo=UTC), kind=EntryKind.NOTE, text=text)
    return without_forgotten([line], numbers)[0].text


def nameless_incident(incident: Incident, numbers: Mapping[str, int]) -> Incident:
    """Give an incident whose holder, and whoever ended it, is shown by name or number."""
    if not numbers:
        return incident
    names = {person: found.name for person, found in forgotten_people(numbers).items()}
    holder, ended = incident.holder, incident.resolved_by
    if holder is not None:
        holder = replace(holder, by=names.get(holder.by, holder.by))
    return incident.changed(holder=holder, resolved_by=names.get(ended, ended) if ended else ended)


def _without(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 -- whatever a model holds
    if isinstance(value, BaseModel):
        found = {name: _field(name, getattr(value, name), names) for name in type(value).model_fields}
        return value.model_copy(update=found)
    if isinstance(value, list | tuple):
        return type(value)(_without(one, names) for one in value)
    if isinstance(value, dict):
        return {name: _without(one, names) for name, one in value.items()}
    return value


def _field(name: str, value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401
    if not isinstance(value, str):
        return _without(value, names)
    if name in PEOPLE:
        return names.get(value, value)
    if name == KEY:
        return ":".join(names.get(part, part) for part in value.split(":"))
    return value


def still_forgotten(transaction: Transaction, people: Mapping[str, Person]) -> dict[str, int]:
    """Give who is forgotten and was not taken into the configuration again, with their numbers."""
    return {person: number for person, number in transaction.forgotten().items() if person not in people}
