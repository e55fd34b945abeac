"""What a campaign hit, and what it should have: a count that is zero shows where the simulation is blind."""

from collections import Counter
from typing import Final

from rich.table import Table
from rich.text import Text

from rungbell.domain.events import TroubleKind
from rungbell.domain.incident import Status
from rungbell.domain.page import PageState, Purpose
from rungbell.domain.paging_clocks import PAGING_CLOCKS
from tests.simulation.chance import ACTS, ANSWERS, MEANWHILE, MESSAGES, OUTAGES

Hits = Counter[tuple[str, str]]

LIVING: Final = tuple(map(str, (Status.TRIGGERED, Status.ACKNOWLEDGED, Status.MONITORING, Status.RESOLVED)))
"""Those that come of paging. What else a person may say of an incident, and what is owed, is in no world yet."""
STATUSES: Final = ("none", *LIVING)
ACTS_OF_PEOPLE: Final = ("Acknowledged", "Unacknowledged", "Escalated", "Resolved", "SeveritySet", "NoteAdded")
COMMITS: Final = (*ACTS_OF_PEOPLE, "AlertsReceived", "ClockDue", "PageAccepted", "PageFailed", "looking", "starting")
"""What a replica may be about when it dies at a commit; ``looking``: its loops."""
RACERS: Final = ("AlertsReceived", "ClockDue", "Acknowledged", "Resolved", "SeveritySet", "Escalated", "looking")
RIVALS: Final = ("Acknowledged", "Resolved", "SeveritySet", "Escalated", "ClockDue")

EXPECTED: Final[dict[str, tuple[str, ...]]] = {
    "event": (
        *(f"AlertsReceived · {status}" for status in STATUSES),
        *(f"Declared · {status}" for status in STATUSES),
        *(f"{act} · {status}" for act in ACTS_OF_PEOPLE for status in LIVING),
        *(f"{event} · {status}" for event in ("ClockDue", "PageAccepted", "PageFailed") for status in LIVING),
        *(f"PagingHeld · {status}" for status in LIVING if status != "resolved"),
    ),
    "answer": ("done", "already", "over", "stale", "refused", "invalid", "from memory", "not now"),
    "clock": tuple(str(clock.name) for clock in PAGING_CLOCKS),
    "page": tuple(purpose.value for purpose in Purpose if purpose is not Purpose.REMINDER),
    "state": tuple(state.value for state in PageState if state is not PageState.LEASED),
    "message": tuple(MESSAGES),
    "act": tuple(ACTS),
    "meanwhile": tuple(MEANWHILE),
    "send": tuple(ANSWERS),
    "outage": tuple(OUTAGES),
    "trouble": tuple(
        f"{kind}{over}"
        for kind in (
            TroubleKind.WATCHDOG_SILENT,
            TroubleKind.LADDER_EXHAUSTED,
            TroubleKind.PAGING_HELD,
            TroubleKind.STORE_UNWRITABLE,
            TroubleKind.NOBODY_ON_CALL,
        )
        for over in ("", " is over")
    ),
    "fault": ("a commit fails", "store fails", "disk full", "suspend", "step forward", "step back"),
    "crash": (
        *(f"{point} the commit · {doing}" for point in ("before", "after") for doing in COMMITS),
        "before the call · looking",
        "after the call · looking",
        "whenever",
    ),
    "start": ("held", "not held"),
    "race": tuple(f"{one} · {other}" for one in RACERS for other in RIVALS),
}
TITLES: Final = {
    "event": "events by status",
    "answer": "answers",
    "clock": "clocks due",
    "page": "pages by purpose",
    "state": "pages in the end",
    "message": "messages",
    "act": "acts",
    "meanwhile": "during a call",
    "send": "what providers do",
    "outage": "providers that are out",
    "trouble": "what the operator was told",
    "fault": "faults",
    "crash": "where it died",
    "start": "starts after a death",
    "race": "what was raced · by what",
}
COLUMNS = 3


def missed(hits: Hits) -> list[str]:
    """What should have been hit and was not."""
    return [f"{TITLES[group]}: {name}" for group, names in EXPECTED.items() for name in names if not hits[group, name]]


def table(hits: Hits) -> Table:
    """Every count, several to a line; zeros in red."""
    found = Table(title="What was hit", show_header=False)
    for _ in range(COLUMNS):
        found.add_column()
        found.add_column(justify="right")
    for group, expected in EXPECTED.items():
        names = [*expected, *sorted(name for known, name in hits if known == group and name not in expected)]
        found.add_section()
        found.add_row(Text(TITLES[group], style="bold"))
        rows = -(-len(names) // COLUMNS)
        for row in range(rows):
            cells: list[Text | str] = []
            for name in names[row::rows]:
                count = hits[group, name]
                style = "" if count else "bold red"
                cells += [Text(name, style=style), Text(str(count), style=style)]
            found.add_row(*cells)
    return found
