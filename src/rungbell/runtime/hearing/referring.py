"""Which incident somebody speaks of in a chat, of those that they may know.

Rules
-----
* Without a number the incident of the message that was answered is meant, else the only one that is open. Where a verb
  stands alone, a number behind it that names none is not passed over.
* Of a restricted incident only those hear who were paged for it, or have a role in it (A28); to others it is not there,
  also where another is to be merged into it.

May import: ``domain``, ``store`` (the port), ``runtime.hearing.speaking``, ``runtime.hearing.spoken_commands``.
"""

from rungbell.domain.events import Via
from rungbell.domain.incident import Incident
from rungbell.domain.values import dataclass
from rungbell.runtime.hearing.speaking import MisspokenError, reference
from rungbell.runtime.hearing.spoken_commands import VERBS
from rungbell.store import Transaction

LISTED = 20
"""Incidents that are named at most."""
LOOKED_THROUGH = 200
"""Incidents that are looked through for those that are open."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody typed."""

    words: str
    by: str
    via: Via
    about: str
    """The identity of the incident whose message was answered; empty: none."""
    once: str
    room: int = 1_500
    """``Heard.room``."""


def meant(transaction: Transaction, rest: str, said: Said) -> tuple[Incident, str]:
    """Give the incident that is meant, and the other words."""
    named, words = reference(rest)
    if named or said.about:
        called = named or "of that message"
        return known(transaction, named or said.about, said.by, called), words
    found = open_incidents(transaction, said.by)
    if len(found) != 1:
        many = ", ".join(f"#{one.number}" for one in found[:LISTED]) or "none is open"
        raise MisspokenError(f"which incident, by its number? {many}")
    return found[0], words


def known(transaction: Transaction, reference: str, person: str, called: str) -> Incident:
    """Find an incident; one of which the person may not know is answered as one that is not there."""
    incident = transaction.incident(reference)
    if incident is None or not may_know(incident, person):
        raise MisspokenError(f"there is no incident {called}; `list` shows those that are open")
    return incident


def pass_over_no_number(verb: str, rest: str) -> None:
    """Refuse what seems to name an incident behind a verb that stands alone, and names none."""
    if not VERBS[verb].form and not reference(rest)[0] and any(map(str.isdigit, rest)):
        raise MisspokenError(f"{rest[:40]!r} names no incident")


def open_incidents(transaction: Transaction, person: str) -> list[Incident]:
    """Give those that are open, of those that the person may know."""
    return [one for one in transaction.incidents(limit=LOOKED_THROUGH) if one.open and may_know(one, person)]


def may_know(incident: Incident, person: str) -> bool:
    """Say whether an incident is there for a person."""
    command = incident.command
    if not command.withheld:
        return True
    return person in incident.paged or any(person == role.person for role in command.roles.values())
