"""Finished clips that need not be cut again: of an earlier list, or of a run that was ended.

A clip follows from the tape, its own two boundaries, the settings and the code; its number and its
label do not matter. Nothing is trusted: every file is hashed before it is taken over.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from gametape.errors import InputError
from gametape.exports.manifest import Lineage, Manifest, read_manifest
from gametape.fingerprint import hash_file
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Segment
from resources.tape import Tape

# Settings that change what lies beside the clips, and no clip.
BESIDE = {"previews", "package"} | {n for n in ClipSettings.model_fields if n.startswith("reel")}


def link_kept(
    tape: Tape, folder: Path, segments: Sequence[Segment], lineage: Lineage
) -> list[CutReport]:
    """Give `folder` the files of clips that are still right under their new names.

    The reports are those of the earlier cut, with the new numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        old = read_manifest(tape.path("manifest.json"))
    except InputError:
        return []
    if not _is_same_cutting(old, tape.profile.clips, lineage):
        return []
    is_same_proxy = _fingerprint(old.lineage, "proxies") == _fingerprint(lineage, "proxies")
    known = {(clip.cut.asked_start_s, clip.cut.asked_end_s): clip for clip in old.clips}
    kept: list[CutReport] = []
    for number, segment in enumerate(segments, start=1):
        clip = known.get((segment.start_s, segment.end_s))
        if clip is None or not _are_whole(tape, old, [clip.file, clip.thumbnail]):
            continue
        report = _numbered(clip.cut, number)
        _link(tape.path(clip.file), folder / report.file)
        _link(tape.path(clip.thumbnail), folder / report.thumbnail)
        if clip.preview and is_same_proxy and _are_whole(tape, old, [clip.preview]):
            _link(tape.path(clip.preview), (folder / report.file).with_suffix(".webp"))
        kept.append(report)
    return kept


def _is_same_cutting(old: Manifest, settings: ClipSettings, lineage: Lineage) -> bool:
    """Whether the clips of an earlier manifest were cut as they would be now."""
    return (
        old.settings.model_dump(exclude=BESIDE) == settings.model_dump(exclude=BESIDE)
        and _fingerprint(old.lineage, "sources") == _fingerprint(lineage, "sources")
        and old.lineage.step_versions.get("clips") == lineage.step_versions.get("clips")
    )


def _fingerprint(lineage: Lineage, asset: str) -> str | None:
    return lineage.fingerprints.get(asset)


def _are_whole(tape: Tape, manifest: Manifest, names: Sequence[str]) -> bool:
    """Whether files are there with the very bytes that the manifest speaks of."""
    for name in names:
        path = tape.path(name)
        if not path.is_file() or hash_file(path) != manifest.hashes.get(name):
            return False
    return True


def _numbered(report: CutReport, number: int) -> CutReport:
    """The report of a clip under another number, its files named after it."""
    name = f"{number:04d}"
    files = {key: name + Path(getattr(report, key)).suffix for key in ("file", "thumbnail")}
    return report.model_copy(update={"number": number, **files})


def _link(source: Path, target: Path) -> None:
    """One more name for a file's bytes; a copy where the disk knows no such names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
