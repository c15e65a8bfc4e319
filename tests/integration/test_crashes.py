"""The process dies at every named point; whoever starts again ends as if it had not."""

import hashlib
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from app.main import run
from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings
from resources.crashpoints import Point

TYPED = "import sys; from app.main import run; sys.exit(run(sys.argv[1:]))"
# What `gametape add` passes; every other point is one of publishing.
ADDING = {
    Point.ORDER_WRITTEN,
    Point.ORDERS_WRITTEN,
    Point.PARTITIONS_ADDED,
    Point.LEDGER_WRITTEN,
    Point.LEDGER_OPENED,
    Point.LEDGER_CHANGED,
    Point.LEDGER_KEPT,
}
# Passed elsewhere, and died at in the tests of datasets and of models.
ELSEWHERE = {
    Point.DATASET_ASIDE,
    Point.BLOB_WRITTEN,
    Point.BLOB_PLACED,
    Point.BEFORE_VERSION,
    Point.AFTER_VERSION,
    Point.FILE_FETCHED,
    Point.LABELS_RESTORED,
    Point.RUN_LOGGED,
    Point.VERSION_MADE,
    Point.DECISION_WRITTEN,
    Point.ALIAS_MOVED,
    Point.MIRROR_WRITTEN,
}
# The manifest tells seconds, and so its size and hash do too.
BY_THE_CLOCK = {"seconds", "run_id", "parts", "hashes", "manifest.json"}
HEAD = "start_s,end_s,label\n"


@dataclass(frozen=True)
class Scene:
    """A library whose tape was cut by one list, and how another list is cut next."""

    folder: Path
    video: Path

    def words(self, library: Path) -> list[str]:
        listed = str(self.folder / "next.csv")
        return ["cut", str(self.video), "--segments", listed, "--library", str(library)]

    def copy(self, to: Path) -> Path:
        return Path(shutil.copytree(self.folder / "library", to, symlinks=True))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    wish = MatchSettings(
        sport="tennis", seed=3, length_s=8, width=192, height=120, difficulty="easy"
    )
    found = Scene(folder, make_match(folder / "match", wish).video)
    first = folder / "first.csv"
    first.write_text(HEAD + "0.5,1,a\n2,2.5,b\n3,3.4,c\n4,4.4,d\n")
    (folder / "next.csv").write_text(HEAD + "2,2.5,kept under another number\n5,5.5,new\n")
    words = ["cut", str(found.video), "--segments", str(first)]
    assert run([*words, "--library", str(folder / "library")]) == 0
    assert run(found.words(found.copy(folder / "undisturbed"))) == 0
    return found


def die_at(point: str, words: list[str]) -> int:
    """Type a command that is to die at a point; its exit code."""
    environment = {**os.environ, "GAMETAPE_CRASH_AT": point}
    command = [sys.executable, "-c", TYPED, *words]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    done = subprocess.run(command, env=environment, check=False, timeout=200, **silent)  # type: ignore[call-overload]
    return int(done.returncode)


def without_clock(value: Any) -> Any:
    """A JSON value without what tells seconds by the clock, and hashes of files that do."""
    if isinstance(value, dict):
        return {k: without_clock(v) for k, v in value.items() if k not in BY_THE_CLOCK}
    return [without_clock(v) for v in value] if isinstance(value, list) else value


def artifacts(library: Path) -> dict[str, object]:
    """Every file of a library's tapes: its bytes, or what a JSON says beside the clock."""
    found: dict[str, object] = {}
    for path in sorted((library / "videos").rglob("*")):
        if path.is_dir() or (path.parent.name == "_meta" and path.name.startswith(".")):
            continue  # locks, and the list of files that the next worker on the artifact takes over
        content = path.read_bytes()
        told = path.suffix == ".json"
        found[path.relative_to(library).as_posix()] = (
            without_clock(json.loads(content)) if told else hashlib.sha256(content).hexdigest()
        )
    return found


def run_ids(library: Path) -> dict[str, str]:
    """Which run made each artifact that is done."""
    sidecars = (library / "videos").glob("*/_meta/[a-z]*.json")
    return {path.stem: json.loads(path.read_bytes())["run_id"] for path in sidecars}


def left_overs(library: Path) -> list[str]:
    """Names of files and folders that only a worker on its way has."""
    return [
        path.name
        for path in library.rglob("*")
        if path.name == ".aside" or path.name.startswith(".reel-") or ".part" in path.name
    ]


@pytest.mark.parametrize("point", [p for p in Point if p not in ADDING | ELSEWHERE])
def test_a_tape_whose_worker_died_ends_as_one_undisturbed(
    point: Point, scene: Scene, tmp_path: Path
) -> None:
    library = scene.copy(tmp_path / "library")
    before = run_ids(library)
    of_step = point in (Point.CLIP_PLACED, Point.CLIPS_TOLD)
    assert die_at(point if of_step else f"clips:{point}", scene.words(library)) == -signal.SIGKILL
    done = run_ids(library)
    assert done["sources"] == before["sources"]
    assert done["segments"] != before["segments"]
    assert run(scene.words(library)) == 0
    after = run_ids(library)
    assert {name: after[name] for name in done if name != "clips"} == {
        name: run_id for name, run_id in done.items() if name != "clips"
    }
    assert (after["clips"] == done.get("clips")) == (point == Point.AFTER_SIDECAR)
    assert artifacts(library) == artifacts(scene.folder / "undisturbed")
    assert left_overs(library) == []


def test_half_a_sidecar_of_a_worker_that_was_killed_is_swept(scene: Scene, tmp_path: Path) -> None:
    library = scene.copy(tmp_path / "library")
    [meta] = (library / "videos").glob("*/_meta")
    (meta / ".clips.12345.part.json").write_text("{")
    assert run(scene.words(library)) == 0
    assert artifacts(library) == artifacts(scene.folder / "undisturbed")


def added(library: Path) -> object:
    """What `gametape add` leaves: orders, partitions, and the ledger without its times."""
    rows: list[tuple[object, ...]] = []
    if (library / "ledger.sqlite").is_file():
        with sqlite3.connect(library / "ledger.sqlite") as connection:
            chosen = "name, version, state, content_hash, tape, note"
            rows = connection.execute(f"select {chosen} from entries order by name").fetchall()
            # Without the attempt: who types --retry again means another one.
            rows += connection.execute("select tape, run_id from wishes order by tape").fetchall()
        connection.close()
    orders = {path.name: path.read_text() for path in sorted((library / "inbox").glob("*.json"))}
    with dg.DagsterInstance.from_config(str(library / "dagster")) as instance:
        return rows, orders, sorted(instance.get_dynamic_partitions("videos"))


class Arrivals:
    """A folder of videos, two of them of one content, and what taking them in leaves."""

    def __init__(self, folder: Path, scene: Scene) -> None:
        inbox = folder / "inbox"
        inbox.mkdir()
        for name in ("a.mp4", "b.mp4"):
            shutil.copyfile(scene.video, inbox / name)
        tapes = scene.folder / "library" / "videos"
        shutil.copyfile(next(tapes.glob("*/clips/0001.mp4")), inbox / "c.mp4")
        self.library = folder / "library"
        self.words = ["add", str(inbox), "--retry", "--sport", "tennis", "--library"]
        assert run([*self.words, str(folder / "undisturbed")]) == 0
        self.undisturbed = added(folder / "undisturbed")

    def ends_right_after(self, point: str) -> bool:
        """Die at a point and start again; False where the point is not passed (so often)."""
        code = die_at(point, [*self.words, str(self.library)])
        if code == 0:
            return False
        assert code == -signal.SIGKILL
        assert run([*self.words, str(self.library)]) == 0
        assert added(self.library) == self.undisturbed
        assert left_overs(self.library) == []
        shutil.rmtree(self.library)
        return True


@pytest.mark.parametrize("point", sorted(ADDING))
def test_files_whose_taking_in_died_are_taken_in_once(
    point: Point, scene: Scene, tmp_path: Path
) -> None:
    assert Arrivals(tmp_path, scene).ends_right_after(point)


@pytest.mark.slow
@pytest.mark.parametrize("point", sorted(ADDING))
def test_files_whose_taking_in_died_at_any_write_are_taken_in_once(
    point: Point, scene: Scene, tmp_path: Path
) -> None:
    arrivals = Arrivals(tmp_path, scene)
    passed = itertools.takewhile(
        lambda time: arrivals.ends_right_after(f"{point}:{time}"), itertools.count(1)
    )
    assert len(list(passed)) >= 1
