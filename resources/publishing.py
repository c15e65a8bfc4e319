"""How an artifact comes to be under its final name: file by file whole, and its sidecar last.

Nothing here knows what the files hold.
"""

import contextlib
import errno
import fcntl
import io
import json
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gametape.aside import flush_folder, write_bytes, write_text
from gametape.errors import ToolError
from gametape.fingerprint import fingerprint, hash_file
from resources.crashpoints import Point, pass_point

if TYPE_CHECKING:
    import polars as pl


class Sidecar(BaseModel):
    """`_meta/{asset}.json`: what an artifact was made from, and what it consists of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asset: str
    fingerprint: str
    inputs: dict[str, str]
    parameters: dict[str, object]
    code: str
    run_id: str
    seconds: float
    files: dict[str, int]  # path under the tape's folder -> bytes
    parts: dict[str, float] = Field(default_factory=dict)  # where the time went, seconds by part

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(self.files.values())


def publish_table(path: Path, table: "pl.DataFrame") -> None:
    """Put a table that belongs to no tape in place, as Parquet."""
    content = io.BytesIO()
    table.write_parquet(content, compression="zstd")
    write_bytes(path, content.getvalue())


def write_json(path: Path, value: BaseModel) -> None:
    """Put a noun in place as JSON that a person can read."""
    text = json.dumps(value.model_dump(mode="json"), indent=2, sort_keys=True)
    write_text(path, text + "\n")


@contextlib.contextmanager
def staging(folder: Path, asset: str) -> Iterator[Path]:
    """A fresh folder aside, on the same disk, for the sole worker on this artifact.

    Whatever is left in it at the end goes, and what an earlier worker left when it was killed.
    """
    aside = folder / ".aside" / asset
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ToolError(
                f"{folder}: no space left on the disk. Free some and run again; nothing was "
                "published half, and finished steps are kept."
            ) from error
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        with contextlib.suppress(OSError):
            aside.parent.rmdir()


@contextlib.contextmanager
def sole_worker(folder: Path, asset: str) -> Iterator[None]:
    """Let one process at a time work on an artifact; a lock of the system ends with its owner."""
    (folder / "_meta").mkdir(parents=True, exist_ok=True)
    with (folder / "_meta" / f".{asset}.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        for half in (folder / "_meta").glob(f".{asset}.*.part.json"):
            half.unlink(missing_ok=True)  # a sidecar at which a worker was killed
        yield


class Placing:
    """Puts the files of one artifact under their final names, some of them before the rest exist.

    The old sidecar goes first: from then until the new one is written the artifact is not done.
    A ledger beside it names every file that may lie in place, so that the next worker can sweep
    what one that was killed has left.
    """

    def __init__(self, aside: Path, folder: Path, asset: str) -> None:
        self._aside = aside
        self._folder = folder
        self._asset = asset
        self._sidecar = sidecar_path(folder, asset)
        self._ledger = _ledger_path(folder, asset)
        self._sizes: dict[str, int] = {}
        self._has_begun = False

    def put(self, name: str) -> None:
        """Move one finished file from aside to its final name; the same name may come again."""
        self._begin()
        source, target = self._aside / name, self._folder / name
        if name not in self._sizes:
            self._enter([name])
            pass_point(Point.FILE_NOTED, step=self._asset)
        _flush_file(source)
        size = source.stat().st_size
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        self._sizes[name] = size
        pass_point(Point.FILE_PLACED, step=self._asset)

    def finish(self) -> dict[str, int]:
        """Put all that is still aside in place, sweep what is no longer part, return the sizes."""
        self._begin()
        rest = sorted(path for path in self._aside.rglob("*") if path.is_file())
        for path in rest:
            self.put(path.relative_to(self._aside).as_posix())
        pass_point(Point.FILES_PLACED, step=self._asset)
        for gone in set(self._entries()) - set(self._sizes):
            if (self._folder / gone).is_file():
                (self._folder / gone).unlink()
        for parent in {(self._folder / name).parent for name in self._sizes}:
            flush_folder(parent)
        return dict(sorted(self._sizes.items()))

    def end(self, sidecar: Sidecar) -> None:
        """Write the sidecar: the artifact is done."""
        pass_point(Point.BEFORE_SIDECAR, step=self._asset)
        write_json(self._sidecar, sidecar)
        pass_point(Point.AFTER_SIDECAR, step=self._asset)
        self._ledger.unlink(missing_ok=True)

    def _begin(self) -> None:
        if self._has_begun:
            return
        old = listed(self._sidecar)
        self._enter(sorted(old.files) if old else [])
        pass_point(Point.OLD_FILES_NOTED, step=self._asset)
        self._sidecar.unlink(missing_ok=True)
        pass_point(Point.OLD_SIDECAR_GONE, step=self._asset)
        self._has_begun = True

    def _enter(self, names: Sequence[str]) -> None:
        """Name files in the ledger, before they are put in place."""
        with self._ledger.open("a", encoding="utf-8") as stream:
            # A power cut may have left half a line: what follows begins on one of its own.
            stream.write("".join(f"\n{name}\n" for name in names))
            stream.flush()
            os.fsync(stream.fileno())

    def _entries(self) -> list[str]:
        text = self._ledger.read_text(encoding="utf-8", errors="replace")
        return [name for name in text.split("\n") if name]


def listed(sidecar: Path) -> Sidecar | None:
    """A sidecar as it was written, whether or not its files are still there and whole."""
    try:
        return Sidecar.model_validate_json(sidecar.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def faults(folder: Path, sidecar: Sidecar) -> Iterator[str]:
    """What is wrong with the files that a sidecar lists, one sentence each."""
    prefix = f"{folder}/"  # a plan looks at very many files, and paths are slow to put together
    for name, size in sidecar.files.items():
        try:
            there = os.stat(prefix + name)  # noqa: PTH116
        except OSError:
            yield f"{name} is missing"
            continue
        if not stat.S_ISREG(there.st_mode):
            yield f"{name} is no file"
        elif there.st_size != size:
            yield f"{name} has {there.st_size} bytes, not {size}"


def sidecar_path(folder: Path, asset: str) -> Path:
    """Where an artifact's sidecar lies; `folder` is the tape's."""
    return folder / "_meta" / f"{asset}.json"


def was_interrupted(folder: Path, asset: str) -> bool:
    """Whether somebody began to put an artifact in place and did not come to the end."""
    return _ledger_path(folder, asset).exists()


def _ledger_path(folder: Path, asset: str) -> Path:
    return folder / "_meta" / f".{asset}.files"


def _flush_file(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def mark_of(folder: Path, of_artifact: str, pattern: str) -> str:
    """What files of an artifact are: its fingerprint; of sidecars, which it does not cover, bytes.

    `folder` is the tape's; `pattern` is where the files lie in it.
    """
    if not pattern.startswith("_meta/"):
        return of_artifact
    contents = {path.name: hash_file(path) for path in matching(folder, pattern)}
    return fingerprint(inputs=contents, parameters={}, code="sidecars")


def matching(folder: Path, pattern: str) -> list[Path]:
    """Files in place; what is being written beside them has a name that begins with a dot."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
