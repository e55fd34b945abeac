"""What an act of a test file can be: its verbs, and what goes with each of them.

Rules
-----
* An act has exactly one verb; what does not go with it is a mistake.

May import: ``moments``, ``config``, ``domain`` and pydantic.
"""

from functools import cached_property
from typing import Annotated

from pydantic import Field, model_validator

from rungbell.cli.test.moments import When
from rungbell.config.fields import Text
from rungbell.config.mistakes import wrong
from rungbell.config.section import Section
from rungbell.domain.command.record import Role
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.incident import Status
from rungbell.domain.policy import Tier
from rungbell.domain.postmortem.record import DocumentState
from rungbell.domain.severity import Severity

Number = Annotated[int, Field(ge=1)]
"""Of an incident, in the order in which they open; rungbell's own are not counted."""

VERBS = (
    "acknowledge",
    "unacknowledge",
    "resolve",
    "escalate",
    "severity",
    "note",
    "open",
    "declare",
    "assume",
    "give_up",
    "handoff",
    "tick",
    "impact",
    "status",
    "snooze",
    "false_positive",
    "close",
    "reopen",
    "tell",
    "waive",
    "postmortem",
    "item",
    "fails",
    "recovers",
    "reload",
)
"""What an act can be; each act has exactly one of them."""
ALLOWED = {
    "acknowledge": {"cycle"},
    "unacknowledge": {"cycle"},
    "resolve": {"because", "cycle"},
    "escalate": {"to", "because", "cycle"},
    "severity": {"by", "because"},
    "note": {"by"},
    "open": {"by", "severity", "summary", "labels", "policy", "commander"},
    "declare": {"severity", "commander"},
    "assume": {"by", "role"},
    "give_up": {"role"},
    "handoff": {"by", "because"},
    "tick": {"by"},
    "impact": {"by", "because"},
    "status": {"by"},
    "snooze": {"until"},
    "false_positive": {"because"},
    "close": {"because"},
    "reopen": {"because"},
    "tell": {"by"},
    "waive": {"by", "because"},
    "postmortem": {"by"},
    "item": {"by", "owner", "priority"},
    "fails": {"permanently"},
    "recovers": set(),
    "reload": set(),
}
"""What else each of them may say, beside ``at``, and for acts of people ``incident`` and ``refused``."""
NEEDED = {
    "severity": {"by"},
    "note": {"by"},
    "open": {"by", "severity"},
    "assume": {"role"},
    "give_up": {"role"},
    "handoff": {"by"},
    "tick": {"by"},
    "impact": {"by"},
    "status": {"by"},
    "snooze": {"until"},
    "tell": {"by"},
    "waive": {"by", "because"},
    "postmortem": {"by"},
    "item": {"by", "owner"},
}
BESIDE = frozenset({"open", "declare"})
"""Verbs beside which ``severity`` says how bad it is."""
OF_PEOPLE = frozenset(VERBS) - {"fails", "recovers", "reload"}


class ActSection(Section):
    """``acts[]``: something that somebody does, or that becomes of a channel or the configuration."""

    at: When
    acknowledge: Text | None = None
    unacknowledge: Text | None = None
    resolve: Text | None = None
    escalate: Text | None = None
    severity: Severity | None = None
    note: Text | None = None
    open: Text | None = None
    declare: Text | None = None
    assume: Text | None = None
    give_up: Text | None = None
    handoff: Text | None = None
    tick: Text | None = None
    impact: dict[str, str | bool] | None = None
    status: Status | None = None
    snooze: Text | None = None
    false_positive: Text | None = None
    close: Text | None = None
    reopen: Text | None = None
    tell: CommunicationKind | None = None
    waive: Audience | None = None
    until: When | None = None
    postmortem: DocumentState | None = None
    item: Text | None = None
    role: Role | None = None
    commander: Text | None = None
    owner: Text | None = None
    priority: Severity | None = None
    fails: Text | None = None
    recovers: Text | None = None
    reload: Text | None = None
    by: Text | None = None
    to: Tier | None = None
    because: Text | None = None
    cycle: Number | None = None
    summary: Text | None = None
    labels: dict[str, str] | None = None
    policy: Text | None = None
    permanently: bool | None = None
    incident: Number | None = None
    refused: bool | None = None

    @cached_property
    def verb(self) -> str:
        """What is done."""
        found = self._verbs()
        return next((verb for verb in found if verb in BESIDE), found[0])

    @cached_property
    def who(self) -> str | None:
        """Who does it, if a person does."""
        verb = self.verb
        if self.by is not None or "by" in NEEDED.get(verb, ()):
            return self.by
        return getattr(self, verb) if verb in OF_PEOPLE else None

    def _verbs(self) -> list[str]:
        given = self.model_fields_set
        return [verb for verb in VERBS if verb in given and getattr(self, verb) is not None]

    @model_validator(mode="after")
    def _one_verb(self) -> "ActSection":
        found = self._verbs()
        if BESIDE.intersection(found):
            found = [verb for verb in found if verb != "severity"]
        if len(found) != 1:
            what = "says nothing that happens" if not found else f"says both `{found[0]}` and `{found[1]}`"
            raise wrong(what, f"exactly one of {', '.join(VERBS)}")
        verb = found[0]
        allowed = ALLOWED[verb] | {"at", verb} | ({"refused"} if verb in OF_PEOPLE else set())
        allowed |= {"incident"} if verb in OF_PEOPLE - {"open"} else set()
        for name in sorted(self.model_fields_set - allowed):
            raise wrong(f"`{name}` does not go with `{verb}`", _goes_with(verb))
        for name in sorted(NEEDED.get(verb, set()) - self.model_fields_set):
            raise wrong(f"`{verb}` needs `{name}`")
        return self


def _goes_with(verb: str) -> str:
    return f"with `{verb}` go {', '.join(sorted(ALLOWED[verb]))}" if ALLOWED[verb] else "leave it out"
