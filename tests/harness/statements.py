"""Every statement of the store, by its name."""

from importlib import import_module
from pkgutil import iter_modules

from rungbell.store import statements
from rungbell.store.statements import Statement

MODULES = tuple(import_module(f"{statements.__name__}.{found.name}") for found in iter_modules(statements.__path__))


def every_statement() -> dict[str, Statement]:
    """Give them as they stand now: a test may have put another one in the place of one.

    Raises:
        LookupError: two have the same name.
    """
    found: dict[str, Statement] = {}
    for module in MODULES:
        of_module = {name: value for name, value in vars(module).items() if isinstance(value, Statement)}
        if twice := found.keys() & of_module.keys():
            raise LookupError(f"{', '.join(sorted(twice))}: two statements have this name")
        found |= of_module
    return found
