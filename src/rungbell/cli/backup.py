"""``rungbell backup FILE``: a whole copy of the running daemon's store.

Rules
-----
* The file appears whole or not at all, readable by its owner only; one that is there stays unless ``--force`` is given.
* To restore: stop the daemon, remove ``<storage.path>-wal`` and ``-shm``, put the copy at ``--storage.path``, start.
  Paging of what was open in the copy holds, and the operator is told of it once (requirements 3.11 rule 20).
* The keys of the links (``<storage.path>.keys``) are no part of it; without them, links in old pages stop working.

May import: ``client``, ``connection``, ``failures``, ``files``, the standard library, click.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import pass_client, token_option, url_option
from rungbell.cli.failures import NegativeAnswerError, NotReachedError
from rungbell.cli.files import put

TIMEOUT_SECONDS = 600.0
"""The daemon answers when the copy is made and checked."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@url_option
@token_option
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@pass_client
def backup(client: Client, file: Path, *, force: bool) -> None:
    """Write a copy of the running daemon's store to FILE."""
    if file.exists() and not force:
        raise NegativeAnswerError(f"{file} exists; choose another name, or give --force to overwrite it")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(descriptor, "wb") as target:
                size = _fetch(client, target)
                os.fsync(target.fileno())
            put(Path(name), file, force=force)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise NegativeAnswerError(f"{file} cannot be written: {error.strerror or error}") from error
    click.echo(f"{file}: {size} bytes")
    click.echo(
        "To restore: stop rungbell, remove its -wal and -shm files, put this file at --storage.path, start rungbell. "
        "With an `operator` policy, paging of what was open in it holds until somebody acts or something new fires.",
        err=True,
    )


def _fetch(client: Client, target: IO[bytes]) -> int:
    with client.open("/-/backup", TIMEOUT_SECONDS) as answer:
        expected = int(answer.headers["Content-Length"])
        shutil.copyfileobj(answer, target)
    if target.tell() != expected:
        raise NotReachedError(f"{client.url} broke off after {target.tell()} of {expected} bytes; try again")
    return expected
