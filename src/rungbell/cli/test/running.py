"""A case, rehearsed: its alerts fire and resolve, its people act, and what comes of it is kept.

Rules
-----
* At one moment, what is due happens first. Then come channels that fail or recover and reloads, then alerts, then
  people, each in the order of the file; then pages leave, and only then is looked how things stand.
* Alerts that change together are one message of their group, which holds whatever else of it fires, as Alertmanager's
  does. It comes without delay, and unchanged ones are not repeated: they would change nothing.
* An act is about the newest incident, unless it names another.
* A page counts from the moment in which its channel takes it.
* No test goes on for ever: after ``MOST_PAGES`` it is cut off, and says so.

May import: ``acts``, ``reading``, ``sections``, ``verbs``, ``domain``, ``rehearsal`` and the standard library.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from rungbell.cli.test.acts import event_of, telling
from rungbell.cli.test.reading import Case
from rungbell.cli.test.sections import AlertSection
from rungbell.cli.test.verbs import OF_PEOPLE, ActSection
from rungbell.domain.alert import Alert
from rungbell.domain.communication.recipients import meant
from rungbell.domain.communication.record import Communication
from rungbell.domain.decision import Outcome, Reply
from rungbell.domain.events import FailureReason
from rungbell.domain.incident import Incident
from rungbell.domain.ladder import OWN_SOURCE
from rungbell.domain.page import Page
from rungbell.domain.timeline import EntryKind
from rungbell.rehearsal import Attempt, Failure, Rehearsal

TAKEN = frozenset({Outcome.DONE, Outcome.ALREADY})
"""How an act is answered that was not refused."""
WORLD, ALERTS, PEOPLE, STATES = range(4)
MOST_PAGES = 100_000
"""What nobody answers rings for ever: so much of it shows what is wrong, and a test of decades would take days."""
DAY = timedelta(days=1)

_Group = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class Ran:
    """What came of a case."""

    case: Case
    taken: list[Attempt] = field(default_factory=list)
    """Pages and notifications that a channel took, in order."""
    opened: Incident | None = None
    """The first incident, as it opened."""
    numbers: dict[str, int] = field(default_factory=dict)
    """Identity of each incident but rungbell's own to its number in the test."""
    answers: dict[int, Reply] = field(default_factory=dict)
    """How each act of a person was answered, by its place in the file."""
    overdue: list[tuple[datetime, str, int]] = field(default_factory=list)
    """When which obligation of which incident was first said to be overdue."""
    told: list[tuple[datetime, str, str, int]] = field(default_factory=list)
    """When which kind of text went to whom, about which incident."""
    states: dict[int, Incident | None] = field(default_factory=dict)
    """How the incident of each expected state stood, by its place in the file."""
    cut_off: datetime | None = None
    """When more had happened than is followed; what was expected is not looked at then."""


class _TooMuchError(Exception):
    """More happens than a test follows."""


def run(case: Case) -> Ran:
    """Rehearse a case."""
    return _Run(case).whole()


def _provider(failing: Mapping[str, Failure], page: Page, now: datetime) -> Failure | None:
    return failing.get(page.channel)


class _Run:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.ran = Ran(case)
        self.failing: dict[str, Failure] = {}
        self.rehearsal = Rehearsal(case.book, case.start, partial(_provider, self.failing))
        self.groups: dict[_Group, dict[tuple[tuple[str, str], ...], Alert]] = {}

    def whole(self) -> Ran:
        try:
            for at, _, _, step in sorted(self._steps(), key=lambda one: one[:3]):
                self._pass_time(at)
                step()
            self._pass_time(self.case.end)
        except _TooMuchError:
            self.ran.cut_off = self.rehearsal.now
            return self.ran
        self._count()
        self.ran.taken = [one for one in self.rehearsal.attempts if one.failure is None]
        self.ran.overdue = list(self._overdue())
        self.ran.told = sorted(
            {
                (sent.created_at, sent.copy.kind.value, sent.copy.recipient, self.ran.numbers[sent.copy.incident])
                for sent in self.rehearsal.records.copies.values()
                if sent.copy.incident in self.ran.numbers
            }
        )
        return self.ran

    def _pass_time(self, until: datetime) -> None:
        """Let time go on, a day at a time, so that it can be seen where a test goes on for ever."""
        rehearsal = self.rehearsal
        while until - rehearsal.now > DAY and (due := rehearsal.next_due()) is not None and due < until:
            if len(rehearsal.attempts) > MOST_PAGES:
                raise _TooMuchError
            rehearsal.pass_time(max(due, rehearsal.now + DAY))
        rehearsal.pass_time(until)

    # -- what happens when --------------------------------------------------------------------------------------

    def _steps(self) -> Iterator[tuple[datetime, int, int, Callable[[], None]]]:
        changes: dict[tuple[datetime, _Group], list[Alert]] = {}
        for alert in self.case.section.alerts:
            for at, changed in self._life(alert):
                changes.setdefault((max(at, self.case.start), self._group(alert)), []).append(changed)
        for index, ((at, group), alerts) in enumerate(changes.items()):
            yield at, ALERTS, index, partial(self._tell, group, alerts)
        for index, act in enumerate(self.case.section.acts):
            kind = PEOPLE if act.verb in OF_PEOPLE else WORLD
            yield self.case.instant(act.at), kind, index, partial(self._act, index, act)
        for index, state in enumerate(self.case.section.expect.states):
            yield self.case.instant(state.at), STATES, index, partial(self._look, index, state.incident)

    def _life(self, alert: AlertSection) -> Iterator[tuple[datetime, Alert]]:
        since = self.case.instant(alert.since) if alert.since else self.case.start
        firing = Alert(labels=alert.labels, firing=True, starts_at=since, annotations=alert.annotations)
        yield since, firing
        if alert.until is not None:
            until = self.case.instant(alert.until)
            yield (
                until,
                Alert(alert.labels, firing=False, starts_at=since, ends_at=until, annotations=alert.annotations),
            )

    def _group(self, alert: AlertSection) -> _Group:
        labels = tuple((name, alert.labels[name]) for name in self.case.section.group_by if name in alert.labels)
        return alert.source or self.case.source, labels

    def _tell(self, group: _Group, changes: list[Alert]) -> None:
        known = self.groups.setdefault(group, {})
        known.update({tuple(sorted(alert.labels.items())): alert for alert in changes})
        source, labels = group
        self.rehearsal.receive(dict(labels), *known.values(), source=source)
        for key in [key for key, alert in known.items() if not alert.firing]:
            del known[key]
        self._count()

    def _act(self, index: int, act: ActSection) -> None:
        match act.verb:
            case "fails":
                reason = FailureReason.REFUSED if act.permanently else FailureReason.PROVIDER_ERROR
                self.failing[str(act.fails)] = Failure(reason, permanent=bool(act.permanently))
            case "recovers":
                self.failing.pop(str(act.recovers), None)
            case "reload":
                self.rehearsal.book = self.case.reloads[str(act.reload)]
            case _:
                self._answer(index, act)

    def _answer(self, index: int, act: ActSection) -> None:
        incident = self._incident(act.incident)
        until = self.case.instant(act.until) if act.until else None
        if act.verb == "tell" and incident is not None:
            self.ran.answers[index] = self._inform(act, incident)
            return
        if act.verb == "open":
            event = event_of(act, self.rehearsal.new_id(), until)
        elif incident is not None:
            event = event_of(act, incident.id, until)
        else:
            self.ran.answers[index] = Reply(Outcome.INVALID, "there is no such incident yet")
            return
        self.ran.answers[index] = self.rehearsal.happen(event).reply
        self._count()

    def _inform(self, act: ActSection, incident: Incident) -> Reply:
        """Take a text all the way to whom it is for, or as far as it is let."""
        reply = Reply(Outcome.INVALID, "nothing was told")
        for make in telling(act, incident):
            reply = self.rehearsal.happen(make(self._draft(act, incident.id))).reply
            if reply.outcome is not Outcome.DONE:
                break
        return reply

    def _draft(self, act: ActSection, incident: str) -> Communication | None:
        """Give the draft of that kind that waits, for whom it is meant now."""
        records, now = self.rehearsal.records, self.rehearsal.now
        found = records.incidents[incident]
        number = found.command.drafts.get(act.tell) if act.tell else None
        given = records.communications.get((incident, number)) if number is not None else None
        return given and replace(given, recipients=meant(given, found, self.rehearsal.book, now))

    def _look(self, index: int, number: int | None) -> None:
        self.ran.states[index] = self._incident(number)

    def _overdue(self) -> Iterator[tuple[datetime, str, int]]:
        for id_, number in self.ran.numbers.items():
            for entry in self.rehearsal.records.timeline(id_):
                if entry.kind is EntryKind.OVERDUE and entry.facts.get("again") is None:
                    yield entry.at, entry.facts["obligation"], number

    # -- what there is ------------------------------------------------------------------------------------------

    def _incident(self, number: int | None) -> Incident | None:
        """Give an incident by its number in the test; without one the newest."""
        ids = list(self.ran.numbers)
        if number is None:
            number = len(ids)
        return self.rehearsal.records.incidents[ids[number - 1]] if 0 < number <= len(ids) else None

    def _count(self) -> None:
        """Number what has opened, and keep the first as it did."""
        for id_, incident in self.rehearsal.records.incidents.items():
            if incident.source != OWN_SOURCE and id_ not in self.ran.numbers:
                self.ran.numbers[id_] = len(self.ran.numbers) + 1
                self.ran.opened = self.ran.opened or incident
