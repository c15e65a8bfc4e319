"""Two work on one tape at once: the results are as if it had been one."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.main import run
from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings
from resources.store import Store
from tests.e2e.running import TYPED, Up, wait_for
from tests.e2e.test_kill import artifacts, left_overs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wish = MatchSettings(sport="tennis", seed=2, length_s=30, width=192, height=120)
    return make_match(tmp_path_factory.mktemp("short"), wish).video


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, video: Path) -> dict[str, object]:
    library = tmp_path_factory.mktemp("alone")
    assert run(words(video, library)) == 0
    return artifacts(library)


def words(video: Path, library: Path) -> list[str]:
    return ["cut", str(video), "--sport", "tennis", "--library", str(library)]


def start(video: Path, library: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", TYPED, *words(video, library)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.parametrize("count", [2, 4])
def test_as_many_cuts_of_one_file_at_once_leave_what_one_leaves(
    video: Path, alone: dict[str, object], tmp_path: Path, count: int
) -> None:
    workers = [start(video, tmp_path) for _ in range(count)]
    said = [worker.communicate(timeout=400)[0].decode() for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * count, said
    assert artifacts(tmp_path) == alone
    assert left_overs(tmp_path) == []


def test_a_cut_by_hand_beside_a_run_of_the_ui_leaves_what_one_leaves(
    video: Path, alone: dict[str, object], tmp_path: Path
) -> None:
    up = Up(tmp_path / "library")
    assert run(["add", str(video), "--sport", "tennis", "--library", str(up.library)]) == 0
    up.start()
    try:
        first = up.launch(Store(up.library).tape_ids()[0])
        wait_for(lambda: up.worker(first) is not None, 100, "the run did not begin")
        by_hand = start(video, up.library)
        said = by_hand.communicate(timeout=300)[0].decode()
        assert by_hand.returncode == 0, said
        wait_for(lambda: up.status(first) == "SUCCESS", 200, "the run did not end")
        assert artifacts(up.library) == alone
        assert left_overs(up.library) == []
        assert {run["status"] for run in up.runs().values()} == {"SUCCESS"}
        for asset in ("segments", "clips"):  # either of the two made it; the UI shows it
            kind, drawing = up.picture(asset)
            assert kind == "image/svg+xml"
            assert drawing.startswith(b"<svg ")
    finally:
        up.kill_all()
