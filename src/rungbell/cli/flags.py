"""What the API refuses, said of the flags that were typed where it speaks of its fields.

May import: the standard library.
"""

from collections.abc import Mapping


def in_flags(message: str, flags: Mapping[str, str]) -> str:
    """Put the flag in the place of each field: in quotes, or bare before what is wrong with its value."""
    for field, flag in flags.items():
        message = message.replace(f"`{field}`", f"`{flag}`")
        bare = f"{field}: "
        if message.startswith(bare):
            message = f"`{flag}`: {message.removeprefix(bare)}"
    return message
