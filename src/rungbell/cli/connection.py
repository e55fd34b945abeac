"""Which daemon is asked, and by whom: the options that every verb of the API has, before it or after it.

Rules
-----
* The same option may stand at the group and at the verb; what stands last counts.
* Completion asks the daemon too, for a third of a second at most, and is silent where that fails.

May import: ``addresses``, ``client`` (lazily), the standard library, click.
"""

import threading
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click
from click.shell_completion import CompletionItem

from rungbell.cli.addresses import DEFAULT_URL

if TYPE_CHECKING:
    from rungbell.cli.client import Client

COMPLETION_SECONDS = 0.3
COMPLETED = 50
"""Incidents that a shell is offered, the newest."""

Given = ParamSpec("Given")
Result = TypeVar("Result")
Command = TypeVar("Command", bound=Callable[..., Any])

_URL, _PERSON, _TOKEN = "rungbell.url", "rungbell.as", "rungbell.token_file"


def _remember(key: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    def remember(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.meta[key] = value

    return remember


def client_of(context: click.Context, timeout: float | None = None) -> "Client":
    """Give the client for what was typed so far."""
    from rungbell.cli.client import make_client

    meta = context.meta
    return make_client(meta.get(_URL), meta.get(_PERSON), meta.get(_TOKEN), timeout=timeout)


def pass_client(function: "Callable[Concatenate[Client, Given], Result]") -> Callable[Given, Result]:
    """Give a verb the client as its first argument."""

    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return function(client_of(click.get_current_context()), *args, **kwargs)

    return update_wrapper(run, function)


def complete_person(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the people of the daemon's configuration."""
    found = _asked(context, "/api/v1/status")
    return [CompletionItem(name) for name in found.get("people", []) if name.startswith(incomplete)]


def complete_schedule(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the schedules of the daemon's configuration, with who is on call."""
    return [
        CompletionItem(one["schedule"], help=", ".join(one["people"]))
        for one in _asked(context, "/api/v1/oncall").get("schedules", [])
        if one["schedule"].startswith(incomplete)
    ]


def complete_override(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the overrides that are not over, with what they say."""
    return [
        CompletionItem(one["id"], help=_one_line(f"{one['schedule']} {one['person']} {one['reason']}"))
        for one in _asked(context, "/api/v1/oncall/overrides").get("overrides", [])
        if one["id"].startswith(incomplete)
    ]


def _one_line(text: str) -> str:
    """Take out what would be a line of its own, or speak to the terminal: a title is a stranger's."""
    return "".join(char if char.isprintable() else " " for char in text)


def complete_incident(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the numbers of incidents that are not resolved, with what they are about."""
    found = _asked(context, f"/api/v1/incidents?limit={COMPLETED}&filter=status%21%3D%22resolved%22")
    typed = {str(value) for value in context.params.get("names") or ()}
    return [
        CompletionItem(number, help=_one_line(f"{one['severity']} {one['title']}"))
        for one in found.get("incidents", [])
        if (number := str(one["number"])).startswith(incomplete) and number not in typed
    ]


def _asked(context: click.Context, path: str) -> dict[str, Any]:
    """Ask, and give up in time whatever holds the answer up; nothing where anything goes wrong."""
    found: dict[str, Any] = {}

    def ask() -> None:
        try:
            found.update(client_of(context, COMPLETION_SECONDS).get(path))
        except (click.ClickException, TypeError, ValueError):
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(COMPLETION_SECONDS)
    return dict(found)


url_option = click.option(
    "--url", expose_value=False, callback=_remember(_URL),
    help=f"Where the daemon is.  [default: RUNGBELL_URL, else {DEFAULT_URL}]",
)  # fmt: skip
token_option = click.option(
    "--token-file", expose_value=False, callback=_remember(_TOKEN), type=click.Path(),
    help="A file with your token, of `api_tokens` or made by `rungbell token create`.  [default: RUNGBELL_TOKEN_FILE]",
)  # fmt: skip
person_option = click.option(
    "--as", metavar="PERSON", expose_value=False, callback=_remember(_PERSON), shell_complete=complete_person,
    help="Who acts, by id in the configuration; not needed with a token.  [default: RUNGBELL_AS]",
)  # fmt: skip


def connection(command: Command) -> Command:
    """Let a verb be told which daemon, by whom and with which token."""
    return url_option(person_option(token_option(command)))
