"""What a person always wants, from ``~/.config/rungbell/cli.yml``; flags and the environment come before it.

May import: the standard library, click, PyYAML (lazily).
"""

import os
from pathlib import Path

import click

KEYS = ("url", "as", "token_file", "output")


def defaults() -> dict[str, str]:
    """Read ``cli.yml``; nothing where there is none.

    Raises:
        click.UsageError: it cannot be read, or holds a key that nobody knows.
    """
    try:
        home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    except RuntimeError:  # no HOME and nobody in the passwd, as in a container
        return {}
    path = Path(home) / "rungbell" / "cli.yml"
    if not path.is_file():
        return {}
    import yaml

    try:
        data = yaml.safe_load(path.read_text()) or {}
    except (OSError, yaml.YAMLError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    expected = f"{', '.join(f'`{key}`' for key in KEYS)}, one a line"
    if not isinstance(data, dict):
        raise click.UsageError(f"{path}: {expected}, are expected")
    unknown = [str(key) for key in data if key not in KEYS]
    if unknown:
        raise click.UsageError(f"{path}: nobody knows `{unknown[0]}`; there are {expected}")
    return {str(key): str(value) for key, value in data.items()}
