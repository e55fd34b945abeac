"""What the file says of storms, as values of the domain.

May import: ``domain`` and ``model``.
"""

from rungbell.config.model import StormsSection
from rungbell.domain.storms import Storms, UmbrellaRule


def build_storms(section: StormsSection) -> Storms:
    """Build what is done where too much happens at once."""
    umbrella = section.umbrella
    return Storms(umbrella=UmbrellaRule(umbrella.opens, umbrella.within) if umbrella else None)
