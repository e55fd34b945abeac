"""A communication: one text about an incident to one audience, from its draft to the copies that left.

Rules
-----
* draft → reviewed by a person → sent; a draft may be discarded at any time before it is sent.
* What goes to clients must have been reviewed; its words are fixed then, for each recipient. What nobody reviewed is
  worded when it leaves, and the copy keeps the words that left.
* It has a number within its incident, counted from 1; what people say aloud.

May import: ``communication.kinds`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.values import dataclass

SUBJECT_LENGTH = 200
BODY_LENGTH = 20_000
"""Characters a copy may have."""


class CommunicationState(StrEnum):
    """Where it stands."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    SENT = "sent"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Step:
    """Who took it on to a state, and when; ``by`` is a person's id or ``rungbell``."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Communication:
    """One text to one audience."""

    incident: str
    number: int
    kind: CommunicationKind
    recipients: tuple[str, ...]
    """By id, as ``kinds.Recipient`` has it."""
    state: CommunicationState
    drafted: Step
    reviewed: Step | None = None
    sent: Step | None = None
    discarded: Step | None = None
    reason: str = ""
    """Why it was discarded."""
    texts: Mapping[str, Text] = field(default_factory=dict)
    """By recipient, once reviewed."""

    @property
    def open(self) -> bool:
        """Whether somebody still has to review, send or discard it."""
        return self.state in {CommunicationState.DRAFT, CommunicationState.REVIEWED}
