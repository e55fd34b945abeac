"""Room set aside for when the disk is full, so that people can still answer and pages still leave (reliability row 69).

Rules
-----
* It is a file beside the store that holds nothing. When the disk is full it is given up, and only what must go on may
  use that room: acts, clocks, results of pages. Alerts wait at their sender until the reserve is there again.
* A small file system has a small one; where there is no room for it, there is none.

May import: the standard library.
"""

import os
from pathlib import Path

LARGEST = 8 * 2**20
"""Bytes: some two hundred commits of the log, which then begins anew (``wal_autocheckpoint``) or is told to."""
LEAST = 2**16
"""Bytes: with less left, a file system is full."""
SHARE = 16
"""It is at most one in so many bytes of the file system."""


class Reserve:
    """The reserve of one store."""

    def __init__(self, store: Path) -> None:
        self._file = store.with_name(store.name + ".reserve")
        self.short = False
        """Whether there was no room for it when it was last to be taken."""

    def take(self) -> bool:
        """Set the room aside, and give whether it is; half as much again must be left for alerts."""
        try:
            found = os.statvfs(self._file.parent)
            size = min(LARGEST, found.f_blocks * found.f_frsize // SHARE)
            taken = self._file.exists() and self._file.stat().st_size >= size
            self.short = not taken and found.f_bavail * found.f_frsize < size + size // 2
            if taken or self.short:
                return taken
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, size)
            finally:
                os.close(descriptor)
        except OSError:
            self.give_up()
            return False
        return True

    def no_room(self) -> bool:
        """Whether the file system is full, whatever an error that SQLite gave is called."""
        try:
            found = os.statvfs(self._file.parent)
        except OSError:
            return False
        return found.f_bavail * found.f_frsize < LEAST

    def give_up(self) -> None:
        """Let go of the room."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError:
            return
