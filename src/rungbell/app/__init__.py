"""The composition root: builds everything, starts it in order, stops it in reverse. Nobody else knows concrete classes.

``options`` (what the command line says) → ``inputs`` and ``credentials`` (what may be used) → ``daemon`` (what runs:
``channels``, ``loops``; until its ``shutdown``; ``reloading`` another configuration) → ``process`` (until a signal says
stop).

May import: everything below.
"""

from rungbell.app.daemon import Daemon
from rungbell.app.options import Options
from rungbell.app.process import serve
from rungbell.app.shutdown import SHUTDOWN_SECONDS

__all__ = ["SHUTDOWN_SECONDS", "Daemon", "Options", "serve"]
