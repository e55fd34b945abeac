"""``rungbell healthcheck``: for containers; silent and 0 where the daemon is ready, else 1 with one line of why."""

import urllib.error
import urllib.request

import click

from rungbell.cli.client import make_client


@click.command()
@click.option("--url", help="Where the daemon is.  [default: http://127.0.0.1:11911, or RUNGBELL_URL]")
@click.option("--token-file", help="Holds your token, where `basic_auth_users` ask.  [default: RUNGBELL_TOKEN_FILE]")
@click.option("--live", is_flag=True, help="Ask only whether the process answers, not whether it can page.")
def healthcheck(url: str | None, token_file: str | None, *, live: bool) -> None:
    """Say by the exit code whether the daemon is ready."""
    client = make_client(url, None, token_file)
    address = client.url + ("/-/healthy" if live else "/-/ready")
    headers = {"Authorization": f"Bearer {client.token}"} if client.token else {}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=3):  # noqa: S310 -- http or https, by make_client
            return
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        click.echo(f"{address}: {error}", err=True)
        raise click.exceptions.Exit(1) from None
