"""`clips.zip`: clips, pictures, reel and manifest in one file; the same input gives the same bytes.

Nothing is compressed, since video and pictures are already; dates, owners and order say nothing.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from gametape.aside import written_aside
from gametape.errors import InputError
from gametape.exports.manifest import Manifest, manifest_text

PACKAGE, MANIFEST = "clips.zip", "manifest.json"
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
PLAIN_FILE = 0o100644 << 16
UNIX = 3
BLOCK = 1 << 20


def write_package(path: Path, manifest: Manifest, folder: Path) -> None:
    """Write all that a manifest speaks of, and the manifest; `folder` is where the files lie.

    The manifest inside tells no time spent by the clock. Every file is checked on its way in.
    """
    if not manifest.is_complete:
        raise InputError(
            f"{manifest.tape.id}: {manifest.counts.cut} of {manifest.counts.asked} clips are there "
            "as yet. Let the cut come to its end, then make the package."
        )
    text = manifest_text(manifest.without_seconds()).encode()
    with written_aside(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as package:
        for name in sorted({*manifest.files(), MANIFEST}):
            if name == MANIFEST:
                with package.open(_entry(name, len(text)), "w") as stream:
                    stream.write(text)
            else:
                _copy(package, folder / name, name, manifest.hashes)


def _copy(package: zipfile.ZipFile, source: Path, name: str, hashes: Mapping[str, str]) -> None:
    """Put a file into the package, and see on the way that it is the one the manifest means."""
    try:
        stream = source.open("rb")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{name}: cannot be read ({reason}). Cut the tape again.") from error
    with stream, package.open(_entry(name, source.stat().st_size), "w") as target:
        found = _pour(stream, target)
    if found != hashes.get(name, found):
        raise InputError(
            f"{name}: is not the file that the manifest speaks of. Cut the tape again."
        )


def _pour(source: IO[bytes], target: IO[bytes]) -> str:
    """Copy all bytes; their SHA-256 as hex."""
    digest = hashlib.sha256()
    while block := source.read(BLOCK):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


def _entry(name: str, size: int) -> zipfile.ZipInfo:
    """How a file is entered; its size says beforehand whether it needs the long form (zip64)."""
    entry = zipfile.ZipInfo(name, FIRST_DATE)
    entry.create_system = UNIX
    entry.external_attr = PLAIN_FILE
    entry.file_size = size
    return entry
