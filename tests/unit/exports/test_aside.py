"""Files appear whole or not at all."""

from pathlib import Path

import pytest

from gametape.aside import write_bytes, write_text, written_aside
from gametape.errors import ToolError


def test_a_file_takes_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "clips" / "0001.mp4"
    with written_aside(path) as aside:
        aside.write_bytes(b"half")
        assert not path.exists()
        assert aside.suffix == ".mp4"
    assert path.read_bytes() == b"half"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_text(path, "old")
    with pytest.raises(ValueError, match="broken"), written_aside(path) as aside:
        aside.write_text("half of the n")
        raise ValueError("broken")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ToolError, match=r"0001.jpg: could not be written"):
        write_bytes(tmp_path / "file" / "0001.jpg", b"x")
