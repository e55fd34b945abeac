"""The judgement of a soak: what was promised against what was ever seen; pure, so that its own tests are.

Rules
-----
* Lost, never paged, doubled and sent twice without a reason are judged as after a kill (``tests.kill.judgement``), for
  each cycle of each group instead of each group.
* A cycle that ended before its first page could leave need not have been paged.
* Every alert of a webhook answered 200, and every act answered with yes, is on record. What is over is closed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tests.harness.daemon import Outage
from tests.harness.pager_receiver import Page
from tests.kill.judgement import Verdict, judge
from tests.soak.audit import Audit
from tests.soak.traffic import Promises

EXPLAINED = {
    "the configuration cannot be used; the old one stays": "a bad file was reloaded",
    "trouble": "rungbell told its operator of it",
}
"""Log lines at error level, and what explains them."""


@dataclass(frozen=True, slots=True)
class Paged:
    """A page that was accepted, as the judgement of a kill looks at it: an incident's cycle stands for the incident."""

    intent: str
    came: float

    @property
    def incident(self) -> str:
        """The identity with the cycle."""
        identity, cycle, *_rest = self.intent.split(":")
        return f"{identity}/{cycle}"

    @property
    def tier(self) -> str:
        """The rung; only a first page counts as one of L1, for an acknowledgement that ends rings it again."""
        *_rest, tier, _person, _channel, purpose = self.intent.split(":")
        return tier if purpose == "at_once" else f"{tier} again"

    @classmethod
    def of(cls, page: Page) -> "Paged":
        """Keep what is needed of a page."""
        return cls(page.intent, page.came)


def verdict_on(promises: Promises, audit: Audit, pages: Sequence[Paged], outages: Sequence[Outage]) -> Verdict:
    """Hold the cycles that were answered 200 against the incidents that were seen and the pages that came."""
    promised = {f"{name}/{cycle}" for name, cycles in promises.cycles.items() for cycle in range(1, cycles + 1)}
    identities = audit.identities()
    excused = audit.excused()
    needless = {name for name in promised if set(identities.get(name, ())) & excused}
    kept = judge(promised - needless, identities, pages, outages, audit.accepted)
    also = judge(needless, identities, (), outages, {})
    return Verdict(
        promised=kept.promised + also.promised,
        found=kept.found + also.found,
        lost=kept.lost + also.lost,
        unpaged=kept.unpaged,
        doubled=kept.doubled + also.doubled,
        pages=kept.pages,
        duplicates=kept.duplicates,
    )


def missing(promises: Promises, audit: Audit) -> dict[str, list[str]]:
    """Name what was answered with yes and is not on record, and what is not as it must be at the end."""
    lost_alerts = sorted(f"{group} {instance}" for group, instance in promises.alerts - audit.alerts)
    lost_acts = sorted(f"{act} {one}" for one, act in promises.acts.items() if (one, act) not in audit.acts)
    wrong = [f"{count} with status {status}" for status, count in sorted(promises.refused.items()) if status != 503]
    every = {
        "alerts lost": lost_alerts,
        "acts lost": lost_acts,
        "without a clock": sorted(audit.without_clock),
        "clocks or pages that stood still": audit.stood_still,
        "deleted while open": sorted(audit.deleted_open),
        "never closed": audit.open,
        "refused otherwise than by 503": wrong,
    }
    return {what: names for what, names in every.items() if names}


def unexplained(errors: Mapping[str, int], explained: Collection[str] = tuple(EXPLAINED)) -> list[str]:
    """Give the errors of the log that nothing explains, with how often they came."""
    return [f"{event} ({count} times)" for event, count in sorted(errors.items()) if event not in explained]
