"""Whether the process that works on a run is still there: a lock that the system ends with it.

A process id would not do: ids are given anew, and mean nothing outside of a container. Nothing here
knows Dagster beyond the id of a run, and nothing here ends a process but its own.
"""

import fcntl
import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from gametape.parent import end_with_parent

# unheard: it never said that it began. elsewhere: on another machine, which alone can tell.
State = Literal["working", "gone", "unheard", "elsewhere"]

BOOT = Path("/proc/sys/kernel/random/boot_id")


class Place(BaseModel):
    """Where the process of a run is, as the lock's file tells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    boot: str  # of this start of the machine, the same in all its containers; "" where unknown
    pid: int  # for people


_held: dict[Path, int] = {}  # of this process: the run that it works on, and the open lock


def hold(folder: Path, run_id: str) -> None:
    """Say that this process works on a run, until it works on another one or ends."""
    path = _lock_path(folder, run_id)
    if path in _held:
        return
    release()
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(path, os.O_WRONLY | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.write(lock, here().model_dump_json().encode())
    _held[path] = lock
    end_with_parent()  # the code server gone, nobody could cancel the run


def release() -> None:
    """Say that the run which this process worked on has ended."""
    while _held:
        path, lock = _held.popitem()
        path.unlink(missing_ok=True)
        os.close(lock)


def state_of(folder: Path, run_id: str) -> State:
    """What has become of the process of a run."""
    try:
        with _lock_path(folder, run_id).open("r+") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            place = Place.model_validate_json(stream.read())
    except BlockingIOError:
        return "working"
    except (FileNotFoundError, ValidationError):
        return "unheard"
    except OSError:
        return "elsewhere"  # a disk that knows no locks tells nothing
    mine = here()
    # A lock of another machine may not reach us over a network disk: only it can tell.
    is_here = place.host == mine.host or (place.boot == mine.boot != "")
    return "gone" if is_here else "elsewhere"


def process_of(folder: Path, run_id: str) -> int | None:
    """The process that works on a run on this machine, as seen from here; None where none does."""
    if state_of(folder, run_id) != "working":
        return None
    place = Place.model_validate_json(_lock_path(folder, run_id).read_bytes())
    return place.pid if place.host == here().host and place.boot == here().boot else None


def forget(folder: Path, run_id: str) -> None:
    """Remove what a run that has ended left."""
    _lock_path(folder, run_id).unlink(missing_ok=True)


def known(folder: Path) -> list[str]:
    """Ids of runs that said they began and were not forgotten."""
    return sorted(path.stem for path in folder.glob("*.lock"))


def here() -> Place:
    """Where this process is."""
    boot = ""
    with suppress(OSError):
        boot = BOOT.read_text().strip()
    return Place(host=platform.node(), boot=boot, pid=os.getpid())


def _lock_path(folder: Path, run_id: str) -> Path:
    return folder / f"{run_id}.lock"
