"""The configuration: one YAML file, read strictly, to the values that the rest of rungbell works with.

``load`` reads a file and either gives ``Settings`` or raises ``InvalidConfigError`` with every mistake in it. Notifiers
bring the model of their own settings (``NotifierType``); ``Duration`` is the type of a duration in them, and every
``SecretStr`` field ``X`` of theirs can also be written as ``X_file``. Their values are validated strictly, as in JSON.

Rules
-----
* A file is read whole or not at all, and all its mistakes are told at once, each with its line and a hint.
* No secret is ever part of a message or of what an object looks like.

``web_file.load_web`` reads the file of ``--web.config.file`` in the same way.

The way through: ``reading`` and ``yaml_lines`` (text to plain data with lines) → ``secrets`` (files to values) →
``validate`` with ``model``, ``fields`` and ``times`` (shape) → ``crosscheck``, ``ladders`` and ``reach`` (what spans
several values) → ``build`` (the domain).

May import: ``domain``, pydantic and PyYAML.
"""

from rungbell.config.durations import Duration, format_duration, parse_duration
from rungbell.config.load import load
from rungbell.config.mistakes import ConfigMistake, InvalidConfigError
from rungbell.config.settings import ChannelSettings, NotifierType, Settings, SourceSettings, TokenSettings

__all__ = [
    "ChannelSettings",
    "ConfigMistake",
    "Duration",
    "InvalidConfigError",
    "NotifierType",
    "Settings",
    "SourceSettings",
    "TokenSettings",
    "format_duration",
    "load",
    "parse_duration",
]
