"""The image without an image engine: the Dockerfile's own instructions, carried out in roots of their own.

A stage is a directory that is entered by ``chroot`` in a mount namespace. The base image is played by this machine:
its ``/usr``, and this Python in the place of the named one. Whatever else is in the root, the instructions put there.
It needs root, and the right to make mount namespaces.

* ``COPY`` takes from the context only what ``.dockerignore`` lets through.
* A container sees its root read-only, except for the Dockerfile's VOLUME; it runs as the Dockerfile's USER with no
  capability, and none to be had.
* An instruction that is not known here is an error, not something to pass over.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path, PurePath
from string import Template

SYSTEM_PATH = "/base:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SYSTEM = ("usr", "bin", "lib", "lib64", "sbin")
DEVICES = ("dev/null", "dev/urandom")

ENTER = """
set -eu
root=$1; shift
mount --bind "$root" "$root"
while [ "$1" != -- ]; do mount --bind -o "$1" "$2" "$root/$3"; shift 3; done
shift
mount -o "remount,bind,$1" "$root"; shift
exec chroot "$root" "$@"
"""
"""Mounts `MODE SOURCE TARGET` until `--`, then the root itself in the mode that follows, then becomes the command."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile, with its lines joined."""

    name: str
    text: str

    def words(self) -> list[str]:
        """Its arguments, in exec form (a JSON list, after any flags) or as plain words."""
        listed = re.search(r"\[.*\]$", self.text)
        return list(json.loads(listed[0])) if listed else shlex.split(self.text)


def read_dockerfile(file: Path) -> list[Instruction]:
    """Read the instructions, without comments."""
    text = re.sub(r"^\s*#.*\n", "", file.read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", "").splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def context_files(top: Path) -> list[PurePath]:
    """Every file that `docker build` would be sent, relative to ``top``; the last pattern that fits a path decides."""
    patterns = [line for line in (top / ".dockerignore").read_text().split() if not line.startswith("#")]

    def is_sent(path: PurePath) -> bool:
        sent = True
        for pattern in patterns:
            wanted = pattern.removeprefix("!").removeprefix("**/")
            anywhere = pattern.startswith("**/")
            parts = [PurePath(*path.parts[:depth]) for depth in range(1, len(path.parts) + 1)]
            if any(fnmatch(part.name if anywhere else str(part), wanted) for part in parts):
                sent = pattern.startswith("!")
        return sent

    def may_hold_some(path: PurePath) -> bool:
        return is_sent(path) or any(
            PurePath(pattern[1:]).is_relative_to(path) for pattern in patterns if pattern[0] == "!"
        )

    found: list[PurePath] = []
    for folder, folders, names in os.walk(top):
        here = PurePath(folder).relative_to(top)
        folders[:] = [name for name in folders if may_hold_some(here / name)]
        found += [here / name for name in names if is_sent(here / name)]
    return sorted(found)


@dataclass
class Stage:
    """One `FROM`: its root, and what the instructions said about running it."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": SYSTEM_PATH})
    directory: str = "/"
    user: str = "0:0"
    said: dict[str, list[str]] = field(default_factory=dict)
    """The words of the instructions that say something about running it: ENTRYPOINT, CMD, HEALTHCHECK, VOLUME."""

    def __post_init__(self) -> None:
        """Put in what the base image brings: places to mount this machine's programs, and its Python."""
        for name in SYSTEM:
            here = Path("/", name)
            if here.is_symlink():
                (self.root / name).symlink_to(here.readlink())
            elif here.is_dir():
                self.inside(f"/{name}").mkdir(parents=True)
        for name in ("base", "dev", "etc", "proc", "tmp", "var/lib", sys.base_prefix.lstrip("/")):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        for name in DEVICES:
            (self.root / name).touch()
        python = f"{sys.base_prefix}/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
        _write_program(self.root / "base" / "python", f'exec {python} "$@"')
        pip = str(metadata.distribution("pip").locate_file("pip"))
        shutil.copytree(pip, self.root / "base" / "lib" / "pip")
        _write_program(self.root / "base" / "pip", f'PYTHONPATH=/base/lib exec {python} -m pip "$@"')

    def inside(self, path: str) -> Path:
        """Where a path of the stage lies on this machine."""
        return self.root / os.path.normpath(Path("/", self.directory, path)).lstrip("/")

    def mounts(self) -> list[str]:
        """What every root of this stage has from this machine, read-only."""
        system = [name for name in SYSTEM if not (self.root / name).is_symlink() and (self.root / name).is_dir()]
        if not Path(sys.base_prefix).is_relative_to("/usr"):
            system.append(sys.base_prefix.lstrip("/"))
        devices = [word for name in DEVICES for word in ("rw", f"/{name}", name)]
        return [word for name in [*system, "proc"] for word in ("ro", f"/{name}", name)] + devices

    def enter(self, mounts: list[str], mode: str, command: list[str]) -> list[str]:
        """Give the command line that runs ``command`` in this root."""
        unshare = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "enter"]
        return [*unshare, str(self.root), *self.mounts(), *mounts, "--", mode, *command]

    def in_environment(self, command: list[str], **more: str) -> list[str]:
        """Give ``command`` with the environment, directory and identity that the Dockerfile says."""
        user, group = self.user.split(":")
        bare = ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"] if user != "0" else []
        identity = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *bare]
        variables = [f"{name}={value}" for name, value in {**self.environment, **more}.items()]
        return [*identity, "env", "-i", f"--chdir={self.directory}", *variables, *command]


def _write_program(place: Path, script: str) -> None:
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)


def build(top: Path, directory: Path) -> Stage:
    """Carry out the Dockerfile of ``top`` below ``directory``; give its last stage.

    Raises:
        AssertionError: a RUN instruction failed; the message is what it said.
        NotImplementedError: an instruction is not known here.
    """
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    sent = context_files(top)
    for instruction in read_dockerfile(top / "Dockerfile"):
        if instruction.name == "FROM":
            name = instruction.words()[2] if " AS " in instruction.text else "last"
            root = directory / name
            root.mkdir(mode=0o755)
            stage = stages[name] = Stage(root)
            continue
        assert stage is not None, "a Dockerfile begins with FROM"
        _carry_out(instruction, stage, stages, top, sent)
    assert stage is not None
    return stage


def _carry_out(
    instruction: Instruction, stage: Stage, stages: dict[str, Stage], top: Path, sent: list[PurePath]
) -> None:
    match instruction.name:
        case "WORKDIR":
            stage.directory = instruction.text
            stage.inside(".").mkdir(parents=True, exist_ok=True)
        case "RUN":
            _run(stage, instruction.text)
        case "COPY":
            _copy(instruction.words(), stage, stages, top, sent)
        case "ENV":
            for word in instruction.words():
                name, _, value = word.partition("=")
                stage.environment[name] = Template(value).substitute(stage.environment)
        case "USER":
            stage.user = instruction.text
        case "VOLUME" | "ENTRYPOINT" | "CMD" | "HEALTHCHECK" | "LABEL" | "EXPOSE" as name:
            stage.said[name] = instruction.words()
        case unknown:
            raise NotImplementedError(f"the Dockerfile has a {unknown}, which is not known here")


def _run(stage: Stage, script: str) -> None:
    """Run as root, with this machine's way to its package index: ``/etc``, what lies beside in ``/opt``, proxies."""
    mounts = ["ro", "/etc", "etc"]
    borrowed = [place for place in Path("/opt").glob("*") if place.is_dir() and not stage.inside(str(place)).exists()]
    for place in borrowed:
        stage.inside(str(place)).mkdir(parents=True)
        mounts += ["ro", str(place), str(place).lstrip("/")]
    ways = {name: value for name, value in os.environ.items() if re.match(r"PIP_|SSL_|\w+_proxy$", name, re.IGNORECASE)}
    command = stage.in_environment(["/bin/sh", "-c", script], **ways)
    done = subprocess.run(stage.enter(mounts, "rw", command), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"RUN {script}\n{done.stdout}{done.stderr}"
    for place in borrowed:
        stage.inside(str(place)).rmdir()


def _copy(words: list[str], stage: Stage, stages: dict[str, Stage], top: Path, sent: list[PurePath]) -> None:
    *sources, target = words
    if sources[0].startswith("--from="):
        origin = stages[sources.pop(0).removeprefix("--from=")]
        (source,) = sources
        shutil.copytree(origin.inside(source), stage.inside(target), symlinks=True)
        return
    for source in sources:
        files = [path for path in sent if path.is_relative_to(source)]
        assert files, f"COPY {source}: .dockerignore keeps it out"
        for path in files:
            one_to_folder = path == PurePath(source) and target.endswith("/")
            place = stage.inside(target) / (path.name if one_to_folder else path.relative_to(source))
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(top / path, place)
