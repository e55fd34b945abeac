"""What all parts of the file have in common.

Rules
-----
* A section that the file leaves out is made by ``model_construct``: its defaults need no check, and a check would be
  built while the module is imported.

May import: pydantic.
"""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the file: unknown keys are mistakes, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
