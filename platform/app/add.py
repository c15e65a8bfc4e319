"""`gametape add`: videos become tapes of the library, without running anything."""

import datetime
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.console import err, out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from gametape.errors import InputError

if TYPE_CHECKING:
    from resources.arrivals.intake import Outcome

GAME_FACTS = ("game", "teams", "date", "angle", "venue", "light", "difficulty")
MAX_FACT_LETTERS = 200
COLORS = {"new": "green", "new version": "green", "changed": "green", "refused": "red"}


def add(
    paths: Annotated[list[Path], typer.Argument(help="Videos, or folders of them.")],
    sport: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sport pack; `gametape profiles` lists them.")
    ] = None,
    game: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="What is known: game, teams, date, angle; and strata: venue, light, difficulty.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Ask for another run of tapes that are not finished.")
    ] = False,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Add videos to the library as tapes, without running anything.

    A content that is there already is linked, not added again; a file that changed becomes a new
    version, a tape of its own. Tapes from the inbox run by themselves; `gametape run` runs all.
    """
    settings = in_force(library=library).settings
    facts = parse_game(game or ())
    if sport is not None:
        from gametape.profile import load_profile

        load_profile(sport, folder=settings.profiles)
    from app.arrivals import Adding, find_files

    found = find_files(paths, settings)
    with progress_bars() as progress:
        adding = Adding(settings, sport, facts, found.roots, is_rehearsal=dry_run, is_retry=retry)
        outcomes = [*found.refused, *adding.run(found.files, progress)]
    if as_json:
        print_json(as_values(outcomes, found.skipped, is_rehearsal=dry_run))
    else:
        show(outcomes, found.skipped, is_rehearsal=dry_run)
    if all(outcome.kind == "refused" for outcome in outcomes):
        raise typer.Exit(2)


def parse_game(given: Sequence[str]) -> dict[str, str]:
    """Facts of the game from `--game key=value`."""
    facts: dict[str, str] = {}
    for fact in given:
        key, sign, value = (part.strip() for part in fact.partition("="))
        if key not in GAME_FACTS or not sign:
            raise InputError(
                f"--game {fact}: write it as KEY=VALUE; the keys are {', '.join(GAME_FACTS)}."
            )
        if not value or len(value) > MAX_FACT_LETTERS or not value.isprintable():
            raise InputError(
                f"--game {key}: must be 1 to {MAX_FACT_LETTERS} printable letters. Shorten it."
            )
        if key == "date" and not _is_day(value):
            raise InputError(f"--game date={value}: write the day as 2026-11-21.")
        facts[key] = value
    return facts


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None


def as_values(
    outcomes: "Sequence[Outcome]", skipped: dict[str, str], *, is_rehearsal: bool
) -> dict[str, object]:
    """The result as plain values."""
    from resources.arrivals.listing import shown

    return {
        "dry_run": is_rehearsal,
        "files": [
            {
                "file": shown(outcome.name),
                "status": outcome.kind,
                "tape": outcome.tape,
                "profile": outcome.profile,
                "is_run_asked": outcome.is_run_asked,
                "reason": outcome.reason,
            }
            for outcome in outcomes
        ],
        "left_out": {shown(name): reason for name, reason in skipped.items()},
    }


def show(outcomes: "Sequence[Outcome]", skipped: dict[str, str], *, is_rehearsal: bool) -> None:
    """One row a file, then what a person should do or know."""
    from resources.arrivals.listing import shown, told

    table = Table("file", "", "tape", "profile", "", box=None, pad_edge=False)
    here = Path.cwd()
    for outcome in outcomes:
        path = Path(outcome.name)
        name = str(path.relative_to(here)) if path.is_relative_to(here) else outcome.name
        color = COLORS.get(outcome.kind, "")
        status = f"[{color}]{outcome.kind}[/]" if color else outcome.kind
        words = (escape(w) for w in (outcome.tape or "", outcome.profile or "", outcome.reason))
        table.add_row(escape(shown(name)), status, *words)
    out.print(table)
    if skipped:
        err.print(f"left out: {told(skipped)}", markup=False, soft_wrap=True)
    refused = sum(outcome.kind == "refused" for outcome in outcomes)
    if refused:
        what = "could be added" if refused == len(outcomes) else "were refused"
        which = "none" if refused == len(outcomes) else str(refused)
        err.print(f"{which} of {len(outcomes)} files {what}; the reasons are in the table.")
    if is_rehearsal:
        out.print("Nothing was written (--dry-run).")
        return
    asked = sum(outcome.is_run_asked for outcome in outcomes)
    waiting = sum(outcome.kind in ("new", "new version") for outcome in outcomes) - asked
    if asked:
        out.print(f"{asked} will be run by the sensor `inbox` at its next look.")
    if waiting > 0:
        out.print(f"{waiting} wait for a run: `gametape run`, or the UI (`gametape up`).")
