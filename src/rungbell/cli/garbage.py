"""Garbage that is not looked for: a command that answers and ends makes next to none, and looking takes a tenth of it.

May import: the standard library.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Look for no cycles meanwhile; what is in none goes by itself."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
