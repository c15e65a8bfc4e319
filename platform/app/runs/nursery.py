"""A process that has loaded everything and forks itself for each run that it is told of.

It reads one line a run, and ends with who writes them; runs end with it, as nobody could be told
how they went. It works on no tape itself: what is forked must not have begun anything.
"""

import gc
import importlib
import multiprocessing
import os
import sys
from contextlib import suppress
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path

import dagster as dg
import PIL.Image
from dagster._core.definitions.reconstruct import ReconstructableJob
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._grpc.impl import core_execute_run
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClassData, deserialize_value, serialize_value
from dagster._utils.hosted_user_process import recon_job_from_origin
from dagster._utils.interrupts import capture_interrupts

from app.runs.storage import FileLogs
from resources.settings import load_settings
from resources.upkeep import alive

MOST_BYTES = 1 << 16  # of one look at what was written
# What steps import when they first need it; half a second of the processor in all.
NEEDED_LATER = ("scipy.fft", "pyarrow.parquet", "pyarrow.compute", "cv2", "av.subtitles")
FORK = multiprocessing.get_context("fork")
SPAWN = multiprocessing.get_context("spawn")
THREADS = Path("/proc/self/task")
# Threads of allocators, which know of forks, and one that removes what polars wrote to disk when
# memory was short. Any other may hold a lock that would never be free in a fork.
HARMLESS = ("jemalloc_bg_thd", "polars-ooc-clea")


def main() -> None:
    """Fork a run for every line, until there are no more."""
    _load_what_runs_need()
    rest, is_leaving = b"", False
    while True:
        runs = FORK.active_children()
        if is_leaving and not runs:
            return
        ready = wait([sys.stdin.fileno(), *(run.sentinel for run in runs)])
        if sys.stdin.fileno() not in ready:
            continue
        told = os.read(sys.stdin.fileno(), MOST_BYTES)
        if not told:
            os._exit(0)  # nobody is there to start or to cancel a run
        *lines, rest = (rest + told).split(b"\n")
        for line in lines:
            if line:
                _fork(deserialize_value(line.decode(), ExecuteRunArgs))
            else:
                is_leaving = True


def _load_what_runs_need() -> None:
    """Import what steps import when they first need it: once here, not once a run."""
    for name in NEEDED_LATER:
        importlib.import_module(name)
    PIL.Image.init()


def _fork(arguments: ExecuteRunArgs) -> None:
    job = recon_job_from_origin(arguments.job_origin)
    with suppress(Exception):  # the run itself says what is wrong with the code
        job.get_definition()
    with suppress(Exception):  # or with the run history; connections are closed after each use
        instance = _history(serialize_value(arguments.instance_ref))
        instance.get_run_by_id(arguments.run_id)
        instance.get_records_for_run(arguments.run_id, limit=1)
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()  # runs would look through all that is loaded, and copy it by that
    if strange := _strange_threads() and _strange_threads(after_a_fork=True):
        print(f"gametape: a run is not forked, since threads work: {strange}", file=sys.stderr)
        SPAWN.Process(target=work, args=(arguments, job)).start()
    else:
        FORK.Process(target=work, args=(arguments, job)).start()


def _strange_threads(*, after_a_fork: bool = False) -> list[str]:
    """Names of threads of this process that a fork would miss, where the system shows them.

    OpenBLAS ends its threads before a fork, and begins them again where they are needed.
    """
    if not THREADS.is_dir():
        return ["unknown"]
    if after_a_fork:
        if not (child := os.fork()):
            os._exit(0)
        os.waitpid(child, 0)
    others = (task for task in THREADS.iterdir() if task.name != str(os.getpid()))
    names = (task.joinpath("comm").read_text().strip() for task in others)
    return sorted(name for name in names if name not in HARMLESS)


@cache
def _history(told: str) -> dg.DagsterInstance:
    """The run history, opened once; what runs print goes into files only."""
    ref = deserialize_value(told, InstanceRef)
    logs = ref.compute_logs_data
    if logs.class_name == LocalComputeLogManager.__name__:
        logs = ConfigurableClassData(FileLogs.__module__, FileLogs.__name__, logs.config_yaml)
    return dg.DagsterInstance.from_ref(ref._replace(compute_logs_data=logs))


def work(arguments: ExecuteRunArgs, job: ReconstructableJob) -> None:
    """Carry out a run in this process."""
    alive.hold(load_settings().settings.alive, arguments.run_id)
    with capture_interrupts(), _history(serialize_value(arguments.instance_ref)) as instance:
        run = instance.get_run_by_id(arguments.run_id)
        assert run is not None
        instance.report_engine_event(f"Started process for run (pid: {os.getpid()}).", run)
        with suppress(Exception, KeyboardInterrupt):  # written into the run's log by whom it met
            for _ in core_execute_run(job, run, instance, inject_env_vars=False):
                pass
        run = instance.get_run_by_id(arguments.run_id)
        if run is not None and run.status == dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run)
    alive.release()


if __name__ == "__main__":
    main()
