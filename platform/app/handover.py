"""Copying a tape's clips from the library into a folder of the user's choice."""

import filecmp
import json
import re
import shutil
from pathlib import Path

from gametape.aside import written_aside
from gametape.errors import InputError, ToolError
from gametape.exports.package import PACKAGE
from resources.tape import Tape

MANIFEST = "manifest.json"
KEYS = ("file", "thumbnail", "preview")  # of a clip in the manifest
# The only names an earlier manifest can make us remove: it may have been edited.
OURS = re.compile(r"clips/\d{4,6}\.(mp4|jpg|webp)|reel\.(mp4|mkv)|clips\.zip")


def copy_clips(tape: Tape, folder: Path, *, with_timeline: bool = False) -> int:
    """Bring `folder` to hold what this tape's clips step made; return how many files changed.

    The manifest is written last. Clips that an earlier manifest named and this one does not are
    removed; files that gametape did not put there are never touched.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {folder}: is a file. Name a folder.")
    wanted = _wanted_files(tape, with_timeline=with_timeline)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        gone = _listed_files(folder / MANIFEST) - set(wanted)
        if not _is_same(wanted[MANIFEST], folder / MANIFEST):
            (folder / MANIFEST).unlink(missing_ok=True)
        for name in gone:
            (folder / name).unlink(missing_ok=True)
        changed = sum(_copy(source, folder / name) for name, source in wanted.items())
    except OSError as error:
        raise ToolError(
            f"--out {folder}: {error.strerror or error}. Make room or choose another folder; "
            "the clips are safe in the library."
        ) from error
    return changed


def _wanted_files(tape: Tape, *, with_timeline: bool) -> dict[str, Path]:
    """Name in the user's folder -> file in the library, the manifest last."""
    sidecar = tape.sidecar("clips")
    names = sorted(sidecar.files) if sidecar else []
    wanted = {name: tape.path(name) for name in names if not name.endswith(MANIFEST)}
    if with_timeline and tape.path("timeline.png").is_file():
        wanted["timeline.png"] = tape.path("timeline.png")
    wanted[MANIFEST] = tape.path(MANIFEST)
    return wanted


def _listed_files(manifest: Path) -> set[str]:
    """Files that an earlier hand-over put beside its manifest."""
    try:
        told = json.loads(manifest.read_bytes())
        named = {str(clip.get(key)) for clip in told["clips"] for key in KEYS}
        named |= {str((told.get("reel") or {}).get("file"))}
        named |= {PACKAGE} if told["settings"].get("package") else set()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
    return {name for name in named if OURS.fullmatch(name)}


def _is_same(source: Path, target: Path) -> bool:
    return target.is_file() and filecmp.cmp(source, target, shallow=False)


def _copy(source: Path, target: Path) -> bool:
    if _is_same(source, target):
        return False
    with written_aside(target) as aside:
        shutil.copyfile(source, aside)
    return True
