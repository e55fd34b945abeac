"""``rungbell healthcheck``: for containers; silent and 0 where the daemon is ready, else 1 with one line of why.

May import: ``client``, ``connection``, ``exit_codes``, ``failures``, click.
"""

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import pass_client, token_option, url_option
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.failures import NegativeAnswerError, NotReachedError

TIMEOUT_SECONDS = 3.0


@click.command()
@url_option
@token_option
@click.option("--live", is_flag=True, help="Ask only whether the process answers, not whether it can page.")
@pass_client
def healthcheck(client: Client, *, live: bool) -> None:
    """Say by the exit code whether the daemon is ready."""
    try:
        client.open("/-/healthy" if live else "/-/ready", TIMEOUT_SECONDS).close()
    except (NegativeAnswerError, NotReachedError) as error:
        click.echo(error.message, err=True)
        raise click.exceptions.Exit(NEGATIVE) from None
