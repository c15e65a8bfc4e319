"""Runs are forked from one process, which ends when it is told to, and never before its runs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import serialize_value

from app.runs.history import prepare_instance, project_folder
from app.runs.launcher import Nursery, WarmLauncher
from resources.settings import Settings
from resources.upkeep import alive
from tests.e2e.running import wait_for

HOLDS = """
import signal, sys, time
from pathlib import Path
from resources.upkeep import alive

# As in a run; a shell that starts tests in the background lets them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
alive.hold(Path(sys.argv[1]), sys.argv[2])
print("held", flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    sys.exit(130)
"""


BESIDE_A_THREAD = """
import threading
from app.runs import nursery

threading.Thread(target=threading.Event().wait, daemon=True).start()
nursery.main()
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GAMETAPE_LIBRARY", str(tmp_path))
    return Settings(library=tmp_path)


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The run history as dagster.yaml has it."""
    with dg.DagsterInstance.from_config(str(prepare_instance(settings))) as found:
        yield found


def a_run(instance: dg.DagsterInstance) -> ExecuteRunArgs:
    """A run of a job that is soon done, not begun."""
    code = ReconstructableRepository.for_module("definitions", "defs", str(project_folder()))
    job = code.get_reconstructable_job("upkeep")
    origin = job.get_python_origin()
    run = instance.create_run_for_job(job.get_definition(), job_code_origin=origin)
    return ExecuteRunArgs(origin, run.run_id, instance.get_ref())


def succeeded(instance: dg.DagsterInstance, arguments: ExecuteRunArgs) -> bool:
    run = instance.get_run_by_id(arguments.run_id)
    return run is not None and run.status == dg.DagsterRunStatus.SUCCESS


def test_runs_are_forked_and_their_parent_leaves_after_the_last(
    instance: dg.DagsterInstance, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    wanted = [a_run(instance) for _ in range(2)]
    nursery = Nursery("of this code")
    for arguments in wanted:
        nursery.begin(arguments)
    nursery.leave()
    wait_for(lambda: nursery.has_ended, 100, "it does not leave")
    assert all(succeeded(instance, arguments) for arguments in wanted)
    assert alive.known(settings.alive) == []
    assert "is not forked" not in capfd.readouterr().err


def test_where_a_fork_would_miss_a_thread_a_run_begins_without_forking(
    instance: dg.DagsterInstance,
) -> None:
    wanted = a_run(instance)
    told = f"{serialize_value(wanted)}\n\n".encode()
    words, pipe = [sys.executable, "-c", BESIDE_A_THREAD], subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(told)
        process.stdin.flush()
        said = process.stderr.read()  # until it ends, and its run
        assert process.wait(timeout=60) == 0
    assert succeeded(instance, wanted)
    assert b"a run is not forked" in said


def test_a_run_that_a_command_works_on_is_cancelled_as_with_ctrl_c(
    instance: dg.DagsterInstance, settings: Settings
) -> None:
    assert isinstance(instance.run_launcher, WarmLauncher)
    status = dg.DagsterRunStatus.STARTED
    run_id = instance.add_run(dg.DagsterRun(job_name="tape", status=status)).run_id
    words = [sys.executable, "-c", HOLDS, str(settings.alive), run_id]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert instance.run_launcher.terminate(run_id)
        assert process.wait(timeout=60) == 130
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.CANCELING
    # The process is gone, and nobody marked its run: asked again, it is cancelled at once.
    assert instance.run_launcher.terminate(run_id)
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.CANCELED
