"""What people type into a chat, made the act that it means: ``ack 42``, ``escalate 42 to L4 because vendor``.

    verb [incident] words …

Rules
-----
* Verbs, roles, stages and reasons are called as on the command line. Capitals, ``#`` before a number and the words
  ``because``, ``to``, ``into``, ``until`` and ``for`` make a sentence of it, and may be left out.
* What is done with texts is in ``spoken_texts``, with postmortems in ``spoken_postmortem``, whose verbs are two words.

May import: ``config`` (durations, mistakes), ``domain``, ``runtime.hearing.speaking`` and the kin.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from rungbell.config.durations import parse_duration
from rungbell.config.mistakes import did_you_mean
from rungbell.domain.calendar import zone_named
from rungbell.domain.command.checklists import LINES
from rungbell.domain.command.events import HandedOff, ImpactStated, RoleAssumed, RoleGivenUp, Ticked
from rungbell.domain.command.impact import WORDS
from rungbell.domain.command.record import Role
from rungbell.domain.events import (
    Acknowledged,
    Act,
    Declared,
    Escalated,
    NoteAdded,
    Reason,
    Resolved,
    SeveritySet,
    Unacknowledged,
)
from rungbell.domain.incident import HELD, Status
from rungbell.domain.lifecycle.events import (
    Closed,
    FalsePositiveFound,
    Merged,
    Reopened,
    RestrictionLifted,
    Snoozed,
    StatusSet,
)
from rungbell.domain.policy import Tier
from rungbell.domain.said_time import said_time
from rungbell.domain.severity import Severity
from rungbell.runtime.hearing import spoken_postmortem, spoken_texts
from rungbell.runtime.hearing.speaking import (
    Facts,
    Make,
    MisspokenError,
    Verb,
    listed,
    needed,
    one_of,
    reference,
    severity_of,
    without,
    word,
)

ROLES = {
    "commander": Role.INCIDENT_COMMANDER,
    "technical-lead": Role.TECHNICAL_LEAD,
    "communication-lead": Role.COMMUNICATION_LEAD,
    "scribe": Role.SCRIBE,
}
STAGES = {stage.value: stage for stage in (*HELD, Status.MONITORING)}
HANDOFF = frozenset(line for line in LINES if line.startswith("handoff."))
YES_OR_NO = {"yes": True, "no": False}


def _escalate(said: str, facts: Facts) -> Act:
    first, rest = word(without(said, "to"))
    tier = Tier(first.upper()) if first.upper() in set(Tier) else None
    rest = rest if tier is not None else said
    lead, after = word(rest)
    if lead.lower() == "because":
        code, note = word(after)
        reasons = {reason.value.replace("_", "-"): reason for reason in Reason}
        return Escalated(**facts.act, to=tier, reason=one_of(code, reasons, "reason"), note=note)
    if lead.lower() == "to":
        raise MisspokenError(f"{word(after)[0]!r} is no tier; {listed(Tier)}")
    return Escalated(**facts.act, to=tier, note=rest)


def _severity(said: str, facts: Facts) -> Act:
    first, rest = word(without(said, "to"))
    found = severity_of(first)
    if found is None:
        raise MisspokenError(f"which severity? {listed(Severity)}")
    return SeveritySet(**facts.act, severity=found, reason=without(rest, "because"))


def _declare(said: str, facts: Facts) -> Act:
    first, rest = word(said)
    severity = severity_of(first)
    rest = rest if severity is not None else said
    lead, commander = word(rest)
    if lead and (lead.lower() != "commander" or not commander):
        raise MisspokenError("a new one needs to be told how bad it is: `declare P1 TITLE`")
    return Declared(**facts.act, severity=severity, commander=commander or None)


def _assume(said: str, facts: Facts) -> Act:
    role, person = word(said)
    return RoleAssumed(**facts.act, role=one_of(role, ROLES, "role"), person=without(person, "person") or None)


def _give_up(said: str, facts: Facts) -> Act:
    return RoleGivenUp(**facts.act, role=one_of(word(said)[0], ROLES, "role"))


def _handoff(said: str, facts: Facts) -> Act:
    to, rest = word(without(said, "to"))
    everything, after = word(rest)
    whole = everything.lower() == "everything"
    return HandedOff(
        **facts.act,
        to=needed(to, "to whom"),
        attested=HANDOFF if whole else frozenset(),
        reason=without(after if whole else rest, "because"),
    )


def _tick(said: str, facts: Facts) -> Act:
    line, undo = word(said)
    known = {name: name for name in LINES}
    if line not in known:
        raise MisspokenError(f"{line!r} is no line of a checklist; {did_you_mean(line, known)}")
    return Ticked(**facts.act, line=line, undone=undo.lower() == "undo")


def _impact(said: str, facts: Facts) -> Act:
    name, value = word(said.replace("=", " ", 1))
    name = name.lower().replace("-", "_")
    if name == "clients":
        named = tuple(one for part in value.replace(",", " ").split() if (one := part.strip()))
        return ImpactStated(**facts.act, clients=named)
    if name in {"client_impacting", "clients_asked"}:
        answer, reason = word(value)
        told = {name: one_of(answer, YES_OR_NO, "yes or no")}
        return ImpactStated(**facts.act, **told, reason=without(reason, "because"))
    if name not in WORDS:
        known = (*WORDS, "clients", "client_impacting", "clients_asked")
        raise MisspokenError(f"an impact has no {name!r}; {did_you_mean(name, known)}")
    return ImpactStated(**facts.act, words={name: value})


def _status(said: str, facts: Facts) -> Act:
    stage, note = word(said)
    return StatusSet(**facts.act, status=one_of(stage, STAGES, "status"), note=note)


def _snooze(said: str, facts: Facts) -> Act:
    bare = without(said, "for", "until")
    try:
        until: datetime | None = facts.now + parse_duration(bare.replace(" ", ""))
    except ValueError:
        until = said_time(bare, facts.now, zone_named(facts.zone), ahead=True)
    if until is None:
        raise MisspokenError("for how long, or until when? Such as 30m, 2h or until 18:00")
    return Snoozed(**facts.act, until=until)


def _merge(said: str, facts: Facts) -> Act:
    into, _ = reference(without(said, "into", "with"))
    return Merged(**facts.act, into=needed(into, "into which incident, by its number"))


def _because(event: Callable[..., Act]) -> Make:
    return lambda said, facts: event(**facts.act, reason=without(said, "because"))


def _bare(event: Callable[..., Act]) -> Make:
    return lambda said, facts: event(**facts.act)


def _note(said: str, facts: Facts) -> Act:
    return NoteAdded(**facts.act, text=needed(said, "what to write down"))


VERBS: Mapping[str, Verb] = {
    "ack": Verb("", "take it on", _bare(Acknowledged)),
    "unack": Verb("", "give it back; the ladder climbs again", _bare(Unacknowledged)),
    "escalate": Verb("[to L4] [because REASON] [NOTE]", "page a higher tier", _escalate),
    "resolve": Verb("[because …]", "say that it is over", _because(Resolved)),
    "note": Verb("TEXT", "write into the timeline; a commander's sentence is understood", _note),
    "severity": Verb("P1 [because …]", "say how bad it really is", _severity),
    "declare": Verb("[P1] [commander PERSON]", "declare it; without a number, `declare P1 TITLE` opens one", _declare),
    "status": Verb("STAGE [NOTE]", f"say how far the work has come: {', '.join(STAGES)}", _status),
    "assume": Verb("ROLE [PERSON]", f"take or give a role: {', '.join(ROLES)}", _assume),
    "give-up": Verb("ROLE", "let a role be nobody's", _give_up),
    "handoff": Verb("PERSON [everything] [because …]", "hand the command over", _handoff),
    "tick": Verb("LINE [undo]", "attest a line of a checklist", _tick),
    "impact": Verb("FIELD …", "say what the harm is, such as `scope partial`", _impact),
    "snooze": Verb("30m | until 18:00", "be left alone for a while; you hold it", _snooze),
    "merge": Verb("into 41", "let it go on as a part of another", _merge),
    "false-positive": Verb("because …", "say that there was nothing", _because(FalsePositiveFound)),
    "close": Verb("[because …]", "say that nothing is left to do", _because(Closed)),
    "reopen": Verb("[because …]", "say that it is not over", _because(Reopened)),
    "release": Verb("", "let others hear of a security breach", _bare(RestrictionLifted)),
    **spoken_texts.VERBS,
    **spoken_postmortem.VERBS,
}
"""Called as on the command line."""
OTHER_NAMES = {
    "acknowledge": "ack",
    "unacknowledge": "unack",
    "say": "note",
    "open": "declare",
    "giveup": "give-up",
    "false": "false-positive",
    "?": "help",
    "": "help",
}
