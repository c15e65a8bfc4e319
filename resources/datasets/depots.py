"""Where datasets are kept outside a library: a place for contents by their hash, and small papers.

A folder is one (a disk, a share, a mounted bucket); any file system that fsspec knows is another,
where fsspec is installed. What is kept there, and in which order, is the matter of `transfers`.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from gametape.aside import flush_folder, write_bytes, written_aside
from gametape.errors import InputError, ToolError
from gametape.fingerprint import BLOCK
from resources.crashpoints import Point, pass_point

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://", re.ASCII)
INCOMING = ".incoming"  # what is being written lies here; it counts for nothing


class Depot(Protocol):
    """A place that keeps contents by their hash. What has a name there is whole."""

    @property
    def address(self) -> str:
        """As a person names it."""
        ...

    def size_of(self, key: str) -> int | None:
        """Bytes of a file; None where there is none."""
        ...

    def put(self, source: Path, key: str, sha256: str) -> None:
        """Copy a file there, whole or not at all; its content must have this hash."""
        ...

    def get(self, key: str, target: Path, sha256: str) -> None:
        """Copy a file from there, whole or not at all; its content must have this hash."""
        ...

    def read(self, key: str) -> bytes | None:
        """A small file; None where there is none."""
        ...

    def write(self, key: str, content: bytes) -> None:
        """Write a small file, whole or not at all, over one that is there."""
        ...

    def names(self, folder: str) -> list[str]:
        """Names of what lies in a folder, in order."""
        ...


def depot_at(address: str) -> Depot:
    """The store that an address names: a folder, or SCHEME://... of any kind that fsspec knows."""
    if address.startswith("file://"):
        return FolderDepot(Path(address.removeprefix("file://")))
    if not ADDRESS.match(address):
        return FolderDepot(Path(address).expanduser().absolute())
    try:
        import fsspec  # type: ignore[import-untyped]

        system, root = fsspec.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise InputError(
            f"{address}: this machine cannot reach such a store ({error}). Install fsspec and its "
            "part for this kind of address (s3fs for s3://), or give a folder."
        ) from error
    return RemoteDepot(address, system, str(root))


@dataclass(frozen=True)
class FolderDepot:
    """A store in a folder."""

    root: Path

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.root)

    def size_of(self, key: str) -> int | None:
        """Bytes of a file; None where there is none."""
        path = self.root / key
        return path.stat().st_size if path.is_file() else None

    def put(self, source: Path, key: str, sha256: str) -> None:
        """Copy a file there by way of a name that counts for nothing."""
        incoming = self.root / INCOMING / f"{sha256}-{uuid.uuid4().hex[:8]}"
        target = self.root / key
        try:
            incoming.parent.mkdir(parents=True, exist_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as stream, incoming.open("wb") as into:
                found = _pour(stream, into)
            _refuse_other(source.name, found, sha256)
            with incoming.open("rb+") as stream:
                os.fsync(stream.fileno())
            pass_point(Point.BLOB_WRITTEN)
            incoming.replace(target)
            flush_folder(target.parent)
        except OSError as error:
            raise self._fault(error) from error
        finally:
            with suppress(OSError):
                incoming.unlink(missing_ok=True)

    def get(self, key: str, target: Path, sha256: str) -> None:
        """Copy a file from there, checking it on the way."""
        with written_aside(target) as aside:
            try:
                with (self.root / key).open("rb") as stream, aside.open("wb") as into:
                    found = _pour(stream, into)
            except FileNotFoundError:
                raise _missing(self.address, key) from None
            _refuse_other(f"{self.address}/{key}", found, sha256)

    def read(self, key: str) -> bytes | None:
        """A small file; None where there is none."""
        try:
            return (self.root / key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, key: str, content: bytes) -> None:
        """Write a small file, whole or not at all."""
        write_bytes(self.root / key, content)

    def names(self, folder: str) -> list[str]:
        """Names of what lies in a folder, in order; hidden ones do not count."""
        path = self.root / folder
        if not path.is_dir():
            return []
        return sorted(p.name for p in path.iterdir() if not p.name.startswith("."))

    def _fault(self, error: OSError) -> ToolError:
        reason = (error.strerror or str(error)).lower()
        return ToolError(
            f"{self.root}: cannot be written ({reason}). Make room or see to its rights, and push "
            "again: what is there already is not sent twice."
        )


@dataclass(frozen=True)
class RemoteDepot:
    """A store behind fsspec. A file is sent under a name that counts for nothing, then renamed."""

    address: str
    system: Any  # fsspec.AbstractFileSystem, which has no types
    root: str

    def size_of(self, key: str) -> int | None:
        """Bytes of a file; None where there is none."""
        try:
            return int(self.system.size(self._path(key)))
        except FileNotFoundError:
            return None

    def put(self, source: Path, key: str, sha256: str) -> None:
        """Send a file, and look at its size there before it has its name."""
        incoming = self._path(f"{INCOMING}/{sha256}-{uuid.uuid4().hex[:8]}")
        with source.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        _refuse_other(source.name, digest, sha256)
        with self._reached():
            self._make_parent(incoming)
            self.system.put_file(str(source), incoming)
            if self.system.size(incoming) != source.stat().st_size:
                raise ToolError(f"{self.address}: {source.name} came in part. Push again.")
            pass_point(Point.BLOB_WRITTEN)
            self._make_parent(self._path(key))
            self.system.mv(incoming, self._path(key))

    def get(self, key: str, target: Path, sha256: str) -> None:
        """Fetch a file, checking it on the way."""
        with written_aside(target) as aside, self._reached():
            try:
                with self.system.open(self._path(key), "rb") as stream, aside.open("wb") as into:
                    found = _pour(stream, into)
            except FileNotFoundError:
                raise _missing(self.address, key) from None
            _refuse_other(f"{self.address}/{key}", found, sha256)

    def read(self, key: str) -> bytes | None:
        """A small file; None where there is none."""
        with self._reached():
            try:
                return bytes(self.system.cat_file(self._path(key)))
            except FileNotFoundError:
                return None

    def write(self, key: str, content: bytes) -> None:
        """Write a small file at once, which object stores show whole or not at all."""
        with self._reached():
            self._make_parent(self._path(key))
            self.system.pipe_file(self._path(key), content)

    def names(self, folder: str) -> list[str]:
        """Names of what lies in a folder, in order."""
        with self._reached():
            try:
                found = self.system.ls(self._path(folder), detail=False)
            except FileNotFoundError:
                return []
        return sorted(PurePosixPath(name).name for name in found)

    def _path(self, key: str) -> str:
        return f"{self.root.rstrip('/')}/{key}"

    def _make_parent(self, path: str) -> None:
        self.system.makedirs(str(PurePosixPath(path).parent), exist_ok=True)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Say in a sentence what a network or a missing right does."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise ToolError(
                f"{self.address}: cannot be used ({reason}). See to network and rights, and try "
                "again: what was sent is kept."
            ) from error


def _pour(stream: IO[bytes], into: IO[bytes]) -> str:
    """Copy all bytes; their SHA-256 as hex."""
    digest = hashlib.sha256()
    while block := stream.read(BLOCK):
        digest.update(block)
        into.write(block)
    return digest.hexdigest()


def _refuse_other(name: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise InputError(
            f"{name}: its content is {found[:12]}, not {wanted[:12]}: it was changed or damaged. "
            "Nothing was taken; export, or push it again from where it is whole."
        )


def _missing(address: str, key: str) -> InputError:
    return InputError(
        f"{address}: {key} is missing there. Push the dataset again from where it was made."
    )
