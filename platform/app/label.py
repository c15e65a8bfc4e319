"""`gametape label`: labels of a tape come into the library, from any format that can be read."""

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from app.console import out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from gametape.errors import InputError, NoPlaysError
from gametape.exports.cutlist import write_cutlist
from gametape.exports.formats import read_plays
from gametape.exports.plays import segments_from
from gametape.exports.shotlist import ShotList, shot_list, write_shots
from gametape.exports.timecode import nominal_rate
from gametape.exports.timeline import TapeFacts
from gametape.schema import Segment, Source
from resources.store import Store
from resources.tape import Tape
from resources.verdicts import is_awaited

SHOWN = ("iou", "true_count", "found_count", "matched_count", "precision", "recall", "f1")
SCENE_LISTS = (".txt", ".scenes", "")  # first and last frame of a shot per line
OF_FIGURES = (
    *("protocol", "figure", "value", "ties_worst", "ties_best", "chance"),
    *("true_count", "found_count", "reason"),
)


def label(
    tape: Annotated[str, typer.Argument(help="Id of the tape; `gametape sql` lists them.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Plays as a person marked them: JSON, CSV, EDL, Sportscode, …; or the truth.json "
            "of a made match, which holds plays and shots."
        ),
    ] = None,
    has_no_plays: Annotated[
        bool,
        typer.Option(
            "--no-plays",
            help="Nobody plays on this tape, and whatever is found on it is wrong. Instead of a "
            "file; an empty one is taken for an accident.",
        ),
    ] = False,
    has_shots: Annotated[
        bool,
        typer.Option(
            "--shots",
            help="The file holds camera shots, not plays: first and last frame per line (.txt), "
            "or any list of plays, each entry a shot.",
        ),
    ] = False,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Hand in the true plays of a tape, or its shots, and see how well the found ones agree.

    Labels of the kind that were there before are replaced. Only labels and their evaluation run
    again.
    """
    from app.runs.materialize import materialize

    if (file is None) != has_no_plays:
        raise InputError(
            f"{tape}: say what is played on it, either by a FILE or, where nobody plays on the "
            "whole tape, with --no-plays."
        )
    settings = in_force(library=library).settings
    found = Store(settings.library, settings.profiles).tape(tape)
    with progress_bars(is_quiet=as_json) as progress:
        sources = found.sidecar("sources")
        if sources is None or is_awaited(found.folder, sources):
            materialize(settings, tape, ["sources"], progress=progress)
        plays: list[Segment] | None = []
        shots: ShotList | None = None
        if file is not None:
            plays, shots = read_labels(file, _facts(found), has_shots=has_shots)
        if plays is not None:
            write_cutlist(found.labels_file, plays)
        if shots is not None:
            write_shots(found.shots_file, shots)
        steps = ["labels", "evaluation"] if found.sidecar("segments") else ["labels"]
        materialize(settings, tape, steps, progress=progress, job="truth")
    is_scored = "evaluation" in steps
    counts = {"labels": len(plays or ()), "shots": len(shots.shots) if shots else 0}
    scores, figures = (_scores(found), _figures(found)) if is_scored else ([], [])
    if as_json:
        print_json({"tape": tape, **counts, "scores": scores, "protocols": figures})
        return
    told = [f"{count} {what}" for what, count in counts.items() if count]
    if has_no_plays:
        out.print(f"Nobody plays on {tape}: that is in the library.")
    else:
        out.print(f"{' and '.join(told)} of {tape} are in the library.")
    if not is_scored:
        out.print("  The tape has no segments yet; `gametape cut` finds some to compare with.")
    for row in scores[:1] if has_no_plays else ():
        out.print(f"  {row['found_count']} plays were found on it; none of them is one.")
    for row in scores if not has_no_plays else ():
        out.print(
            f"  at IoU {row['iou']:.1f}: {row['matched_count']} of {row['true_count']} found, "
            f"{row['found_count'] - row['matched_count']} extra, F1 {row['f1']:.3f}"
        )
    for row in figures:
        out.print(f"  {row['protocol']}: {_told(row)}", soft_wrap=True)


def read_labels(
    file: Path, tape: TapeFacts, *, has_shots: bool
) -> tuple[list[Segment] | None, ShotList | None]:
    """Plays and shots that a file holds; None of what it does not hold."""
    from gametape.madematch.truth import TRUTH_NAME, read_truth

    if has_shots and file.name != TRUTH_NAME:
        return None, _shots_in(file, tape)
    try:
        if file.name != TRUTH_NAME:
            return segments_from(read_plays(file, tape=tape)), None
        truth = read_truth(file)
        frames = [(float(s.start_frame), float(s.end_frame - 1)) for s in truth.shots]
        shots = shot_list(frames, unit="frames")
        if not has_shots and not truth.plays():
            raise NoPlaysError
        return (None if has_shots else truth.plays()), shots
    except NoPlaysError as error:
        raise InputError(
            f"{file.name}: no play is in it. If nobody plays on the whole tape, say so with "
            "--no-plays instead of the file; else give a list with at least one."
        ) from error


def _shots_in(file: Path, tape: TapeFacts) -> ShotList:
    try:
        if file.suffix in SCENE_LISTS:
            return shot_list(_frames_in(file), unit="frames")
        spans = [(float(p.start_s), float(p.end_s)) for p in read_plays(file, tape=tape)]
        return shot_list(spans, unit="seconds")
    except InputError as error:
        if file.name in str(error):
            raise
        raise InputError(f"{file.name}: {error}") from error


def _frames_in(file: Path) -> list[tuple[float, float]]:
    from gametape.metrics.files.frames import read_scenes

    (scenes,) = read_scenes(file).values()
    return [(float(scene.first), float(scene.last)) for scene in scenes]


def _facts(tape: Tape) -> TapeFacts:
    source = Source.model_validate_json(tape.path("sources.json").read_bytes())
    rate = source.video.average_rate
    return TapeFacts(
        rate=None if rate is None else nominal_rate(rate),
        duration_s=Fraction(source.duration_s),
        media=source.name,
    )


def _scores(tape: Tape) -> list[dict[str, Any]]:
    from gametape.tables import read_table

    table = read_table(tape.path("evaluation.parquet")).filter("is_in_force")
    return table.select(*SHOWN).to_dicts()


def _figures(tape: Tape) -> list[dict[str, Any]]:
    """The headline of each protocol but `segments-f1`, whose counts are told beside it."""
    from gametape.figures import HEADLINES
    from gametape.tables import read_table

    table = read_table(tape.path("figures.parquet")).filter("is_in_force")
    wanted = {(p, figure) for p, figure in HEADLINES.items() if p != "segments-f1"}
    rows = table.select(*OF_FIGURES).to_dicts()
    return [row for row in rows if (row["protocol"], row["figure"]) in wanted]


def _told(row: dict[str, Any]) -> str:
    if row["reason"] is not None:
        return escape(row["reason"])
    ties, noun = "", "transitions" if row["protocol"] == "shots" else "plays"
    if row["ties_worst"] is not None:
        ties = f", {row['ties_worst']:.3f} to {row['ties_best']:.3f} by the order of ties"
    behind = f"{row['true_count']} {noun} labelled, {row['found_count']} found"
    return f"{row['figure']} {row['value']:.3f}{ties} ({behind}); chance {row['chance']:.3f}"
