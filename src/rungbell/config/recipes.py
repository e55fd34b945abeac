"""The recipes of the file: what must hold for them, and what they are as values of the domain.

May import: ``domain``, ``findings`` and ``model``.
"""

from rungbell.config.findings import Findings
from rungbell.config.model.file import FileSection, RecipesSection
from rungbell.domain.command.recipes import Recipe, Recipes, Remedy
from rungbell.domain.matchers import parse_matchers


def check_recipes(file: FileSection, findings: Findings) -> None:
    """Find two of one name: people speak of them by it."""
    for key, what in (("containment", "name"), ("eradication", "cause")):
        named = [getattr(one, what, None) for one in getattr(file.recipes, key, ())]
        for index, name in enumerate(named):
            if name is not None and name in named[:index]:
                findings.wrong(("recipes", key, index, what), f"there is another recipe `{name}`")


def build_recipes(section: RecipesSection) -> Recipes:
    """Build them, in the order of the file."""
    return Recipes(
        containment=tuple(
            Recipe(one.name, one.text, parse_matchers(one.match), one.commands) for one in section.containment
        ),
        eradication=tuple(Remedy(one.cause, one.fix, one.validation) for one in section.eradication),
    )
