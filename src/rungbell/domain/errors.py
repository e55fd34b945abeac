"""The few errors of rungbell, each named for whose fault it is.

A caller's mistake is a ``Refusal`` (a person asked for something that cannot be done) or a ``MalformedInput`` (a
machine sent what cannot be understood); an operator's mistake is a ``ConfigError``; the machine's is a ``StoreError``.
"""


class RungbellError(Exception):
    """Something rungbell itself says went wrong; the message is meant for people."""


class ConfigError(RungbellError):
    """The configuration cannot be used; the message names file, line, field and the way to mend it."""


class MalformedInput(RungbellError):
    """What was sent can never be understood, however often it is sent again."""


class Refusal(RungbellError):
    """What a person asks for is understood, and cannot be done; the message says why."""


class StoreError(RungbellError):
    """The store cannot take or give anything at this moment."""


class StoreBusy(StoreError):
    """More work waits for the store than it may hold; the sender must come back."""


class StoreUnavailable(StoreError):
    """The store's file cannot be read or written (locked, full, read-only, closed)."""


class StoreIncompatible(StoreError):
    """It was written by a newer rungbell, is in use by another process, beside another store's log, or no store."""
