"""What people did in PagerDuty, asked for: a subscription that was switched off must not lose an acknowledgement.

Rules
-----
* Once a minute the incidents of the last hours that somebody acknowledged or resolved are read; who did it last is a
  person there, or it decides nothing.
* What is older than an hour, by PagerDuty's own clock, is left out.
* What was heard is remembered here, so that it is handed over once. A webhook may have told of it too, and a restart
  forgets: so it says when it was, and what has been over since stays so.
* A subscription that PagerDuty has switched off is switched on again, and the log says so.

Facts: PagerDuty, REST API v2 (``GET /incidents``, 100 a page; ``GET /webhook_subscriptions/{id}``; 960 calls a minute).

May import: ``domain``, ``notifiers`` (the ports, ``http``), the rest of this package, pydantic, structlog.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import structlog
from pydantic import AwareDatetime, TypeAdapter

from rungbell.domain.events import FailureReason, Via
from rungbell.notifiers import SendFailed
from rungbell.notifiers.answering import Hear, Heard, Wish
from rungbell.notifiers.http import Endpoint
from rungbell.notifiers.pagerduty.events import incident_and_cycle
from rungbell.notifiers.pagerduty.settings import PagerDutySettings
from rungbell.notifiers.pagerduty.webhooks import CONTACT, REASON

if TYPE_CHECKING:
    import aiohttp

log = structlog.get_logger()

EVERY = 60.0
"""Seconds."""
PAGE, PAGES = 100, 3
ANSWER_LIMIT = 4 * 1024 * 1024
"""Bytes of a page of incidents."""
REMEMBERED = 10_000
NEWEST = timedelta(hours=1)
"""What was done there longer ago is not heard this way: meanwhile people may have decided otherwise here."""
_moment = TypeAdapter(AwareDatetime)
WISHES = {"acknowledged": Wish.ACKNOWLEDGE, "resolved": Wish.RESOLVE}


class Reconciling:
    """Asks PagerDuty again and again."""

    def __init__(self, settings: PagerDutySettings, session: "aiohttp.ClientSession") -> None:
        if settings.api_token is None:
            raise ValueError("PagerDuty answers nobody without a token")
        self._endpoint = Endpoint(settings, session, str(settings.api_url).rstrip("/"))
        self._subscription = settings.subscription
        self._headers = {
            "Authorization": f"Token token={settings.api_token.get_secret_value()}",
            "Accept": "application/vnd.pagerduty+json;version=2",
        }
        self._heard: OrderedDict[str, None] = OrderedDict()

    def __repr__(self) -> str:
        return "<Reconciling with PagerDuty>"

    async def run(self, hear: Hear) -> None:
        """Ask until cancelled.

        Raises:
            SendFailed: PagerDuty cannot be asked.
        """
        while True:
            await self.look(hear)
            await asyncio.sleep(EVERY)

    async def look(self, hear: Hear) -> int:
        """Ask once, hand over what is new, and give how much that was."""
        if self._subscription is not None:
            await self._keep_subscription(self._subscription)
        new = 0
        for page in range(PAGES):
            query = [("statuses[]", status) for status in WISHES] + [("limit", str(PAGE)), ("offset", str(page * PAGE))]
            query += [("sort_by", "created_at:desc"), ("include[]", "acknowledgers")]
            found, now = await self._get(f"/incidents?{urlencode(query)}")
            for heard in _understood(found.get("incidents", ()), now):
                if heard.once not in self._heard:
                    await hear(heard)
                    self._remember(heard.once)
                    new += 1
            if not found.get("more"):
                break
        return new

    def _remember(self, once: str) -> None:
        self._heard[once] = None
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)

    async def _keep_subscription(self, subscription: str) -> None:
        found, _ = await self._get(f"/webhook_subscriptions/{subscription}")
        if found.get("webhook_subscription", {}).get("active", True):
            return
        log.warning("PagerDuty had switched off its webhooks; they are switched on again", subscription=subscription)
        path = f"/webhook_subscriptions/{subscription}/enable"
        answer = await self._endpoint.request("POST", path, headers=self._headers)
        if not answer.ok:
            raise SendFailed(FailureReason.PROVIDER_ERROR, f"the subscription stays off: HTTP {answer.status}")

    async def _get(self, path: str) -> tuple[dict[str, Any], datetime | None]:
        """Give what PagerDuty knows, and what time it is there."""
        answer = await self._endpoint.request("GET", path, headers=self._headers, limit=ANSWER_LIMIT)
        if not answer.ok:
            reason = FailureReason.UNAUTHORIZED if answer.status in {401, 403} else FailureReason.PROVIDER_ERROR
            raise SendFailed(reason, f"PagerDuty answered HTTP {answer.status}")
        try:
            return answer.fields(), parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return answer.fields(), None


def _understood(incidents: Iterable[Any], now: datetime | None) -> Iterable[Heard]:
    for incident in incidents:
        if not isinstance(incident, dict):
            continue
        known = incident_and_cycle(str(incident.get("incident_key") or ""))
        wish, last = WISHES.get(str(incident.get("status"))), incident.get("last_status_change_by")
        if known is None or wish is None or not isinstance(last, dict) or last.get("type") != "user_reference":
            continue
        told = str(incident.get("last_status_change_at", ""))
        at = _read(told)
        if now is None or at is None or now - at > NEWEST:
            continue
        yield Heard(
            wish=wish,
            once=f"rest:{incident.get('id')}:{incident.get('status')}:{told}",
            via=Via.PROVIDER,
            contact=(CONTACT, str(last.get("id", ""))),
            incident=known[0],
            cycle=known[1],
            said_at=at,
            reason=REASON,
        )


def _read(moment: str) -> datetime | None:
    try:
        return _moment.validate_python(moment)
    except ValueError:
        return None
