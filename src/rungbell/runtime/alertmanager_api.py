"""Asking one Alertmanager by its API v2: which alerts it has, how it groups and routes them, what silences them.

Rules
-----
* The groups are asked for first, its own state afterwards: where that names the start of the look before, the groups
  are of that start too.
* What cannot be read whole says nothing. Redirects are not followed, so that no credentials go elsewhere.
* Nothing of an answer is told but its status: it may come from anywhere.

May import: ``config``, ``domain``, ``clock``, aiohttp, pydantic, the standard library.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rungbell.clock import to_milliseconds
from rungbell.config.settings import AlertmanagerSettings
from rungbell.domain.alert import Alert, label_key
from rungbell.domain.errors import ConfigError
from rungbell.domain.plain_text import plain
from rungbell.domain.reconciling import PeerView, SeenAlert, SeenGroup

TIMEOUT = 20.0
"""Seconds for one answer; never so long that one look meets the next."""
CONNECT_TIMEOUT = 5.0
LARGEST = 64 * 1024 * 1024
"""Bytes: about 70,000 alerts."""
ASIDE = 256 * 1024
"""Bytes from which an answer is read in a thread, so that the loop goes on."""
READY = frozenset({"ready", "disabled"})
"""States of its cluster in which it knows what its peers know."""
MOST_SILENCES = 3
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
Read = TypeVar("Read")


class LookError(Exception):
    """An Alertmanager cannot be asked, or what it answers cannot be read; in words for people."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Receiver(_Answer):
    name: str


class _Status(_Answer):
    state: str
    silencedBy: list[str] = Field(default_factory=list)  # noqa: N815 -- Alertmanager's names
    inhibitedBy: list[str] = Field(default_factory=list)  # noqa: N815
    mutedBy: list[str] | None = None  # noqa: N815


class _Alert(_Answer):
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    startsAt: AwareDatetime  # noqa: N815
    generatorURL: str = ""  # noqa: N815
    fingerprint: str = ""
    status: _Status


class _Group(_Answer):
    labels: dict[str, str]
    receiver: _Receiver
    alerts: list[_Alert]


class _Cluster(_Answer):
    status: str


class _Configuration(_Answer):
    original: str = ""


class _State(_Answer):
    cluster: _Cluster
    config: _Configuration = _Configuration()
    uptime: str
    """When it started, whatever its name says."""


class _Silence(_Answer):
    endsAt: AwareDatetime  # noqa: N815
    createdBy: str = ""  # noqa: N815
    comment: str = ""


_GROUPS = TypeAdapter(list[_Group])
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
        body = await self._get("alerts/groups")
        state = _understood(_STATE, await self._get("status"))
        if len(body) <= ASIDE:
            return _view(body, state)
        return await asyncio.to_thread(_view, body, state)

    async def silence(self, identity: str) -> tuple[datetime, str]:
        """Give when a silence ends, and who made it and why, in words.

        Raises:
            LookError: it cannot be asked, or not understood.
        """
        found = _understood(_SILENCE, await self._get(f"silence/{quote(identity, safe='')}"))
        comment = plain(found.comment, 100)
        return found.endsAt.astimezone(UTC), plain(found.createdBy, 50) + (f": {comment}" if comment else "")

    async def _get(self, what: str) -> bytes:
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._ask(what)
        except TimeoutError:
            raise LookError(f"does not answer within {TIMEOUT:g} s") from None
        except ConfigError as error:
            raise LookError(f"cannot be asked: {error}") from None
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise LookError(_spelled(error)) from None

    async def _ask(self, what: str) -> bytes:
        async with self._session.get(
            f"{self.url}/api/v2/{what}",
            headers={"Accept": "application/json", **self._credentials()},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
            **self._settings.http.way_to(self.url).arguments,
        ) as response:
            if response.status in range(300, 400):
                raise LookError(f"answers with a redirect (HTTP {response.status}), which is not followed")
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
    said = [f"until {ends:%Y-%m-%d %H:%M} UTC by {by or 'somebody'}" for ends, by in found[:MOST_SILENCES]]
    more = f" and by {len(found) - MOST_SILENCES} more" if len(found) > MOST_SILENCES else ""
    return f"silenced in Alertmanager {', '.join(said)}{more}"


def _view(body: bytes, state: _State) -> PeerView:
    groups = _understood(_GROUPS, body)
    says_muted = all(alert.status.mutedBy is not None for group in groups for alert in group.alerts)
    mends = b"\\u0000" in body or b"\0" in body
    return PeerView(
        start=state.uptime,
        ready=state.cluster.status in READY,
        groups=tuple(
            SeenGroup(
                group.receiver.name.replace("\\", ""),  # as a webhook's receiver is read
                _mended(group.labels) if mends else group.labels,
                tuple(_seen(alert, mends=mends) for alert in group.alerts),
            )
            for group in groups
        ),
        may_mute=not says_muted and "time_intervals" in state.config.original,
    )


def _seen(one: _Alert, *, mends: bool) -> SeenAlert:
    labels = _mended(one.labels) if mends else one.labels
    status = one.status
    alert = Alert(
        labels=labels,
        firing=True,
        starts_at=to_milliseconds(one.startsAt.astimezone(UTC)),
        annotations=_mended(one.annotations) if mends else one.annotations,
        generator_url=one.generatorURL,
        fingerprint=one.fingerprint,
    )
    return SeenAlert(
        key=label_key(labels),
        alert=alert,
        active=status.state == "active",
        silences=tuple(status.silencedBy),
        inhibited=bool(status.inhibitedBy),
        muted=bool(status.mutedBy),
    )


def _mended(texts: dict[str, str]) -> dict[str, str]:
    """Put in the place of NUL what a webhook's reading puts there."""
    return {name.replace("\0", REPLACEMENT): text.replace("\0", REPLACEMENT) for name, text in texts.items()}


def _understood(shape: TypeAdapter[Read], body: bytes) -> Read:
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
