"""``rungbell version``: what a report of a mistake should begin with.

May import: the package's version, the standard library, click.
"""

import platform

import click

from rungbell import __version__


@click.command()
def version() -> None:
    """Say which rungbell this is, and on which Python."""
    click.echo(f"rungbell, version {__version__} (Python {platform.python_version()}, {platform.system()})")
