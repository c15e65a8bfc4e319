"""A tree of processes that ends as one: whoever of it is killed, none of the others stays.

The tree is a group of its own, so that Ctrl-C reaches its head once and nobody else; what the head
leaves is killed. Should this process be killed, the system tells the head (on Linux); should both
be, the next start on the same library ends what is left.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from gametape.errors import InputError

MARK = "GAMETAPE_TREE"  # in the environment of every process of a tree: which one
PR_SET_PDEATHSIG = 1
PROCESSES = Path("/proc")


@contextmanager
def only_tree(lock: Path) -> Iterator[None]:
    """Be the only one that keeps a tree of this name; end what an earlier one has left."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{lock.parent.parent}: `gametape up` runs on this library already. "
                "End it there, or name another library."
            ) from None
        for process in left_of(lock):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        yield


def left_of(lock: Path) -> list[int]:
    """Processes of the tree of this name, where the system shows them."""
    mark = f"{MARK}={lock}".encode()
    found = []
    for folder in PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return [process for process in found if process != os.getpid()]


def keep(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path, lock: Path
) -> int:
    """Run a command as the head of a tree until it ends; pass on that it is to end."""
    head = subprocess.Popen(
        command,
        env={**environment, MARK: str(lock)},
        cwd=folder,
        start_new_session=True,
        preexec_fn=_told_of_our_end(),
    )

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        head.send_signal(signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    try:
        code = head.wait()
        return code if code >= 0 else 128 - code
    finally:
        with suppress(ProcessLookupError):
            os.killpg(head.pid, signal.SIGKILL)


def _told_of_our_end() -> "_Before | None":
    if sys.platform != "linux":
        return None
    return _Before(ctypes.CDLL(None))


class _Before:
    """What the head does before it becomes its command."""

    def __init__(self, system: ctypes.CDLL) -> None:
        self._system = system  # looked up before the fork, since nothing may be loaded after it

    def __call__(self) -> None:
        self._system.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        # Started with `&` by a script we ignore Ctrl-C, and so would the head.
        signal.signal(signal.SIGINT, signal.default_int_handler)
