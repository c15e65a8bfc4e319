"""`gametape export`: a tape's clips as a list in any format, or all in one package."""

from pathlib import Path, PurePath
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.console import err, out, print_json
from app.options import AsJson, Library
from app.settings import in_force
from gametape.errors import InputError
from gametape.exports.formats import FORMATS, format_named, write_format
from gametape.exports.manifest import Manifest, read_manifest
from gametape.exports.package import PACKAGE, write_package
from gametape.exports.selection import timeline_of
from resources.settings import Settings
from resources.store import Store

MANIFEST = "manifest.json"
PACKAGED, LISTED = "package", "list"  # what --to knows besides the formats


def export(
    tape: Annotated[
        str | None,
        typer.Argument(
            help="A tape's id or its beginning, a folder that `gametape cut --out` filled, or a "
            "manifest.json."
        ),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="A format, several times for several; package: everything in one zip; list: say "
            "which formats there are.",
        ),
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Receives the list; a folder receives it under the tape's name. Without it: "
            "beside the manifest, or here for a tape of the library.",
        ),
    ] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Write a tape's clips as a list that other programs read."""
    wanted = list(dict.fromkeys(to or []))
    if LISTED in wanted:
        show_formats(as_json=as_json)
        return
    if tape is None or not wanted:
        raise InputError(
            "gametape export needs a tape and a format: `gametape export TAPE --to edl`. "
            "`gametape export --to list` tells the formats."
        )
    place, folder = find_manifest(tape, in_force(library=library).settings)
    manifest = read_manifest(place)
    if not manifest.is_complete:
        counts = manifest.counts
        err.print(f"note: the tape is being cut; {counts.cut} of {counts.asked} clips so far.")
    if out_file is not None and len(wanted) > 1 and not out_file.is_dir():
        raise InputError(f"--out {out_file}: one file for several formats. Name a folder.")
    targets = {name: target_of(name, manifest, out_file or folder) for name in wanted}
    for name, path in targets.items():
        check_target(name, path, place)
    for name, path in targets.items():
        write_one(name, path, manifest, place.parent)
    told = [
        {"format": name, "file": str(path), "bytes": path.stat().st_size}
        for name, path in targets.items()
    ]
    if as_json:
        print_json({"tape": manifest.tape.id, "clips": len(manifest.clips), "files": told})
        return
    for name, path in targets.items():
        out.print(f"{name:<14}{escape(str(path))}", soft_wrap=True)


def find_manifest(word: str, settings: Settings) -> tuple[Path, Path]:
    """The manifest that a person means, and the folder for lists of it if none is named."""
    path = Path(word)
    if path.is_dir():
        return path / MANIFEST, path
    if path.suffix.lower() == ".json":
        return path, path.parent
    store = Store(settings.library, settings.profiles)
    ids = [tape_id for tape_id in store.tape_ids() if tape_id.startswith(word)]
    if path.is_file():
        ids = [t for t in store.tape_ids() if store.tape(t).order.file == path.absolute()]
    if len(ids) == 1 or word in ids:
        return store.tape(word if word in ids else ids[0]).path(MANIFEST), Path()
    if ids:
        raise InputError(f"{word}: could be any of {', '.join(ids[:5])}. Write more of the id.")
    raise InputError(
        f"{word}: no folder, no manifest.json, and no tape of the library {settings.library}. "
        "Cut the tape first with `gametape cut`."
    )


def target_of(name: str, manifest: Manifest, out_file: Path) -> Path:
    """Where a format is written: the named file, or one in the named folder."""
    if not out_file.is_dir():
        return out_file
    stem = safe_stem(manifest.tape.name)
    if name == PACKAGED:
        return out_file / f"{stem}{PurePath(PACKAGE).suffix}"
    form = format_named(name)
    is_shared = sum(other.suffix == form.suffix for other in FORMATS) > 1
    middle = f".{name}" if is_shared and form.suffix != f".{name}" else ""
    return out_file / f"{stem}{middle}{form.suffix}"


def safe_stem(name: str) -> str:
    """A tape's name as the beginning of a file's: without folders, and never hidden."""
    stem = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "-" for c in Path(name).stem)
    return stem.lstrip(".-")[:100] or "tape"


def check_target(name: str, path: Path, manifest: Path) -> None:
    """Refuse to put a list in the place of something that is no list of this format."""
    suffix = PurePath(PACKAGE).suffix if name == PACKAGED else format_named(name).suffix
    if name != PACKAGED and format_named(name).write is None:
        raise InputError(f"{name}: this format is only read. Choose another one.")
    if not path.exists():
        return
    is_other = not path.name.lower().endswith(suffix) or not path.is_file()
    if is_other or path.samefile(manifest):
        raise InputError(
            f"--out {path}: is there already and is no {name} file. Name another, ending in "
            f"{suffix}."
        )


def write_one(name: str, path: Path, manifest: Manifest, folder: Path) -> None:
    """Write one format; `folder` holds the clips."""
    if name == PACKAGED:
        write_package(path, manifest, folder)
    else:
        write_format(path, timeline_of(manifest), name)


def show_formats(*, as_json: bool) -> None:
    """Every format with what it is for, and whether it is written, read or both."""
    rows = [
        {
            "format": form.name,
            "title": form.title,
            "suffix": form.suffix,
            "is_written": form.write is not None,
            "is_read": form.read is not None,
        }
        for form in FORMATS
    ]
    zipped = {"format": PACKAGED, "title": "clips, pictures, reel and manifest in one file"}
    rows.append({**zipped, "suffix": ".zip", "is_written": True, "is_read": False})
    if as_json:
        print_json(rows)
        return
    table = Table("format", "for", "ending", "export --to", "cut --segments", box=None)
    for row in rows:
        marks = ["yes" if row[key] else "" for key in ("is_written", "is_read")]
        table.add_row(str(row["format"]), str(row["title"]), str(row["suffix"]), *marks)
    out.print(table)
