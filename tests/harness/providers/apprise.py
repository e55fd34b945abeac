"""What Apprise's ``json://`` talks to: any server that takes JSON."""

from dataclasses import dataclass

from rungbell.testing import HttpProvider

PASSWORD = "password-of-the-service"


@dataclass(slots=True)
class JsonReceiver(HttpProvider):
    """Takes everything."""

    @property
    def url(self) -> str:
        return f"json://me:{PASSWORD}@127.0.0.1:{self.port}/path-of-the-service?rto=1.5&cto=1.5"
