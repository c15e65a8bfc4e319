"""`gametape plan` and `gametape run`: what would be made again and why, and making just that."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from app.console import out, print_json
from app.options import AsJson, Library
from app.runs.watching import Done
from app.settings import in_force
from gametape.errors import InputError
from gametape.profile import profile_names
from resources.settings import Settings
from resources.store import Store

if TYPE_CHECKING:
    from resources.planning.plans import Changes, Plan

Tapes = Annotated[list[str] | None, typer.Argument(help="Ids of tapes; all without.")]
Sport = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only tapes judged by this sport pack.")
]


def plan(
    tapes: Tapes = None,
    sport: Sport = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Plan as if this value of the profile were so: fusion.enter=0.6",
        ),
    ] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """List everything that is to be made again, why, and how long it will take.

    Nothing is run, and no video is opened. Seconds are what each step has cost in this library.
    """
    from app.ordering import parse_changes

    settings = in_force(library=library).settings
    found = _plan(settings, tapes or (), sport, parse_changes(changes or ()))
    if as_json:
        from app.views.plans import as_values

        print_json(as_values(found))
        return
    from app.views.plans import show

    show(found)


def run(
    tapes: Tapes = None,
    sport: Sport = None,
    is_again: Annotated[
        bool, typer.Option("--again", help="Make again what a check has refused, too.")
    ] = False,
    limit_tapes: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Only the first so many tapes.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask, even at a terminal.")
    ] = False,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Do what `gametape plan` lists: tape after tape what is stale, then tables and pages once.

    A tape that fails is named with its reason, and the others go on. Ctrl-C ends it at any
    moment; what is finished is kept, and the next run goes on from there.
    """
    from app.views.plans import board, results_as_values, show_results, show_summary

    settings = in_force(library=library).settings
    found = _plan(settings, tapes or (), sport, is_again=is_again)
    to_do = [tape for tape in found.tapes if tape.to_run or tape.is_stuck][:limit_tapes]
    found = replace(found, tapes=tuple(to_do))
    if not as_json:
        show_summary(found)
        is_asked = bool(found.to_run) and not yes and sys.stdin.isatty() and out.is_terminal
        if is_asked and not typer.confirm("Run them?", default=True):
            return
    results: list[Done] = []
    if to_do or found.tables or found.pages:
        from app.runs.running import carry_out

        with board() as shown:
            results = carry_out(settings, to_do, shown)
    if as_json:
        print_json(results_as_values(found, results))
    else:
        show_results(results)
    if code := max((done.exit_code for done in results), default=0):
        raise typer.Exit(code)


def _plan(
    settings: Settings,
    tapes: Sequence[str],
    sport: str | None,
    changes: "Changes | None" = None,
    *,
    is_again: bool = False,
) -> "Plan":
    from resources.planning.plans import make_plan

    known = profile_names(settings.profiles)
    if sport is not None and sport not in known:
        raise InputError(
            f"--sport {sport}: there is no such sport pack. Choose one of {', '.join(known)}."
        )
    store = Store(settings.library, settings.profiles)
    return make_plan(store, tapes=tapes, sport=sport, changes=changes, is_again=is_again)
