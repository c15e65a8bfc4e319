"""Files appear whole or not at all: written aside, synced, then renamed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gametape.errors import ToolError


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the name only if the block succeeds.

    The suffix stays, since writers of media choose their format by it.
    """
    aside = path.with_name(f".{path.stem[:100]}.{os.getpid()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        with aside.open("rb+") as stream:
            os.fsync(stream.fileno())
        aside.replace(path)
        flush_folder(path.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToolError(
            f"{path.name}: could not be written ({reason}). Make room or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            aside.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8, whole or not at all."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    with written_aside(path) as aside:
        aside.write_bytes(content)


@contextmanager
def folder_aside(folder: Path) -> Iterator[Path]:
    """Yield a fresh folder beside `folder` to fill; it takes the name only if the block succeeds.

    A folder that has the name already steps aside first.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name[:100]}.", dir=folder.parent))
        try:
            made = aside / "new"
            made.mkdir()
            yield made
            for path in made.rglob("*"):
                if path.is_file():
                    with path.open("rb+") as stream:
                        os.fsync(stream.fileno())
            if folder.exists():
                folder.replace(aside / "old")
            made.replace(folder)
            flush_folder(folder.parent)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToolError(
            f"{folder}: could not be written ({reason}). Make room or choose another folder."
        ) from error


def flush_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
