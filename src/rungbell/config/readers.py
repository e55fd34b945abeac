"""How a function reads a value of the file: what pydantic's annotations of like names do, without what they ask.

Pydantic's look into the signature of a function wherever it is used, to find out whether it wants to know of the
field, and into how a value would be written. Ours want to know of none, and nothing of a file is ever written.

May import: pydantic and pydantic_core.
"""

from collections.abc import Callable
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import (
    no_info_after_validator_function,
    no_info_before_validator_function,
    no_info_plain_validator_function,
)

from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class After:
    """The function gets what was read, and answers with it or with something else."""

    read: Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.read, handler(source))


@dataclass(frozen=True, slots=True)
class Before:
    """The function gets what stands in the file, and answers with what is to be read."""

    read: Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(self.read, handler(source))


@dataclass(frozen=True, slots=True)
class Plain:
    """The function alone reads what stands in the file."""

    read: Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_plain_validator_function(self.read)
