"""Silences in Alertmanager that last as long as an acknowledgement: what somebody holds is not told of again elsewhere.

An internal channel for each source that wants it: it hears what becomes of incidents (``domain.echo``), and through it
nobody is paged.

Rules
-----
* A silence names all labels of one firing alert, and those of the others that it lacks: what is new or worse is never
  hidden. Where more than ``MOST`` alerts fire, none is silenced.
* What was merged into an incident, or is a part of an umbrella, is silenced with it, and as long as it is a part.
* What is there is made what should be: our silences are known by who made them and by the incident in their comment. So
  one that is told again, after a crash too, makes nothing twice, and whatever should not be there any more is ended.
* One peer is enough, the others hear of it from that.
* Of a restricted incident nothing is told (A28).

May import: ``config``, ``domain``, ``notifiers`` (the port), ``clock``, ``runtime.alertmanager.api``,
``runtime.alertmanager.silences``, structlog, aiohttp.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from weakref import WeakValueDictionary

import aiohttp
import structlog

from rungbell.clock import to_milliseconds
from rungbell.config.settings import AlertmanagerSettings
from rungbell.domain.echo import silencing
from rungbell.domain.events import FailureReason
from rungbell.domain.page import SEND_DEADLINE
from rungbell.notifiers import SendFailed
from rungbell.notifiers.following import Change
from rungbell.runtime.alertmanager.api import AlertmanagerApi, LookError, RefusedError
from rungbell.runtime.alertmanager.silences import Silence, end_silence, silence_alerts, silences_of

log = structlog.get_logger()

MOST = 50
"""Alerts of one incident that are silenced, each by a silence of its own."""
MAKER = "rungbell"
PATIENCE = SEND_DEADLINE.total_seconds() * 0.9
"""Seconds, for all peers together."""
BEHIND = timedelta(minutes=5)
"""Alertmanager's clock may be behind by that much; a start that has passed is its now."""
TOLD_WORSE = "severity"
"""The label by which an alert that is worse differs."""


class _Turn:
    """What is told of one incident is told one after the other, and nothing older after it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.version = 0


class Silencer:
    """Keeps the silences of one source as its incidents are held."""

    def __init__(self, source: str, settings: AlertmanagerSettings, session: aiohttp.ClientSession) -> None:
        self.settings = settings
        self._source = source
        self._peers = tuple(AlertmanagerApi(url, settings, session) for url in settings.urls)
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()

    async def follow(self, change: Change) -> str:
        """Silence what fires while somebody holds it, or end the silences.

        Raises:
            SendFailed: no peer took it.
        """
        turn = self._turns.setdefault(change.incident.id, _Turn())
        async with turn.lock:
            if change.incident.version >= turn.version:
                turn.version = change.incident.version
                await self._tell(change, self._wanted(change))
        return ""

    def _wanted(self, change: Change) -> list[Silence]:
        incident = change.incident
        until = incident.held_until
        held = incident.open and incident.holder and not incident.restricted
        if not held or until is None or until <= change.sent_at:
            return []
        if len(change.firing) > MOST:
            log.warning(
                "too many alerts fire to silence each in Alertmanager; none is",
                source=self._source,
                incident=incident.number,
                alerts=len(change.firing),
                most=MOST,
            )
            return []
        comment = f"incident #{incident.number}, cycle {incident.cycle}, is acknowledged by {incident.holder}"
        return [
            Silence(
                labels=labels,
                starts_at=change.sent_at - BEHIND,
                ends_at=to_milliseconds(until),
                by=MAKER,
                comment=f"{comment} {_mark(change)}",
            )
            for labels in _told_apart(change.firing)
        ]

    async def _tell(self, change: Change, wanted: list[Silence]) -> None:
        problem = ""
        for peer in self._peers:
            try:
                async with asyncio.timeout(PATIENCE / len(self._peers)):
                    made, ended = await _settle(peer, wanted, _mark(change))
            except RefusedError as error:
                raise SendFailed(FailureReason.REFUSED, f"{peer.url} {error}", permanent=True) from None
            except LookError as error:
                problem = f"{peer.url} {error}"
            except TimeoutError:
                problem = f"{peer.url} does not answer in time"
            else:
                if made or ended:
                    log.info(
                        "silences in Alertmanager follow an acknowledgement",
                        source=self._source,
                        incident=change.incident.number,
                        made=made,
                        ended=ended,
                        until=change.incident.held_until,
                    )
                return
        raise SendFailed(FailureReason.PROVIDER_ERROR, problem)


def silencers(
    asked: Mapping[str, AlertmanagerSettings], session: aiohttp.ClientSession, before: Mapping[str, Silencer]
) -> dict[str, Silencer]:
    """Give those of the sources that want one, by channel; one whose settings stay goes on."""
    found: dict[str, Silencer] = {}
    for source, settings in asked.items():
        if settings.silences:
            channel = silencing(source)
            known = before.get(channel)
            same = known is not None and known.settings == settings
            found[channel] = known if known is not None and same else Silencer(source, settings, session)
    return found


async def _settle(peer: AlertmanagerApi, wanted: list[Silence], mark: str) -> tuple[int, int]:
    """Make of our silences what they should be; give how many were made or changed, and how many ended."""
    there: dict[tuple[tuple[str, str], ...], Silence] = {}
    over: list[Silence] = []
    for silence in await silences_of(peer, MAKER):
        if silence.comment.endswith(mark):
            known = there.setdefault(_key(silence), silence)
            over += [silence] if known is not silence else []
    made = 0
    for silence in wanted:
        known_one = there.pop(_key(silence), None)
        if known_one is None:
            await silence_alerts(peer, silence)
        elif (known_one.ends_at, known_one.comment) != (silence.ends_at, silence.comment):
            await silence_alerts(peer, replace(silence, id=known_one.id, starts_at=known_one.starts_at))
        else:
            continue
        made += 1
    over += there.values()
    for silence in over:
        await end_silence(peer, silence.id)
    return made, len(over)


def _told_apart(firing: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Give the labels by which each alert is matched and no other: an alert that lacks a label must lack it."""
    found = [labels for labels in firing if labels]
    names = {TOLD_WORSE, *(name for labels in found for name in labels)}
    return [{name: labels.get(name, "") for name in names} for labels in found]


def _key(silence: Silence) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(silence.labels.items()))


def _mark(change: Change) -> str:
    return f"[{change.incident.id}]"
