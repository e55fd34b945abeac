"""Snooze: the holder is left alone until a time that they choose, and then the incident is loudly there again.

Rules
-----
* Only who holds it snoozes it, never for longer than an acknowledgement lasts: a snooze is an acknowledgement with a
  hard end (A45). At its end the tiers of `page` ring as at an opening, with the holder.
* Alerts that join meanwhile disturb nobody, unless the severity rises: that ends it, as any acknowledgement.
* The clocks that no acknowledgement stops go on (requirements 3.11 rules 3 and 4).

May import: the value modules of the core, ``decision`` and ``lifecycle.events``.
"""

from dataclasses import replace

from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.lifecycle.events import Snoozed
from rungbell.domain.timeline import EntryKind


def snooze(draft: Draft, event: Snoozed) -> Decision:
    """Leave the holder alone until then."""
    holder = draft.incident.holder
    if holder is None:
        return nothing(Outcome.INVALID, "nobody holds the incident: acknowledge it first")
    if holder.by != event.by:
        return nothing(Outcome.REFUSED, f"{holder.by} holds the incident; whoever holds it snoozes it")
    if event.until <= draft.now:
        return nothing(Outcome.INVALID, f"{event.until:%Y-%m-%d %H:%M:%S} UTC is past")
    longest = draft.policy.acknowledgement_ends(draft.incident.severity, draft.now)
    if event.until > longest:
        severity = draft.incident.severity
        return nothing(Outcome.INVALID, f"a {severity} is snoozed until {longest:%Y-%m-%d %H:%M} UTC at most")
    if holder.snoozed and holder.ends_at == event.until:
        return nothing(Outcome.ALREADY, f"it is snoozed until {event.until:%H:%M:%S} UTC already")
    draft.change(holder=replace(holder, ends_at=event.until, snoozed=True))
    text = f"snoozed by {event.by} until {event.until:%Y-%m-%d %H:%M:%S} UTC"
    draft.tell(EntryKind.SNOOZED, text, actor=event.by, tier=holder.tier)
    again = f"{', '.join(draft.plan.page)} {'rings' if len(draft.plan.page) == 1 else 'ring'} again"
    return draft.decided(f"snoozed until {event.until:%H:%M:%S} UTC; then {again}")
