"""Secrets, and the files they may stand in.

Rules
-----
* Every field of type ``SecretStr`` has a twin with ``_file`` at its end; only one of the two may be given.
* A relative path starts at the folder of the configuration file. Newlines at the end of the file are not part of it.
* A secret that is empty, missing or unreadable is a mistake; one that everybody on the machine may read is a warning.
* No message names a path that cannot be read: it may be a secret written into the wrong key.
* Files are read when the configuration is, so a reload reads them again. Who only wants to know what is decided needs
  none of them.

May import: ``findings``, ``mistakes``, ``shapes``, pydantic and the standard library.
"""

import os
import stat
from dataclasses import field
from pathlib import Path as FilePath

from pydantic import SecretStr

from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path, spelled
from rungbell.config.shapes import Model, parts_of, secrets_of
from rungbell.domain.values import dataclass

_UNREAD = "\0"
"""Before what stands in for a secret; no file of secrets begins so."""
LARGEST = 64 * 1024
"""Largest secret file that is read, in bytes."""


@dataclass
class SecretFiles:
    """Puts the content of secret files where their twins stand; ``folder`` is where relative paths start."""

    folder: FilePath
    findings: Findings
    read: bool = True
    """Whether the files are read; else something stands in for what is in them."""
    inline: bool = False
    """Whether a secret stood in the configuration file itself."""
    found: list[FilePath] = field(default_factory=list)
    """The files that were to be read, whether they are there or not."""

    def filled(self, model: Model, data: dict[str, object], path: Path) -> dict[str, object]:
        """Give a copy of ``data`` in which every secret of ``model``, and of the models in it, stands as itself."""
        found = dict(data)
        for name in secrets_of(model):
            self._fill(found, name, path)
        for place, inner, content in parts_of(model, data):
            complete = self.filled(inner, content, (*path, *place))
            if complete != content:
                _put(found, place, complete)
        return found

    def _fill(self, data: dict[str, object], name: str, path: Path) -> None:
        twin = f"{name}_file"
        if data.get(name) is not None:
            self.inline = True
            if data[name] == "":
                self.findings.wrong((*path, name), "is empty", f"or give `{twin}`")
        if twin not in data:
            return
        file = data.pop(twin)
        if data.get(name) is not None:
            self.findings.wrong((*path, twin), f"stands beside `{name}`", "give one of the two")
        elif not isinstance(file, str) or not file:
            self.findings.wrong((*path, twin), "must be the path of a file")
            data[name] = _stand_in((*path, name))
        else:
            content = self._read(file, (*path, twin)) if self.read else None
            data[name] = content or _stand_in((*path, name))

    def _read(self, file: str, path: Path) -> str | None:
        self.found.append(self.folder / file)
        try:
            descriptor = os.open(self.folder / file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as opened:
                status = os.fstat(descriptor)
                content = opened.read(LARGEST + 1) if stat.S_ISREG(status.st_mode) else None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a path"
            self.findings.wrong(
                path, f"the file cannot be read: {reason}", f"relative paths start at {self.folder.absolute()}"
            )
            return None
        if content is None:
            self.findings.wrong(path, "is not a regular file")
            return None
        if status.st_mode & stat.S_IROTH:
            self.findings.warn(
                "open-secret", path, f"{file} can be read by everybody on this machine", f"chmod 600 {file}"
            )
        return self._text(content, path)

    def _text(self, content: bytes, path: Path) -> str | None:
        if len(content) > LARGEST:
            self.findings.wrong(path, f"the file is longer than {LARGEST} bytes")
            return None
        try:
            text = content.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            self.findings.wrong(path, "the file is not UTF-8")
            return None
        if not text.strip():
            self.findings.wrong(path, "the file is empty")
            return None
        return text


def is_known(secret: SecretStr) -> bool:
    """Whether it is the secret itself, and not what stands in for a file that was not read: nothing else is checked."""
    return not secret.get_secret_value().startswith(_UNREAD)


def _stand_in(path: Path) -> str:
    return f"{_UNREAD}{spelled(path)}"


def _put(data: dict[str, object], place: Path, content: object) -> None:
    """Replace what stands at ``place`` (a key, or a key and what it holds) without touching the original containers."""
    name = str(place[0])
    if len(place) == 1:
        data[name] = content
        return
    inner = data[name]
    if isinstance(inner, dict):
        data[name] = {**inner, str(place[1]): content}
    elif isinstance(inner, list):
        data[name] = [content if index == place[1] else item for index, item in enumerate(inner)]
