"""What protocol `shots` says of one tape: its found cuts against the shots that a person marked.

Part of the asset `evaluation`; how cuts are found is in `gametape.video.scenes`.
"""

import polars as pl

from gametape.figures import (
    SCENE_COLUMNS,
    Judged,
    found_scenes,
    labelled_scenes,
    scenes_table,
    shot_figures,
    without_truth,
)
from gametape.line import STEP
from gametape.tables import read_table
from gametape.video.scenes import find_cuts
from resources.tape import Tape

# Strengths from which a change is a cut: from what every pan reaches to what few cuts do.
CUT_THRESHOLDS = (1.4, 1.6, 1.8, 2.0, 2.2, 2.5, 3.0, 4.0, 6.0, 9.0)


def shot_scores(tape: Tape) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Figures, in force first and then by threshold, and the scenes that they compare."""
    settings = tape.profile.signals
    judged = Judged(tape.profile.name, f"cuts/{STEP['signals'].code}", settings.cut_threshold)
    marked = read_table(tape.path("shots.parquet"))
    if marked.is_empty() or tape.order.cut_list is not None:
        nothing = pl.DataFrame(schema=SCENE_COLUMNS)
        return without_truth("shots", judged, _reason(tape)), nothing
    frames = read_table(tape.path("signals/frames.parquet"))
    count = len(frames)
    truth = labelled_scenes(marked, frames["time_s"].to_numpy())
    cuts = read_table(tape.path("signals/cuts.parquet"))
    found = found_scenes(cuts["frame"], frame_count=count)
    tables = [shot_figures(truth, found, judged)]
    for threshold in CUT_THRESHOLDS:
        swept = find_cuts(frames, settings.model_copy(update={"cut_threshold": threshold}))
        at = Judged(judged.profile, judged.model, threshold, is_in_force=False)
        scenes = found_scenes(swept["frame"], frame_count=count)
        tables.append(shot_figures(truth, scenes, at))
    return pl.concat(tables), scenes_table(truth, found)


def _reason(tape: Tape) -> str:
    if tape.order.cut_list is not None:
        return "Its plays were given as a list, so nobody looked for cuts."
    return f"Nobody has labelled its shots: `gametape label {tape.order.id} FILE --shots` does."
