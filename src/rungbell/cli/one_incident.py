"""What the verbs of ``rungbell incidents`` have in common: which incident, and how something is done to it.

May import: ``client``, ``connection``, ``exit_codes``, ``failures``, ``flags``, ``output``, ``several``, the standard
library, click.
"""

from typing import Any
from urllib.parse import quote

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_incident
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.failures import NegativeAnswerError, NotReachedError
from rungbell.cli.flags import in_flags
from rungbell.cli.output import show_answer
from rungbell.cli.several import each

ASK_FROM = 20
"""More incidents than this in one command want a ``--yes``."""

FLAGS = {
    "reason": "--because",
    "lasts": "--for",
    "until": "--until",
    "to": "--to",
    "into": "--into",
    "person": "--person",
}
"""How the command line calls what the API calls so."""

ONE = click.argument("incident", shell_complete=complete_incident)
MANY = click.argument("names", metavar="INCIDENT...", nargs=-1, required=True, shell_complete=complete_incident)
YES = click.option("--yes", is_flag=True, help="Do not ask, however many they are.")


class SeverityChoice(click.Choice[str]):
    """P0 to P3; people also type ``p1``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 -- click's form
        """Give the severity as the API writes it."""
        return str(super().convert(str(value).upper(), param, ctx))


SEVERITY = SeverityChoice(["P0", "P1", "P2", "P3"])


def path_of(incident: str, act: str = "") -> str:
    """Give where an incident stands in the API, or an act on it."""
    return f"/api/v1/incidents/{quote(incident, safe='')}{'/' + act if act else ''}"


def act_on(client: Client, names: tuple[str, ...], act: str, body: dict[str, Any], output: str, *, yes: bool) -> None:
    """Do the same to each, and speak of flags where the API speaks of fields."""
    if len(names) > ASK_FROM and not yes and not click.confirm(f"{act} {len(names)} incidents?", err=True):
        raise click.exceptions.Exit(NEGATIVE)

    def one(name: str) -> None:
        try:
            answer = client.post(path_of(name, act), body)
        except (NegativeAnswerError, NotReachedError) as error:
            raise type(error)(in_flags(error.message, FLAGS)) from None
        show_answer(answer, output)

    each(names, one)
