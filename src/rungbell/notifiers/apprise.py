"""Channel ``apprise``: hands the page to one of the services that the library Apprise knows, by its kind of address.

Rules
-----
* The address comes from the configuration, never from an alert; it is a secret. One channel is one service, so that a
  failure is the failure of that one. Redirects are not followed.
* Apprise says only yes or no: whether trying again makes sense is not known, so it is tried again, and when, too.
* It works in threads, each of its own, for nobody may ever answer; at most ``AT_ONCE`` of them at a time. Whoever waits
  for one longer than the send may take is late, and a thread that was left reports to nobody.
* A text is cut to what the service takes, and the link to acknowledge stays behind it.

May import: ``config``, ``domain``, ``notifiers`` (the port, ``fitting``), pydantic; apprise lazily.
"""

import asyncio
import contextlib
import logging
import threading
import warnings
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from rungbell.config.mistakes import wrong
from rungbell.config.secrets import is_known
from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.fitting import fit, heading_and_body

if TYPE_CHECKING:
    import aiohttp

AT_ONCE = 16
"""Threads of one channel."""
LONGEST = 9.0
"""Seconds that Apprise may take; a little less than a send may."""


def service(url: str) -> Any:  # noqa: ANN401 -- apprise's types are not ours to load
    """Give the service of an address; ``None`` where Apprise knows none.

    Raises:
        ImportError: apprise is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it loads all of its services, and what they still use
        from apprise import Apprise, AppriseAsset

        for name in ("apprise", "urllib3"):  # they name addresses, and what was sent
            logging.getLogger(name).setLevel(logging.CRITICAL)
        return Apprise.instantiate(url, asset=AppriseAsset(http_redirects=False, allow_templates=False))


def _known(url: SecretStr) -> SecretStr:
    if not is_known(url):
        return url
    try:
        found = service(url.get_secret_value())
    except ImportError:
        raise wrong("needs apprise", "pip install 'rungbell[apprise]'") from None
    if found is None:
        raise wrong("is not an address that Apprise knows", "such as pover://user@token, see its list of services")
    return url


class AppriseSettings(BaseModel):
    """To which service, and as whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[SecretStr, AfterValidator(_known)]


def worded(message: Message, title_most: int, body_most: int) -> tuple[str, str]:
    """Give title and body for a service that takes so many characters; without titles they stand in the body."""
    heading, rest = heading_and_body(message)
    title = fit(heading, title_most or body_most, len)
    link = f"\n\nAcknowledge: {message.acknowledge_url}" if message.acknowledge_url else ""
    room = body_most - len(link) - (0 if title_most else len(title) + 2)
    text = fit(rest or heading, room, len) if room > 0 else ""
    return title, f"{text}{link}" if room >= 0 else text


class AppriseNotifier:
    """Has threads send."""

    settings: ClassVar[type[BaseModel]] = AppriseSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: AppriseSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._service = service(settings.url.get_secret_value())
        self._places = asyncio.Semaphore(AT_ONCE)

    async def send(self, message: Message) -> str:
        """Have it sent; Apprise gives no reference."""
        title, body = worded(message, self._service.title_maxlen, self._service.body_maxlen)
        kind = "failure" if message.kind is PageKind.PAGE else "info"
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        said: asyncio.Future[bool] = loop.create_future()

        def tell(yes: bool) -> None:
            self._places.release()
            if not said.done():
                said.set_result(yes)

        def work() -> None:
            yes = False
            try:
                yes = self._notify(title, body, kind)
            finally:
                with contextlib.suppress(RuntimeError):  # the loop may be gone by now
                    loop.call_soon_threadsafe(tell, yes)

        threading.Thread(target=work, name="apprise", daemon=True).start()
        if not await said:
            raise SendFailed(FailureReason.PROVIDER_ERROR, f"{self._service.service_name} was not reached, or refused")
        return ""

    def _notify(self, title: str, body: str, kind: str) -> bool:
        from apprise import Apprise, NotifyFormat, NotifyType

        caller = Apprise(asset=self._service.asset)
        caller.add(self._service)
        result = caller.notify(
            body, title=title, notify_type=NotifyType(kind), body_format=NotifyFormat.TEXT, timeout=LONGEST
        )
        return bool(result)
