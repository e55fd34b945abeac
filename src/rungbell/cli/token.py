"""``rungbell token``: make, list and revoke tokens of the API, over the API.

Rules
-----
* A secret is shown once: alone on standard output, for pipes, or in a file that only its owner may read and that was
  not there before. The file is made first, so that no token is made whose secret could not be kept.

May import: ``client``, ``connection``, ``failures``, ``files``, ``output``, ``several``, ``verbs``, the standard
library, click.
"""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import connection, pass_client
from rungbell.cli.failures import NegativeAnswerError
from rungbell.cli.files import new_private
from rungbell.cli.output import output_option, show_tokens
from rungbell.cli.several import each
from rungbell.cli.verbs import VerbGroup

TOKENS = "/api/v1/tokens"
SCOPES = ("ingest", "read", "act", "admin")


@click.group(cls=VerbGroup)
@connection
def token() -> None:
    """Make, list and revoke tokens of the API."""


@token.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True,
    help="May be given several times; admin includes act and read, act includes read.",
)  # fmt: skip
@click.option("--person", help="Who acts with it, by id in the configuration; needed with act and admin.")
@click.option("--source", help="For which source of the configuration it speaks; needed with ingest.")
@click.option("--lasts", help="How long it counts, for example 90d; else until it is revoked.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the secret to this new file, mode 0600."
)
@connection
@pass_client
def create(
    client: Client,
    name: str,
    scopes: tuple[str, ...],
    person: str | None,
    source: str | None,
    lasts: str | None,
    out: Path | None,
) -> None:
    """Make a token for what NAME says; prints its secret, which cannot be shown again."""
    body = {"name": name, "scopes": list(scopes), "person": person, "source": source, "lasts": lasts}
    body = {key: value for key, value in body.items() if value is not None}
    made = _made_into(out, client, body) if out else client.post(TOKENS, body)
    if out is None:
        click.echo(made["secret"])
    _tell(made["token"], out)


def _tell(made: dict[str, Any], out: Path | None) -> None:
    """Say beside the secret what it is good for."""
    until = f" until {made['expires_at'][:16].replace('T', ' ')} UTC" if made["expires_at"] else ""
    where = f"is in {out}" if out else "is not shown again"
    click.echo(f"Token {made['id']} ({', '.join(made['scopes'])}) counts{until}; its secret {where}.", err=True)
    if "admin" in made["scopes"]:
        click.echo("From now on everybody needs a token for the API, also at this machine.", err=True)


def _made_into(out: Path, client: Client, body: dict[str, Any]) -> Any:  # noqa: ANN401 -- JSON
    """Make the file, then the token; without a token the file goes again."""
    try:
        file = new_private(out)
    except OSError as error:
        raise NegativeAnswerError(f"{out} cannot be made: {error.strerror}; no token was made") from error
    with file:
        try:
            made = client.post(TOKENS, body)
        except BaseException:
            out.unlink()
            raise
        file.write(made["secret"] + "\n")
    return made


@token.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are expired or revoked.")
@output_option
@connection
@pass_client
def list_(client: Client, output: str, *, everything: bool) -> None:
    """List the tokens that count, the oldest first; never their secrets."""
    found = client.get(TOKENS)["tokens"]
    show_tokens([one for one in found if everything or one["state"] == "live"], output)


@token.command()
@click.argument("tokens", metavar="TOKEN...", nargs=-1, required=True)
@connection
@pass_client
def revoke(client: Client, tokens: tuple[str, ...]) -> None:
    """Revoke tokens by their identity; they count no more from now on."""

    def one(identity: str) -> None:
        ended = client.delete(f"{TOKENS}/{quote(identity, safe='')}")
        click.echo(f"Token {ended['id']} ({ended['name']}) is revoked.")

    each(tokens, one)
