"""What nobody has stated yet: the facts that a text should have and that its reviewer adds, or leaves out knowingly.

May import: ``communication.facts``, ``communication.kinds`` and the standard library's pure parts.
"""

from collections.abc import Mapping

from rungbell.domain.communication.facts import TextFacts
from rungbell.domain.communication.kinds import CommunicationKind

WANTED: Mapping[CommunicationKind, tuple[str, ...]] = {
    CommunicationKind.INTERNAL_DECLARATION: (
        "commander", "clients_affected", "functionality", "metric", "engineers", "timeline",
    ),
    CommunicationKind.INTERNAL_UPDATE: ("commander", "functionality", "actions", "timeline"),
    CommunicationKind.CLIENT_NOTICE: ("recipient", "product", "functionality", "expected_resolution", "support_email",
                                      "support_phone", "sign_off"),
    CommunicationKind.CLIENT_UPDATE: ("recipient", "product", "functionality", "expected_resolution", "sign_off"),
    CommunicationKind.ALL_CLEAR: ("recipient", "product", "functionality", "resolved", "cause", "resolution",
                                  "validations", "support_email", "sign_off"),
    CommunicationKind.EXECUTIVE_NOTE: (
        "commander", "functionality", "clients_affected", "business", "sla", "cause", "actions", "timeline",
    ),
    CommunicationKind.EXECUTIVE_UPDATE: ("commander", "functionality", "sla", "cause", "actions", "timeline"),
}  # fmt: skip
"""The facts whose absence a text of a kind shows."""


def missing(kind: CommunicationKind, facts: TextFacts) -> tuple[str, ...]:
    """Name the facts that a text of this kind should state and that nobody has stated."""
    return tuple(name for name in WANTED[kind] if not getattr(facts, name))
