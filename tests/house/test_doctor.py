"""What `gametape doctor` says can be typed as it stands."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.diagnosis import OPTIONAL
from app.main import app
from app.show import out


def test_the_cure_for_a_missing_extra_is_shown_with_its_brackets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "width", 400)
    monkeypatch.setitem(OPTIONAL, "nothing-of-this-name", ("tests", "pip install -e '.[extra]'"))
    result = CliRunner().invoke(app, ["doctor", "--library", str(tmp_path / "it's [here]")])
    assert result.exit_code == 0
    assert "pip install -e '.[extra]'" in result.output
    assert "it's [here]" in result.output
