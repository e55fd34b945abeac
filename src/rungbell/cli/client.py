"""How the command line talks to the daemon: plain HTTP, with nothing imported that makes it slow to start.

Rules
-----
* Never the store's file: only the API, so that locks, rules and the timeline hold for everybody.
* Where it is and who asks comes from flags, else the environment, else ``~/.config/rungbell/cli.yml``.
* Exit codes: 0 done, 1 a negative answer, 2 usage, 4 not reached or not allowed, 5 some of
  several failed (conventions 4).

May import: the standard library, click, PyYAML (lazily).
"""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

DEFAULT_URL = "http://127.0.0.1:11911"
TIMEOUT_SECONDS = 10.0
NEGATIVE, UNREACHED, PARTIAL = 1, 4, 5


class NotReachedError(click.ClickException):
    """The daemon cannot be reached, or does not let us in."""

    exit_code = UNREACHED


class NegativeAnswerError(click.ClickException):
    """The daemon answered, and the answer is no."""

    exit_code = NEGATIVE


@dataclass(frozen=True, slots=True)
class Client:
    """One daemon, asked by one person."""

    url: str
    token: str = ""
    person: str = ""
    timeout: float = TIMEOUT_SECONDS

    def get(self, path: str) -> Any:  # noqa: ANN401 -- JSON
        """Read."""
        return self._request("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401
        """Act; the person goes with it where no token says who it is."""
        if self.person:
            body = {"by": self.person, **body}
        return self._request("POST", path, json.dumps(body).encode())

    def delete(self, path: str) -> Any:  # noqa: ANN401
        """End something."""
        return self._request("DELETE", path, None)

    def _request(self, method: str, path: str, body: bytes | None) -> Any:  # noqa: ANN401
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise _refused(error) from None
        except (urllib.error.URLError, TimeoutError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise NotReachedError(
                f"{self.url} cannot be reached: {reason}; is `rungbell serve` running there?"
            ) from None


def _refused(error: urllib.error.HTTPError) -> click.ClickException:
    try:
        detail = json.load(error).get("detail", error.reason)
    except (ValueError, AttributeError):
        detail = error.reason
    if error.code in {401, 403, 503} or error.code >= 500:
        return NotReachedError(f"{detail} (HTTP {error.code})")
    return NegativeAnswerError(str(detail))


def defaults() -> dict[str, str]:
    """Read ``cli.yml``; nothing where there is none.

    Raises:
        click.UsageError: it cannot be read.
    """
    try:
        home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    except RuntimeError:  # no HOME and nobody in the passwd, as in a container
        return {}
    path = Path(home) / "rungbell" / "cli.yml"
    if not path.is_file():
        return {}
    import yaml

    try:
        data = yaml.safe_load(path.read_text()) or {}
    except (OSError, yaml.YAMLError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise click.UsageError(f"{path}: `url`, `as` and `token_file`, one a line, are expected")
    return {str(key): str(value) for key, value in data.items()}


def make_client(url: str | None, person: str | None, token_file: str | None, *, timeout: float | None = None) -> Client:
    """Put flags, environment and defaults together.

    Raises:
        click.UsageError: the address is no URL, or a file cannot be read.
    """
    known = defaults()

    def first(flag: str | None, variable: str, name: str, fallback: str) -> str:
        return flag or os.environ.get(variable) or known.get(name) or fallback

    address = first(url, "RUNGBELL_URL", "url", DEFAULT_URL).rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise click.UsageError(f"{address!r} is not a URL; for example {DEFAULT_URL}")
    path = first(token_file, "RUNGBELL_TOKEN_FILE", "token_file", "")
    try:
        token = Path(path).read_text().strip() if path else os.environ.get("RUNGBELL_TOKEN", "")
    except OSError as error:
        raise click.UsageError(f"the token file {path}: {error.strerror}") from error
    return Client(address, token, first(person, "RUNGBELL_AS", "as", ""), timeout or TIMEOUT_SECONDS)
