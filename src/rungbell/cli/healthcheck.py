"""``rungbell healthcheck``: for containers; silent and 0 where the daemon is ready, else 1 with one line of why."""

import urllib.error
import urllib.request

import click

from rungbell.cli.connection import client_of, token_option, url_option


@click.command()
@url_option
@token_option
@click.option("--live", is_flag=True, help="Ask only whether the process answers, not whether it can page.")
@click.pass_context
def healthcheck(context: click.Context, *, live: bool) -> None:
    """Say by the exit code whether the daemon is ready."""
    client = client_of(context)
    address = client.url + ("/-/healthy" if live else "/-/ready")
    headers = {"Authorization": f"Bearer {client.token}"} if client.token else {}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=3):  # noqa: S310 -- http or https, by client_of
            return
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        click.echo(f"{address}: {error}", err=True)
        raise click.exceptions.Exit(1) from None
