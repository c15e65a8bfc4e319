"""How an artifact comes to be under its final name: whole, on the disk, and with its sidecar last.

Nothing here knows what the files hold.
"""

import contextlib
import errno
import fcntl
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from gametape.aside import flush_folder, write_bytes, write_text
from gametape.errors import ToolError

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
        yield


def move_into_place(
    aside: Path, folder: Path, old: Sidecar | None, sidecar: Path
) -> dict[str, int]:
    """Move every file from aside to its final name and return their sizes.

    The sidecar goes first: from here until the new one is written the artifact is not done.
    """
    sidecar.unlink(missing_ok=True)
    files = {
        path.relative_to(aside).as_posix(): path
        for path in sorted(aside.rglob("*"))
        if path.is_file()
    }
    for gone in set(old.files if old else ()) - set(files):
        (folder / gone).unlink(missing_ok=True)
    sizes: dict[str, int] = {}
    for name, path in files.items():
        _flush_file(path)
        sizes[name] = path.stat().st_size
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    for parent in {(folder / name).parent for name in files}:
        flush_folder(parent)
    return sizes


def _flush_file(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
