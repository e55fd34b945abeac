"""Who is kept informed (playbook L52).

May import: the standard library's pure parts.
"""

from enum import StrEnum


class Audience(StrEnum):
    """The three circles around an incident; each has its own texts, channels and pace."""

    INTERNAL = "internal"
    CLIENTS = "clients"
    EXECUTIVES = "executives"
