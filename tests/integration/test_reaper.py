"""Runs whose process was killed: found by their locks, marked as ended, and never a living one."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from definitions import build_defs
from resources.settings import Settings
from resources.upkeep import alive
from resources.upkeep.alive import Place
from sensors.reaper import GRACE_S, reap, reaper_sensor

HOLDS = """
import sys, time
from pathlib import Path
from resources.upkeep import alive

alive.hold(Path(sys.argv[1]), sys.argv[2])
print("held", flush=True)
time.sleep(600)
"""


class Library:
    """A run history, and runs with and without a process."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(library=folder)
        folder.joinpath("dagster").mkdir()
        silent = {"telemetry": {"enabled": False}}
        self.instance = dg.DagsterInstance.local_temp(str(folder / "dagster"), overrides=silent)
        self.processes: list[subprocess.Popen[bytes]] = []

    def run(self, status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED) -> str:
        return self.instance.add_run(dg.DagsterRun(job_name="tape", status=status)).run_id

    def worker(self, run_id: str) -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-c", HOLDS, str(self.settings.alive), run_id]
        process = subprocess.Popen(words, stdout=subprocess.PIPE)
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        return process

    def status(self, run_id: str) -> str:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status.value

    def reap(self) -> list[str]:
        return reap(self.instance, self.settings, pause_s=0)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    found = Library(tmp_path)
    yield found
    for process in found.processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("status", "end"), [("STARTED", "FAILURE"), ("CANCELING", "CANCELED"), ("STARTING", "FAILURE")]
)
def test_a_run_whose_process_was_killed_ends(library: Library, status: str, end: str) -> None:
    run_id = library.run(dg.DagsterRunStatus(status))
    process = library.worker(run_id)
    assert library.reap() == []
    assert library.status(run_id) == status
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert library.reap() == [run_id]
    assert library.status(run_id) == end
    assert library.reap() == []
    assert alive.known(library.settings.alive) == []


def test_a_run_that_ends_by_itself_meanwhile_keeps_its_end(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = library.run()
    library.worker(run_id).kill()
    library.processes[0].wait()
    run = library.instance.get_run_by_id(run_id)
    assert run is not None

    def end_well(_seconds: float) -> None:
        event = dg.DagsterEvent("PIPELINE_SUCCESS", "tape")
        library.instance.report_dagster_event(event, run_id=run_id)

    monkeypatch.setattr(time, "sleep", end_well)
    assert library.reap() == []
    assert library.status(run_id) == "SUCCESS"


def test_a_run_that_never_spoke_is_given_time(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = library.run()
    assert library.reap() == []
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + GRACE_S + 1)
    assert library.reap() == [run_id]


def test_a_run_of_another_machine_is_left_to_it(library: Library) -> None:
    run_id = library.run()
    library.settings.alive.mkdir()
    lock = library.settings.alive / f"{run_id}.lock"
    lock.write_text(Place(host="elsewhere", boot="another", pid=1).model_dump_json())
    assert library.reap() == []
    # Another container of this machine has another name, but the machine was started once.
    lock.write_text(Place(host="elsewhere", boot=alive.here().boot, pid=1).model_dump_json())
    assert library.reap() == ([run_id] if alive.here().boot else [])


def test_the_sensor_runs_by_itself_and_says_what_it_found(library: Library) -> None:
    sensor = reaper_sensor(library.settings)
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    run_id = library.run()
    library.worker(run_id).kill()
    library.processes[0].wait()
    context = dg.build_sensor_context(instance=library.instance)
    [said] = [sensor(context)]
    assert isinstance(said, dg.SkipReason)
    assert run_id in str(said.skip_message)


def test_every_asset_and_check_opens_the_store_and_so_says_that_its_process_is_alive(
    tmp_path: Path,
) -> None:
    definitions = build_defs(Settings(library=tmp_path))
    found = [*(definitions.assets or ()), *(definitions.asset_checks or ())]
    lacking = [
        asset.node_def.name
        for asset in found
        if isinstance(asset, dg.AssetsDefinition) and "store" not in asset.required_resource_keys
    ]
    assert len(found) > 10
    assert lacking == []
