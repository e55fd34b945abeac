"""rungbell's own troubles in the form of alerts, taking the same way as any other (requirements 3.11 rule 19).

Rules
-----
* One operator incident per source; each kind of trouble, and what it is about, is one alert of it.
* A trouble that is told again while it lasts says nothing new.
* All of them are P1, whatever the operator's rules say.

May import: the value modules of the core.
"""

from collections.abc import Mapping
from datetime import datetime

from rungbell.domain.alert import Alert, AlertGroup, Sighting, Standing, label_key
from rungbell.domain.events import Trouble
from rungbell.domain.ladder import OWN_SOURCE
from rungbell.domain.severity import Mapped, Severity


def trouble_group(trouble: Trouble, now: datetime) -> AlertGroup:
    """Give the message that tells of a trouble, or of its end."""
    labels = {"alertname": str(trouble.kind), "source": trouble.source}
    if trouble.about:
        labels["about"] = trouble.about
    alert = Alert(
        labels=labels,
        firing=not trouble.over,
        starts_at=None if trouble.over else now,
        ends_at=now if trouble.over else None,
        annotations={"summary": trouble.text},
    )
    return AlertGroup(
        source=OWN_SOURCE,
        receiver="operator",
        group_labels={"source": trouble.source},
        alerts=(alert,),
        firing=not trouble.over,
    )


def own_sightings(group: AlertGroup) -> tuple[Sighting, ...]:
    """Give the alerts of such a message their severity."""
    mapped = Mapped(Severity.P1, "rungbell's own trouble")
    return tuple(Sighting(label_key(alert.labels), alert, mapped) for alert in group.alerts)


def says_something(trouble: Trouble, group: AlertGroup, known: Mapping[str, Standing]) -> bool:
    """Whether the trouble is not known yet, or known and now over."""
    before = known.get(label_key(group.alerts[0].labels))
    fires = before is not None and before.firing
    return fires if trouble.over else not fires
