"""The invariants, each a function of its own: what must hold after a commit, a call, a reload, and in the end.

They are those of the project's reliability bar as requirements 3.11 amend them; the number stands in each docstring.

Rules
-----
* An invariant looks at what the store holds, not at what rungbell thinks of it.
* It says what broke in a sentence: which incident, what was found, what should have been.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rungbell.domain.command.events import ImpactStated, Ticked
from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationDrafted,
    CommunicationReviewed,
    CommunicationSent,
    Waived,
)
from rungbell.domain.events import Acknowledged, Act, AlertsReceived, ClockDue, Event, NoteAdded, PageUndelivered
from rungbell.domain.lifecycle.events import Closed, Reopened, RestrictionLifted
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld
from tests.simulation.database import Commit, Decided
from tests.simulation.duty import Taken
from tests.simulation.ladders import Ladder
from tests.simulation.moments import DAY, HOUR, SECOND
from tests.simulation.owing import NAMES
from tests.simulation.reading import OWN, Reading
from tests.simulation.record import HELD, PAGING, Facts, PageRow
from tests.simulation.results import pointless
from tests.simulation.ringing import ALREADY, ENDED_BY_ACKNOWLEDGEMENT
from tests.simulation.shops import Shop
from tests.simulation.timetable import dues, next_rung, wake

ALIVE = frozenset({"waiting", "leased", "accepted"})
FOR_THE_HOLDER = frozenset({"acknowledgement_ended", "resolution", "reminder"})
"""Purposes of what reaches whoever holds the incident, or commands it, on whichever tier they stand."""
DELTA = 250
"""Milliseconds after an acknowledgement in which a call that was on its way may still begin."""
JUST_NOW = 3 * SECOND
STILL_MATTERS = (
    CommunicationDrafted, CommunicationReviewed, CommunicationSent, CommunicationDiscarded, Waived,
    NoteAdded, Ticked, ImpactStated, PostmortemMoved, ReviewHeld, ItemAdded, ItemChanged, ItemsReviewed,
    Closed, Reopened, RestrictionLifted,
)  # fmt: skip
"""Acts that are done to what is over, too."""
ANSWERS = {
    "lapse": {"lapse"},
    "repeat": {"lapse", "maintenance"},
    "engagement": {"engagement", "acknowledgement_ends"},  # whoever held it had answered for another severity
    "unresolved": {"unresolved"},
    "exhausted": {"lapse", "exhausted"},
    "acknowledgement_ended": {"acknowledgement_ends"},
    "resolution": {"stability"},
    # While somebody held it, or maintenance did, nobody was to be paged.
    "at_once": {"at_once", "acknowledgement_ends", "maintenance"},
    "reminder": NAMES,
}
"""Purpose of a page to the clocks that may ring it."""


class Broken(BaseException):
    """An invariant does not hold. Not an ``Exception``: rungbell survives those, and this must end the run."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant
        self.text = text


@dataclass(slots=True)
class Look:
    """One incident before and after a commit."""

    commit: Commit
    decided: Decided | None
    """What was decided about it; the last, where there were several."""
    shop: Shop
    ladder: Ladder
    before: Facts | None
    after: Facts
    wake_at: int | None
    was: dict[str, PageRow]
    rows: dict[str, PageRow]
    reading: Reading
    fresh: list[PageRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fresh = [row for intent, row in self.rows.items() if intent not in self.was and row.kind != "copy"]

    @property
    def event(self) -> Event | None:
        """What happened to it."""
        return self.decided.event if self.decided else None

    @property
    def now(self) -> int:
        """What the clock said when it was decided; of no meaning without an event."""
        return self.decided.at if self.decided else 0

    @property
    def name(self) -> str:
        """How messages call the incident."""
        return f"{self.after.id} ({self.after.severity}, {self.after.status}, cycle {self.after.cycle})"


def i3_every_open_incident_has_its_clock(look: Look) -> None:
    """I3: an open incident wakes somebody when its earliest clock is due; a closed one has no clock, nothing to send.

    An exhausted one has told the operator.
    """
    due = wake(look.after, look.ladder)
    if look.wake_at != due:
        raise Broken("I3", f"{look.name} wakes at {look.wake_at}, but its earliest clock is due at {due}")
    if not look.after.open:
        # What was being sent when its process died is withdrawn when its turn comes.
        waiting = [row for row in look.rows.values() if row.kind == "page" and row.state == "waiting"]
        left = [row.intent for row in waiting if not row.attempts]
        if left:
            raise Broken("I3", f"{look.name} is closed and still has pages to send: {', '.join(left)}")
    exhausted = look.after.exhausted_at is not None and (look.before is None or look.before.exhausted_at is None)
    if exhausted and look.after.source != OWN and look.shop.operator is not None and not _alarmed(look):
        raise Broken("I3", f"{look.name} is exhausted, and the operator was not told")


def _alarmed(look: Look) -> bool:
    """Whether anything of rungbell's own fires, or did in this very millisecond, within which nothing is told twice.

    Where the operator's incident goes on in this very one, those who do not answer are not told that they do not.
    """
    own = [facts for facts in look.reading.incidents.values() if facts.source == OWN]
    if any(facts.id in look.after.parts for facts in own):
        return True
    alerts = (alert for facts in own for alert in look.reading.alerts.get(facts.key, {}).values())
    return any(alert.firing or alert.starts_at == look.now for alert in alerts)


def i4_no_tier_is_skipped_or_entered_twice(look: Look) -> None:
    """I4: a climb enters the lowest unpaged tier within the cap; a tier is entered once per cycle, by no clock above
    its cap, and an engagement never rings L5."""
    before, after = look.before, look.after
    if before is None or before.cycle != after.cycle:
        entered = set(after.tiers)
    else:
        entered = {tier for tier in after.tiers if tier not in before.tiers}
        for tier, standing in before.tiers.items():
            kept = after.tiers.get(tier)
            again = kept is None or (kept.paged_at != standing.paged_at and not standing.empty)
            if again and before.severity == after.severity:
                raise Broken("I4", f"{look.name} entered {tier} a second time")
    cap = look.ladder.plans[after.severity].climb_to
    for row in look.fresh:
        if isinstance(look.event, ClockDue) and row.tier > cap and row.purpose not in FOR_THE_HOLDER:
            raise Broken("I4", f"a clock of {look.name} rang {row.tier}, above its cap {cap}")
        if row.purpose == "engagement" and row.tier == "L5":
            raise Broken("I4", f"{look.name} rang L5 for want of engineering")
        if row.round != after.round:
            raise Broken("I4", f"{look.name} is in round {after.round} and wrote a page of round {row.round}")
    climbed = {row.tier for row in look.fresh if row.purpose == "lapse" and row.tier in entered}
    lowest = next_rung(before, look.ladder) if before is not None and before.cycle == after.cycle else None
    if climbed and lowest is not None and lowest not in entered:
        raise Broken("I4", f"{look.name} climbed to {min(climbed)} over {lowest}, which nobody had paged")


def i5_never_early(look: Look) -> None:
    """I5: what a clock does is done when it is due, never before."""
    before = look.before
    if before is None or not isinstance(look.event, ClockDue):
        return
    due = {one.clock for one in dues(before, look.ladder) if one.at <= look.now}
    for row in look.fresh:
        allowed = ANSWERS.get(row.purpose)
        if allowed is not None and not allowed & due:
            raise Broken("I5", f"{look.name} rang {row.tier} ({row.purpose}) before any clock for that was due")
    if look.after.status == "resolved" != before.status and "stability" not in due:
        raise Broken("I5", f"{look.name} was resolved before its window was over")
    if look.after != before and not due:
        raise Broken("I5", f"{look.name} was changed by a clock that is not due")


def i6_an_acknowledgement_stops_the_climb(look: Look) -> None:
    """I6: after an acknowledgement no lapse of that cycle climbs or repeats until the acknowledgement ends."""
    before = look.before
    if before is None or before.status not in HELD or before.cycle != look.after.cycle or before.holder is None:
        return
    if isinstance(look.event, ClockDue) and look.now < before.holder.ends:
        rung = [row.intent for row in look.fresh if row.purpose in ENDED_BY_ACKNOWLEDGEMENT]
        if rung:
            raise Broken("I6", f"{before.holder.by} holds {look.name}, and it rang on: {', '.join(rung)}")
        if look.after.holder != before.holder:
            raise Broken("I6", f"{look.name} lost its holder {before.holder.by} to a clock")


def i6_an_acknowledgement_is_kept(look: Look) -> None:
    """I6: whoever acknowledged holds the incident afterwards, or somebody of a higher tier does."""
    if not isinstance(look.event, Acknowledged) or look.decided is None or look.decided.outcome != "done":
        return
    if look.after.open and (look.after.holder is None or look.after.status == "triggered"):
        raise Broken("I6", f"{look.event.by} acknowledged {look.name}, and nobody holds it")


def i7_a_failed_page_has_a_successor(look: Look) -> None:
    """I7: a page of an open incident that fails for good leaves somebody else being rung in the same commit.

    One that had been taken before may need nobody else by then.
    """
    for intent, row in look.rows.items():
        late = isinstance(look.event, PageUndelivered) and pointless(look.after, look.ladder, row)
        old = look.was.get(intent)
        if (
            row is old
            or row.state != "failed"
            or row.kind != "page"
            or old is None
            or old.state == "failed"
            or not look.after.open
            or late
        ):
            continue
        same = [r for r in look.rows.values() if (r.cycle, r.round) == (row.cycle, row.round) and r.intent != intent]
        reached = {r.person for r in same if r.state in ALIVE and r.kind == "page"}
        rung = row.person in reached or any(
            r.kind == "page" and r.tier >= row.tier and r.person in reached for r in same
        )
        rung = rung or any(  # a tier above, rung with it or since: where that fails too, it leads on by itself
            r.cycle == row.cycle and r.kind == "page" and r.tier > row.tier and r.created_at >= row.created_at
            for r in look.rows.values()
        )
        holder = look.after.holder
        held = holder is not None and holder.tier >= row.tier
        ended = look.after.exhausted_at is not None or look.after.status in {*HELD, "monitoring"}
        if not (rung or look.fresh or held or ended):
            raise Broken("I7", f"{intent} of {look.name} failed, and nobody else is rung")


def i11_catching_up_is_calm(look: Look) -> None:
    """I11: the clock after a climb runs from the climb's own commit, however late that came."""
    before, after = look.before, look.after
    if not isinstance(look.event, ClockDue) or before is None or after.status != "triggered":
        return
    entered = [tier for tier, standing in after.tiers.items() if tier not in before.tiers and not standing.empty]
    if not entered or after.exhausted_at is not None:
        return
    within = look.ladder.plans[after.severity].within
    soonest = look.ladder.elapse(after.severity, look.now, within)
    early = [one.at for one in dues(after, look.ladder) if one.clock == "lapse" and one.at < soonest]
    if early:
        raise Broken("I11", f"{look.name} has just climbed to {max(entered)} and would climb on at {early[0]}")


def i15_a_resolve_is_final(look: Look) -> None:
    """I15: after the resolve of a cycle no page of it is made, and nothing but something new opens it again."""
    before = look.before
    if before is None or before.open:
        return
    late = [row.intent for row in look.fresh if row.cycle == before.cycle and row.purpose != "reminder"]
    if late:
        raise Broken("I15", f"{look.name} was resolved, and a page of that cycle was written: {', '.join(late)}")
    if look.after.open and not isinstance(look.event, AlertsReceived | Reopened):
        raise Broken("I15", f"{look.name} was resolved, and {type(look.event).__name__} opened it again")


def maintenance_wakes_nobody(look: Look) -> None:
    """Rule of maintenance: while a window holds an incident nothing rings for it, and nobody is told what is owed."""
    by_clock = isinstance(look.event, ClockDue)
    rung = [row.intent for row in look.fresh if row.kind == "page" or (row.purpose == "reminder" and by_clock)]
    if rung and look.after.parked:
        raise Broken("maintenance", f"paging of {look.name} is held, and it rang: {', '.join(rung)}")


def what_is_owed_changes_no_paging(name: str, differences: list[str]) -> None:
    """What is owed changes no paging: the same events ring the same pages where policies only page."""
    if differences:
        raise Broken("paging", f"{name} would ring otherwise without obligations: {'; '.join(differences[:5])}")


def a_whole_counts_its_parts(look: Look) -> None:
    """What goes on in another counts there, an umbrella too: exactly what fires of it, and nothing else."""
    if not look.after.open or not (look.after.parts or look.after.storm):
        return
    known, alerts = look.reading.incidents, look.reading.alerts
    fires: dict[str, int] = {}
    for part in known.values():
        whole = part
        while whole.merged_into is not None:
            whole = known[whole.merged_into]
        if whole.id == look.after.id and part is not whole and look.reading.latest[part.key] == part.id:
            fires[part.id] = sum(alert.firing for alert in alerts.get(part.key, {}).values())
    counted = {part: firing for part, firing in look.after.parts.items() if firing}
    expected = {part: firing for part, firing in fires.items() if firing}
    if counted != expected:
        raise Broken("A12", f"{look.name} counts {counted} of its parts, and {expected} fires")


def i19_the_policy_is_pinned(look: Look) -> None:
    """I19: an open incident keeps the policy it was opened with, whatever is reloaded."""
    if look.before is not None and look.before.policy != look.after.policy:
        raise Broken("I19", f"{look.name} changed its policy")


AFTER_A_COMMIT: tuple[Callable[[Look], None], ...] = (
    i5_never_early,
    i6_an_acknowledgement_stops_the_climb,
    i6_an_acknowledgement_is_kept,
    i15_a_resolve_is_final,
    i4_no_tier_is_skipped_or_entered_twice,
    i11_catching_up_is_calm,
    maintenance_wakes_nobody,
    i7_a_failed_page_has_a_successor,
    i19_the_policy_is_pinned,
    a_whole_counts_its_parts,
    i3_every_open_incident_has_its_clock,
)

WHATEVER_HAPPENED: tuple[Callable[[Look], None], ...] = (
    i7_a_failed_page_has_a_successor,
    i19_the_policy_is_pinned,
    a_whole_counts_its_parts,
    i3_every_open_incident_has_its_clock,
)
"""Those that hold between any two commits, however much happened in the second."""


def i2_what_is_known_changes_nothing(commit: Commit, event: Event, expected: str) -> None:
    """I2: a message that says only what is known writes nothing."""
    if isinstance(event, AlertsReceived) and expected == ALREADY and commit.writes and len(commit.decided) == 1:
        wrote = ", ".join(sorted({write.statement for write in commit.writes}))
        raise Broken("I2", f"a message of {event.group.source} says nothing new, and it wrote {wrote}")


def i12_one_owner(row: PageRow, owner: int | None, replica: int, now: int) -> None:
    """I12: a page is leased to one sender at a time, when it is due; who has it in hand does not lease it again."""
    if owner == replica:
        raise Broken("I12", f"replica {replica} leased {row.intent}, which it still has in hand")
    if row.state == "leased" and row.due_at is not None and row.due_at > now and owner is not None:
        raise Broken("I12", f"replica {replica} leased {row.intent}, which is leased until {row.due_at}")
    if row.due_at is None or row.due_at > now:
        raise Broken("I12", f"{row.intent} ({row.state}) was leased before its time, {row.due_at}")


def i12_an_old_token_changes_nothing(intent: str, attempt: int, token: int, replica: int, owner: int | None) -> None:
    """I12: a result counts only while its lease is the page's last."""
    if attempt != token or owner != replica:
        raise Broken("I12", f"the result of attempt {attempt} of {intent} was recorded; its lease is number {token}")


def i12_nothing_is_left_in_dead_hands(intents: Iterable[str]) -> None:
    """I12: the leases of a process that is gone end when the next one starts, so that its pages leave at once."""
    for intent in intents:
        raise Broken("I12", f"{intent} is still leased to a process that is gone")


def i14_time_goes_on(now: int, alive_at: int) -> None:
    """I14: a process that starts while the wall clock is set back counts on from the last time that was told."""
    if now < alive_at:
        raise Broken("I14", f"rungbell lives at {now}, and was alive at {alive_at}")


def rule_20_holds_only_what_is_old(now: int, away_since: int) -> None:
    """I3, rule 20: paging is held after more than a day away, never else."""
    if now - away_since <= DAY:
        raise Broken("I3", f"paging was held after {(now - away_since) / HOUR:.1f} h away")


def rule_20_what_is_old_is_held(facts: Facts, away: int) -> None:
    """I11, rule 20: what was open while nobody lived for more than a day rings nobody until a person has looked."""
    rings = facts.status in PAGING and facts.held_since is None
    if away > DAY + HOUR and rings and facts.source != OWN:  # the operator is told, and that is new
        raise Broken("I11", f"rungbell was away for {away / HOUR:.1f} h, and the old ladder of {facts.id} goes on")


def rule_18_an_override_counts(missing: Iterable[Taken], left: Iterable[Taken]) -> None:
    """Rule 18: what is taken counts for the next page, what is over does no more, whatever was reloaded."""
    told = [f"{one.person} for {one.schedule} does not count" for one in missing]
    told += [f"{one.person} for {one.schedule} still counts" for one in left]
    raise Broken("3.11", f"an override of {'; '.join(sorted(told))}")


def i5_silence_is_not_told_early(silent: int) -> None:
    """I5: a source is missed when its Watchdog is overdue, never before."""
    raise Broken("I5", f"the operator was told of silence after {silent / SECOND:.1f} s")


def rule_19_silence_is_told(late: int) -> None:
    """Rule 19: a source whose Watchdog does not come is the operator's trouble."""
    raise Broken("I10", f"a source has been silent for {late / SECOND:.0f} s longer than it may, and nobody was told")


def i6_nothing_leaves_after_an_acknowledgement(row: PageRow, facts: Facts, now: int) -> None:
    """I6: what an acknowledgement made pointless does not leave after it, but for what was on its way."""
    holder = facts.holder
    if facts.status not in HELD or holder is None or row.cycle != facts.cycle:
        return
    if row.purpose in ENDED_BY_ACKNOWLEDGEMENT and row.created_at <= holder.at and now > holder.at + DELTA:
        raise Broken("I6", f"{row.intent} left {(now - holder.at) / SECOND:.1f} s after {holder.by} had acknowledged")


def what_follows_is_decided(left: list[tuple[str, str]]) -> None:
    """What a decision means for other incidents is decided in the same commit."""
    raise Broken("A12", "; ".join(f"{incident} should have heard of {event}" for event, incident in left))


def i8_once_without_ambiguity(intent: str, accepted: int, ambiguous: int) -> None:
    """I8: a page is accepted once, and once more at most for each attempt whose end nobody could know."""
    if accepted > 1 + ambiguous:
        raise Broken("I8", f"{intent} was accepted {accepted} times, with {ambiguous} ambiguous attempts")


def i8_what_was_accepted_is_on_record(row: PageRow, accepted: int, ambiguous: int) -> None:
    """I8: in the end a page without ambiguity was accepted once where the record says so, and never else."""
    if not ambiguous and accepted != (row.state == "accepted"):
        raise Broken("I8", f"{row.intent} is on record as {row.state}, and was accepted {accepted} times")


def i7_every_page_came_to_an_end(rows: Iterable[PageRow], now: int) -> None:
    """I7: in the end no page that is due waits, and none is in anybody's hands."""
    for row in rows:
        unsent = row.state == "leased" or (row.state == "waiting" and (row.due_at or 0) < now - JUST_NOW)
        if unsent and row.kind == "page":
            raise Broken("I7", f"everything works again, and {row.intent} is still {row.state}")


def i7_somebody_was_reached(facts: Facts, shop: Shop, rows: dict[str, PageRow], since: int, now: int) -> None:
    """I7: of an open incident that rang since everything works, some page was accepted where anybody can be reached."""
    rung = [row for row in rows.values() if row.created_at > since and row.cycle == facts.cycle and row.kind == "page"]
    if facts.status != "triggered" or facts.held_since is not None or facts.parked:
        return
    # Who stands on a tier may change at any time; whom the pages name stays.
    left = (row for row in rung if row.state != "withdrawn" and row.send_after < now - JUST_NOW)
    reachable = any(shop.ways(row.person, ((row.channel, 0),)) for row in left)
    if reachable and not any(row.state == "accepted" and row.cycle == facts.cycle for row in rows.values()):
        raise Broken("I7", f"{facts.id} is open, somebody can be reached, and nobody was")


def i10_due_is_served(incident: str, late: float) -> None:
    """I10: while the process runs and the store works, a due clock is served within seconds: no wake-up is lost."""
    raise Broken("I10", f"a clock of {incident} has been due for {late:.1f} s, and nobody serves it")


def i10_due_is_sent(intent: str, late: float) -> None:
    """I10, I7: while the process runs and the store works, a due page is in somebody's hands within seconds."""
    raise Broken("I10", f"{intent} has been due for {late:.1f} s, and nobody sends it")


def i11_one_climb_a_tick(incident: str, climbs: int) -> None:
    """I11: an incident climbs once at one moment, however much is due."""
    if climbs > 1:
        raise Broken("I11", f"{incident} climbed {climbs} times in one moment")


def i15_late_acts_change_nothing(commit: Commit, event: Event, outcome: str, facts: Facts | None) -> None:
    """I15: who acts on what is resolved is told so."""
    if facts is None or facts.open or not isinstance(event, Act) or isinstance(event, STILL_MATTERS):
        return
    if outcome == "done":
        raise Broken("I15", f"{facts.id} is resolved, and {type(event).__name__} was done to it")


def i19_a_reload_writes_nothing(before: int, after: int) -> None:
    """I19: a reload changes nothing of what is on record."""
    if before != after:
        raise Broken("I19", f"a reload wrote {after - before} rows")


def i22_health_is_truthful(replica: int, failing: str) -> None:
    """I22: a store that works again is not said to fail."""
    if failing:
        raise Broken("I22", f"everything works again, and replica {replica} still says: {failing}")


def every_invariant() -> list[str]:
    """The first lines of all of them, for people."""
    found = [value for name, value in sorted(globals().items()) if name.startswith("i") and name[1].isdigit()]
    return [(function.__doc__ or "").split(". ")[0].strip() for function in found]
