"""What one event comes to: load what the decision reads, decide, write, and let rungbell's own troubles in behind it.

The door of the daemon does this inside a transaction of its store, a rehearsal with records in memory, so that both
take the same way.

Rules
-----
* A message is sorted first: a heartbeat is noted, what never pages is left out, and a message of which nothing is left
  decides nothing.
* A new incident follows a policy of the present book, an old one the policy it is pinned to.
* What would begin in a storm is decided once more, knowing of the storm.
* What a decision means for other incidents is decided after it and written with it; of those that it looked at, on
  what it saw, so that the store notices where somebody else was faster.
* A trouble that a decision tells is a message about the operator's incident and is written with it, if there is an
  operator and the trouble says something new (requirements 3.11 rule 19).
* What an incident tells of itself is never news of that very incident: where the operator's goes on in it, what begins
  is left out. What was told before ends with the merge, so that the incident can become quiet; that nobody answers is
  told again once the operator's leaves.

May import: everything of the core.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime

from rungbell.domain.alert import Sighting, Standing
from rungbell.domain.book import Book
from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationReviewed,
    CommunicationSent,
    CopyAccepted,
    CopyFailed,
)
from rungbell.domain.decide import decide
from rungbell.domain.decision import Decision, Outcome, Reply, Shelter, Situation
from rungbell.domain.events import (
    AlertsReceived,
    ClockDue,
    Declared,
    Event,
    IncidentEvent,
    PageAccepted,
    PageFailed,
    PageUndelivered,
    Resolved,
    Trouble,
    TroubleKind,
)
from rungbell.domain.incident import Incident, Status
from rungbell.domain.ladder import all_over, lasting
from rungbell.domain.lifecycle.events import Merged, PartLeft, PartSpoke, Reopened
from rungbell.domain.lifecycle.umbrella import begins, has_room, umbrella_key
from rungbell.domain.page import SentPage
from rungbell.domain.policy import Policy, Resolves
from rungbell.domain.records import Records
from rungbell.domain.triage import Triage, triage
from rungbell.domain.trouble import own_sightings, says_something, trouble_group
from rungbell.domain.values import dataclass

RESULTS = (PageAccepted, PageFailed, PageUndelivered)
COPY_RESULTS = (CopyAccepted, CopyFailed)
ON_COMMUNICATIONS = (CommunicationReviewed, CommunicationSent, CommunicationDiscarded)
UNDECIDED = Reply(Outcome.ALREADY)
BEGINNING = datetime.min.replace(tzinfo=UTC)
"""What sources say that know no better, and before which there is no time."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision that was written, with the incident as it stood before."""

    before: Incident | None
    decision: Decision
    group_key: str


@dataclass(slots=True)
class Handling:
    """One event's way through the core: what was decided and told on it, in order."""

    records: Records
    book: Book
    now: datetime
    new_id: Callable[[], str]
    """Draws the identity that a message about a trouble gives to the incident it may open, and that of an umbrella."""
    reply: Reply = UNDECIDED
    incident: Incident | None = None
    """The incident as it now stands."""
    triage: Triage | None = None
    """For a message: how it was sorted."""
    decided: list[Decided] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    """Those that were told, known or not."""
    seen: dict[str, Incident] = field(default_factory=dict)
    """Other incidents that a decision has looked at, and of which nothing was decided since."""

    def handle(self, event: Event) -> None:
        """Let an event in."""
        if isinstance(event, AlertsReceived):
            self._receive(event)
            return
        if not isinstance(event, IncidentEvent):
            raise TypeError(f"{type(event).__name__} is about no incident")
        situation = self._about(event)
        if isinstance(event, Merged) and self._hear_out(event, situation):
            event = replace(event, as_of=None)  # it was that version until just now
            situation = self._about(event)
        self._answer(event, situation)

    def _about(self, event: IncidentEvent) -> Situation:
        incident = self.records.incident(event.incident)
        policy = self.records.policy(incident.policy) if incident else None
        if isinstance(event, RESULTS):
            robins = self._round_robins()
            return Situation(self.book, incident, policy, pages=self._pages(event), round_robin=robins)
        copy = self.records.copy(event.intent) if isinstance(event, COPY_RESULTS) else None
        communication = (
            self.records.communication(incident.id, event.communication)
            if incident is not None and isinstance(event, ON_COMMUNICATIONS)
            else None
        )
        robins = self._round_robins()
        repeats, other = self._repeats(event, incident, policy), self._other(event, incident)
        return Situation(
            self.book,
            incident,
            policy,
            round_robin=robins,
            communication=communication,
            copy=copy,
            repeats=repeats,
            other=other,
        )

    def report(self, trouble: Trouble, by: Incident | None = None) -> None:
        """Tell the operator of a trouble, or of its end; ``by``: the incident that tells it of itself."""
        if not trouble.over:
            self.troubles.append(trouble)
        if self.book.operator is None:
            return
        group = trouble_group(trouble, self.now)
        known = self.records.standings(group.key)
        if says_something(trouble, group, known):
            situation = self._situation(group.key, own_sightings(group), known)
            event = AlertsReceived(group=group, new_id=self.new_id())
            if trouble.over or not self._is_news_of(by, event, situation):
                self._decide(event, situation)

    def _is_news_of(self, teller: Incident | None, event: AlertsReceived, situation: Situation) -> bool:
        """Whether a message would be heard in this very incident, because what it is about goes on there."""
        if teller is None or situation.other is None or situation.other.id != teller.id:
            return False
        return any(isinstance(meant, PartSpoke) for meant in decide(situation, event, self.now).follow)

    def _hear_out(self, event: Merged, situation: Situation) -> bool:
        """End what the operator's incident says of the one in which it is about to go on, and say whether it is."""
        part, whole = situation.incident, situation.other
        if part is None or whole is None or situation.policy is None:
            return False
        plan = situation.policy.plan(part.severity)
        if plan.resolves is Resolves.WINDOW and not plan.stable_for:
            return False  # it would be over before it goes on there
        ends = all_over(whole, self.records.policy(whole.policy), f"it goes on in #{whole.number}")
        if not self._belongs(ends[0], {part.id, *part.parts}):
            return False
        if decide(situation, event, self.now).reply.outcome is not Outcome.DONE:
            return False
        for end in ends:
            self.report(end)
        return True

    def _tell_again(self, whole: Incident, event: PartLeft) -> None:
        """Tell the operator what still lasts of an incident in which the operator's went on until now."""
        lasts = lasting(whole, self.records.policy(whole.policy))
        if lasts is not None and self._belongs(lasts, {event.part, *event.along}):
            self.report(lasts, whole)

    def _belongs(self, trouble: Trouble, incidents: Collection[str]) -> bool:
        """Whether the incident in which the operator is told of a trouble is one of these."""
        own = self.records.latest_incident(trouble_group(trouble, self.now).key)
        return own is not None and own.id in incidents

    def _receive(self, event: AlertsReceived) -> None:
        group = event.group
        self.triage = triage(group, self.book.rules)
        if self.triage.heartbeat:
            self.records.beat(group.source, self.now)
            heard = Trouble(kind=TroubleKind.WATCHDOG_SILENT, source=group.source, text="heard again", over=True)
            self.report(heard)
        if not self.triage.sightings:
            self.reply = Reply(Outcome.ALREADY, "nothing that pages")
            return
        self._answer(event, self._situation(group.key, self.triage.sightings, self.records.standings(group.key)))

    def _situation(self, group_key: str, sightings: tuple[Sighting, ...], known: Mapping[str, Standing]) -> Situation:
        incident = self.records.latest_incident(group_key)
        policy = self.records.policy(incident.policy) if incident else None
        robins, whole = self._round_robins(), self._whole(incident)
        at_once = incident is not None and policy is not None and not policy.plan(incident.severity).stable_for
        return Situation(
            self.book,
            incident,
            policy,
            known=known,
            sightings=sightings,
            round_robin=robins,
            other=whole,
            repeats=self._alike(incident, policy) if at_once else (),
        )

    def _other(self, event: IncidentEvent, incident: Incident | None) -> Incident | None:
        """Give the incident that a decision has to look at beside its own."""
        if isinstance(event, Merged):
            return self._look_at(self.records.incident(event.into))
        if isinstance(event, Reopened) and incident is not None:
            return self.records.latest_incident(incident.key)
        return None

    def _whole(self, incident: Incident | None) -> Incident | None:
        """Give the incident in which a merged one goes on in the end."""
        while incident is not None and incident.status is Status.MERGED and incident.merged_into is not None:
            incident = self._look_at(self.records.incident(incident.merged_into))
        return incident

    def _look_at(self, incident: Incident | None) -> Incident | None:
        if incident is not None:
            self.seen[incident.id] = incident
        return incident

    def _round_robins(self) -> Mapping[str, int]:
        return self.records.round_robins() if self.book.roster.round_robins else {}

    def _repeats(self, event: Event, incident: Incident | None, policy: Policy | None) -> tuple[str, ...]:
        """Give the earlier incidents of the kind, where the event may end this one."""
        window = isinstance(event, ClockDue) and incident is not None and incident.status is Status.MONITORING
        return self._alike(incident, policy) if window or isinstance(event, Resolved | Declared) else ()

    def _alike(self, incident: Incident | None, policy: Policy | None) -> tuple[str, ...]:
        if incident is None or policy is None or not incident.likeness:
            return ()
        within = policy.postmortems.repeat_within
        since = incident.detected_at - min(within, incident.detected_at - BEGINNING)
        return self.records.repeats(incident, since)

    def _pages(self, event: PageAccepted | PageFailed | PageUndelivered) -> tuple[SentPage, ...]:
        found = self.records.page(event.intent)
        if not found or isinstance(event, PageAccepted):
            return tuple(found)
        page = found[0].page
        return self.records.pages_of_round(page.incident, page.cycle, page.round)

    def _answer(self, event: Event, situation: Situation) -> None:
        self.reply, self.incident = self._decide(event, situation)

    def _decide(self, event: Event, situation: Situation) -> tuple[Reply, Incident | None]:
        decision = decide(situation, event, self.now)
        if isinstance(event, AlertsReceived) and (shelter := self._shelter(situation, decision)) is not None:
            situation = replace(situation, shelter=shelter)
            decision = decide(situation, event, self.now)
        group_key = event.group.key if isinstance(event, AlertsReceived) else ""
        policy = self._policy(decision, situation)
        incident = self.records.write(decision, policy, situation.incident, group_key, self.now)
        self.decided.append(Decided(situation.incident, decision, group_key))
        if incident is not None:
            self.seen.pop(incident.id, None)
        for meant in decision.follow:
            other = self.seen.pop(meant.incident, None) or self.records.incident(meant.incident)
            pinned = self.records.policy(other.policy) if other else None
            self._decide(meant, self._meant(other, pinned, incident))
        for trouble in decision.troubles:
            self.report(trouble, incident)
        if isinstance(event, PartLeft) and incident is not None:
            self._tell_again(incident, event)
        return decision.reply, incident

    def _shelter(self, situation: Situation, decision: Decision) -> Shelter | None:
        """Say where what a message begins goes on, if a storm rages: then it is decided again, knowing that."""
        rule, new = self.book.storms.umbrella, decision.incident
        if rule is None or new is None or not begins(situation.incident, new):
            return None
        key = umbrella_key(new.policy_name)
        if self.records.opened_lately(new.policy, key, self.now - rule.within, rule.opens) < rule.opens:
            return None
        umbrella = self._whole(self._look_at(self.records.latest_incident(key)))
        if umbrella is None or not has_room(umbrella) or umbrella.id == new.id:
            known = self.book.policy(new.policy) is not None
            return Shelter(self.new_id(), None, rule) if known else None
        return Shelter(umbrella.id, umbrella, rule)

    def _meant(self, about: Incident | None, policy: Policy | None, by: Incident | None) -> Situation:
        """Give what is seen of an incident for which something else decided means something; it may end at once."""
        at_once = about is not None and policy is not None and not policy.plan(about.severity).stable_for
        repeats = self._alike(about, policy) if at_once else ()
        return Situation(self.book, about, policy, round_robin=self._round_robins(), other=by, repeats=repeats)

    def _policy(self, decision: Decision, situation: Situation) -> Policy | None:
        """Give the policy the written incident follows: pinned, or for a new one from the present book."""
        if decision.incident is None or decision.incident.version:
            return situation.policy
        return self.book.policy(decision.incident.policy)
