"""Orders of one set of messages: however they come and however often, the same incident stands in the end (I2).

Rules
-----
* Of each alert the last state comes last, and each ``startsAt`` is told as firing before it is told as resolved: what
  was known as resolved first opens nothing afterwards.
* All alerts have one severity, whose stability window is longer than nothing: severities ratchet, and what resolves at
  once comes back as a cycle of its own, each in the order it was told.
"""

from random import Random
from typing import Any

from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.events import AlertsReceived
from tests.simulation.database import Database
from tests.simulation.interleavings import StillClock, finish, handler_over
from tests.simulation.invariants import Broken
from tests.simulation.judge import Judge
from tests.simulation.moments import MINUTE, instant
from tests.simulation.shops import draw_shop

ALERTS, STATES, REPEATS = 3, 4, 4


def i2_order_does_not_matter(rng: Random, database: Database, now: int) -> None:
    """I2: a set of messages comes to the same open incidents and pages in any order, with any repeats."""
    present = draw_shop(rng, shared=True)  # in a round robin the second receiver's incidents have the next turns
    label = rng.choice(("critical", "warning"))
    severity = {"critical": "P1", "warning": "P2"}[label]
    if not present.default.plans[severity].stable:
        return
    database.clear()
    judge = Judge(database)
    database.committed = judge.committed
    clock = StillClock()
    clock.at = now
    told = [_states(rng, f"A{n}", label, now) for n in range(ALERTS)]
    found = []
    for receiver in ("first", "second"):
        handler = handler_over(database, clock, present)
        for position, alert in enumerate(_order(rng, told)):
            group = AlertGroup("shop", receiver, {"alertname": "A"}, (alert,), firing=alert.firing)
            finish(handler.handle(AlertsReceived(group=group, new_id=f"{receiver}{position}")))
        found.append(_what_stands(judge, receiver))
    if found[0] != found[1]:
        raise Broken("I2", f"the same messages in another order: {found[0]} and {found[1]}")


def _states(rng: Random, name: str, label: str, now: int) -> list[Alert]:
    """The life of an alert, oldest first."""
    labels = {"alertname": name, "severity": label}
    life: list[Alert] = []
    for turn in range(rng.randint(1, STATES)):
        since = instant(now - (20 - turn // 2) * MINUTE)
        ended = None if turn % 2 == 0 else instant(now - MINUTE)
        life.append(Alert(labels, firing=ended is None, starts_at=since, ends_at=ended))
    return life


def _order(rng: Random, told: list[list[Alert]]) -> list[Alert]:
    """Every state at least once, some again, the lives of the alerts mixed."""
    lives = []
    for life in told:
        again = [rng.choice(life) for _ in range(rng.randrange(REPEATS))]
        lives.append([*life[:-1], *again, life[-1]] if rng.random() < 0.5 else [*life, *again, life[-1]])
    order: list[Alert] = []
    while any(lives):
        life = rng.choice([life for life in lives if life])
        order.append(life.pop(0))
    return order


def _what_stands(judge: Judge, receiver: str) -> Any:  # noqa: ANN401 -- compared, never read
    found = []
    for name, kept in judge.kept.items():
        if name.startswith(receiver) and kept.facts.open:
            intents = {intent.partition(":")[2] for intent in kept.rows}
            firing = sorted(key for key, alert in judge.reading.alerts[kept.facts.key].items() if alert.firing)
            found.append((kept.facts.severity, kept.facts.firing, firing, sorted(kept.facts.tiers), sorted(intents)))
    return found
