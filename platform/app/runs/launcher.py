"""What Dagster's daemon asks to begin a run, and its web server to cancel one.

A run is a process of its own, forked from one that has loaded everything already: loading costs
more of the processor than all else that Dagster does for a tape. Who forks is `app.runs.nursery`.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import dagster as dg
from dagster._core.launcher import LaunchRunContext, RunLauncher
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass, ConfigurableClassData, serialize_value

from resources.settings import load_settings
from resources.upkeep import alive

LEAVE = b"\n"  # a line that names no run: end once the last run has


class Nursery:
    """The process that forks runs, for one state of the code."""

    def __init__(self, server_id: str) -> None:
        self.server_id = server_id
        command = [sys.executable, "-m", "app.runs.nursery"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        self._pipe = self._process.stdin

    def begin(self, arguments: ExecuteRunArgs) -> None:
        """Let a run begin."""
        self._say(serialize_value(arguments).encode() + b"\n")

    def leave(self) -> None:
        """Let it end by itself; its runs go on as long as this process is there."""
        with suppress(OSError):  # it has ended
            self._say(LEAVE)

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        if self._process.poll() is None:
            return False
        with suppress(OSError):  # what it was not there to read
            self._pipe.close()
        return True

    def _say(self, line: bytes) -> None:
        self._pipe.write(line)
        self._pipe.flush()


class WarmLauncher(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """Begins runs in forks of a process that has loaded the code; named in dagster.yaml."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._inst_data = inst_data
        self._nurseries: list[Nursery] = []  # the last is of the code as it is
        self._turn = threading.Lock()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """How dagster.yaml names this launcher."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """No options."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "WarmLauncher":
        """As dagster.yaml names it."""
        return cls(inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Begin a run with the code as its server has it: reloaded there means loaded anew."""
        run = context.dagster_run
        assert run.remote_job_origin is not None
        assert run.job_code_origin is not None
        assert context.workspace is not None
        name = run.remote_job_origin.repository_origin.code_location_origin.location_name
        server_id = str(getattr(context.workspace.get_code_location(name), "server_id", ""))
        arguments = ExecuteRunArgs(run.job_code_origin, run.run_id, self._instance.get_ref())
        with self._turn:
            self._nursery_of(server_id).begin(arguments)

    def _nursery_of(self, server_id: str) -> Nursery:
        self._nurseries = [nursery for nursery in self._nurseries if not nursery.has_ended]
        if not self._nurseries or self._nurseries[-1].server_id != server_id:
            for nursery in self._nurseries:
                nursery.leave()
            self._nurseries.append(Nursery(server_id))
        return self._nurseries[-1]

    def terminate(self, run_id: str) -> bool:
        """Interrupt a run as Ctrl-C would, also one that a command works on."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        folder = load_settings().settings.alive
        state = alive.state_of(folder, run_id)
        if state == "elsewhere":
            return False
        self._instance.report_run_canceling(run)
        if state == "gone":
            self._instance.report_run_canceled(run)
        process = alive.process_of(folder, run_id)
        if process is not None:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGINT)
        return True  # one that has not begun finds out when it does
