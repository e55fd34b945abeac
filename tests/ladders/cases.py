"""Random policies and alerts: sound ones, for whatever the configuration refuses nobody can be paged by.

Rules
-----
* The same seed gives the same cases, on every machine.
* Each case is an alert with a policy of its own; the people, schedules and channels of a batch are common to its cases.
* The cases of a batch begin within minutes and their waits have a common measure, so that much is due at once.
"""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rungbell.domain.alert import Alert, AlertGroup
from tests.harness.webhooks import Json

BATCH = 25
"""Cases that share a configuration file."""
TIERS = ("L1", "L2", "L3", "L4", "L5")
SEVERITIES = ("P0", "P1", "P2", "P3")
ZONES = ("UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
WAITS = ("2m30s", "5m", "7m30s", "15m", "1h")
SPANS = ("2m", "5m", "15m", "20m", "37m30s", "1h")
"""So that several clocks are often due at the same moment, and few ladders have many rounds before the last one."""
DELAYS = ("30s", "2m", "10m", "20m")
LASTS = ("10m", "20m", "1h", "next_business_day")
WORDS = ("critical", "page", "warning", "info", "none", "sev-0", "odd", "")
"""What alerts say of themselves in the label ``severity``."""
STEP = timedelta(minutes=2, seconds=30)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CLOCK_CHANGES = (
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
)
"""In New York and in London."""


@dataclass(frozen=True, slots=True)
class Case:
    """One alert that begins to fire."""

    number: int
    group: AlertGroup
    at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Cases under one configuration file."""

    seed: int
    policy: str
    cases: tuple[Case, ...]


def batch(seed: int) -> Batch:
    """Draw a batch."""
    return _Draw(seed).batch()


class _Draw:
    """What is drawn on the way to one batch."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.tiers = TIERS[: self.random.randint(1, 5)]
        self.people = [f"p{n}" for n in range(self.random.randint(1, 7))]
        self.schedules = [f"s{n}" for n in range(self.random.randint(0, 3))]
        self.channels = {"chat": "anybody", "phone": "by_phone", "mail": "by_mail", "sms": "by_phone"}

    def batch(self) -> Batch:
        only = {tier: self._only() for tier in self.tiers}
        only[self.random.choice(self.tiers)] = SEVERITIES  # each severity has a tier
        file = {
            "zone": self.random.choice(ZONES),
            "business_hours": self._hours(),
            "people": {name: self._person() for name in self.people},
            "schedules": {name: self._schedule() for name in self.schedules},
            "channels": {name: {"type": kind} for name, kind in self.channels.items()},
            "tiers": {tier: self._tier(only[tier]) for tier in self.tiers},
            "severities": {severity: self._plain(severity, only) for severity in SEVERITIES},
            "rules": [
                {"severity": self.random.choice((*SEVERITIES, "none")), "match": [f'alertname=~".*{digit}"']}
                for digit in self.random.sample(range(10), 3)
            ],
            "policies": [self._policy(number, only) for number in range(BATCH)],
        }
        if self.random.random() < 0.7:
            file["maintenance"] = [self._maintenance()]
        if self.random.random() < 0.8:
            file["operator"] = f"policy{self.random.randrange(BATCH)}"
        begin = self._moment()
        cases = tuple(self._case(number, begin + self.random.randrange(4) * STEP) for number in range(BATCH))
        return Batch(self.seed, json.dumps(file), cases)

    # -- the file -----------------------------------------------------------------------------------------------

    def _only(self) -> tuple[str, ...]:
        if self.random.random() < 0.6:
            return SEVERITIES
        return tuple(sorted(self.random.sample(SEVERITIES, self.random.randint(1, 3))))

    def _hours(self) -> Json:
        opens, lasts = self.random.randint(0, 20), self.random.randint(1, 3)
        return {
            "days": self.random.choice(("mon-fri", "mon-sun", ["tue", "sat"], ["wed"])),
            "hours": f"{opens:02}:{self.random.choice((0, 30)):02}-{opens + lasts:02}:45",
            "holidays": [f"2026-0{self.random.randint(1, 9)}-1{self.random.randint(0, 9)}"],
        }

    def _person(self) -> Json:
        contacts = {"phone": "+44 20 7946 0001", "email": "somebody@example.com"}
        return {"name": "Somebody"} | {kind: it for kind, it in contacts.items() if self.random.random() < 0.5}

    def _schedule(self) -> Json:
        people = self.random.sample(self.people, self.random.randint(1, len(self.people)))
        if self.random.random() < 0.3:
            return {"people": people}
        if self.random.random() < 0.3:
            return {"layers": [self._layer(people), {"people": people[::-1]}][: self.random.randint(1, 2)]}
        starts = (BEGIN + timedelta(days=self.random.randint(-60, 300))).date()
        day, hour = self.random.choice(("mon", "thu", "sun")), self.random.randint(0, 23)
        every, handover = self.random.choice((("1w", f"{day} {hour:02}:30"), ("12h", f"{hour:02}:30"), ("1h", "00:10")))
        return {"rotation": {"people": people, "every": every, "handover": handover, "starts": str(starts)}}

    def _layer(self, people: list[str]) -> Json:
        begins = self.random.randint(0, 23)
        return {"people": people, "hours": f"{begins:02}:00-{(begins + self.random.randint(1, 20)) % 24:02}:40"}

    def _tier(self, only: tuple[str, ...]) -> Json:
        names = [*self.people, *self.schedules]
        through = self.random.sample([*self.channels], self.random.randint(1, 2))
        return {
            "role": "Somebody",
            "reach": self.random.sample(names, self.random.randint(1, min(2, len(names)))),
            "through": [self._way(channel) for channel in through],
            "only": list(only),
        }

    def _way(self, channel: str) -> str | Json:
        return channel if self.random.random() < 0.6 else {channel: self.random.choice(DELAYS)}

    def _policy(self, number: int, only: dict[str, tuple[str, ...]]) -> Json:
        replaced = self.random.sample(self.tiers, self.random.randint(0, len(self.tiers)))
        found: Json = {
            "name": f"policy{number}",
            "match": [f'team="t{number}"'],
            "tiers": {tier: self._tier(only[tier]) for tier in replaced},
            "severities": {severity: self._severity(severity, only) for severity in SEVERITIES},
        }
        return found | ({"business_hours": self._hours()} if self.random.random() < 0.5 else {})

    def _plain(self, severity: str, only: dict[str, tuple[str, ...]]) -> Json:
        """What policies lay themselves over: without what they could not take away again."""
        return {key: it for key, it in self._severity(severity, only).items() if key != "engineering_within"}

    def _severity(self, severity: str, only: dict[str, tuple[str, ...]]) -> Json:
        allowed = [tier for tier in self.tiers if severity in only[tier]]
        cap = self.random.choice(allowed)
        below = [tier for tier in allowed if tier <= cap]
        unresolved = self.random.sample(below, self.random.randint(0, min(2, len(below))))
        found: Json = {
            "page": sorted(self.random.sample(below, self.random.randint(1, len(below)))),
            "acknowledge_within": self.random.choice(WAITS),
            "climb_to": cap,
            "acknowledgement_lasts": self.random.choice(LASTS),
            "stable_for": "15m",
            "resolves": "person",
            "while_unresolved": {tier: self.random.choice(SPANS) for tier in unresolved},
            "hours": self.random.choice(("always", "always", "business")),
            "repage_unanswered": self.random.random() < 0.7,
        }
        if "L3" in below and self.random.random() < 0.6:
            found["engineering_within"] = self.random.choice(SPANS)
        if self.random.random() < 0.3:
            found["repeat_exhausted_every"] = self.random.choice(WAITS)
        return found

    # -- the alerts ---------------------------------------------------------------------------------------------

    def _maintenance(self) -> Json:
        begins = self.random.randint(0, 23)
        return {
            "name": "works",
            "match": [f'team=~"t.*{self.random.choice(("", 1, 2, 3))}"'],
            "only": list(self._only()),
            "hours": f"{begins:02}:00-{(begins + self.random.randint(1, 20)) % 24:02}:25",
        }

    def _case(self, number: int, at: datetime) -> Case:
        labels = {
            "alertname": f"Alert{self.random.randrange(100)}",
            "team": f"t{number}",
            "severity": self.random.choice(WORDS),
        }
        alert = Alert(labels=labels, firing=True, annotations={})
        group = AlertGroup(f"source{number}", "rungbell", {"team": f"t{number}"}, (alert,))
        return Case(number, group, at)

    def _moment(self) -> datetime:
        if self.random.random() < 0.2:
            near = self.random.choice(CLOCK_CHANGES)
            return near + timedelta(seconds=self.random.randint(-7200, 7200))
        return BEGIN + timedelta(milliseconds=self.random.randrange(365 * 24 * 3600 * 1000))
