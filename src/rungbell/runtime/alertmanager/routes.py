"""Whom an Alertmanager pages beside rungbell, by its own configuration: that there is one way to PagerDuty (A32).

Rules
-----
* A receiver counts where a route names it, whatever the route matches and mutes: what could happen is told. Only the
  alerts about rungbell itself may take a way around it (``component="rungbell"``, as the shipped rules have it).
* What cannot be read says nothing.

May import: the standard library, yaml.
"""

from functools import lru_cache
from typing import Any

import yaml


@lru_cache(maxsize=8)
def receivers_of_pagerduty(configuration: str) -> tuple[str, ...]:
    """Give the receivers that page PagerDuty and that a route leads to, in order; read once for the same text."""
    if "pagerduty_configs" not in configuration:
        return ()
    try:
        read = yaml.load(configuration, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):
        return ()
    found = _mapping(read)
    paging = {_named(one) for one in map(_mapping, _listed(found.get("receivers"))) if one.get("pagerduty_configs")}
    return tuple(sorted(paging & _led_to(found.get("route"))))


def _led_to(root: object) -> set[str]:
    """Give every receiver of a tree of routes; one without a name has that of the route above."""
    found, seen, waiting = set(), set(), [root]
    while waiting:
        route = waiting.pop()
        read = _mapping(route)
        if id(route) not in seen and not _about_ourselves(read):
            seen.add(id(route))
            found.add(str(read.get("receiver", "")))
            waiting += _listed(read.get("routes"))
    return found


def _about_ourselves(route: dict[Any, Any]) -> bool:
    matchers = {str(one).replace(" ", "").replace('"', "") for one in _listed(route.get("matchers"))}
    return "component=rungbell" in matchers or _mapping(route.get("match")).get("component") == "rungbell"


def _named(receiver: dict[Any, Any]) -> str:
    return str(receiver.get("name", ""))


def _mapping(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
