"""How the command line talks to the daemon: plain HTTP, with nothing imported that makes it slow to start.

Rules
-----
* Never the store's file: only the API, so that locks, rules and the timeline hold for everybody.
* Where it is and who asks comes from flags, else the environment, else ``~/.config/rungbell/cli.yml``.
* Every question to the daemon is one of ``Client``'s, and every refusal is read here.

May import: ``addresses``, ``defaults``, ``failures``, the standard library, click.
"""

import json
import os
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from rungbell.cli.addresses import DEFAULT_URL
from rungbell.cli.defaults import defaults
from rungbell.cli.failures import NegativeAnswerError, NotReachedError
from rungbell.domain.values import dataclass

TIMEOUT_SECONDS = 10.0


LOOPBACK = {"localhost", "127.0.0.1", "::1"}


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

    def fetch(self, path: str) -> bytes:
        """Read what is no JSON."""
        with self.open(path) as answer:
            try:
                return answer.read()
            except (OSError, HTTPException) as error:
                raise self._unreached(error) from None

    def post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401
        """Act; the person goes with it where no token says who it is."""
        if self.person:
            body = {"by": self.person, **body}
        return self._request("POST", path, json.dumps(body).encode())

    def delete(self, path: str) -> Any:  # noqa: ANN401
        """End something."""
        return self._request("DELETE", path, None)

    def open(
        self, path: str, timeout: float | None = None, *, method: str = "GET", body: bytes | None = None
    ) -> HTTPResponse:
        """Ask, and give the answer to be read and closed; ``timeout`` is in seconds, by default the client's own.

        Raises:
            NotReachedError: there is no answer, or none that this client may have.
            NegativeAnswerError: the answer is no.
        """
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)  # noqa: S310 -- http, by make_client
        try:
            answer: HTTPResponse = self._opener().open(request, timeout=timeout or self.timeout)
        except urllib.error.HTTPError as error:
            raise _refused(error) from None
        except (OSError, ValueError, HTTPException) as error:
            raise self._unreached(error) from None
        return answer

    def _opener(self) -> urllib.request.OpenerDirector:
        """Follow nobody elsewhere, for the token would go along; no proxy stands before this machine itself."""
        handlers: list[urllib.request.BaseHandler] = [_StaysHere()]
        if (urlsplit(self.url).hostname or "") in LOOPBACK:
            handlers.append(urllib.request.ProxyHandler({}))
        return urllib.request.build_opener(*handlers)

    def _request(self, method: str, path: str, body: bytes | None) -> Any:  # noqa: ANN401
        with self.open(path, method=method, body=body) as answer:
            try:
                return json.load(answer)
            except (OSError, ValueError, HTTPException) as error:
                raise self._unreached(error) from None

    def _unreached(self, error: Exception) -> NotReachedError:
        reason = getattr(error, "reason", error)
        reason = getattr(reason, "strerror", None) or reason
        return NotReachedError(f"{self.url} cannot be reached: {reason}; is `rungbell serve` running there?")


class _StaysHere(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for an answer."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nobody."""


def _refused(error: urllib.error.HTTPError) -> click.ClickException:
    """Read what the daemon says, and let go of the connection."""
    with error:
        try:
            problem = json.load(error)
            detail, act = problem.get("detail", error.reason), "incident" in problem
        except (OSError, ValueError, AttributeError, HTTPException):
            detail, act = error.reason, False
    if error.code // 100 == 3:
        return NotReachedError(
            f"{error.url} leads elsewhere (HTTP {error.code}); give the URL where rungbell itself is"
        )
    if error.code == 403 and act:  # whoever asks was let in, and may not do that as things stand
        return NegativeAnswerError(str(detail))
    if error.code in {401, 403, 503} or error.code >= 500:
        return NotReachedError(f"{detail} (HTTP {error.code})")
    return NegativeAnswerError(str(detail))


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
        token = Path(path).expanduser().read_text().strip() if path else os.environ.get("RUNGBELL_TOKEN", "")
    except (OSError, RuntimeError) as error:  # RuntimeError: `~` of nobody
        raise click.UsageError(f"the token file {path}: {getattr(error, 'strerror', None) or error}") from error
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise click.UsageError(
            f"{path or 'RUNGBELL_TOKEN'}: a token is one line of printable characters without blanks"
        )
    return Client(address, token, first(person, "RUNGBELL_AS", "as", ""), timeout or TIMEOUT_SECONDS)
