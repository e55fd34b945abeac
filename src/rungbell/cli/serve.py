"""``rungbell serve``: the daemon. Flags are spelled as Prometheus users know them.

Rules
-----
* SIGHUP never ends it, however early it comes: while the program is still being read it says nothing new, for the
  configuration is read afterwards.

May import: ``addresses``, ``exit_codes``, ``garbage``, ``app`` and ``config`` (lazily), ``telemetry``, ``domain``, the
standard library, click.
"""

import asyncio
import importlib
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from rungbell.cli.addresses import DEFAULT_ADDRESS, external_url, parse_address, route_prefix
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.domain.errors import RungbellError
from rungbell.garbage import nothing_collected
from rungbell.telemetry import LOG_FORMATS, LOG_LEVELS, configure_logging, write_summaries

SHORTEST_RETENTION = timedelta(minutes=1)
OFTENEST = timedelta(seconds=1)
AUTO_RELOAD = "--config.auto-reload-interval"


def _duration(text: str, flag: str) -> timedelta:
    """Read a duration as Prometheus users write it."""
    from rungbell.config import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"'{flag}'") from error


def _auto_reload(text: str) -> timedelta | None:
    every = _duration(text, AUTO_RELOAD)
    if not every:
        return None
    if every < OFTENEST:
        raise click.BadParameter(f"{text!r} is too often: at least 1s, or 0s for never", param_hint=f"'{AUTO_RELOAD}'")
    return every


def _retention(text: str) -> timedelta:
    retention = _duration(text, "--data.retention")
    if retention < SHORTEST_RETENTION:
        raise click.BadParameter(
            f"{text!r} is too short: at least 1m, so that what has just ended can be looked at",
            param_hint="'--data.retention'",
        )
    return retention


@click.command()
@click.option(
    "--config.file", "config_file", type=click.Path(path_type=Path, dir_okay=False), default="rungbell.yml",
    show_default=True, help="The policy, one YAML file.",
)  # fmt: skip
@click.option(
    AUTO_RELOAD, "auto_reload", default="0s", show_default=True,
    help="How often to look whether that file, or a secret, certificate or template of its, has changed; 0s for never.",
)  # fmt: skip
@click.option(
    "--storage.path", "storage_path", type=click.Path(path_type=Path, dir_okay=False), default="rungbell.db",
    show_default=True, help="The SQLite file of the store; made if missing.",
)  # fmt: skip
@click.option(
    "--web.listen-address", "listen", multiple=True, default=(DEFAULT_ADDRESS,), show_default=True, metavar="HOST:PORT",
    help="Where to listen; again for each further address.",
)  # fmt: skip
@click.option(
    "--web.external-url", "external_url", default="", metavar="URL", callback=external_url,
    help="How people reach it; used in links.  [default: the first address]",
)  # fmt: skip
@click.option(
    "--web.route-prefix", "route_prefix", metavar="PATH", callback=route_prefix,
    help="The path below which everything is served.  [default: the path of --web.external-url]",
)  # fmt: skip
@click.option(
    "--web.config.file", "web_config_file", type=click.Path(path_type=Path, dir_okay=False),
    help="TLS, headers and passwords, in the format of Prometheus' exporter-toolkit.",
)  # fmt: skip
@click.option(
    "--data.retention", "retention", default="120d", show_default=True,
    help="How long resolved incidents are kept, such as 90d or 1y; open ones are kept for ever.",
)  # fmt: skip
@click.option("--log.format", "log_format", type=click.Choice(LOG_FORMATS), default="logfmt", show_default=True)
@click.option("--log.level", "log_level", type=click.Choice(LOG_LEVELS), default="info", show_default=True)
@click.option("--stub-notifiers", is_flag=True, help="Run everything and ring nobody.")
def serve(
    listen: tuple[str, ...],
    log_format: str,
    log_level: str,
    retention: str,
    auto_reload: str,
    **given: Any,  # noqa: ANN401 -- Options
) -> None:
    """Run the daemon until SIGTERM or SIGINT."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until ``app`` listens to it
    addresses = tuple(parse_address(address) for address in listen)
    configure_logging(log_format, log_level)
    with nothing_collected():
        # It reads the machine's certificates, and lets others go on meanwhile; what knows no aiohttp comes first.
        threading.Thread(target=importlib.import_module, args=["aiohttp"]).start()
        kept, looks = _retention(retention), _auto_reload(auto_reload)
        from rungbell import app

    options = app.Options(listen=addresses, retention=kept, auto_reload=looks, **given)
    try:
        asyncio.run(app.serve(options))
    except (RungbellError, OSError) as error:
        click.echo(f"rungbell: {error}", err=True)
        sys.exit(NEGATIVE)
    finally:
        write_summaries(ended=True)
