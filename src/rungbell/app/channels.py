"""The channels of a configuration, made into what sends through them.

May import: ``config``, ``domain``, ``notifiers``, ``runtime.alertmanager.silencer``, aiohttp.
"""

from collections.abc import Mapping

import aiohttp

from rungbell.config import Settings
from rungbell.config.settings import HeartbeatSettings
from rungbell.domain.errors import ConfigError
from rungbell.notifiers import Notifier, registry
from rungbell.notifiers.following import Following
from rungbell.notifiers.stub import StubNotifier
from rungbell.runtime.alertmanager.silencer import Silencer, silencers


class Channels:
    """Makes them for one configuration after the other, all with the same HTTP client.

    ``stubs``: nothing really leaves.
    """

    def __init__(self, session: aiohttp.ClientSession, *, stubs: bool) -> None:
        self._session = session
        self._stubs = stubs
        self._silencers: Mapping[str, Silencer] = {}

    def notifiers(self, settings: Settings) -> Mapping[str, Notifier]:
        """Make a notifier of each channel.

        Raises:
            ConfigError: one of them cannot be used.
        """
        types = registry()
        if self._stubs:
            return {name: StubNotifier(name) for name in settings.channels}
        made: dict[str, Notifier] = {}
        for name, channel in settings.channels.items():
            try:
                made[name] = types[channel.type](channel.settings, self._session)
            except ConfigError:
                raise
            except Exception as error:  # a notifier may be anybody's
                raise ConfigError(f"channels.{name}: `{channel.type}` cannot be used: {error!r}") from error
        return made

    def silencers(self, settings: Settings) -> Mapping[str, Following]:
        """Give those that silence in Alertmanager what is acknowledged; one that stays goes on as it was."""
        self._silencers = silencers(settings.alertmanagers, self._session, self._silencers)
        if self._stubs:
            return {channel: StubNotifier(channel) for channel in self._silencers}
        return self._silencers

    def heartbeat(self, settings: Settings) -> HeartbeatSettings | None:
        """Give who is told that rungbell lives: nobody while it rings nobody."""
        return None if self._stubs else settings.heartbeat
