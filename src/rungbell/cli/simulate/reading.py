"""A file that ``simulate`` is given, read whole; ``-`` is standard input.

May import: ``failures``, the standard library.
"""

import sys
from pathlib import Path

from rungbell.cli.failures import NegativeAnswerError


def spelled(file: str) -> str:
    """Give a file as people are told of it."""
    return "standard input" if file == "-" else file


def content(file: str, largest: int) -> bytes:
    """Read at most so many bytes.

    Raises:
        NegativeAnswerError: it cannot be read, or is larger.
    """
    try:
        if file == "-":
            found = sys.stdin.buffer.read(largest + 1)
        else:
            with Path(file).open("rb") as opened:
                found = opened.read(largest + 1)
    except OSError as error:
        raise NegativeAnswerError(f"{spelled(file)}: cannot be read: {error.strerror}") from None
    if len(found) > largest:
        raise NegativeAnswerError(f"{spelled(file)}: is larger than {largest // 2**20} MiB")
    return found
