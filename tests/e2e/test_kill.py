"""Parts of a running `gametape up`, or all of it, are killed: every tape ends right."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.main import run
from app.runs.supervising import left_of
from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings
from resources.store import Store
from tests.e2e.running import TYPED, Up, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ENDS = {"SUCCESS", "FAILURE", "CANCELED"}
BY_THE_CLOCK = {"seconds", "run_id", "parts", "hashes", "manifest.json", "timings"}


@pytest.fixture(scope="module")
def tape_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wish = MatchSettings(sport="tennis", seed=3, length_s=90, width=320, height=180)
    return make_match(tmp_path_factory.mktemp("long"), wish).video


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, tape_file: Path) -> dict[str, object]:
    library = tmp_path_factory.mktemp("undisturbed")
    assert run(["cut", str(tape_file), "--sport", "tennis", "--library", str(library)]) == 0
    return artifacts(library)


@pytest.fixture
def up(tmp_path: Path, tape_file: Path) -> Iterator[Up]:
    found = Up(tmp_path / "library")
    words = ["add", str(tape_file), "--sport", "tennis", "--library", str(found.library)]
    assert run(words) == 0
    yield found
    if found.process is not None:
        found.kill_all()


def artifacts(library: Path) -> dict[str, object]:
    """Published files of a library by name: their hash, or what a JSON says beside the clock."""
    found: dict[str, object] = {}
    for path in sorted((library / "videos").rglob("*")):
        if path.is_file() and not (path.parent.name == "_meta" and path.name.startswith(".")):
            content = path.read_bytes()
            name = path.relative_to(library).as_posix()
            is_told = path.suffix == ".json"
            digest = hashlib.sha256(content).hexdigest()
            found[name] = without_clock(json.loads(content)) if is_told else digest
    return found


def without_clock(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_clock(v) for k, v in value.items() if k not in BY_THE_CLOCK}
    return [without_clock(v) for v in value] if isinstance(value, list) else value


def left_overs(library: Path) -> list[str]:
    return [
        path.name
        for path in (library / "videos").rglob("*")
        if path.name == ".aside" or path.name.startswith(".reel-") or ".part" in path.name
    ]


def tape_of(up: Up) -> Any:
    store = Store(up.library)
    return store.tape(store.tape_ids()[0])


def ends_as_undisturbed(up: Up, first: str, undisturbed: dict[str, object]) -> None:
    """Wait for a run's retry to end, and hold what is there against an undisturbed library."""

    def is_over() -> bool:
        try:
            runs = up.runs()
        except OSError:  # it is being started again
            return False
        return len(runs) > 1 and all(run["status"] in ENDS for run in runs.values())

    seconds = wait_for(is_over, 400, "the run was not tried again")
    print(f"ended {seconds:.0f} s after")
    runs = up.runs()
    assert runs[first]["status"] == "FAILURE"
    assert "SUCCESS" in {run["status"] for run in runs.values()}
    assert artifacts(up.library) == undisturbed
    assert left_overs(up.library) == []
    assert up.stop() == 0
    assert left_of(up.lock) == []


def begun(up: Up, asset: str) -> Callable[[], bool]:
    """Whether a step of the only tape has begun its work."""
    return (tape_of(up).folder / ".aside" / asset).exists


def run_ids(up: Up) -> dict[str, str]:
    sidecars = tape_of(up).folder.glob("_meta/[a-z]*.json")
    return {path.stem: json.loads(path.read_bytes())["run_id"] for path in sidecars}


@pytest.mark.parametrize("asset", ["proxies", "clips"])
def test_a_run_that_is_killed_is_tried_again(
    up: Up, asset: str, undisturbed: dict[str, object]
) -> None:
    up.start()
    first = up.launch(tape_of(up).order.id)
    wait_for(begun(up, asset), 200, f"{asset} did not begin")
    worker = up.worker(first)
    assert worker is not None
    done = run_ids(up)
    os.kill(worker, signal.SIGKILL)
    ends_as_undisturbed(up, first, undisturbed)
    assert run_ids(up) | done == run_ids(up)


@pytest.mark.parametrize("asset", ["proxies", "clips"])
def test_all_are_killed_at_once_and_after_a_restart_the_tape_is_finished(
    up: Up, asset: str, undisturbed: dict[str, object]
) -> None:
    up.start()
    first = up.launch(tape_of(up).order.id)
    wait_for(begun(up, asset), 200, f"{asset} did not begin")
    done = run_ids(up)
    up.kill_all()
    up.start()
    ends_as_undisturbed(up, first, undisturbed)
    assert run_ids(up) | done == run_ids(up)


@pytest.mark.parametrize("victim", ["dagster._daemon", "dagster dev", "code-server"])
def test_one_part_is_killed_and_the_tape_is_finished_all_the_same(
    up: Up, victim: str, undisturbed: dict[str, object]
) -> None:
    up.start()
    first = up.launch(tape_of(up).order.id)
    wait_for(begun(up, "proxies"), 200, "proxies did not begin")
    for pid in up.named(victim):
        os.kill(pid, signal.SIGKILL)
    ends_as_undisturbed(up, first, undisturbed)  # up has started them again by itself


def test_what_serves_the_code_is_killed_and_work_goes_on_without_a_hand(
    up: Up, undisturbed: dict[str, object]
) -> None:
    up.start()
    tape = tape_of(up).order.id
    first = up.launch(tape)
    wait_for(begun(up, "proxies"), 200, "proxies did not begin")
    killed = up.named("api grpc")
    for pid in killed:
        os.kill(pid, signal.SIGKILL)

    def is_served_again() -> bool:
        return set(up.named("api grpc")) > set() and up.is_ready()

    print(f"served {wait_for(is_served_again, 100, 'the code is not served again'):.0f} s after")

    def is_over() -> bool:
        return {run["status"] for run in up.runs().values()} <= ENDS

    wait_for(is_over, 400, "the run did not end")  # if not before all was started again
    if up.status(first) == "FAILURE":
        assert "SUCCESS" in {run["status"] for run in up.runs().values()}
    second = up.launch(tape)
    wait_for(is_over, 100, "no other run was begun")
    assert up.status(second) == "SUCCESS"
    assert artifacts(up.library) == undisturbed
    assert left_overs(up.library) == []
    assert up.stop() == 0
    assert left_of(up.lock) == []


def test_whoever_keeps_the_tree_is_killed_and_none_of_it_stays(up: Up) -> None:
    up.start()
    assert up.process is not None
    up.process.kill()
    up.process.wait()
    up.process = None
    wait_for(lambda: left_of(up.lock) == [], 100, "processes stay")
    up.start()
    assert up.stop() == 0


def test_a_second_up_on_one_library_is_refused(up: Up) -> None:
    up.start()
    words = [sys.executable, "-c", TYPED, "up", "--library", str(up.library), "--port", "1"]
    done = subprocess.run(words, capture_output=True, check=False, timeout=100)
    assert done.returncode == 2
    assert b"runs on this library already" in b" ".join(done.stderr.split())
    assert up.stop() == 0


@pytest.mark.parametrize("asset", ["proxies", "clips"])
def test_cancel_from_the_ui_stops_the_work_within_10_seconds(
    up: Up, asset: str, undisturbed: dict[str, object]
) -> None:
    up.start()
    tape = tape_of(up).order.id
    first = up.launch(tape)
    wait_for(begun(up, asset), 200, f"{asset} did not begin")
    worker = up.worker(first)
    up.cancel(first)
    seconds = wait_for(lambda: not Path(f"/proc/{worker}").exists(), 60, "the work goes on")
    print(f"{asset}: the process ended {seconds:.1f} s after")
    assert seconds < 10
    wait_for(lambda: up.status(first) == "CANCELED", 10, "the run is not cancelled")
    assert left_overs(up.library) == []
    second = up.launch(tape)
    wait_for(lambda: up.status(second) == "SUCCESS", 300, "it did not run again")
    assert artifacts(up.library) == undisturbed
