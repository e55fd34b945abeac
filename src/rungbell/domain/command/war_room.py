"""Where those who fight an incident meet: its channel, and the call (playbook L758, L600).

May import: ``incident``, ``policy`` and the standard library's pure parts.
"""

from rungbell.domain.incident import Incident
from rungbell.domain.policy import Policy

PLACE = "{incident}"
"""What the name of the incident's channel is put in for, in a ``bridge_url``."""


def channel_of(incident: Incident) -> str | None:
    """``#incident-YYYYMMDD-HHMM``, by the incident's name; ``None`` where it has none (A18)."""
    return None if incident.name is None else f"#{_word(incident.name)}"


def bridge_of(incident: Incident, policy: Policy) -> str | None:
    """Give the call that its severity meets in; ``None`` where the file names none."""
    url = policy.plan(incident.severity).bridge_url
    return url.replace(PLACE, _word(incident.name or incident.id)) if url else None


def _word(name: str) -> str:
    return f"incident-{name.removeprefix('INC-').lower()}"
