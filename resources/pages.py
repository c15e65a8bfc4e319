"""The library's pages: which there are, what each is made from, and which are not right any more.

A page carries the fingerprint of what it shows in its own head, so it needs no sidecar. What is on
a page is decided in `gametape.report.pages`, what making them costs is told in `pageplans`.
"""

from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.fingerprint import fingerprint, hash_file
from gametape.report.pages.layout import code_hash, mark_of_page
from gametape.report.pages.trouble import Trouble
from resources.learning.views import models_mark
from resources.publishing import listed, sidecar_path
from resources.store import Store

FOLDER = "pages"
TAPES = "tapes"
# Which tables each page over the whole library shows.
READS = {
    "index": ("library", "segment_evaluation", "stg_clips", "stg_steps"),
    "evaluation": (
        *("stg_evaluations", "segment_evaluation", "boundary_errors", "calibration"),
        *("stg_labels", "stg_segments", "stg_scenes", "library", "strata", "calibration_error"),
    ),
    "models": ("library",),
    "errors": ("errors", "label_coverage", "stg_steps"),
    "costs": ("library", "costs", "stg_steps", "cuts"),
}
SHOWS_TROUBLE = ("index", "costs")
SHOWS_MODELS = ("models", "evaluation")


def page_path(store: Store, name: str) -> Path:
    """Where a page lies; a tape's name is `tapes/{id}`."""
    return store.root / FOLDER / f"{name}.html"


def tape_page_name(tape_id: str) -> str:
    """Name of a tape's page."""
    return f"{TAPES}/{tape_id}"


def wanted_pages(
    store: Store, troubles: Sequence[Trouble], *, without: Set[str] = frozenset()
) -> dict[str, str]:
    """Every page that the library must have, and the fingerprint of what it must show.

    Pages that show one of the tables `without` are left out.
    """
    pages = {page: reads for page, reads in READS.items() if not without & set(reads)}
    return {**_library_pages(store, troubles, pages), **_tape_pages(store)}


def stale_pages(store: Store, wanted: Mapping[str, str]) -> list[str]:
    """Pages that are missing or show something else by now."""
    return [n for n, mark in wanted.items() if mark_of_page(page_path(store, n)) != mark]


def put_page(store: Store, name: str, text: str) -> Path:
    """Put a page in place, whole or not at all."""
    path = page_path(store, name)
    write_text(path, text)
    return path


def sweep_pages(store: Store, wanted: Mapping[str, str]) -> int:
    """Remove pages of tapes that the library has no more; how many."""
    kept = {page_path(store, name) for name in wanted}
    gone = [p for p in (store.root / FOLDER / TAPES).glob("*.html") if p not in kept]
    for path in gone:
        path.unlink()
    return len(gone)


def _library_pages(
    store: Store, troubles: Sequence[Trouble], pages: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    tables = {name for reads in pages.values() for name in reads}
    hashes = {name: _hash_table(store.root / "tables" / f"{name}.parquet") for name in tables}
    learned = models_mark(store) if set(SHOWS_MODELS) & set(pages) else ""
    told = [[t.tape, t.step, t.reason, t.when] for t in troubles]
    return {
        page: fingerprint(
            inputs={name: hashes[name] for name in reads},
            parameters={
                "troubles": told if page in SHOWS_TROUBLE else [],
                "models": learned if page in SHOWS_MODELS else "",
            },
            code=f"{page}/{code_hash()}",
        )
        for page, reads in pages.items()
    }


def _hash_table(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"The table {path.stem} is not there. Materialize {path.stem} first.")
    return hash_file(path)


def _tape_pages(store: Store) -> dict[str, str]:
    """Pages of those tapes of which something is known; each follows from sidecars and order."""
    wanted = {}
    for tape_id in store.tape_ids():
        try:
            tape = store.tape(tape_id)
        except InputError:
            continue
        if listed(sidecar_path(tape.folder, "sources")) is None:
            continue
        sidecars = sorted((tape.folder / "_meta").glob("[!.]*.json"))
        wanted[tape_page_name(tape_id)] = fingerprint(
            inputs={path.stem: hash_file(path) for path in sidecars},
            parameters={"order": tape.order.model_dump(mode="json")},
            code=f"tape/{code_hash()}",
        )
    return wanted
