"""Files with something in them that is not for everybody, put where people want them.

Rules
-----
* A file is readable by its owner only, from its first byte on.
* What is there already stays, unless somebody said that it may go.

May import: the standard library.
"""

import os
from pathlib import Path
from typing import TextIO

PRIVATE = 0o600


def new_private(path: Path) -> TextIO:
    """Make a file of text and open it for writing.

    Raises:
        OSError: it is there already, or cannot be made.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    return os.fdopen(descriptor, "w", encoding="utf-8")


def put(made: Path, target: Path, *, force: bool) -> None:
    """Give a finished file of the same file system its name; over what has that name only by ``force``.

    Raises:
        OSError: it is there already, or cannot be written.
    """
    if force:
        made.replace(target)
    else:
        os.link(made, target)  # fails where somebody made it meanwhile
