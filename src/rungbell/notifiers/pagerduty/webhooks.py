"""What PagerDuty tells us: its webhooks of version 3.

Rules
-----
* The signature has no time in it: a redelivery has the same id and so no second effect, and what happened before the
  48 hours in which PagerDuty delivers again is too old to count (integrations 4). What comes late says when it was so.
* Nothing but a wrong signature and a body that is none is answered with 4xx: three of them in a row mute the channel
  for a day. What is unknown, or means nothing here, is taken.
* Only what a person did there counts. What PagerDuty did by itself (a policy that escalates, an acknowledgement that
  ends, our own events) decides nothing here: rungbell's own clocks do.
* Somebody is known by the id of their user there, the contact ``pagerduty``.

May import: ``domain``, ``notifiers`` (the port, ``answering``, ``signatures``, ``whole_text``), the rest of this
package, pydantic.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, TypeAdapter

from rungbell.domain.events import Via
from rungbell.notifiers.answering import Answer, Callback, Hear, Heard, Wish
from rungbell.notifiers.pagerduty.events import incident_and_cycle
from rungbell.notifiers.pagerduty.settings import PagerDutySettings
from rungbell.notifiers.signatures import any_matches
from rungbell.notifiers.whole_text import json_said

CONTACT = "pagerduty"
OLDEST = timedelta(hours=50)
"""PagerDuty delivers again for 48 hours."""
WISHES: Mapping[str, Wish] = {
    "incident.acknowledged": Wish.ACKNOWLEDGE,
    "incident.unacknowledged": Wish.UNACKNOWLEDGE,
    "incident.escalated": Wish.ESCALATE,
    "incident.resolved": Wish.RESOLVE,
}
REASON = "in PagerDuty"
TAKEN = Answer(202)
_moment = TypeAdapter(AwareDatetime)


async def receive(settings: PagerDutySettings, callback: Callback, hear: Hear) -> Answer:
    """Take one webhook: 202 once what it means is on disk."""
    if callback.method != "POST":
        return Answer(405)
    if not _signed(settings, callback):
        return Answer(401, alarm=f"a webhook of PagerDuty has no signature that its secret explains: {_how(settings)}")
    try:
        event = json_said(callback.body)["event"]
        heard = heard_of(event, callback.header("X-Webhook-Id"), callback.at)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Answer(400, b"this is no webhook of version 3")
    if heard is not None:
        await hear(heard)
    return TAKEN


def _signed(settings: PagerDutySettings, callback: Callback) -> bool:
    header = callback.header("X-PagerDuty-Signature")
    given = [part.strip().encode("utf-8", "surrogateescape") for part in header.split(",")]
    return any_matches(settings.secrets_of_webhooks, callback.body, given, b"v1=")


def _how(settings: PagerDutySettings) -> str:
    return "hold `webhook_secret_file` against the subscription" if settings.webhook_secret else "none is configured"


def heard_of(event: Mapping[str, Any], delivery: str, now: datetime) -> Heard | None:
    """Understand an event; ``None`` where it means nothing here.

    Raises:
        KeyError, TypeError, ValueError: it is not built as an event is.
    """
    kind, at = str(event["event_type"]), _moment.validate_python(event["occurred_at"])
    wish, agent = WISHES.get(kind), event.get("agent")
    if wish is None or not isinstance(agent, dict) or agent.get("type") != "user_reference" or now - at > OLDEST:
        return None
    known = incident_and_cycle(str(event["data"].get("incident_key") or ""))
    if known is None:
        return None
    return Heard(
        wish=wish,
        once=delivery or str(event["id"]),
        via=Via.PROVIDER,
        contact=(CONTACT, str(agent["id"])),
        incident=known[0],
        cycle=known[1],
        said_at=at,
        reason=REASON,
    )
