"""Files that hold secrets: nobody else reads them, and none goes by accident."""

from pathlib import Path

import pytest

from rungbell.cli.files import new_private, put


def test_a_new_file_is_for_its_owner_only_and_never_over_another(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with new_private(file) as opened:
        assert file.stat().st_mode & 0o777 == 0o600, "before anything is in it"
        opened.write("hunter2")
    with pytest.raises(FileExistsError):
        new_private(file)
    assert file.read_text() == "hunter2"


def test_a_finished_file_takes_the_place_of_another_only_by_force(tmp_path: Path) -> None:
    made, target = tmp_path / "made", tmp_path / "target"
    made.write_text("new")
    target.write_text("precious")
    with pytest.raises(FileExistsError):
        put(made, target, force=False)
    assert target.read_text() == "precious"
    put(made, target, force=True)
    assert target.read_text() == "new"
