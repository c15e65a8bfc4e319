"""What lies in a place where files arrive, at this moment: one full listing, no memory.

A folder is one such place; a bucket will be another. What was there before is the ledger's matter.
"""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gametape.errors import InputError

# What cameras, phones, recorders and video sites write; the door decides what is in a file.
VIDEO_SUFFIXES = frozenset(
    [
        ".3g2",
        ".3gp",
        ".asf",
        ".avi",
        ".dv",
        ".f4v",
        ".flv",
        ".m2t",
        ".m2ts",
        ".m4v",
        ".mkv",
        ".mod",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".mxf",
        ".ogg",
        ".ogm",
        ".ogv",
        ".qt",
        ".tod",
        ".ts",
        ".vob",
        ".webm",
        ".wmv",
    ]
)
# What browsers and copying programs call a file until it is whole.
TEMPORARY_SUFFIXES = frozenset(
    [".aria2", ".crdownload", ".download", ".filepart", ".opdownload", ".part", ".partial", ".tmp"]
)
DONE = ".done"  # NAME.done beside NAME: whoever wrote NAME says that it is whole
SHOWN = 5  # names told of one kind


@dataclass(frozen=True)
class Listed:
    """One file as a listing shows it; `stamp` differs whenever the file may have been written."""

    name: str  # absolute path, or the address in a bucket
    size: int
    stamp: str  # of a folder: mtime in ns and inode; of a bucket: etag
    is_whole: bool = False  # said to be complete, so that nobody needs to wait


@dataclass(frozen=True)
class Listing:
    """All files of a place, and what was left out with the reason."""

    root: str
    found: Mapping[str, Listed]
    skipped: Mapping[str, str]  # name relative to the root -> reason
    unread: tuple[str, ...] = ()  # folders that could not be listed: nothing is known of these

    def covers(self, name: str) -> bool:
        """Whether a file of that name would be in this listing if it were there."""
        return _is_in(name, self.root) and not any(_is_in(name, folder) for folder in self.unread)


class Place(Protocol):
    """Where files arrive."""

    def listing(self) -> Listing:
        """Everything that is there now; an InputError if the place itself is not there."""


@dataclass(frozen=True)
class Folder:
    """A folder and its sub-folders; links to files are followed, links to folders are not."""

    root: Path

    def listing(self) -> Listing:
        """Everything that is there now."""
        if not self.root.is_dir():
            raise InputError(
                f"{self.root}: the inbox folder is not there. Make it, mount it, or correct the "
                "setting `inbox`. What the ledger knows of it stays as it is."
            )
        found: dict[str, Listed] = {}
        skipped: dict[str, str] = {}
        unread: list[str] = []
        folders = [str(self.root)]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    there = {entry.name: entry for entry in entries}
            except OSError as error:
                unread.append(folder)
                skipped[os.path.relpath(folder, self.root)] = f"not readable: {error.strerror}"
                continue
            for name, entry in sorted(there.items()):
                if entry.is_dir(follow_symlinks=False) and not name.startswith("."):
                    folders.append(entry.path)
                elif reason := reason_to_skip(name, there):
                    skipped[os.path.relpath(entry.path, self.root)] = reason
                elif not _is_marker(name, there) and (listed := look_at(Path(entry.path))):
                    found[listed.name] = listed
        return Listing(str(self.root), found, skipped, tuple(unread))


def look_at(path: Path) -> Listed | None:
    """One file as it is now; None if it is gone, or is no file."""
    try:
        state = path.stat()
    except OSError:
        return None
    if not path.is_file():
        return None
    try:
        # A marker from before the last write speaks of what the file was then.
        marked_ns = path.with_name(path.name + DONE).stat().st_mtime_ns
    except OSError:
        marked_ns = -1
    stamp = f"{state.st_mtime_ns}-{state.st_ino}"
    return Listed(str(path), state.st_size, stamp, is_whole=marked_ns >= state.st_mtime_ns)


def reason_to_skip(name: str, there: Mapping[str, object]) -> str | None:
    """Why a file is none of ours by its name; None for a video, and for a marker of one."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 (a name, not a path)
    if name.startswith("."):
        return "hidden"
    if suffix in TEMPORARY_SUFFIXES or name.endswith("~"):
        return "temporary"
    if suffix in VIDEO_SUFFIXES or _is_marker(name, there):
        return None
    return "no video"


def told(skipped: Mapping[str, str]) -> str:
    """What was left out, in a line: how many of each kind, and some names."""
    counts = Counter(skipped.values())
    names = {kind: [n for n, reason in skipped.items() if reason == kind] for kind in counts}
    return "; ".join(
        f"{count} {kind} ({', '.join(shown(n) for n in names[kind][:SHOWN])}"
        f"{', ...' if count > SHOWN else ''})"
        for kind, count in sorted(counts.items())
    )


def shown(name: str) -> str:
    """A name as it can be printed on one line, whatever bytes are in it."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _is_marker(name: str, there: Mapping[str, object]) -> bool:
    return name.endswith(DONE) and name.removesuffix(DONE) in there


def _is_in(name: str, folder: str) -> bool:
    return name.startswith(folder.rstrip("/") + "/")
