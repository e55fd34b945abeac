"""How rungbell was called, so that a command it prints can be typed where the reader stands.

May import: the standard library.
"""

import shlex
import shutil
import sys
from pathlib import Path

NAME = "rungbell"


def as_typed() -> str:
    """``rungbell`` where the shell finds it by its name, else the path it was called by."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"python3 -m {NAME}"
    if called.name != NAME:
        return NAME
    found = shutil.which(NAME)
    return NAME if found and Path(found).absolute() == called.absolute() else shlex.quote(sys.argv[0])
