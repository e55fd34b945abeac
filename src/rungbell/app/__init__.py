"""The composition root: builds everything, starts it in order, stops it in reverse. Nobody else knows concrete classes.

``options`` (what the command line says) → ``inputs`` and ``credentials`` (what may be used) → ``daemon`` (what runs)
→ ``process`` (until a signal says stop).

May import: everything below.
"""

from rungbell.app.daemon import SHUTDOWN_SECONDS, Daemon
from rungbell.app.options import Options
from rungbell.app.process import serve

__all__ = ["SHUTDOWN_SECONDS", "Daemon", "Options", "serve"]
