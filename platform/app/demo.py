"""`gametape demo`: a made match through the whole line, and how well it went."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.console import out, print_json, progress_bars
from app.cut import bring_up_to_date
from app.handover import copy_clips
from app.made import wish
from app.options import AsJson, Difficulty, Length, Library, Seed
from app.settings import in_force
from app.views.results import show_result
from gametape.aside import write_bytes
from gametape.metrics.segments import SegmentScores, score_segments
from gametape.schema import Progress, Span
from resources.settings import Settings
from resources.store import Store
from resources.tape import Tape

IOUS = (0.3, 0.5, 0.7)


def demo(
    folder: Annotated[
        Path,
        typer.Option(
            "--out", metavar="DIR", help="Receives the match, its clips, reel and timeline."
        ),
    ] = Path("demo"),
    sport: Annotated[
        str, typer.Option(help="Sport pack; a match of that sport is made.")
    ] = "tennis",
    seed: Seed = 11,
    length: Length = 240.0,
    difficulty: Difficulty = "normal",
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Make a match, find its plays, cut them, and compare them with the known truth."""
    from assets.timelines import timeline_of
    from gametape.report.comparison import comparison_rows
    from gametape.tables import read_table, segments_of

    settings = in_force(library=library).settings
    with progress_bars() as progress:
        video, truth = make(folder / "match", sport, seed, length, difficulty, progress)
        tape, ran = walk_the_line(video, sport, settings, progress)
        changed = copy_clips(tape, folder)
    found = segments_of(read_table(tape.path("segments.parquet")))
    write_bytes(folder / "timeline.png", timeline_of(tape, found, truth))
    cores = [segment.core for segment in found]
    scores = [score_segments(truth, cores, iou=iou) for iou in IOUS]
    plays = comparison_rows(cores, truth)
    if as_json:
        values = [dataclasses.asdict(s) for s in scores]
        print_json(
            {
                "tape": tape.order.id,
                "out": str(folder),
                "ran": ran,
                "scores": values,
                "plays": plays,
            }
        )
        return
    show_result(tape, ran, folder, changed=changed, with_evidence=False)
    out.print("\nPlay by play, without padding (matched at IoU 0.5)")
    out.print(play_table(plays))
    out.print("\nFound against the known truth (protocol segments-f1; one made tape, no average)")
    out.print(score_table(scores))
    out.print(
        f"\nWatch      {folder / 'reel.mp4'}, or the clips in {folder / 'clips'}"
        f"\nTimeline   {folder / 'timeline.png'}"
        f"\nUI         make up, then http://{settings.ui.host}:{settings.ui.port}"
        " (the asset graph is under Lineage)",
        markup=False,
        soft_wrap=True,
    )


def make(
    folder: Path, sport: str, seed: int, length_s: float, difficulty: str, progress: Progress
) -> tuple[Path, list[Span]]:
    """A made match: its video, and where its plays are."""
    from gametape.madematch.match import make_match

    settings = wish(sport=sport, seed=seed, length_s=length_s, difficulty=difficulty)
    made = make_match(folder, settings, progress)
    return made.video, [play.core for play in made.truth.plays()]


def walk_the_line(
    video: Path, sport: str, settings: Settings, progress: Progress
) -> tuple[Tape, list[str]]:
    """Order the tape and bring its artifacts up to date."""
    from app.ordering import make_order

    store = Store(settings.library, settings.profiles)
    order = make_order(video, settings, sport=sport, progress=progress)
    store.put_order(order)
    tape = store.tape(order.id)
    return tape, bring_up_to_date(settings, tape, progress=progress)


def play_table(plays: list[dict[str, object]]) -> Table:
    """One row a play, true or found, in order of time."""
    table = Table(box=None, pad_edge=False)
    for title in ("", "start", "end", "IoU", "onset error", "offset"):
        table.add_column(title, justify="left" if not title else "right")
    for play in plays:
        errors = [play[key] for key in ("iou", "onset_s", "offset_s")]
        told = ["-" if e is None else f"{e:+.2f} s" for e in errors]
        told[0] = "-" if errors[0] is None else f"{errors[0]:.2f}"
        table.add_row(str(play["outcome"]), str(play["start"]), str(play["end"]), *told)
    return table


def score_table(scores: list[SegmentScores]) -> Table:
    """One row per IoU threshold."""
    table = Table(box=None, pad_edge=False)
    for title in ("IoU", "true", "found", "precision", "recall", "F1", "onset error", "offset"):
        table.add_column(title, justify="right")
    for s in scores:
        table.add_row(
            f"{s.iou:.1f}",
            str(s.true_count),
            str(s.found_count),
            f"{s.precision:.2f}",
            f"{s.recall:.2f}",
            f"{s.f1:.2f}",
            _error(s.onset_bias_s, s.onset_mae_s),
            _error(s.offset_bias_s, s.offset_mae_s),
        )
    return table


def _error(bias_s: float | None, mae_s: float | None) -> str:
    """Mean signed error, and mean size of the error."""
    if bias_s is None or mae_s is None:
        return "-"
    return f"{bias_s:+.2f} s (±{mae_s:.2f})"
