"""`gametape tidy`: what grows with every run, and is nobody's result, goes."""

from typing import Annotated

import typer

from app.console import out, print_json
from app.options import AsJson, Library
from app.settings import in_force


def tidy(
    days: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Keep what is younger; `history_days` without."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Let go of old run history, and of what workers that were killed have left.

    No artifact is touched, and the last word on every tape stays. `gametape up` does it each night.
    """
    from app.runs.history import run_history
    from assets.upkeep import do_chores, find_chores, told

    settings = in_force(library=library, history_days=days).settings
    with run_history(settings) as instance:
        chores = find_chores(settings, instance)
        if not dry_run:
            do_chores(settings, instance, chores)
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "runs": len(chores.history.runs),
                "logs": len(chores.history.logs),
                "left_behind": [str(path) for path in chores.left_behind],
                "ledger_entries": chores.superseded,
                "bytes": chores.bytes,
            }
        )
        return
    out.print(f"{'Would go' if dry_run else 'Gone'}: {told(chores)}", soft_wrap=True)
