"""``heartbeat``: which service is told again and again that rungbell lives, and rings when it hears nothing.

May import: ``domain``, ``findings``, ``hosts``, ``model``, ``secrets``, ``settings`` and the standard library.
"""

from rungbell.config.findings import Findings
from rungbell.config.hosts import is_web_address
from rungbell.config.model.file import FileSection
from rungbell.config.secrets import is_known
from rungbell.config.settings import HeartbeatSettings


def check_heartbeat(file: FileSection, findings: Findings) -> None:
    """Note an address that is none; the message shows nothing of it, for it is a secret."""
    secret = getattr(file.heartbeat, "url", None)
    if secret is None or not is_known(secret):
        return
    if is_web_address(secret.get_secret_value().strip()):
        return
    place = ("heartbeat", "url_file")
    place = place if findings.document.holds(place) else ("heartbeat", "url")
    findings.wrong(place, "is not a URL", "the one that the service gives you, such as https://hc-ping.com/…")


def build_heartbeat(file: FileSection) -> HeartbeatSettings | None:
    """Build what a sound file says; ``None`` where nobody is told."""
    section = file.heartbeat
    return None if section is None else HeartbeatSettings(url=section.url, every=section.every, http=section)
