"""What a shop says of storms: from when on new incidents of a policy go on in an umbrella."""

from dataclasses import dataclass
from random import Random

from tests.simulation.moments import MINUTE


@dataclass(frozen=True, slots=True)
class Storm:
    """So many within a time ring by themselves."""

    opens: int
    within: int


def draw_storm(rng: Random) -> Storm:
    """Draw when it is a storm."""
    return Storm(rng.choice((2, 2, 3)), rng.choice((1, 1, 10)) * MINUTE)
