"""`gametape queue`: what to label next, as a table and as tasks for labelling programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.console import out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from resources.store import Store

if TYPE_CHECKING:
    import polars as pl


def queue(
    count: Annotated[
        int, typer.Option(min=1, max=200, metavar="N", help="Stretches at most.")
    ] = 20,
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Write them there too: a table (CSV), Label Studio tasks, FiftyOne samples.",
        ),
    ] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Say where a label would teach most: stretches of tapes that nobody has labelled.

    Undecided scores, scorers that disagree, and tapes unlike those that are labelled come first.
    """
    from app.runs.materialize import materialize
    from resources.learning.queueing import read_queue, write_tasks

    settings = in_force(library=library).settings
    store = Store(settings.library, settings.profiles)
    with progress_bars(is_quiet=as_json) as progress:
        materialize(settings, None, None, progress=progress, job="labelling")
    found = read_queue(store).head(count)
    files = write_tasks(store, found, out_folder) if out_folder is not None else []
    if as_json:
        print_json({"queue": found.to_dicts(), "files": [str(path) for path in files]})
        return
    _show(found)
    for path in files:
        out.print(f"{path}", markup=False, soft_wrap=True)


def _show(found: "pl.DataFrame") -> None:
    if found.is_empty():
        out.print(
            "Nothing to label: every tape that was run is labelled. `gametape run` runs more."
        )
        return
    table = Table("", "tape", "from", "to", "worth", "because", box=None, pad_edge=False)
    for row in found.iter_rows(named=True):
        words = (row["tape"], _clock(row["start_s"]), _clock(row["end_s"]), f"{row['worth']:.2f}")
        table.add_row(str(row["rank"]), *(escape(word) for word in words), row["reason"])
    out.print(table)
    out.print(
        "Label whole tapes with `gametape label TAPE FILE`; --out writes tasks to begin with."
    )


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes}:{seconds:02d}"
