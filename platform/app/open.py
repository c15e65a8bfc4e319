"""`gametape open`: bring the library's pages up to date, and show one in the browser."""

import webbrowser
from typing import Annotated

import typer

from app.console import out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from gametape.errors import InputError
from resources.settings import Settings
from resources.store import Store

PAGES = ("index", "evaluation", "models", "errors", "costs")


def open(
    tape: Annotated[str | None, typer.Argument(help="Id of a tape: opens its own page.")] = None,
    page: Annotated[
        str, typer.Option(help="index, evaluation, models, errors or costs.")
    ] = "index",
    is_printed: Annotated[
        bool, typer.Option("--print", help="Print the path only, open nothing.")
    ] = False,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Show the library in the browser: tapes, evaluation, models, errors and costs.

    Pages and the tables behind them are made anew where they are stale. Each is one file.
    """
    from resources.pages import page_path, tape_page_name

    if page not in PAGES:
        raise InputError(f"--page {page}: there is no such page. Choose {', '.join(PAGES)}.")
    settings = in_force(library=library).settings
    store = Store(settings.library, settings.profiles)
    if tape is not None:
        store.tape(tape)  # refuses one that is not there
    made = bring_pages_up_to_date(settings, store, is_quiet=as_json)
    path = page_path(store, page if tape is None else tape_page_name(tape))
    if not path.is_file():
        raise InputError(f"{tape}: nothing is known of this tape yet. Cut it first.")
    is_open = not (is_printed or as_json) and webbrowser.open(path.absolute().as_uri())
    if as_json:
        print_json({"page": str(path), "made": made})
        return
    out.print(str(path), markup=False, soft_wrap=True)
    if not is_open and not is_printed:
        out.print("No browser could be started here; open the file on a machine that has one.")


def bring_pages_up_to_date(settings: Settings, store: Store, *, is_quiet: bool) -> list[str]:
    """Materialize the tables that are stale, and the pages where any is; say which assets ran."""
    from app.runs.materialize import worker
    from app.runs.running import stale_overviews

    with (
        progress_bars(is_quiet=is_quiet) as progress,
        worker(settings, progress=progress, has_tables=True) as ready,
    ):
        stale = stale_overviews(store, ready.instance)
        if stale:
            ready.run("tables", None, stale)
    return stale
