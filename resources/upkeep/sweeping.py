"""What workers that were killed have left in a library, and nobody takes over.

Who works on an artifact next sweeps before it; this is for artifacts that nobody makes again.
Published files are never touched.
"""

import fcntl
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

PLACES = (
    *("inbox", "labels", "tables", "tables/_meta", "pages/_meta"),
    *("videos/*", "videos/*/_meta", "videos/*/_meta/checks", "dagster/storage/pictures/*"),
)
STALE_S = 24 * 3600.0  # a file that is being written changes; one a day old is not


def left_behind(root: Path, *, now_s: float | None = None) -> list[Path]:
    """Folders of steps on which nobody works, and half-written files of long ago."""
    now_s = time.time() if now_s is None else now_s
    folders = [path for path in root.glob("videos/*/.aside/*") if not _is_held(_lock_of(path))]
    return sorted([*folders, *_half_files(root, now_s)])


def sweep(paths: Sequence[Path]) -> int:
    """Remove them, unless somebody has begun to work there; bytes that this frees."""
    freed = 0
    for path in paths:
        size = size_of(path)
        if path.is_dir():
            with suppress(OSError), _lock_of(path).open("a") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
                path.parent.rmdir()
        else:
            path.unlink(missing_ok=True)
        freed += size - size_of(path)
    return freed


def size_of(path: Path) -> int:
    """Bytes of a file, or of everything in a folder."""
    return sum(p.lstat().st_size for p in (path, *path.rglob("*")) if p.is_file())


def _half_files(root: Path, now_s: float) -> Iterator[Path]:
    for place in PLACES:
        for path in root.glob(f"{place}/.*.part*"):
            if path.is_file() and now_s - path.stat().st_mtime > STALE_S:
                yield path


def _lock_of(folder: Path) -> Path:
    """The lock of who works in a step's folder aside."""
    return folder.parent.parent / "_meta" / f".{folder.name}.lock"


def _is_held(lock: Path) -> bool:
    try:
        with lock.open() as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
