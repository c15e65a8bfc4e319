"""What the disk said is found among causes, however they are linked."""

import errno
from pathlib import Path

import pytest

from app.runs.history import disk_errors_told
from gametape.errors import ToolError
from resources.settings import load_settings


def test_a_full_disk_is_told_and_causes_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    settings = load_settings({"library": str(tmp_path)}, environment={}, folder=tmp_path).settings
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    with pytest.raises(ValueError, match="one"), disk_errors_told(settings):
        raise one
    one.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(ToolError, match="No space left on device"), disk_errors_told(settings):
        raise other
