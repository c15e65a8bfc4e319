"""`gametape dataset`: labelled tapes as versions that can be kept elsewhere and come back."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.console import out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from app.views.datasets import (
    rows_here,
    rows_there,
    show_card,
    tell_moved,
    tell_restored,
    values_of,
)
from resources.store import Store

SHOWN_TAPES = 50

Which = Annotated[str, typer.Argument(metavar="NAME", help="NAME, or NAME@HASH for one version.")]
Place = Annotated[
    str, typer.Argument(metavar="STORE", help="A folder, or an address such as s3://bucket/path.")
]

dataset = typer.Typer(
    name="dataset",
    help="Labelled tapes as datasets: export, list, show, push, pull, restore.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@dataset.command("export")
def export_version(
    name: Annotated[str, typer.Argument(help="What to call it: a-z, 0-9 and dashes.")],
    sport: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only tapes of this sport pack.")
    ] = None,
    tape: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only this tape; may be given several times."),
    ] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Make a version of the labelled tapes as they are now: labels, games, split, card.

    Same labels and features, same version: then nothing is written.
    """
    from resources.datasets.exporting import export_dataset

    with progress_bars(is_quiet=as_json) as progress:
        made = export_dataset(
            _store(library), name, profile=sport, ids=tape or (), progress=progress
        )
    version = made.version
    if as_json:
        found = [f"{leak.trained} and {leak.held_out}: {leak.what}" for leak in made.leaks]
        print_json({**values_of(version), "is_new": made.is_new, "leaks": found})
        return
    what = "made" if made.is_new else "is there already, nothing to do"
    out.print(f"{name}@{version.dataset.version} {what}.")
    show_card(version.card)


@dataset.command("list")
def list_versions(
    place: Annotated[
        str | None,
        typer.Option("--from", metavar="STORE", help="List what this store has, not the library."),
    ] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """List datasets and their versions, in the library or in a store."""
    rows = rows_there(place) if place is not None else rows_here(_store(library))
    if as_json:
        print_json(rows)
        return
    if not rows:
        out.print("There is no dataset. `gametape dataset export NAME` makes one.")
        return
    table = Table("dataset", "", "tapes", "games", "plays", box=None, pad_edge=False)
    for row in rows:
        mark = "current" if row["is_current"] else ""
        counts = [str(row[key]) for key in ("tapes", "games", "plays")]
        table.add_row(f"{row['name']}@{row['version']}", mark, *counts)
    out.print(table)


@dataset.command("show")
def show_version(name: Which, library: Library = None, as_json: AsJson = False) -> None:
    """Show a dataset's card: games, plays, classes, hours, split, and what is on both sides."""
    from resources.datasets.versions import find_version

    version = find_version(_store(library), name)
    if as_json:
        print_json(values_of(version))
        return
    show_card(version.card)
    table = Table("tape", "game", "plays", "length", "features", box=None, pad_edge=False)
    for tape in version.dataset.tapes[:SHOWN_TAPES]:
        words = (tape.id, tape.game, str(tape.play_count), f"{tape.duration_s:.0f} s")
        table.add_row(*(escape(word) for word in words), " ".join(tape.features))
    out.print(table)
    if len(version.dataset.tapes) > SHOWN_TAPES:
        out.print(f"... and {len(version.dataset.tapes) - SHOWN_TAPES} more; --json has them all")
    out.print(f"Folder  {version.folder}", markup=False, soft_wrap=True)


@dataset.command("push")
def push_version(
    name: Which,
    place: Place,
    videos: Annotated[
        bool, typer.Option("--videos", help="Send the videos themselves too.")
    ] = False,
    features: Annotated[
        bool, typer.Option("--features/--no-features", help="Send the features.")
    ] = True,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Send a dataset to a store; contents that are there already are not sent again."""
    from resources.datasets.depots import depot_at
    from resources.datasets.transfers import push
    from resources.datasets.versions import find_version

    store = _store(library)
    version = find_version(store, name)
    with progress_bars(is_quiet=as_json) as progress:
        moved = push(
            store,
            version,
            depot_at(place),
            has_features=features,
            has_videos=videos,
            progress=progress,
        )
    tell_moved(version.dataset.name, moved, "sent", as_json=as_json)


@dataset.command("pull")
def pull_version(
    name: Which,
    place: Place,
    videos: Annotated[
        bool, typer.Option("--videos", help="Fetch the videos too; `restore` adds them as tapes.")
    ] = False,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a dataset from a store into the library; every content is checked by its hash."""
    from resources.datasets.depots import depot_at
    from resources.datasets.transfers import pull

    with progress_bars(is_quiet=as_json) as progress:
        moved = pull(_store(library), depot_at(place), name, has_videos=videos, progress=progress)
    tell_moved(name.partition("@")[0], moved, "fetched", as_json=as_json)


@dataset.command("restore")
def restore_labels(
    name: Which,
    replace_older: Annotated[
        bool,
        typer.Option(
            "--replace-older", help="Replace labels handed in before those of the dataset, too."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Give a dataset's labels back to tapes of the same content that have none.

    Labels that a person handed in later are never touched. Videos that `pull --videos` brought
    become tapes.
    """
    from app.runs.materialize import worker
    from resources.datasets.restoring import restore
    from resources.datasets.versions import find_version

    settings = in_force(library=library).settings
    store = Store(settings.library, settings.profiles)
    version = find_version(store, name)
    done = restore(store, version, may_replace_older=replace_older, is_rehearsal=dry_run)
    known = [] if dry_run else [t for t in done.changed if store.tape(t).sidecar("sources")]
    if known:
        with (
            progress_bars(is_quiet=as_json) as progress,
            worker(settings, progress=progress, has_tables=False) as ready,
        ):
            for number, tape_id in enumerate(known):
                progress("labels", number, len(known))
                ready.run("truth", tape_id, ["labels"])
            progress("labels", 1, 1)
    tell_restored(done, is_rehearsal=dry_run, as_json=as_json)


def _store(library: Path | None) -> Store:
    settings = in_force(library=library).settings
    return Store(settings.library, settings.profiles)
