"""``people`` as the writer of the file sees them: who they are, and how channels reach them.

May import: ``domain``, ``durations``, ``fields``, ``mistakes``, ``readers``, ``section``, ``times`` and pydantic.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from rungbell.config.durations import Duration
from rungbell.config.fields import Email, Phone, Text, not_empty, one_or_many
from rungbell.config.mistakes import wrong
from rungbell.config.readers import Before
from rungbell.config.section import Section
from rungbell.config.times import Zone
from rungbell.domain.language import Language
from rungbell.domain.severity import Severity


class ThroughSection(Section):
    """One item of ``through``: a channel's name, or ``{name: how long it waits}``."""

    channel: str
    after: Duration = timedelta()

    @model_validator(mode="before")
    @classmethod
    def _spelled_short(cls, value: object) -> object:
        if isinstance(value, str):
            return {"channel": value}
        if isinstance(value, dict) and len(value) == 1:
            ((channel, after),) = value.items()
            return {"channel": channel, "after": after}
        raise wrong("must be a channel", "write `chat`, or `{chat: 2m}` for one that waits two minutes")


ChosenWays = Annotated[tuple[ThroughSection, ...], Before(one_or_many), not_empty]


class ReachedSection(Section):
    """``people.<id>.reached``: through which channels somebody wants to be rung; spelled short for all severities."""

    P0: ChosenWays | None = None
    P1: ChosenWays | None = None
    P2: ChosenWays | None = None
    P3: ChosenWays | None = None
    otherwise: ChosenWays | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled_short(cls, value: object) -> object:
        return {"otherwise": value} if isinstance(value, str | list) else value

    def key_for(self, severity: Severity) -> str | None:
        """Under which key it stands what is wanted for that severity; ``None`` where the tier decides alone."""
        return next((key for key in (severity.value, "otherwise") if getattr(self, key, None)), None)

    def ways_for(self, severity: Severity) -> tuple[ThroughSection, ...]:
        """What is wanted for that severity; empty where the tier decides alone."""
        key = self.key_for(severity)
        ways: tuple[ThroughSection, ...] = getattr(self, key) if key else ()
        return ways


class PersonSection(Section):
    """``people.<id>``: a person, how channels reach them, and how they want to be reached."""

    name: Text | None = None
    email: Email | None = None
    phone: Phone | None = None
    contacts: dict[str, Text] = Field(default_factory=dict)
    zone: Zone | None = None
    language: Language = Language.EN
    reached: ReachedSection = ReachedSection.model_construct()

    @model_validator(mode="after")
    def _said_once(self) -> "PersonSection":
        for key in ("email", "phone"):
            if key in self.contacts:
                raise wrong(f"`{key}` stands among the contacts", f"write `{key}:` beside `name:`")
        return self
