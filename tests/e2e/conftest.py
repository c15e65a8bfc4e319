"""One made match and one library that the tests of a whole line share."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.main import run
from gametape.madematch.match import MadeMatch, make_match
from gametape.madematch.settings import MatchSettings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the line share a match and a library: one worker runs them all."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.xdist_group("line"))


@dataclass(frozen=True)
class Typed:
    """What a command did when it was typed."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def match(tmp_path_factory: pytest.TempPathFactory) -> MadeMatch:
    settings = MatchSettings(
        sport="volleyball-indoor", seed=5, length_s=90, width=320, height=180, difficulty="easy"
    )
    return make_match(tmp_path_factory.mktemp("match"), settings)


@pytest.fixture
def type_in(capfd: pytest.CaptureFixture[str]) -> Callable[..., Typed]:
    """Type a command as a user would; returns its exit code and what it printed."""

    def type_in(*words: object) -> Typed:
        capfd.readouterr()
        code = run([str(word) for word in words])
        said = capfd.readouterr()
        return Typed(code, said.out, said.err)

    return type_in


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, match: MadeMatch) -> Path:
    """A library through which the match has gone."""
    folder = tmp_path_factory.mktemp("library")
    words = ("cut", match.video, "--sport", "volleyball-indoor", "--library", folder, "--json")
    assert run([str(word) for word in words]) == 0
    return folder
