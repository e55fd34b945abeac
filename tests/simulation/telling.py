"""Second reading: texts to the team, to clients and to executives, by hand and by themselves.

Playbook L399-607; readings A5, A9, A10, A27, A28, A33, A37 and A44.

Rules
-----
* What goes to clients is reviewed by a person first; sent counts as told, whether or not it arrives.
* Of a restricted incident clients hear nothing and the team only in its own room, until it is released.
* Where several texts leave in one commit, they are counted in the order in which they stand here.
"""

from collections.abc import Callable
from typing import Any, Final

from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationDrafted,
    CommunicationReviewed,
    CommunicationSent,
    Waived,
)
from tests.simulation.circles import Circles
from tests.simulation.commanded import Told
from tests.simulation.ladders import CHANNELS
from tests.simulation.letters import Letter, Step
from tests.simulation.record import Facts, PageRow
from tests.simulation.ringing import ALREADY, DONE, INVALID, REFUSED, Draft

AUDIENCES: Final = {
    "internal_declaration": "internal",
    "internal_update": "internal",
    "client_notice": "clients",
    "client_update": "clients",
    "all_clear": "clients",
    "executive_note": "executives",
    "executive_update": "executives",
}
ITSELF: Final = "rungbell"
"""Who lays out what nobody asked for."""
LEAVE_WHEN_DUE: Final = ("executive_note", "internal_update", "executive_update")
"""Clocks, and the texts that they send."""
LAID_OUT_WHEN_DUE: Final = (
    ("client_draft", "client_notice"),
    ("client_update", "client_update"),
    ("all_clear", "all_clear"),
)
ENDS: Final = frozenset({"resolved", "false_positive"})


# -- who ----------------------------------------------------------------------------------------------------------


def _whom(draft: Draft, kind: str) -> tuple[str, ...]:
    """Whom a text of that kind is for, where nobody says so."""
    facts, circles, audience = draft.facts, draft.shop.circles, AUDIENCES[kind]
    if kind in {"client_update", "all_clear"}:
        return facts.command.told["clients"].recipients if "clients" in facts.command.told else ()
    if audience == "internal":
        room = circles.secret if facts.command.withheld else circles.rooms.get(facts.severity)
        return (room.id,) if room else ()
    if audience == "executives":
        return tuple(dict.fromkeys(_executives(draft)))
    if facts.command.clients:
        return tuple(name for name in facts.command.clients if name in circles.clients)
    if facts.severity == "P0":
        return tuple(circles.clients)
    concerned = (name for name, client in circles.clients.items() if client.team in {None, facts.team})
    return tuple(concerned) or tuple(circles.clients)


def _executives(draft: Draft) -> list[str]:
    found: list[str] = []
    taken = [one for one in draft.taken if one.person in draft.shop.people]
    for name in draft.shop.circles.executives:
        rota = draft.shop.rota(name)
        found += (name,) if rota is None else rota.on_call(draft.now, None, taken)
    return found


def _known(draft: Draft, who: str, audience: str) -> bool:
    circles = draft.shop.circles
    if audience == "internal":
        return circles.room(who) is not None
    return who in (circles.clients if audience == "clients" else draft.shop.people)


def _ways(draft: Draft, who: str, audience: str) -> list[str]:
    """The channels that reach somebody, all at once."""
    if not _known(draft, who, audience):
        return []
    circles = draft.shop.circles
    has: tuple[str, ...] = ()
    through: tuple[str, ...]
    if audience == "clients":
        through, has = circles.clients[who].through, circles.clients[who].has
    elif audience == "executives":
        through, has = circles.through, draft.shop.people[who]
    else:
        through = tuple(room.channel for room in (circles.room(who),) if room is not None)
    return [name for name in through if name in draft.shop.channels and CHANNELS[name] in {None, *has}]


def _left_out(facts: Facts, recipients: tuple[str, ...], circles: Circles) -> bool:
    """A27: whether the all clear would leave out a client who was told."""
    told = facts.command.told.get("clients")
    return told is not None and any(who in circles.clients and who not in recipients for who in told.recipients)


def _unfit(draft: Draft, kind: str, recipients: tuple[str, ...]) -> bool:
    """Whether somebody of these cannot get it, or somebody is left out who must."""
    facts, circles, audience = draft.facts, draft.shop.circles, AUDIENCES[kind]
    if kind == "all_clear":
        told = facts.command.told["clients"].recipients
        return not set(recipients) <= set(told) or _left_out(facts, recipients, circles)
    if audience == "internal" and facts.command.withheld:
        return any(circles.secret is None or who != circles.secret.id for who in recipients)
    return not all(_known(draft, who, audience) for who in recipients)


def _senseless(facts: Facts, kind: str) -> str | None:
    """What is answered where such a text makes no sense now."""
    command = facts.command
    if AUDIENCES[kind] == "clients" and command.withheld:
        return REFUSED
    fits = {
        "internal_declaration": command.declared_at is not None,
        "client_notice": not facts.told_that_it_is_over,
        "client_update": "clients" in command.told and facts.open,
        "all_clear": "clients" in command.told and facts.status in ENDS,
    }
    return None if fits.get(kind, True) else INVALID


# -- what people do -----------------------------------------------------------------------------------------------


def draft_letter(draft: Draft, event: CommunicationDrafted) -> str:
    kind, facts = str(event.kind), draft.facts
    if kind in facts.command.drafts:
        return INVALID
    if (refused := _senseless(facts, kind)) is not None:
        return refused
    named = tuple(dict.fromkeys(event.recipients))
    recipients = named or _whom(draft, kind)
    if not recipients or (named and _unfit(draft, kind, named)):
        return INVALID
    number = lay_out(draft, kind, recipients, event.by)
    if event.send and AUDIENCES[kind] != "clients":
        return DONE if send(draft, number, event.by) else INVALID
    return DONE


def review_letter(draft: Draft, event: CommunicationReviewed) -> str:
    letter = _given(draft, event.communication)
    if isinstance(letter, str):
        return letter
    known = {who for who in letter.recipients if _known(draft, who, AUDIENCES[letter.kind])}
    texts = set(event.texts)
    if not known <= texts <= set(letter.recipients):
        return INVALID
    if not all(text.subject.strip() and text.body.strip() for text in event.texts.values()):
        return INVALID
    step = Step(event.by, draft.now)
    draft.letters[event.communication] = letter._replace(state="reviewed", reviewed=step, worded=frozenset(texts))
    return DONE


def send_letter(draft: Draft, event: CommunicationSent) -> str:
    letter = _given(draft, event.communication)
    if isinstance(letter, str):
        return letter
    if AUDIENCES[letter.kind] == "clients" and letter.state != "reviewed":
        return INVALID
    draft.letters[event.communication] = letter
    return DONE if send(draft, event.communication, event.by) else INVALID


def discard_letter(draft: Draft, event: CommunicationDiscarded) -> str:
    letter = draft.letters.get(event.communication)
    if letter is None:
        return INVALID
    if not letter.open:
        return ALREADY
    step = Step(event.by, draft.now)
    draft.letters[event.communication] = letter._replace(state="discarded", discarded=step)
    _nobody_waits(draft, event.communication)
    return DONE


def waive(draft: Draft, event: Waived) -> str:
    if not event.reason.strip():
        return INVALID
    command = draft.facts.command
    draft.facts.command = command._replace(waived={**command.waived, str(event.audience): draft.now})
    return DONE


def _given(draft: Draft, number: int) -> Letter | str:
    """The text that is meant, for whom it is today, or what is answered where nobody may go on with it."""
    letter, facts = draft.letters.get(number), draft.facts
    if letter is None:
        return INVALID
    if not letter.open:
        return ALREADY
    if letter.state == "draft" and letter.drafted.by == ITSELF:
        letter = letter._replace(recipients=_whom(draft, letter.kind) or letter.recipients)
    if (refused := _senseless(facts, letter.kind)) is not None:
        return refused
    if letter.kind == "all_clear":
        of_another_end = facts.resolved_at is not None and letter.drafted.at < facts.resolved_at
        outdated = of_another_end or _left_out(facts, letter.recipients, draft.shop.circles)
    else:
        in_secret = AUDIENCES[letter.kind] == "internal" and facts.command.withheld
        outdated = in_secret and _unfit(draft, letter.kind, letter.recipients)
    return INVALID if outdated else letter


# -- a text -------------------------------------------------------------------------------------------------------


def lay_out(draft: Draft, kind: str, recipients: tuple[str, ...], by: str) -> int:
    command = draft.facts.command
    number = command.communications + 1
    draft.letters[number] = Letter(kind, recipients, Step(by, draft.now))
    first = command.drafted_at is None and kind == "client_notice"
    draft.facts.command = command._replace(
        communications=number,
        drafts={**command.drafts, kind: number},
        drafted_at=draft.now if first else command.drafted_at,
    )
    return number


def send(draft: Draft, number: int, by: str) -> bool:
    """Let it leave to everybody who can be reached; says whether anybody can."""
    letter, facts, now = draft.letters[number], draft.facts, draft.now
    audience = AUDIENCES[letter.kind]
    copies = [(who, channel) for who in letter.recipients for channel in _ways(draft, who, audience)]
    if not copies:
        return False
    for who, channel in copies:
        intent = f"{facts.id}:communication:{number}:{who}:{channel}"
        draft.copies.append(
            PageRow(intent, 0, 0, "", who, channel, letter.kind, "copy", now, "waiting", now, 0, now)
        )  # fmt: skip
    draft.letters[number] = letter._replace(state="sent", sent=Step(by, now))
    _nobody_waits(draft, number)
    command = facts.command
    before = command.told.get(audience, Told(now, now, ()))
    everybody = tuple(dict.fromkeys((*before.recipients, *letter.recipients)))
    facts.command = command._replace(
        told={**command.told, audience: Told(before.first, now, everybody)},
        waived={one: at for one, at in command.waived.items() if one != audience},
        all_clear_at=now if letter.kind == "all_clear" else command.all_clear_at,
    )
    return True


def _nobody_waits(draft: Draft, number: int) -> None:
    command = draft.facts.command
    left = {kind: one for kind, one in command.drafts.items() if one != number}
    draft.facts.command = command._replace(drafts=left)


# -- by itself ----------------------------------------------------------------------------------------------------


def meet(draft: Draft, due: frozenset[str]) -> set[str]:
    """A33: what a clock sends or lays out; gives those of which nobody has to hear any more."""
    met: set[str] = {kind for kind in LEAVE_WHEN_DUE if kind in due and _leaves(draft, kind)}
    for clock, kind in LAID_OUT_WHEN_DUE:
        if clock in due and not _lay_out_alone(draft, kind) and clock == "client_draft":
            draft.facts.command = draft.facts.command._replace(drafted_at=draft.now)  # once is enough
            met.add(clock)
    return met


def announce(draft: Draft) -> None:
    """The team hears that it is declared, or somebody has the text before them."""
    if not _leaves(draft, "internal_declaration") and "internal" not in draft.shop.circles.alone:
        _lay_out_alone(draft, "internal_declaration")


def follow_changes(draft: Draft, before: Facts, *, by_person: bool) -> None:
    """What people have changed is told to the team and to executives; the all clear is laid out at the end."""
    facts = draft.facts
    if (before.severity, before.stage) == (facts.severity, facts.stage):
        return
    if facts.open and not before.open:
        _not_over(facts, before)
    if by_person or not facts.open:
        for audience in ("internal", "executives"):
            if audience in before.command.told:
                _leaves(draft, "internal_update" if audience == "internal" else "executive_update")
    told = "clients" in before.command.told and not facts.told_that_it_is_over
    if facts.status in ENDS and before.status not in ENDS and told:
        _lay_out_alone(draft, "all_clear")


def _not_over(facts: Facts, before: Facts) -> None:
    """Another end needs another all clear, and a waiver of the last one is of no use for it."""
    command, ended = facts.command, before.resolved_at
    facts.command = command._replace(
        drafts={kind: number for kind, number in command.drafts.items() if kind != "all_clear"},
        waived={who: at for who, at in command.waived.items() if ended is None or at < ended},
    )


def _leaves(draft: Draft, kind: str) -> bool:
    """Send it, where the audience is told without a review and somebody of it can be reached."""
    audience = AUDIENCES[kind]
    if audience not in draft.shop.circles.alone or _senseless(draft.facts, kind) is not None:
        return False
    recipients = _whom(draft, kind)
    if not any(_ways(draft, who, audience) for who in recipients):
        return False
    return send(draft, lay_out(draft, kind, recipients, ITSELF), ITSELF)


def _lay_out_alone(draft: Draft, kind: str) -> bool:
    recipients = _whom(draft, kind)
    if not recipients or kind in draft.facts.command.drafts or _senseless(draft.facts, kind) is not None:
        return False
    lay_out(draft, kind, recipients, ITSELF)
    return True


UNTIL_GONE: Final[dict[type[Any], Callable[[Draft, Any], str]]] = {
    CommunicationDrafted: draft_letter,
    CommunicationReviewed: review_letter,
    CommunicationSent: send_letter,
    Waived: waive,
}
"""Until it is closed or merged."""
ALWAYS: Final[dict[type[Any], Callable[[Draft, Any], str]]] = {CommunicationDiscarded: discard_letter}
"""Whether or not it is over."""
