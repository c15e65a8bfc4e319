"""`gametape label`: labels of a tape come into the library, from any format that can be read."""

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from app.console import out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from gametape.exports.cutlist import write_cutlist
from gametape.exports.formats import read_plays
from gametape.exports.plays import segments_from
from gametape.exports.timecode import nominal_rate
from gametape.exports.timeline import TapeFacts
from gametape.schema import Source
from resources.store import Store, Tape

SHOWN = ("iou", "true_count", "found_count", "matched_count", "precision", "recall", "f1")


def label(
    tape: Annotated[str, typer.Argument(help="Id of the tape; `gametape sql` lists them.")],
    file: Annotated[
        Path, typer.Argument(help="Plays as a person marked them: JSON, CSV, EDL, Sportscode, …")
    ],
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Hand in the true plays of a tape, and see how well the found ones agree.

    Labels that were there before are replaced. Only labels and their evaluation run again.
    """
    from app.materialize import materialize

    settings = in_force(library=library).settings
    found = Store(settings.library, settings.profiles).tape(tape)
    with progress_bars(is_quiet=as_json) as progress:
        if found.sidecar("sources") is None:
            materialize(settings, tape, ["sources"], progress=progress)
        plays = read_plays(file, tape=_facts(found))
        write_cutlist(found.labels_file, segments_from(plays))
        steps = ["labels", "evaluation"] if found.sidecar("segments") else ["labels"]
        materialize(settings, tape, steps, progress=progress, job="truth")
    scores = _scores(found) if "evaluation" in steps else []
    if as_json:
        print_json({"tape": tape, "labels": len(plays), "scores": scores})
        return
    out.print(f"{len(plays)} labels of {tape} are in the library.")
    if not scores:
        out.print("  The tape has no segments yet; `gametape cut` finds some to compare with.")
    for row in scores:
        out.print(
            f"  at IoU {row['iou']:.1f}: {row['matched_count']} of {row['true_count']} found, "
            f"{row['found_count'] - row['matched_count']} extra, F1 {row['f1']:.3f}"
        )


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
