"""``python -m tests.notifiers.matrix`` prints which provider answers which fault how."""

import pkgutil
from importlib import import_module

import tests.notifiers
from rungbell.testing import Matrix


def matrix() -> Matrix:
    """Every contract of the suite."""
    for module in pkgutil.iter_modules(tests.notifiers.__path__, "tests.notifiers."):
        if module.name.rpartition(".")[2].startswith("test_"):
            import_module(module.name)
    return Matrix.known()


if __name__ == "__main__":
    print(matrix())  # noqa: T201 -- that is what it is for
