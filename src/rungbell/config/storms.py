"""What the file says of storms: what must hold for it, and what it is as values of the domain.

Rules
-----
* A channel whose provider keeps its own record of each incident (``one_by_one``) has no budget: its pages never leave
  together.

May import: ``domain``, ``findings``, ``model``, ``references`` and ``settings``.
"""

from collections.abc import Mapping

from rungbell.config.findings import Findings
from rungbell.config.model.file import FileSection
from rungbell.config.model.holding import BudgetSection, StormsSection
from rungbell.config.references import refer
from rungbell.config.settings import ChannelSettings, NotifierType
from rungbell.domain.storms import PageBudget, Storms, UmbrellaRule


def check_storms(file: FileSection, findings: Findings) -> None:
    """Find budgets of channels that are not there."""
    for name in getattr(file.storms, "channels", {}):
        refer(("storms", "channels", name), name, getattr(file, "channels", {}), "channel", findings)


def build_storms(
    section: StormsSection,
    channels: Mapping[str, ChannelSettings],
    notifiers: Mapping[str, NotifierType],
    findings: Findings,
) -> Storms:
    """Build what is done where too much happens at once."""
    umbrella = section.umbrella
    budgets: dict[str, PageBudget] = {}
    for name, channel in channels.items():
        given = section.channels.get(name, section.pages)
        if getattr(notifiers[channel.type], "one_by_one", False):
            if name in section.channels:
                text = f"pages of the type `{channel.type}` never leave together"
                findings.wrong(("storms", "channels", name), text, "leave it out; its provider knows each incident")
        elif given is not None:
            budgets[name] = _budget(given)
    return Storms(UmbrellaRule(umbrella.opens, umbrella.within) if umbrella else None, budgets)


def _budget(section: BudgetSection) -> PageBudget:
    return PageBudget(section.at_most, section.within)
