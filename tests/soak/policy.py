"""The policy of the soak: the shipped quickstart, hurried, so that every clock runs within the half hour."""

from pathlib import Path

import yaml

from tests.harness.quickstart import derive

ACKNOWLEDGE_WITHIN = ("20s", "25s")
"""A good reload goes to and fro between these, so that policies are pinned, replaced and forgotten."""
ACKNOWLEDGEMENT_LASTS = "15s"
BAD = "severities: {P9: nonsense}\n"
"""What no rungbell takes."""


def write_good(target: Path, page_url: str, turn: int = 0) -> Path:
    """Write a usable file; ``turn`` chooses which, and an operator hears of rungbell's own troubles."""
    within = ACKNOWLEDGE_WITHIN[turn % len(ACKNOWLEDGE_WITHIN)]
    document = yaml.safe_load(derive(target, page_url=page_url, acknowledge_within=within).read_text())
    for plan in document["severities"].values():
        plan["acknowledgement_lasts"] = ACKNOWLEDGEMENT_LASTS
    document["operator"] = "default"
    target.write_text(yaml.safe_dump(document, sort_keys=False))
    return target
