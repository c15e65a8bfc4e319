"""A real `gametape up` on its own library: runs are launched, watched, cancelled and killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.runs.supervising import left_of

TYPED = "import sys; from app.main import run; sys.exit(run(sys.argv[1:]))"
LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
CANCEL = """
mutation ($id: String!) { terminateRun(runId: $id) { __typename } }
"""
PICTURES = """
query ($asset: String!) { assetOrError(assetKey: {path: [$asset]}) { ... on Asset {
  assetMaterializations(limit: 1) {
    metadataEntries { ... on MarkdownMetadataEntry { mdStr } } } } } }
"""
RUNS = "{ runsOrError { ... on Runs { results { runId status parentRunId tags { key value } } } } }"


class Up:
    """`gametape up` in a process tree of its own."""

    def __init__(self, library: Path) -> None:
        self.library = library
        self.lock = library / "dagster" / "up.lock"
        self.process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self, **environment: str) -> None:
        words = ["up", "--library", str(self.library), "--port", str(self.port)]
        with (self.library.parent / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", TYPED, *words],
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        wait_for(self.is_ready, 120, "the UI did not come up")

    def is_ready(self) -> bool:
        with suppress(OSError, KeyError):
            found = self.ask("{ repositoriesOrError { __typename } }")
            return bool(found["repositoriesOrError"]["__typename"] == "RepositoryConnection")
        return False

    def stop(self) -> int:
        """End it as Ctrl-C does; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=120)
        self.process = None
        return code

    def kill_all(self) -> None:
        """Kill every process of the tree at once."""
        assert self.process is not None
        everyone = [self.process.pid, *left_of(self.lock)]
        for pid in everyone:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def named(self, *words: str) -> list[int]:
        """Processes of the tree whose command line holds these words."""
        found = []
        for pid in left_of(self.lock):
            with suppress(OSError):
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                if all(word in line for word in words):
                    found.append(pid)
        return found

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.loads(answer.read())["data"])

    def launch(self, tape: str) -> str:
        """Run the whole line of a tape, as the UI's button does."""
        selector = {
            "repositoryName": "__repository__",
            "repositoryLocationName": "definitions",
            "jobName": "tape",
        }
        tags = [{"key": "dagster/partition", "value": tape}]
        params = {"selector": selector, "executionMetadata": {"tags": tags}, "runConfigData": {}}
        launched = self.ask(LAUNCH, params=params)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def cancel(self, run_id: str) -> None:
        assert self.ask(CANCEL, id=run_id)["terminateRun"]["__typename"] == "TerminateRunSuccess"

    def runs(self) -> dict[str, dict[str, Any]]:
        """Every run by its id."""
        found = self.ask(RUNS)["runsOrError"]["results"]
        return {run["runId"]: run for run in found}

    def picture(self, asset: str) -> tuple[str, bytes]:
        """Media type and bytes of the picture that the UI shows of an asset."""
        [made] = self.ask(PICTURES, asset=asset)["assetOrError"]["assetMaterializations"]
        told = " ".join(entry.get("mdStr", "") for entry in made["metadataEntries"])
        address = told.partition("](")[2].partition(")")[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{address}", timeout=30) as answer:
            return str(answer.headers.get_content_type()), answer.read()

    def status(self, run_id: str) -> str:
        return str(self.runs()[run_id]["status"])

    def worker(self, run_id: str) -> int | None:
        """The process that works on a run."""
        with suppress(OSError, ValueError):
            told = json.loads((self.library / "dagster/alive" / f"{run_id}.lock").read_text())
            return int(told["pid"])
        return None


def wait_for(is_true: Callable[[], bool], most_s: float, otherwise: str) -> float:
    """Wait until something is so; seconds that it took."""
    began_s = time.monotonic()
    while time.monotonic() - began_s < most_s:
        if is_true():
            return time.monotonic() - began_s
        time.sleep(0.1)
    raise AssertionError(f"{otherwise} ({most_s:.0f} s)")
