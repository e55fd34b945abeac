"""Asking one Alertmanager by its API v2: which alerts it has, how it groups and routes them, what silences them.

Rules
-----
* The groups are asked for first, its own state afterwards: where that names the start of the look before, the groups
  are of that start too.
* What cannot be read whole says nothing. Redirects are not followed, so that no credentials go elsewhere.
* Nothing of an answer is told but its status: it may come from anywhere.

May import: ``config``, ``domain``, ``clock``, ``runtime.alertmanager.routes``, aiohttp, pydantic, the standard library.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NotRequired, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from rungbell.clock import to_milliseconds
from rungbell.config.settings import AlertmanagerSettings
from rungbell.domain.alert import Alert, label_key
from rungbell.domain.errors import ConfigError
from rungbell.domain.plain_text import plain
from rungbell.domain.reconciling import PeerView, SeenAlert, SeenGroup
from rungbell.runtime.alertmanager.routes import receivers_of_pagerduty

TIMEOUT = 20.0
"""Seconds for one answer; never so long that one look meets the next."""
CONNECT_TIMEOUT = 5.0
LARGEST = 32 * 1024 * 1024
"""Bytes: some 30,000 alerts, as many as one webhook may bring."""
ASIDE = 256 * 1024
"""Bytes from which an answer is read in a thread, so that the loop goes on."""
READY = frozenset({"ready", "disabled"})
"""States of its cluster in which it knows what its peers know."""
MOST_SILENCES = 3
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
Read = TypeVar("Read")


_IGNORING = ConfigDict(extra="ignore", defer_build=True)


class LookError(Exception):
    """An Alertmanager cannot be asked, or what it answers cannot be read; in words for people."""


class RefusedError(LookError):
    """It will never take what it was told."""


class _Status(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    state: str
    silencedBy: NotRequired[list[str]]
    inhibitedBy: NotRequired[list[str]]
    mutedBy: NotRequired[list[str]]


class _Alert(TypedDict):
    """One of what may be tens of thousands: a dictionary is read faster than a model."""

    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    labels: dict[str, str]
    annotations: NotRequired[dict[str, str]]
    startsAt: AwareDatetime
    generatorURL: NotRequired[str]
    status: _Status


class _Receiver(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    name: str


class _Group(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    labels: dict[str, str]
    receiver: _Receiver
    alerts: list[_Alert]


class _Cluster(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    status: str


class _Configuration(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    original: NotRequired[str]


class _State(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    cluster: _Cluster
    config: NotRequired[_Configuration]
    uptime: str
    """When it started, whatever its name says."""


class _Silence(TypedDict):
    __pydantic_config__ = _IGNORING  # type: ignore[misc]

    endsAt: AwareDatetime
    createdBy: NotRequired[str]
    comment: NotRequired[str]


_GROUPS = TypeAdapter(list[_Group], config=_IGNORING)
_STATE = TypeAdapter(_State)
_SILENCE = TypeAdapter(_Silence)


class AlertmanagerApi:
    """One Alertmanager, at one address."""

    def __init__(self, url: str, settings: AlertmanagerSettings, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._settings = settings
        self._session = session

    async def view(self) -> PeerView:
        """Ask for everything it has.

        Raises:
            LookError: it cannot be asked, or not understood.
        """
        body = await self.ask("alerts/groups")
        state = understood(_STATE, await self.ask("status"))
        to_pagerduty = await asyncio.to_thread(receivers_of_pagerduty, state.get("config", {}).get("original", ""))
        if len(body) <= ASIDE:
            return _view(body, state, to_pagerduty)
        return await asyncio.to_thread(_view, body, state, to_pagerduty)

    async def silence(self, identity: str) -> tuple[datetime, str]:
        """Give when a silence ends, and who made it and why, in words.

        Raises:
            LookError: it cannot be asked, or not understood.
        """
        found = understood(_SILENCE, await self.ask(f"silence/{quote(identity, safe='')}"))
        comment = plain(found.get("comment", ""), 100)
        by = plain(found.get("createdBy", ""), 50) or "somebody"
        return found["endsAt"].astimezone(UTC), f"{by}: {comment}" if comment else by

    async def ask(self, what: str, method: str = "GET", body: bytes | None = None) -> bytes:
        """Ask for something, or tell it something, and give its answer.

        Raises:
            RefusedError: it will never take what it was told.
            LookError: it cannot be asked, or told.
        """
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._ask(what, method, body)
        except TimeoutError:
            raise LookError(f"does not answer within {TIMEOUT:g} s") from None
        except ConfigError as error:
            raise LookError(f"cannot be asked: {error}") from None
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise LookError(_spelled(error)) from None

    async def _ask(self, what: str, method: str, body: bytes | None) -> bytes:
        headers = {"Accept": "application/json", **self._credentials()}
        async with self._session.request(
            method,
            f"{self.url}/api/v2/{what}",
            data=body,
            headers=headers if body is None else {**headers, "Content-Type": "application/json"},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
            **self._settings.http.way_to(self.url).arguments,
        ) as response:
            if response.status in range(300, 400):
                raise LookError(f"answers with a redirect (HTTP {response.status}), which is not followed")
            if response.status == 400 and body is not None:
                raise RefusedError("refuses what it was told (HTTP 400)")
            if response.status != 200:
                raise LookError(f"answers with HTTP {response.status}")
            found = bytearray()
            async for chunk in response.content.iter_chunked(64 * 1024):
                found += chunk
                if len(found) > LARGEST:
                    raise LookError(f"answers with more than {LARGEST // 2**20} MiB")
            return bytes(found)

    def _credentials(self) -> dict[str, str]:
        settings = self._settings
        if settings.bearer is not None:
            return {"Authorization": f"Bearer {settings.bearer.get_secret_value()}"}
        if settings.password is not None:
            login = f"{settings.username}:{settings.password.get_secret_value()}".encode()
            return {"Authorization": f"Basic {b64encode(login).decode()}"}
        return {}


def worded(silences: Iterable[tuple[datetime, str]]) -> str:
    """Say until when and by whom it is silenced; the last of them ends it."""
    found = sorted(silences)
    said = [f"until {ends:%Y-%m-%d %H:%M} UTC by {by}" for ends, by in found[:MOST_SILENCES]]
    more = f" and by {len(found) - MOST_SILENCES} more" if len(found) > MOST_SILENCES else ""
    return f"silenced in Alertmanager {', '.join(said)}{more}"


def _view(body: bytes, state: _State, to_pagerduty: tuple[str, ...]) -> PeerView:
    groups = understood(_GROUPS, body)
    says_muted = all("mutedBy" in alert["status"] for group in groups for alert in group["alerts"])
    mends = b"\\u0000" in body
    return PeerView(
        start=state["uptime"],
        ready=state["cluster"]["status"] in READY,
        groups=tuple(
            SeenGroup(
                group["receiver"]["name"].replace("\\", ""),  # as a webhook's receiver is read
                _mended(group["labels"]) if mends else group["labels"],
                tuple(_seen(alert, mends=mends) for alert in group["alerts"]),
            )
            for group in groups
        ),
        may_mute=not says_muted and "time_intervals" in state.get("config", {}).get("original", ""),
        to_pagerduty=to_pagerduty,
    )


def _seen(one: _Alert, *, mends: bool) -> SeenAlert:
    labels, annotations, status = one["labels"], one.get("annotations", {}), one["status"]
    if mends:
        labels, annotations = _mended(labels), _mended(annotations)
    alert = Alert(
        labels=labels,
        firing=True,
        starts_at=to_milliseconds(one["startsAt"].astimezone(UTC)),
        annotations=annotations,
        generator_url=one.get("generatorURL", ""),
    )
    return SeenAlert(
        key=label_key(labels),
        alert=alert,
        active=status["state"] == "active",
        silences=tuple(status.get("silencedBy", ())),
        inhibited=bool(status.get("inhibitedBy")),
        muted=bool(status.get("mutedBy")),
    )


def _mended(texts: dict[str, str]) -> dict[str, str]:
    """Put in the place of NUL what a webhook's reading puts there."""
    return {name.replace("\0", REPLACEMENT): text.replace("\0", REPLACEMENT) for name, text in texts.items()}


def understood(shape: TypeAdapter[Read], body: bytes) -> Read:
    """Read an answer.

    Raises:
        LookError: it is not what Alertmanager answers.
    """
    try:
        return shape.validate_json(body)
    except (ValidationError, OverflowError):
        raise LookError("does not answer as Alertmanager's API v2 does") from None


def _spelled(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "has a certificate that is not trusted"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"cannot be reached through the proxy: HTTP {error.status}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot be reached: {error.os_error.strerror or type(error.os_error).__name__}"
    return f"cannot be asked: {type(error).__name__}"
