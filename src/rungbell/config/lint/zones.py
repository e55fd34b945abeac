"""Time zones by names that they no longer have.

An old name (``Europe/Kiev``, ``US/Eastern``) goes on working as long as the machine's data keeps it: some systems put
old names into a package of their own. What counts as one is told by the data that rungbell brings along: a link to
another zone that is no country's own.

May import: ``findings``, ``mistakes``, the standard library and tzdata's files.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path


def check_zones(findings: Findings) -> None:
    """Note every `zone` that is written by an old name."""
    for path, zone in _zones(findings.document.data, ()):
        new = old_names().get(zone)
        if new is not None:
            findings.warn("renamed-zone", path, f"{zone} is an old name of {new}", f"write {new}")


@cache
def old_names() -> Mapping[str, str]:
    """Give each old name, and today's of the same zone."""
    folder = files("tzdata").joinpath("zoneinfo")
    table = folder.joinpath("zone.tab").read_text(encoding="utf-8").splitlines()
    today = {line.split("\t")[2] for line in table if line and not line.startswith("#")}
    lines = folder.joinpath("tzdata.zi").read_text(encoding="utf-8").splitlines()
    links = (line.split()[1:3] for line in lines if line.startswith("L "))
    return {old: new for new, old in links if old not in today and not new.startswith("Etc/")}


def _zones(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "zone" and isinstance(inner, str):
                yield (*path, key), inner
            else:
                yield from _zones(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _zones(inner, (*path, index))
