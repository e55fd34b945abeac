"""``rungbell serve``: the daemon. Flags are spelled as Prometheus users know them."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import click

from rungbell.config.durations import parse_duration
from rungbell.domain.errors import RungbellError
from rungbell.telemetry import LOG_FORMATS, LOG_LEVELS, configure_logging

DEFAULT_ADDRESS = "127.0.0.1:11911"
SHORTEST_RETENTION = timedelta(minutes=1)


def parse_address(text: str) -> tuple[str, int]:
    """Split ``host:port``; ``:port`` is every address, IPv6 stands in brackets.

    Raises:
        click.BadParameter: it is neither.
    """
    host, separator, port = text.rpartition(":")
    if (
        not separator
        or not (port.isascii() and port.isdigit())
        or int(port) > 65535
        or (":" in host and host[0] != "[")
    ):
        raise click.BadParameter(f"{text!r} is not host:port, for example {DEFAULT_ADDRESS} or [::1]:11911")
    return host.strip("[]"), int(port)


def _retention(_context: click.Context, _parameter: click.Parameter, text: str) -> timedelta:
    """Read a duration as Prometheus users write it."""
    try:
        retention = parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if retention < SHORTEST_RETENTION:
        raise click.BadParameter(f"{text!r} is too short: at least 1m, so that what has just ended can be looked at")
    return retention


@click.command()
@click.option(
    "--config.file", "config_file", type=click.Path(path_type=Path, dir_okay=False), default="rungbell.yml",
    show_default=True, help="The policy, one YAML file.",
)  # fmt: skip
@click.option(
    "--storage.path", "storage_path", type=click.Path(path_type=Path, dir_okay=False), default="rungbell.db",
    show_default=True, help="The SQLite file of the store; made if missing.",
)  # fmt: skip
@click.option(
    "--web.listen-address", "listen", default=DEFAULT_ADDRESS, show_default=True, help="Where to listen.",
)  # fmt: skip
@click.option("--web.external-url", "external_url", default="", help="How people reach it; used in links.")
@click.option(
    "--data.retention", "retention", default="120d", show_default=True, callback=_retention,
    help="How long resolved incidents are kept, such as 90d or 1y; open ones are kept for ever.",
)  # fmt: skip
@click.option("--log.format", "log_format", type=click.Choice(LOG_FORMATS), default="logfmt", show_default=True)
@click.option("--log.level", "log_level", type=click.Choice(LOG_LEVELS), default="info", show_default=True)
@click.option("--stub-notifiers", is_flag=True, help="Run everything and ring nobody.")
def serve(
    config_file: Path,
    storage_path: Path,
    listen: str,
    external_url: str,
    retention: timedelta,
    log_format: str,
    log_level: str,
    *,
    stub_notifiers: bool,
) -> None:
    """Run the daemon until SIGTERM or SIGINT."""
    host, port = parse_address(listen)
    configure_logging(log_format, log_level)
    from rungbell import app

    options = app.Options(
        config_file=config_file,
        storage_path=storage_path,
        host=host,
        port=port,
        external_url=external_url,
        stub_notifiers=stub_notifiers,
        retention=retention,
    )
    try:
        asyncio.run(app.serve(options))
    except (RungbellError, OSError) as error:
        click.echo(f"rungbell: {error}", err=True)
        sys.exit(1)
