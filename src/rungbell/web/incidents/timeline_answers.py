"""What the API answers about timelines, as models; the rules of ``answers`` hold here too.

May import: ``domain``, ``answers``, ``wire.view``, pydantic.
"""

from typing import Literal

from pydantic import Field

from rungbell.domain.policy import Tier
from rungbell.domain.timeline import EntryKind
from rungbell.web.incidents.answers import IncidentView
from rungbell.web.wire.view import Facts, Moment, PersonId, Sentence, View


class EntryView(View):
    """One line of the timeline."""

    at: Moment
    kind: EntryKind
    actor: PersonId
    tier: Tier | None
    channel: str | None
    text: Sentence
    facts: Facts


class Timeline(View):
    """What happened to an incident, oldest first."""

    timeline: list[EntryView]


class HeadView(View):
    """Where the chain of a timeline ends."""

    seq: int = Field(description="How many entries were written.")
    hash: str


class SealedEntry(View):
    """One line of the timeline as it was sealed: its place, its hash, and the words that were hashed."""

    seq: int
    hash: str
    at: str
    kind: str
    actor: str
    tier: str | None
    channel: str | None
    text: str
    facts: dict[str, str]


class TimelineExport(View):
    """A whole timeline, to be kept elsewhere and verified without rungbell."""

    format: Literal["rungbell timeline 1"] = Field(description="How the hashes are made.")
    exported_at: Moment
    incident: IncidentView
    head: HeadView | None = Field(description="null: nothing was ever written.")
    entries: list[SealedEntry]


class BreakView(View):
    """The first place where a timeline is not what was written."""

    seq: int
    what: str


class Verification(View):
    """Whether a timeline is what was written, whole and in order."""

    incident: int
    entries: int
    head: HeadView | None
    whole: bool
    broken: BreakView | None
