"""The shipped quickstart configuration, as it is or with a few values changed for a test."""

from collections.abc import Callable
from pathlib import Path

import yaml

QUICKSTART = Path(__file__).parents[2] / "config" / "quickstart.yml"
PAGE_PORT = 9911
"""Where the shipped configuration pages."""
PAGE_URL = f"http://127.0.0.1:{PAGE_PORT}/page"

Change = Callable[[str, object], object]


def derive(target: Path, *, page_url: str | None = None, acknowledge_within: str | None = None) -> Path:
    """Write the quickstart configuration with another page url and another time to acknowledge; give its path.

    The values are found wherever they sit. When there is nothing to change any more the shipped file has changed its
    words, and that is an error here rather than a test that quietly tests something else.
    """
    document = yaml.safe_load(QUICKSTART.read_text())
    if page_url is not None:
        document = _changed(document, "page url", lambda _key, old: page_url if old == PAGE_URL else old)
    if acknowledge_within is not None:
        document = _changed(
            document,
            "acknowledge_within",
            lambda key, old: acknowledge_within if key == "acknowledge_within" else old,
        )
    target.write_text(yaml.safe_dump(document, sort_keys=False))
    return target


def _changed(document: object, what: str, change: Change) -> object:
    after = _walk(document, "", change)
    if after == document:
        raise LookupError(f"{QUICKSTART} has no {what} to change")
    return after


def _walk(value: object, key: str, change: Change) -> object:
    if isinstance(value, dict):
        return {name: _walk(inner, str(name), change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_walk(inner, key, change) for inner in value]
    return change(key, value)
