"""The part of a transaction that is about reviews: what was gone through, and what asks for it.

May import: ``domain``, ``statements``, ``outbox``.
"""

import json
from datetime import datetime

from rungbell.domain.incident import Incident
from rungbell.domain.review import Ended, Review, ReviewKind
from rungbell.store.outbox import Runner
from rungbell.store.statements import notes

REVIEW = "review/"
"""With the kind and the time behind it: the note of a review."""
SERIOUS_END = "serious_incident_ended"
"""The note of the last P0 or P1 that was resolved."""


class ReviewWork:
    """What a transaction does with reviews."""

    _runner: Runner
    wrote: bool

    def add_review(self, review: Review) -> None:
        """Keep that something was gone through."""
        self._keep(f"{REVIEW}{review.kind}/{review.at.isoformat()}", {"by": review.by, "note": review.note})

    def reviews(self) -> list[Review]:
        """Everything that was gone through, the last first."""
        found: list[Review] = []
        for name, value in self._runner.rows(notes.NOTES_BELOW, prefix=REVIEW):
            _, kind, at = name.split("/")
            told = json.loads(value)
            found.append(Review(ReviewKind(kind), told["by"], datetime.fromisoformat(at), told["note"]))
        return sorted(found, key=lambda review: review.at, reverse=True)

    def note_serious_end(self, incident: Incident, now: datetime) -> None:
        """Remember the last incident after which the playbook is gone through."""
        name = incident.name or f"#{incident.number}"
        self._keep(SERIOUS_END, {"incident": name, "at": now.isoformat()})

    def serious_end(self) -> Ended | None:
        """The last incident after which the playbook is gone through."""
        rows = self._runner.rows(notes.NOTE, name=SERIOUS_END)
        if not rows:
            return None
        told = json.loads(rows[0][0])
        return Ended(told["incident"], datetime.fromisoformat(told["at"]))

    def _keep(self, name: str, value: dict[str, str]) -> None:
        self.wrote = True
        self._runner.run(notes.WRITE_NOTE, name=name, value=json.dumps(value, ensure_ascii=False))
