"""Garbage that is not looked for: a command that answers and ends makes next to none, and looking takes a fifth of it.

May import: the standard library.
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Look for no cycles meanwhile, nor when the process ends; what is in none goes by itself."""
    atexit.register(gc.freeze)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # else all that was made meanwhile counts as young, and is looked through at once
        gc.unfreeze()
        gc.enable()
