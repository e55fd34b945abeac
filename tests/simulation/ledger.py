"""What is on record beside incidents: overrides, Watchdogs, and until when rungbell is known to have lived.

It is kept from what commits wrote, and says whether processes go by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tests.simulation import invariants
from tests.simulation.database import Commit, Decided, Write
from tests.simulation.duty import Taken
from tests.simulation.moments import DAY, MINUTE, SECOND, milliseconds
from tests.simulation.record import Facts
from tests.simulation.shops import Shop

READ_AGAIN = 4.0
"""Seconds in which every process knows of an override."""
UNDECLARED = 15 * MINUTE
"""After so long a source is missed that has sent a Watchdog, and of which nothing is said."""
LATE = 2 * SECOND
"""Between looking for silence and telling of it a Watchdog may come."""


@dataclass(slots=True)
class Ledger:
    """One world's."""

    overrides: dict[int, Taken] = field(default_factory=dict)
    """By number."""
    unsure_since: float = 0.0
    """When one was made or ended, or could not be read, in the loop's time."""
    beats: list[int] = field(default_factory=list)
    """When a Watchdog was heard."""
    listening_since: dict[int, int] = field(default_factory=dict)
    """Replica to when it began to listen."""
    expected: list[int | None] = field(default_factory=list)
    """How often a Watchdog was expected, the present configuration last."""
    told_at: int = -1
    """When the operator was last told of silence."""
    lived_until: int | None = None
    """When a process last noted that it lives, and that everything that must be held is."""

    def written(self, write: Write, commit: Commit, at: float) -> None:
        """Something was written."""
        values = write.values
        match write.statement:
            case "INSERT_OVERRIDE":
                self.unsure_since = at
                told = (values[name] for name in ("schedule", "person", "begins", "ends", "instead_of"))
                self.overrides[values["number"]] = Taken(*told)
            case "END_OVERRIDE":
                self.unsure_since = at
                taken = self.overrides[values["key"]]
                self.overrides[values["key"]] = taken._replace(ends=min(taken.ends, values["now"]))
            case "DELETE_OVERRIDE":
                self.unsure_since = at
                self.overrides.pop(values["key"], None)
            case "BEAT":
                self.beats.append(values["seen_at"])
            case "WRITE_NOTE" if values["name"] == "alive_at" and commit.doing != "starting":
                self.lived_until = milliseconds(datetime.fromisoformat(values["value"]))

    # -- overrides ----------------------------------------------------------------------------------------------

    def counted(self, decided: Decided, present: Shop, at: float) -> None:
        """A decision went by these overrides."""
        if at - self.unsure_since < READ_AGAIN:
            return
        known = (one for one in self.overrides.values() if one.person in present.people and present.rota(one.schedule))
        recorded = {one for one in known if one.covers(decided.at)}
        counted = {one for one in decided.taken if one.covers(decided.at)}
        if recorded != counted:
            invariants.rule_18_an_override_counts(recorded - counted, counted - recorded)

    # -- silence ------------------------------------------------------------------------------------------------

    def within(self, expected: int | None) -> int | None:
        """How long a source may be silent."""
        return expected if expected is not None else UNDECLARED if self.beats else None

    def silent_from(self, replicas: Iterable[int]) -> int | None:
        """When the source will have been silent for too long, as these replicas hear it."""
        since = [self.listening_since[replica] for replica in replicas if replica in self.listening_since]
        within = self.within(self.expected[-1]) if self.expected else None
        if within is None or not since:
            return None
        return max([min(since), *self.beats[-1:]]) + within

    def told_of_silence(self, now: int, replica: int) -> None:
        """The operator hears that the source is silent."""
        self.told_at = now
        allowed = [within for one in self.expected[-2:] if (within := self.within(one)) is not None]
        heard = [beat for beat in self.beats if beat < now - LATE]
        since = max([self.listening_since.get(replica, now), *heard[-1:]])
        if not allowed or now - since < min(allowed):
            invariants.i5_silence_is_not_told_early(now - since)

    def silence_is_told(self, now: int, replicas: Iterable[int]) -> None:
        """In the end: whoever is silent for longer than allowed was told of."""
        since = self.silent_from(replicas)
        last = self.beats[-1] if self.beats else 0
        if since is not None and now > since + 3 * LATE and self.told_at < last:
            invariants.rule_19_silence_is_told(now - since)

    # -- long absences ------------------------------------------------------------------------------------------

    def is_up(self, now: int, present: Shop, known: Iterable[Facts]) -> None:
        """A process has started: what was open while nobody lived for more than a day is held."""
        if self.lived_until is not None and present.operator is not None:
            away = now - self.lived_until
            for facts in known:
                if facts.let_go_at is None or now - facts.let_go_at > DAY:  # else another replica has heard somebody
                    invariants.rule_20_what_is_old_is_held(facts, away)
        self.lived_until = now
