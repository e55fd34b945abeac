"""What a campaign hit, and what it should have: a count that is zero shows where the simulation is blind."""

from collections import Counter
from typing import Final

from rich.table import Table
from rich.text import Text

from rungbell.domain.clocks import CLOCKS
from rungbell.domain.decide import TABLE
from rungbell.domain.events import TroubleKind
from rungbell.domain.incident import OVER, Status
from rungbell.domain.page import PageState, Purpose
from tests.simulation.chance import ACTS, ANSWERS, MEANWHILE, MESSAGES, OUTAGES

Hits = Counter[tuple[str, str]]

ACTS_OF_PEOPLE: Final = ("Acknowledged", "Unacknowledged", "Escalated", "Resolved", "SeveritySet", "NoteAdded")
COMMITS: Final = (*ACTS_OF_PEOPLE, "AlertsReceived", "ClockDue", "PageAccepted", "PageFailed", "looking", "starting")
"""What a replica may be about when it dies at a commit; ``looking``: its loops."""
RACERS: Final = ("AlertsReceived", "ClockDue", "Acknowledged", "Resolved", "SeveritySet", "Escalated", "looking")
RIVALS: Final = ("Acknowledged", "Resolved", "SeveritySet", "Escalated", "ClockDue")

OPEN: Final = tuple(str(status) for status in Status if status not in OVER)
ENDED: Final = tuple(map(str, OVER))
WHY_UNREACHABLE: Final[tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...]] = (
    (
        ("SuppressionSeen",),
        tuple(map(str, Status)),
        "no world asks an Alertmanager what it holds back; the looks have tests of their own",
    ),
    (("PagingHeld",), ENDED, "a start holds what is open, and nobody ends it before the loops run"),
    (
        ("PartJoined", "PartSpoke", "StormJoined"),
        ENDED,
        "decided in the same commit about an incident that is seen to be open",
    ),
    (("WholeEnded",), (*OPEN, "resolved", "closed", "false_positive"), "only what is merged has a whole"),
)  # fmt: skip
"""Events, statuses, and why they never meet."""
UNREACHABLE: Final = frozenset(
    (event, status) for events, statuses, _ in WHY_UNREACHABLE for event in events for status in statuses
)

EXPECTED: Final[dict[str, tuple[str, ...]]] = {
    "event": (
        "AlertsReceived · none",
        "Declared · none",
        "StormJoined · none",
        *(
            f"{event} · {status}"
            for event, status in sorted((event.__name__, str(status)) for status, event in TABLE)
            if (event, status) not in UNREACHABLE
        ),
    ),
    "answer": ("done", "already", "over", "stale", "refused", "invalid", "from memory", "not now"),
    "clock": tuple(str(clock.name) for clock in CLOCKS),
    "page": tuple(purpose.value for purpose in Purpose),
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
