"""What people type about the postmortem of an incident: ``postmortem own 42 dana``, ``postmortem set-item 42 1 done``.

May import: ``domain``, ``runtime.hearing.speaking``.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from rungbell.domain.calendar import zone_named
from rungbell.domain.events import Act
from rungbell.domain.incident import Incident
from rungbell.domain.plain_text import plain
from rungbell.domain.postmortem.acts import spoken
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld
from rungbell.domain.postmortem.record import DocumentState, ItemStatus
from rungbell.domain.said_time import said_time
from rungbell.domain.severity import Severity
from rungbell.runtime.hearing.speaking import (
    Facts,
    MisspokenError,
    Verb,
    needed,
    number_of,
    one_of,
    severity_of,
    without,
    word,
)

STATES = {state.value.replace("_", "-"): state for state in DocumentState if state is not DocumentState.NONE}
STATUSES = {status.value.replace("_", "-"): status for status in ItemStatus}
LISTED = 20
_BY = re.compile(r",?\sby\s", re.IGNORECASE)


def _own(said: str, facts: Facts) -> Act:
    return PostmortemMoved(**facts.act, owner=needed(word(without(said, "person"))[0], "who owns it"))


def _state(said: str, facts: Facts) -> Act:
    state, rest = word(said)
    url, _ = word(without(rest, "at"))
    return PostmortemMoved(**facts.act, state=one_of(state, STATES, "state of a document"), url=url or None)


def _link(said: str, facts: Facts) -> Act:
    return PostmortemMoved(**facts.act, url=needed(word(said)[0], "where the document is kept"))


def _review(said: str, facts: Facts) -> Act:
    lead, rest = word(said)
    attendees: tuple[str, ...] = ()
    if lead.lower() == "with":
        names, colon, said = rest.partition(":")
        if not colon:
            raise MisspokenError("who was there, a colon, and what came of it")
        attendees = tuple(name for one in names.split(",") if (name := one.strip()))
    return ReviewHeld(**facts.act, attendees=attendees, outcome=needed(said, "what came of it"))


def _add_item(said: str, facts: Facts) -> Act:
    owner, rest = word(said)
    first, after = word(rest)
    priority = severity_of(first)
    text, due = _until(after if priority is not None else rest, facts)
    return ItemAdded(
        **facts.act,
        owner=needed(owner, "who does it"),
        priority=priority or Severity.P1,
        text=needed(text, "what is to be done"),
        due=due,
    )


def _until(text: str, facts: Facts) -> tuple[str, datetime | None]:
    """Part a text at its last ``by``, where what follows is a time."""
    places = list(_BY.finditer(text))
    due = _time(text[places[-1].end() :], facts) if places else None
    return (text, None) if due is None else (text[: places[-1].start()], due)


def _time(said: str, facts: Facts) -> datetime | None:
    return said_time(said, facts.now, zone_named(facts.zone), ahead=True)


def _set_item(said: str, facts: Facts) -> Act:
    number, rest = number_of(said, "action item")
    lead, after = word(rest)
    if lead.lower() == "owner":
        return ItemChanged(**facts.act, number=number, owner=needed(after, "who does it"))
    if lead.lower() in {"by", "due"}:
        due = _time(after, facts)
        if due is None:
            raise MisspokenError("by when? Such as `by friday` or `by 2026-12-24`")
        return ItemChanged(**facts.act, number=number, due=due)
    return ItemChanged(**facts.act, number=number, status=one_of(lead, STATUSES, "status of an action item"))


def _reviewed(said: str, facts: Facts) -> Act:
    return ItemsReviewed(**facts.act)


def standing(incident: Incident) -> str:
    """Say in a few lines how the postmortem of an incident stands."""
    postmortem = incident.postmortem
    if postmortem is None:
        return f"#{incident.number}: there is no postmortem yet"
    owner = f", {postmortem.owner} owns it" if postmortem.owner else ""
    items = [
        f"{item.number}. {item.status.replace('_', ' ')}, {item.owner}, {item.priority}, due {item.due:%Y-%m-%d}: "
        f"{plain(item.text, 100)}"
        for item in postmortem.items[:LISTED]
    ]
    more = len(postmortem.items) - LISTED
    return "\n".join(
        [
            f"#{incident.number}: the postmortem is {postmortem.owed}, for {plain(postmortem.because, 200)}",
            f"its document is {spoken(postmortem.state)}{owner} {postmortem.url}".rstrip(),
            *items,
            *([f"and {more} more"] if more > 0 else []),
        ]
    )


VERBS: Mapping[str, Verb] = {
    "postmortem own": Verb("PERSON", "give the document to somebody", _own),
    "postmortem state": Verb("STATE [URL]", f"say how far it is: {', '.join(STATES)}", _state),
    "postmortem link": Verb("URL", "say where it is kept", _link),
    "postmortem review": Verb("[with WHO, WHO:] OUTCOME", "write down the meeting about it", _review),
    "postmortem add-item": Verb("OWNER [P1] TEXT [by friday]", "make an action item", _add_item),
    "postmortem set-item": Verb(
        "NUMBER STATUS | owner WHO | by friday", f"take one further: {', '.join(STATUSES)}", _set_item
    ),
    "postmortem reviewed": Verb("", "say that the action items were gone through", _reviewed),
}
