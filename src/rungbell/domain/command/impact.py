"""Impact: people say whom the harm hits, how, since when, and what is done against it.

Rules
-----
* What is named replaces what was said before; what is not named stays.
* That clients do not feel it needs a reason, because nobody is told then (A9).
* The harm may have begun before any alert, never in the future (A26).
* Clients are those of the configuration, where it has some.

May import: the value modules of the core and ``decision``.
"""

from dataclasses import fields, replace
from datetime import datetime

from rungbell.domain.book import Book
from rungbell.domain.command.events import ImpactStated
from rungbell.domain.command.record import Impact
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.timeline import Entry, EntryKind

WORDS = tuple(field.name for field in fields(Impact) if field.name != "clients")
"""The fields of an impact that are text."""
LONGEST = 2_000
"""Characters of a text that are kept."""


def state_impact(draft: Draft, event: ImpactStated) -> Decision:
    """Keep what somebody says of the harm."""
    wrong = _mistakes(draft, event)
    if wrong:
        return nothing(Outcome.INVALID, "; ".join(wrong))
    before = draft.incident.command
    words = {name: text.strip()[:LONGEST] for name, text in event.words.items()}
    clients = before.impact.clients if event.clients is None else tuple(dict.fromkeys(event.clients))
    said = {
        "impact": replace(before.impact, **words, clients=clients),
        "client_impacting": before.client_impacting if event.client_impacting is None else event.client_impacting,
        "clients_asked": before.clients_asked if event.clients_asked is None else event.clients_asked,
        "impact_started_at": event.started_at or before.impact_started_at,
    }
    changed = {name: text for name, text in words.items() if text != getattr(before.impact, name)}
    if clients != before.impact.clients:
        changed["clients"] = ", ".join(clients)
    changed |= {
        name: _told(value) for name, value in said.items() if name != "impact" and value != getattr(before, name)
    }
    if not changed:
        return nothing(Outcome.ALREADY, "nothing new: that is what was stated before")
    draft.command(**said)
    text = "; ".join(f"{name.replace('_', ' ')}: {value or 'taken back'}" for name, value in changed.items())
    because = f" because {event.reason.strip()[:500]}" if event.reason.strip() else ""
    tier = draft.incident.paged.get(event.by)
    draft.entries.append(Entry(draft.now, EntryKind.IMPACT, f"{text}{because}", event.by, tier, facts=changed))
    return draft.decided(f"stated {', '.join(changed)}")


def _told(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return "yes" if value else "no"


def _mistakes(draft: Draft, event: ImpactStated) -> list[str]:
    found = []
    unknown = sorted(set(event.words) - set(WORDS))
    if unknown:
        found.append(f"an impact has no {unknown[0][:80]!r}; it has {', '.join((*WORDS, 'clients'))}")
    found += _unknown_clients(draft.situation.book, event.clients or ())
    if event.client_impacting is False and not event.reason.strip():
        found.append("that clients do not feel it needs a `reason`: nobody tells them then")
    if event.started_at is not None and event.started_at > draft.now:
        found.append(f"the impact cannot have started in the future ({event.started_at:%Y-%m-%d %H:%M:%S} UTC)")
    said = (event.clients, event.client_impacting, event.clients_asked, event.started_at)
    if not event.words and all(one is None for one in said):
        found.append(f"say at least one of {', '.join((*WORDS, 'clients'))}")
    return found


def _unknown_clients(book: Book, named: tuple[str, ...]) -> list[str]:
    known = book.communication.clients
    if not known:
        return []
    strange = [client for client in named if client not in known]
    there = ", ".join(sorted(known)[:20])
    return [f"{client[:80]!r} is no client of the configuration; it knows {there}" for client in strange]
