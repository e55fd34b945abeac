"""What was expected of a case against what came of it.

Rules
-----
* A line of expected pages stands for all pages of its moment that fit it; at least one must come.
* ``pages``, ``notifications``, ``reminders``, ``overdue`` and ``operator_pages`` are all there are: what fits no line
  is a failure. An obligation is overdue once, however often somebody is reminded of it.
* Pages about rungbell's own troubles stand in ``operator_pages`` only.
* An act that is refused fails the test, unless it says ``refused: true``; then it fails if it is not.

May import: ``moments``, ``reading``, ``running``, ``sections``, ``config``, ``domain`` and the standard library.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product

from rungbell.cli.test.moments import shown
from rungbell.cli.test.reading import Case
from rungbell.cli.test.running import MOST_PAGES, TAKEN, Ran
from rungbell.cli.test.sections import NOBODY, PAGE_LISTS, STATE_FACTS, PageList, PageSection, StateSection
from rungbell.config.mistakes import Path
from rungbell.domain.command.record import Role
from rungbell.domain.incident import Incident
from rungbell.domain.page import EVERY_PAGE, Purpose
from rungbell.domain.values import dataclass

MISSING, SURPLUS, RIGHT = "-", "+", " "
"""What a line of a difference begins with: expected and not there, there and not expected, both."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is not as it was expected."""

    what: str
    path: Path
    """Where it is expected."""
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Seen:
    """A page or notification that somebody got."""

    at: datetime
    tier: str
    person: str
    channel: str
    incident: int
    together: int = 1
    """How many pages left in the same message."""

    def fits(self, wanted: "_Wanted") -> bool:
        return (
            self.at == wanted.at
            and wanted.tier in {None, self.tier}
            and wanted.person in {None, self.person}
            and wanted.channel in {None, self.channel}
            and wanted.incident in {None, self.incident}
            and wanted.together in {None, self.together}
        )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one line of expected pages asks for, with its lists written out."""

    at: datetime
    tier: str | None
    person: str | None
    channel: str | None
    incident: int | None
    together: int | None


def judge(ran: Ran) -> tuple[Failure, ...]:
    """Give what is not as expected, in the order of the file."""
    if ran.cut_off is not None:
        return (_too_much(ran, ran.cut_off),)
    return (*_acts(ran), *_opening(ran), *_lists(ran), *_overdue(ran), *_texts(ran), *_states(ran))


def _too_much(ran: Ran, cut_off: datetime) -> Failure:
    got = f"more by {cut_off:%Y-%m-%d}, and no end: let somebody acknowledge, or end the test sooner"
    return _plain("how much happens", (*ran.case.path, "until"), f"{MOST_PAGES} pages at most", got)


def _plain(what: str, path: Path, expected: object, got: object) -> Failure:
    return Failure(what, path, (Line(MISSING, str(expected)), Line(SURPLUS, str(got))))


def _acts(ran: Ran) -> Iterator[Failure]:
    for index, reply in sorted(ran.answers.items()):
        act = ran.case.section.acts[index]
        if (reply.outcome in TAKEN) == bool(act.refused):
            expected = "refused" if act.refused else "taken"
            what = f"{act.verb} at {act.at.text}"
            yield _plain(what, (*ran.case.path, "acts", index), expected, f"{reply.outcome}: {reply.text}")


def _opening(ran: Ran) -> Iterator[Failure]:
    """How the first incident opened, and how many there are in the end."""
    expect, opened = ran.case.section.expect, ran.opened
    path: Path = (*ran.case.path, "expect")
    facts = {
        "severity": opened and opened.severity,
        "guessed": opened and _word(opened.guessed),
        "policy": opened and opened.policy_name,
    }
    for name, got in facts.items():
        expected = _word(getattr(expect, name))
        if expected is not None and expected != got:
            yield _plain(name, (*path, name), expected, got if opened else "no incident")
    if expect.incidents is not None and expect.incidents != len(ran.numbers):
        yield _plain("incidents", (*path, "incidents"), expect.incidents, len(ran.numbers))


def _word(value: object) -> object:
    return ("true" if value else "false") if isinstance(value, bool) else value


# -- pages


def _lists(ran: Ran) -> Iterator[Failure]:
    for name in PAGE_LISTS:
        lines = getattr(ran.case.section.expect, name)
        if lines is None:
            continue
        wanted = [one for line in lines for one in _written_out(ran.case, line)]
        difference = tuple(_difference(ran.case, wanted, _seen(ran, name), all_=name != "pages_include"))
        if difference:
            yield Failure(name, (*ran.case.path, "expect", name), difference)


def _seen(ran: Ran, name: PageList) -> list[_Seen]:
    purposes = {"notifications": {Purpose.NEWS}, "reminders": {Purpose.REMINDER}}.get(name, EVERY_PAGE)
    own = name == "operator_pages"
    return [
        _Seen(
            one.at,
            one.page.tier.value,
            one.page.person,
            one.page.channel,
            ran.numbers.get(one.page.incident, 0),
            one.together,
        )
        for one in ran.taken
        if one.page.purpose in purposes and (one.page.incident not in ran.numbers) == own
    ]


def _overdue(ran: Ran) -> Iterator[Failure]:
    lines = ran.case.section.expect.overdue
    if lines is None:
        return
    wanted = {
        (ran.case.instant(moment), name, line.incident)
        for line in lines
        for moment, name in product(line.at, line.obligation)
    }
    seen = set(ran.overdue)
    missing = {one for one in wanted if not any(_is(one, other) for other in seen)}
    surplus = {one for one in seen if not any(_is(other, one) for other in wanted)}
    told = [*((one, MISSING) for one in missing), *((one, SURPLUS) for one in surplus)]
    if told:
        difference = [
            Line(sign, f"{shown(one[0], ran.case.start, ran.case.zone)}  {one[1]}")
            for one, sign in sorted(told, key=lambda one: (one[0][:2], one[1]))
        ]
        yield Failure("overdue", (*ran.case.path, "expect", "overdue"), tuple(difference))


def _texts(ran: Ran) -> Iterator[Failure]:
    """What went to whom: a line stands for everybody it fits, and at least one must have got it."""
    lines = ran.case.section.expect.told
    if lines is None:
        return
    wanted = {
        (ran.case.instant(moment), kind, who, line.incident)
        for line in lines
        for moment, kind, who in product(line.at, line.kind, line.to or (None,))
    }

    def fits(one: tuple[datetime, str, str | None, int | None], seen: tuple[datetime, str, str, int]) -> bool:
        return one[:2] == seen[:2] and one[2] in {None, seen[2]} and one[3] in {None, seen[3]}

    missing = [one for one in wanted if not any(fits(one, seen) for seen in ran.told)]
    surplus = [seen for seen in ran.told if not any(fits(one, seen) for one in wanted)]
    told = [*((one, MISSING) for one in missing), *((one, SURPLUS) for one in surplus)]
    if told:
        difference = [
            Line(sign, f"{shown(one[0], ran.case.start, ran.case.zone)}  {one[1]} to {one[2] or 'anybody'}")
            for one, sign in sorted(told, key=lambda one: (one[0][0], one[0][1], one[0][2] or "", one[1]))
        ]
        yield Failure("told", (*ran.case.path, "expect", "told"), tuple(difference))


def _is(wanted: tuple[datetime, str, int | None], seen: tuple[datetime, str, int]) -> bool:
    return wanted[:2] == seen[:2] and wanted[2] in {None, seen[2]}


def _written_out(case: Case, line: PageSection) -> Iterator[_Wanted]:
    times = [case.instant(moment) for moment in line.at]
    tiers = [tier.value for tier in line.tier] if line.tier else [None]
    for at, tier, person, channel in product(times, tiers, line.person or [None], line.channel or [None]):
        yield _Wanted(at, tier, person, channel, line.incident, line.together)


def _difference(case: Case, wanted: list[_Wanted], seen: list[_Seen], *, all_: bool) -> Iterator[Line]:
    """Give both sides in the order of time, at the moments at which they differ; nothing where they do not."""
    missing = [one for one in wanted if not any(page.fits(one) for page in seen)]
    surplus = {page for page in seen if not any(page.fits(one) for one in wanted)} if all_ else set()
    moments = {one.at for one in missing} | {page.at for page in surplus}
    if not moments:
        return
    several = len({page.incident for page in seen}) > 1
    lines = [(one.at, one.tier or "", Line(MISSING, _told(case, one, several=several))) for one in missing]
    for page in sorted(page for page in seen if page.at in moments):
        sign = SURPLUS if page in surplus else RIGHT
        lines.append((page.at, page.tier, Line(sign, _told(case, page, several=several))))
    yield from (line for _, _, line in sorted(lines, key=lambda one: (one[0], one[1], one[2].sign)))


def _told(case: Case, one: "_Seen | _Wanted", *, several: bool) -> str:
    about = f" (incident {one.incident})" if several and one.incident else ""
    tier, person, channel = one.tier or "any tier", one.person or "anybody", one.channel or "any channel"
    together = {None: "", 1: ""}.get(one.together, f", {one.together} together")
    return f"{shown(one.at, case.start, case.zone)}  {tier} {person} by {channel}{about}{together}"


# -- states


def _states(ran: Ran) -> Iterator[Failure]:
    for index, state in enumerate(ran.case.section.expect.states):
        path: Path = (*ran.case.path, "expect", "states", index)
        incident = ran.states[index]
        lines = tuple(_unlike(state, incident))
        if lines:
            number = f" of incident {state.incident}" if state.incident else ""
            yield Failure(f"state{number} at {state.at.text}", path, lines)


def _unlike(state: StateSection, incident: Incident | None) -> Iterable[Line]:
    facts = _facts(incident) if incident else {}
    for name in STATE_FACTS:
        expected = _word(getattr(state, name))
        if expected is not None and facts.get(name) != expected:
            yield Line(MISSING, f"{name} {expected}")
            if facts:
                yield Line(SURPLUS, f"{name} {facts[name]}")
    if incident is None:
        yield Line(SURPLUS, "no such incident")


def _facts(incident: Incident) -> dict[str, object]:
    commander = incident.command.roles.get(Role.INCIDENT_COMMANDER)
    return {
        "status": incident.status,
        "severity": incident.severity,
        "holder": incident.holder.by if incident.holder else NOBODY,
        "tier": incident.highest_tier or "none",
        "exhausted": _word(incident.exhausted_at is not None),
        "cycle": incident.cycle,
        "declared": _word(incident.command.declared_at is not None),
        "phase": incident.phase,
        "commander": commander.person if commander else NOBODY,
        "postmortem": incident.postmortem.owed if incident.postmortem else "none",
    }
