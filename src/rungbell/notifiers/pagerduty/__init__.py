"""Channel ``pagerduty``: pages become alerts of one service there, and what people do there counts here.

Rules
-----
* One alert for each cycle of an incident: ``dedup_key`` is its identity and its cycle, so no repeat opens a second one,
  and one that opens again does not wake what was resolved (integrations 3; reliability 46, 47).
* An acknowledgement and the end of an incident are told to PagerDuty, also where people gave them elsewhere.
* What asks for nothing becomes a change event: PagerDuty notifies nobody of those.
* Acceptance (202) is no answer: PagerDuty works on it later, or never. Only a person stops the ladder.
* While an alert is acknowledged there, further pages of its cycle ring nobody there. So each tier that must ring by
  itself has a routing key, and thereby a channel, of its own.
* What PagerDuty refuses as too long or odd (400) is sent once more as the least there is: a page must not stay here for
  its looks (reliability 15).
"""

from rungbell.notifiers.pagerduty.notifier import PagerDutyNotifier
from rungbell.notifiers.pagerduty.settings import PagerDutySettings

__all__ = ["PagerDutyNotifier", "PagerDutySettings"]
