"""Sends events to PagerDuty and hears its webhooks; asks its REST interface where it may.

May import: ``domain``, ``notifiers`` (the ports, ``http``), the rest of this package, pydantic.
"""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel

from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.answering import Answer, Callback, Hear
from rungbell.notifiers.following import Change
from rungbell.notifiers.http import Answer as Said
from rungbell.notifiers.http import Endpoint, refused
from rungbell.notifiers.pagerduty import events, webhooks
from rungbell.notifiers.pagerduty.reconciling import Reconciling
from rungbell.notifiers.pagerduty.settings import PagerDutySettings

if TYPE_CHECKING:
    import aiohttp

EVENTS, CHANGES = "/v2/enqueue", "/v2/change/enqueue"


class PagerDutyNotifier:
    """One service of PagerDuty."""

    settings: ClassVar[type[BaseModel]] = PagerDutySettings
    needs: ClassVar[str | None] = None
    one_by_one: ClassVar[bool] = True

    def __init__(self, settings: PagerDutySettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings, session, str(settings.url).rstrip("/"))
        self.reconciling = Reconciling(settings, session) if settings.api_token is not None else None

    async def send(self, message: Message) -> str:
        """Trigger, or tell of a change; give the key under which PagerDuty keeps it."""
        key = self._settings.routing_key.get_secret_value()
        if message.incident is None or message.kind is not PageKind.PAGE:
            answer = await self._endpoint.post(CHANGES, json=events.change_event(message, key))
            if not answer.ok:
                raise refused(answer, message.sent_at)
            return ""
        event = events.trigger(message, message.incident, key)
        answer = await self._endpoint.post(EVENTS, json=event)
        if answer.status == 400:
            answer = await self._endpoint.post(EVENTS, json=events.least(event))
        self._check(answer, message.sent_at)
        return str(event["dedup_key"])

    async def follow(self, change: Change) -> str:
        """Acknowledge or resolve there what was triggered in this cycle; what the one before has left open ends too."""
        incident, key = change.incident, self._settings.routing_key.get_secret_value()
        triggered = {place.cycle for place in change.places}
        if incident.cycle - 1 in triggered:  # its end may have been overtaken: only the newest change is told
            ended = events.resolve(incident.id, incident.cycle - 1, key)
            self._check(await self._endpoint.post(EVENTS, json=ended), change.sent_at)
        event = events.follow_up(change, key)
        # A trigger whose answer was lost may have arrived, so an end is told in any case.
        if event is None or (incident.open and incident.cycle not in triggered):
            return ""
        self._check(await self._endpoint.post(EVENTS, json=event), change.sent_at)
        return str(event["dedup_key"])

    @staticmethod
    def _check(answer: Said, now: datetime) -> None:
        """Take nothing for acceptance but PagerDuty's own word."""
        if not answer.ok:
            raise refused(answer, now)
        if answer.fields().get("status") != "success":
            raise SendFailed(FailureReason.PROVIDER_ERROR, "an answer without `success`: it is not PagerDuty's")

    async def receive(self, callback: Callback, hear: Hear) -> Answer:
        """Hear a webhook (version 3)."""
        return await webhooks.receive(self._settings, callback, hear)

    async def listen(self, hear: Hear) -> None:
        """Ask once a minute what people have done there, where we may."""
        if self.reconciling is not None:
            await self.reconciling.run(hear)
