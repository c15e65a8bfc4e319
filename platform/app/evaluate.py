"""`gametape evaluate`: plain files of predictions against plain files of truth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.console import out, print_json
from app.options import AsJson
from gametape.metrics.protocols.choice import PROTOCOLS, REPEATS, Options, Sampling

if TYPE_CHECKING:
    from gametape.metrics.scorecard import Figure, Scorecard

SHOWN_CLASSES = 30  # rows about single classes; --json has them all
COUNTS = ("merged", "split", "identity switches")  # figures that are numbers of things


def evaluate(
    protocol: Annotated[
        str, typer.Option(metavar="NAME", help=f"How to score: {', '.join(PROTOCOLS)}.")
    ],
    truth: Annotated[Path, typer.Option(metavar="FILE", help="The truth: a file or a folder.")],
    predictions: Annotated[
        Path, typer.Option(metavar="FILE", help="What was found: a file or a folder.")
    ],
    iou: Annotated[
        list[float] | None,
        typer.Option(metavar="X", help="Overlap that counts, 0 to 1; may be given several times."),
    ] = None,
    tolerance: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Frames that a hit may be off; may be given several times."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="X", help="Leave out what scores below it.")
    ] = None,
    subset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Subset of an ActivityNet truth; else validation."),
    ] = None,
    background: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL", help="Frame label that is no action; '' counts all. Else background."
        ),
    ] = None,
    one_label: Annotated[
        bool, typer.Option("--one-label", help="Take all labels of segments for one class.")
    ] = False,
    repeats: Annotated[
        int, typer.Option(metavar="N", help="Resamples of the tapes behind each interval.")
    ] = REPEATS,
    seed: Annotated[int, typer.Option(metavar="N", help="Same seed, same intervals.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Score predictions against truth by a named protocol, exactly as its official code does.

    Works on plain files, without library or tape; docs/protocols.md lists formats and figures.
    """
    from gametape.metrics.protocols.evaluate import evaluate as score

    options = Options(
        iou=tuple(iou) if iou else None,
        tolerance=tuple(tolerance) if tolerance else None,
        threshold=threshold,
        subset=subset,
        background=None if not background else tuple(b for b in background if b),
        one_label=one_label or None,
        sampling=Sampling(seed=seed, repeats=repeats),
    )
    card = score(protocol, truth=truth, found=predictions, options=options)
    if as_json:
        from dataclasses import asdict

        print_json(asdict(card))
        return
    show_scorecard(card)


def show_scorecard(card: "Scorecard") -> None:
    """A scorecard as a table for people: headline figures first, then classes."""
    held = card.contents
    out.print(f"[bold]{card.protocol}[/]  {escape(card.definition)}", soft_wrap=True)
    out.print(
        f"{held.tape_count} tape{'s' * (held.tape_count != 1)}, "
        f"{held.play_count} true {held.play_noun}, {held.found_count} found"
    )
    for name, value in card.settings.items():
        if value not in (None, []):
            out.print(f"{name} {_setting(value)}", markup=False, soft_wrap=True)
    overall = [figure for figure in card.figures if not figure.label]
    single = [figure for figure in card.figures if figure.label]
    out.print(_table(overall, is_by_class=False))
    if len({figure.label for figure in single}) > 1:
        out.print(_table(single[:SHOWN_CLASSES], is_by_class=True))
        if len(single) > SHOWN_CLASSES:
            out.print(f"... and {len(single) - SHOWN_CLASSES} more figures of classes; see --json")
    if any(figure.ties and not figure.ties.is_exact for figure in card.figures):
        out.print("~ these extremes were looked for, not proven")
    for note in card.notes:
        out.print(f"[yellow]note[/] {escape(note)}", soft_wrap=True)


def _table(figures: "list[Figure]", *, is_by_class: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("figure", no_wrap=True)
    if is_by_class:
        table.add_column("class", overflow="fold")
    has_ties = any(figure.ties for figure in figures)
    trivial = list(figures[0].baselines) if figures else []
    level = next((f.interval.level for f in figures if f.interval), None)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column(f"{level:.0%} interval" if level else "interval", no_wrap=True)
    if has_ties:
        table.add_column("ties", no_wrap=True)
        table.add_column("mean", justify="right", no_wrap=True)
    for head in trivial:
        table.add_column(head, justify="right")
    for figure in figures:
        row = [escape(figure.name), *([escape(figure.label)] if is_by_class else [])]
        row += [_number(figure, figure.value, digits=4), _interval(figure)]
        row += _ties(figure) if has_ties else []
        row += [_number(figure, figure.baselines[name]) for name in trivial]
        table.add_row(*row)
    return table


def _interval(figure: "Figure") -> str:
    if figure.interval is None:
        return "none"
    return _range(figure, figure.interval.low, figure.interval.high)


def _ties(figure: "Figure") -> list[str]:
    ties = figure.ties
    if ties is None:
        return ["none", ""]
    about = "" if ties.is_exact else "~"
    return [about + _range(figure, ties.worst, ties.best), _number(figure, ties.expected)]


def _range(figure: "Figure", low: float, high: float) -> str:
    between = "-" if low >= 0 else " to "
    return f"{_number(figure, low)}{between}{_number(figure, high)}"


def _number(figure: "Figure", value: float | None, *, digits: int = 3) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if figure.name in COUNTS else f"{value:.{digits}f}"


def _setting(value: object) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, list | tuple) else str(value)
