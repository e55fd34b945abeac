"""What is told, to whom: the kinds of texts, those who get one, and the words as they leave (playbook L399-607).

Rules
-----
* A kind has one audience; its text is written from the incident's facts (``TextFacts``) for each recipient by itself.
* Recipients are named by an id: a client of the file, a person of the file, or a room. Names and contacts are looked
  up when the text is written and when it leaves, for they are today's.

May import: ``communication.audience`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from enum import StrEnum

from rungbell.domain.communication.audience import Audience
from rungbell.domain.values import dataclass


class CommunicationKind(StrEnum):
    """The texts of the playbook (T1 to T5), and the updates that follow the first one of an audience."""

    INTERNAL_DECLARATION = "internal_declaration"
    INTERNAL_UPDATE = "internal_update"
    CLIENT_NOTICE = "client_notice"
    CLIENT_UPDATE = "client_update"
    ALL_CLEAR = "all_clear"
    """To the clients who had been told, that it is over (A27)."""
    EXECUTIVE_NOTE = "executive_note"
    EXECUTIVE_UPDATE = "executive_update"

    @property
    def audience(self) -> Audience:
        """Whom it is for."""
        return _AUDIENCES[self]


_AUDIENCES = {
    CommunicationKind.INTERNAL_DECLARATION: Audience.INTERNAL,
    CommunicationKind.INTERNAL_UPDATE: Audience.INTERNAL,
    CommunicationKind.CLIENT_NOTICE: Audience.CLIENTS,
    CommunicationKind.CLIENT_UPDATE: Audience.CLIENTS,
    CommunicationKind.ALL_CLEAR: Audience.CLIENTS,
    CommunicationKind.EXECUTIVE_NOTE: Audience.EXECUTIVES,
    CommunicationKind.EXECUTIVE_UPDATE: Audience.EXECUTIVES,
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets a copy: a client, an executive, or a room in which the team reads."""

    id: str
    name: str
    contacts: Mapping[str, str]
    """What channels need: ``email``, ``room`` …"""
    audience: Audience


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one copy, without mark-up; a channel that knows no subjects sends the body alone."""

    subject: str
    body: str
