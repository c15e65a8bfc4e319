"""The disk is full at any moment: a sentence, nothing half, and the next run goes on.

Needs a right to mount; skipped without.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.main import run
from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings
from tests.e2e.running import TYPED
from tests.e2e.test_kill import artifacts, left_overs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOM_KB = 50_000


class Disk:
    """A disk of a size that can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def make(self, size_kb: int) -> bool:
        words = ["-t", "tmpfs", "-o", f"size={size_kb}k", "none", str(self.folder)]
        return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0

    def resize(self, size_kb: int) -> None:
        words = ["-o", f"remount,size={size_kb}k", str(self.folder)]
        subprocess.run(["mount", *words], check=True)

    def remove(self) -> None:
        subprocess.run(["umount", str(self.folder)], capture_output=True, check=False)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    found = Disk(tmp_path / "disk")
    if sys.platform != "linux" or not found.make(ROOM_KB):
        pytest.skip("no right to mount a disk")
    yield found
    found.remove()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wish = MatchSettings(
        sport="tennis", seed=1, length_s=20, width=192, height=120, difficulty="easy"
    )
    return make_match(tmp_path_factory.mktemp("short"), wish).video


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, video: Path) -> dict[str, object]:
    library = tmp_path_factory.mktemp("undisturbed")
    assert run(["cut", str(video), "--sport", "tennis", "--library", str(library)]) == 0
    return artifacts(library)


def typed(*words: object) -> tuple[int, str]:
    """Exit code and what was said of a command in a process of its own."""
    command = [sys.executable, "-c", TYPED, *map(str, words)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    "size_kb", [40, 100, 200, 300, 450, 600, 800, 1100, 1300, 1500, 1700, 1900, 2100, 2400]
)
def test_a_line_that_meets_a_full_disk_ends_with_3_and_goes_on_when_there_is_room(
    disk: Disk, video: Path, undisturbed: dict[str, object], size_kb: int
) -> None:
    disk.resize(size_kb)
    library = disk.folder / "library"
    words = ("cut", video, "--sport", "tennis", "--library", library)
    code, said = typed(*words)
    assert code == 3, said
    assert "Traceback" not in said
    assert "ake room" in said
    disk.resize(ROOM_KB)
    assert typed(*words)[0] == 0
    assert artifacts(library) == undisturbed
    assert left_overs(library) == []


@pytest.mark.parametrize("words", [["tables"], ["add"], ["tidy", "--days", "1"]])
def test_commands_on_a_full_disk_say_so_and_work_when_there_is_room(
    disk: Disk, video: Path, undisturbed: dict[str, object], words: list[str]
) -> None:
    library = disk.folder / "library"
    assert typed("cut", video, "--sport", "tennis", "--library", library)[0] == 0
    other = disk.folder / "other.mp4"
    other.write_bytes((next(library.glob("videos/*/clips/0001.mp4"))).read_bytes())
    words = [*words, *([str(other)] if words == ["add"] else []), "--library", str(library)]
    used = subprocess.run(
        ["du", "-sk", str(disk.folder)], capture_output=True, check=True, text=True
    )
    disk.resize(int(used.stdout.split()[0]) + 8)
    code, said = typed(*words)
    assert "Traceback" not in said
    assert code == 3, said
    disk.resize(ROOM_KB)
    assert typed(*words)[0] == 0
    assert artifacts(library) == undisturbed
