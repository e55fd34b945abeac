"""Where whoever is paged reads on: the links that an alert's annotations name.

Rules
-----
* An alert is a stranger's word: only web addresses of a sane length are kept, and nothing follows them.

May import: the standard library's pure parts.
"""

import re
from collections.abc import Mapping

RUNBOOK = "runbook"
ANNOTATIONS = {"runbook_url": RUNBOOK, "dashboard_url": "dashboard", "trace_url": "trace", "logs_url": "logs"}
"""Annotation to the name of the link; ``runbook_url`` is what Prometheus' own rules say (playbook L187)."""
LONGEST = 500
_ADDRESS = re.compile(r"https?://[!-~]+")


def links_of(annotations: Mapping[str, str] | None) -> dict[str, str]:
    """Give the links by name, in the order of ``ANNOTATIONS``."""
    if not annotations:
        return {}
    found = {
        name: annotations[annotation].strip() for annotation, name in ANNOTATIONS.items() if annotation in annotations
    }
    return {name: link for name, link in found.items() if len(link) <= LONGEST and _ADDRESS.fullmatch(link)}
