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
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from gametape.errors import InputError

MARK = "GAMETAPE_TREE"  # in the environment of every process of a tree: which one
PR_SET_PDEATHSIG = 1
PROCESSES = Path("/proc")
LOOK_EVERY_S = 5.0
LOOKS = 2  # without the part, until it counts as lost: one may be in place of another


@dataclass(frozen=True)
class Tree:
    """What is started, and by what its processes are known."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    lock: Path
    part: str  # in the command line of a process without which the others are of no use

    def has_part(self) -> bool:
        """Whether that process is there."""
        for process in left_of(self.lock):
            with suppress(OSError):
                words = (PROCESSES / str(process) / "cmdline").read_bytes().split(b"\0")
                if self.part in b" ".join(words).decode(errors="replace"):
                    return True
        return False


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


def keep(tree: Tree) -> bool:
    """Run a tree until it ends; whether somebody wanted it to."""
    is_wanted = False
    head = subprocess.Popen(
        tree.command,
        env={**tree.environment, MARK: str(tree.lock)},
        cwd=tree.folder,
        start_new_session=True,
        preexec_fn=_told_of_our_end(),
    )

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_wanted
        is_wanted = True
        head.send_signal(signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    try:
        _wait(head, tree)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(head.pid, signal.SIGKILL)
    return is_wanted


def _wait(head: "subprocess.Popen[bytes]", tree: Tree) -> None:
    """Wait for the head; end it where a part is lost that it cannot do without."""
    looks_without = -1  # before the part was there for the first time
    while True:
        with suppress(subprocess.TimeoutExpired):
            head.wait(LOOK_EVERY_S)
            return
        if tree.has_part():
            looks_without = 0
        elif looks_without >= 0:
            looks_without += 1
        if looks_without == LOOKS:
            head.send_signal(signal.SIGINT)


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
