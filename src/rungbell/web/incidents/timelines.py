"""A timeline over the API: shown, exported, verified.

Rules
-----
* Shown and in Markdown, whoever is forgotten has a number for a name. An export keeps the ids of its entries: they were
  sealed.
* A damaged timeline is shown in an export as it was found, so that it can be looked at.

May import: the rest of ``incidents``, the packages below, ``store`` (the port), ``domain``.
"""

from collections.abc import Mapping
from dataclasses import asdict

from aiohttp import web

from rungbell.domain.chain import FORMAT, Head, Record, broken
from rungbell.domain.incident import Incident
from rungbell.domain.plain_text import plain
from rungbell.domain.roster import Person
from rungbell.domain.timeline import Entry
from rungbell.domain.timeline_table import cell, table
from rungbell.store.transaction import Transaction
from rungbell.web.incidents.looking import find
from rungbell.web.incidents.timeline_answers import (
    BreakView,
    HeadView,
    SealedEntry,
    Timeline,
    TimelineExport,
    Verification,
)
from rungbell.web.incidents.views import entry_view, incident_view
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import json_answer

TITLE_LENGTH = 300


async def show_timeline(request: web.Request) -> web.Response:
    """Show what happened to an incident, and why, oldest first."""
    services, reference = request.app[SERVICES], request.match_info["incident"]
    found = await services.store.read(lambda transaction: transaction.timeline(find(transaction, reference).id))
    return json_answer(request, Timeline(timeline=[entry_view(entry) for entry in found]))


async def export_timeline(request: web.Request) -> web.Response:
    """Export a whole timeline, sealed as it is.

    What it takes to compute the hashes again is in it: each is that of a JSON array without blanks and in ASCII, of the
    hash before, `seq`, `at`, `kind`, `actor`, `tier`, `channel`, `text` and `facts`, whose names are sorted.
    """
    services, reference = request.app[SERVICES], request.match_info["incident"]

    def work(transaction: Transaction) -> tuple[Incident, list[Record], Head | None]:
        incident = find(transaction, reference)
        return incident, *transaction.records(incident.id)

    incident, records, head = await services.store.read(work)
    export = TimelineExport(
        format=FORMAT,
        exported_at=services.clock.now(),
        incident=incident_view(incident),
        head=_head(head),
        entries=[_sealed(record) for record in records],
    )
    return json_answer(request, export)


async def export_timeline_as_markdown(request: web.Request) -> web.Response:
    """Export a whole timeline as a table in Markdown, with people's names."""
    services, reference = request.app[SERVICES], request.match_info["incident"]
    people = services.handler.book.roster.people

    def work(transaction: Transaction) -> str:
        incident = find(transaction, reference)
        entries = services.forgotten.nameless().entries(transaction.timeline(incident.id))
        _, head = transaction.records(incident.id)
        return _markdown(incident, entries, people, head)

    return web.Response(text=await services.store.read(work), content_type="text/markdown")


async def verify_timeline(request: web.Request) -> web.Response:
    """Look whether a timeline is what was written: nothing changed, removed, added or in another order."""
    services, reference = request.app[SERVICES], request.match_info["incident"]

    def work(transaction: Transaction) -> Verification:
        incident = find(transaction, reference)
        records, head = transaction.records(incident.id)
        at = broken(incident.id, records, head)
        return Verification(
            incident=incident.number,
            entries=len(records),
            head=_head(head),
            whole=at is None,
            broken=None if at is None else BreakView(seq=at.seq, what=at.what),
        )

    return json_answer(request, await services.store.read(work))


def _head(head: Head | None) -> HeadView | None:
    return None if head is None else HeadView(seq=head.seq, hash=head.hash)


def _sealed(record: Record) -> SealedEntry:
    line = record.line
    if line is None:
        return SealedEntry(
            seq=record.seq, hash=record.hash, at="", kind="", actor="", tier=None, channel=None,
            text=f"(cannot be read: {plain(record.fault, 200)})", facts={},
        )  # fmt: skip
    return SealedEntry(seq=record.seq, hash=record.hash, **(asdict(line) | {"facts": dict(line.facts)}))


def _markdown(incident: Incident, entries: list[Entry], people: Mapping[str, Person], head: Head | None) -> str:
    ended = f", resolved {incident.resolved_at:%Y-%m-%d %H:%M} UTC" if incident.resolved_at else ""
    name = f"{incident.name}, " if incident.name else ""
    sealed = f"{head.seq} entries; the last one's hash is `{head.hash}`." if head else "No entries."
    lines = (
        f"# {incident.severity} #{incident.number} {cell(plain(incident.title, TITLE_LENGTH))}",
        "",
        f"{name}detected {incident.detected_at:%Y-%m-%d %H:%M} UTC{ended}.",
        "",
        *table(entries, people),
        "",
        sealed,
    )
    return "\n".join(lines) + "\n"
