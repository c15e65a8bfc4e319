"""`gametape validate`: how well a sport's model would do on games that it has not seen."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.console import out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from resources.learning.validating import Answer, Question, validate_sport, write_validation

SHOWN = ("F1@0.30", "F1@0.50", "F1@0.70", "precision@0.50", "recall@0.50")


def validate(
    profile: Annotated[str, typer.Argument(help="Sport pack; `gametape profiles` lists them.")],
    tape: Annotated[
        list[str] | None,
        typer.Option("--tape", metavar="ID", help="Only these labelled tapes; may be repeated."),
    ] = None,
    dataset: Annotated[str, typer.Option(metavar="NAME", help="The tapes of a dataset.")] = "",
    helpers: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="SPORT", help="Tapes of this sport train too."),
    ] = None,
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="temporal, or linear-hmm: simpler, in seconds.")
    ] = "temporal",
    folds: Annotated[
        int, typer.Option(metavar="N", min=0, help="Groups of games; 0: leave one game out.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Same seed and tapes: same figures.")] = 0,
    steps: Annotated[
        int, typer.Option(metavar="N", help="Steps of training at most; 0: the default.")
    ] = 0,
    to: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write figures and every tape's scores here."),
    ] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Judge every labelled tape by a model that never saw its game, beside the sport's scorer.

    Nothing is registered or changed. Says too which fusion suits the model's scores, and whether
    other games, neighbouring settings and precision agree that it is better.
    """
    settings = in_force(library=library).settings
    question = Question(
        profile=profile,
        tapes=tuple(tape or ()),
        dataset=dataset,
        helpers=tuple(helpers or ()),
        kind=kind,
        folds=folds,
        seed=seed,
        steps=steps or None,
    )
    from resources.store import Store

    store = Store(settings.library, settings.profiles)
    with progress_bars(is_quiet=as_json) as progress:
        found = validate_sport(store, question, progress=progress)
    if to is not None:
        write_validation(to, found)
    if as_json:
        print_json(found.answer.model_dump(mode="json"))
        return
    _show(found.answer)


def _show(answer: Answer) -> None:
    """Contenders as rows, then strata, then what is to be said of fusion."""
    out.print(f"{answer.tapes} tapes of {answer.games} games in {answer.folds} folds")
    table = Table("", *SHOWN)
    for name, figures in answer.figures.items():
        cells = [f"{f.value:.3f} ({f.low:.2f}-{f.high:.2f})" for f in map(figures.get, SHOWN) if f]
        table.add_row(escape(name), *cells)
    out.print(table)
    groups = sorted({group for by_group in answer.strata.values() for group in by_group})
    if groups:
        table = Table("F1@0.50", *map(escape, answer.strata))
        for group in groups:
            cells = [f"{by_group[group]:.3f}" for by_group in answer.strata.values()]
            table.add_row(escape(group), *cells)
        out.print(table)
    out.print(f"Calibration error of the scores: {answer.calibration_error:.3f}")
    verdict = "suits better than the plain one" if answer.is_change else "is not clearly better"
    out.print(f"Another fusion {verdict}:")
    for reason in answer.reasons:
        out.print(f"  {escape(reason)}")
