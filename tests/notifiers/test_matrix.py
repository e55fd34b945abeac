"""Provider by fault has no empty cell, and a cell that is empty is noticed."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import ClassVar

import pytest

from rungbell.notifiers import GROUP
from rungbell.testing import Cell, Fault, Matrix, NotifierContract, NotPossible, http_faults
from tests.notifiers.matrix import matrix


def test_every_channel_type_answers_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    found = matrix()
    with capsys.disabled():
        print(f"\n{found}")  # noqa: T201 -- the suite shows it

    assert found.empty == []
    assert {point.name for point in entry_points(group=GROUP)} <= found.contracts.keys()


def test_a_fault_without_an_answer_is_an_empty_cell() -> None:
    class Forgetful(NotifierContract):
        faults: ClassVar[Mapping[Fault, Cell]] = {
            fault: cell
            for fault, cell in http_faults(error_in_success=NotPossible("it says so by status")).items()
            if fault is not Fault.GARBAGE
        }
        limits = NotPossible("there are no limits")

    found = Matrix({"forgetful": Forgetful})

    assert found.empty == [("forgetful", "garbage"), ("forgetful", "repeat")]
    assert "EMPTY" in str(found)
    assert "forgetful, error in success: not possible, because it says so by status" in str(found)


@pytest.mark.parametrize("because", ["", "no", "not possible"])
def test_why_something_is_not_possible_is_a_sentence(because: str) -> None:
    with pytest.raises(ValueError, match="in a sentence"):
        NotPossible(because)
