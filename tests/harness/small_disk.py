"""A file system of a few megabytes that can be filled, freed and made read-only: mounted where that is allowed.

Rules
-----
* Mounting needs the right to (root, outside of most containers). ``why_not`` says why it cannot be done here; whoever
  needs it then skips with that sentence, or uses what is nearest.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEBIBYTE = 2**20
CHUNK = 64 * 1024


class SmallDisk:
    """A mounted tmpfs. What fills it is a file of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ballast = root / "ballast"

    def fill(self) -> None:
        """Leave no room, not for a single byte more."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (CHUNK, 4096, 1):
                try:
                    while ballast.write(b"x" * size) == size:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def read_only(self, on: bool) -> None:
        """Remount it, as the kernel does after errors of a disk; files that are open for writing are in its way."""
        _run("mount", "-o", f"remount,{'ro' if on else 'rw'}", str(self.root))

    @property
    def used(self) -> int:
        """Bytes in use, without what fills it."""
        found = os.statvfs(self.root)
        ballast = self._ballast.stat().st_blocks * 512 if self._ballast.exists() else 0
        return (found.f_blocks - found.f_bfree) * found.f_frsize - ballast


@contextmanager
def small_disk_or_skip(root: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Mount one for a test, or skip the test with the reason."""
    if reason := why_not():
        pytest.skip(reason)
    with small_disk(root, mebibytes) as mounted:
        yield mounted


def why_not() -> str:
    """Say why no file system can be mounted here; empty where one can."""
    with tempfile.TemporaryDirectory(prefix="rungbell-mount-") as scratch:
        try:
            with small_disk(Path(scratch), 1):
                return ""
        except OSError as error:
            return f"no file system can be mounted here: {error}"


@contextmanager
def small_disk(root: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Mount one at ``root``, and take it away in the end.

    Raises:
        OSError: it cannot be mounted.
    """
    root.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0700", "rungbell-test", str(root))
    try:
        yield SmallDisk(root)
    finally:
        _run("umount", "-l", str(root))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.returncode, done.stderr.strip() or f"{command[0]} failed")
