"""Who may be listened to at all.

Rules
-----
* Without credentials rungbell listens on loopback only. Those of a source or a person count; client certificates and
  ``basic_auth_users`` do not, for they say who may knock and not who somebody is: anybody who is let in could resolve
  another source's incidents, and act as whomever he names.

May import: ``config``, ``domain``.
"""

from rungbell.config import Settings
from rungbell.config.hosts import is_loopback
from rungbell.domain.errors import ConfigError


def require_credentials(settings: Settings, host: str) -> None:
    """Refuse to listen to others without asking who they are.

    Raises:
        ConfigError: the address is not loopback and something would be open.
    """
    if is_loopback(host):
        return
    open_sources = [source.name for source in settings.sources if source.anonymous]
    if open_sources:
        raise ConfigError(
            f"listening on {host or 'every address'} needs credentials for each source; {', '.join(open_sources)} has "
            "none: give it a bearer_token_file or basic_auth, or listen on 127.0.0.1"
        )
    if not settings.api_tokens:
        raise ConfigError(
            f"listening on {host or 'every address'} needs `api_tokens`, for anybody could act on incidents; "
            "add some, or listen on 127.0.0.1"
        )
