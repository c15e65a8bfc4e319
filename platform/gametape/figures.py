"""What one tape scores under each protocol by name, in force and at every threshold.

Works on stored scores. The protocols themselves are in `metrics`; here one tape's plays and shots
are handed to them, and their figures become rows. What has no truth says so in its row.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from gametape.metrics.files.segments import SegmentFile
from gametape.metrics.protocols.choice import Options, Sampling
from gametape.metrics.protocols.frames import score_shots
from gametape.metrics.protocols.spans import score_segments_f1, score_tiou_map
from gametape.metrics.scorecard import Scorecard
from gametape.metrics.segments import segment_tally
from gametape.metrics.shots import Scene, shot_tally
from gametape.metrics.tally import ALL, FloatArray, Key, Spread, Tally, figures_of
from gametape.metrics.ties import tie_spreads
from gametape.metrics.tiou import tiou_tally
from gametape.schema import Segment, Span

TAPE = "tape"
HEADLINES = {
    "segments-f1": "F1@0.50",
    "tiou-map": "average mAP",
    "shots": "F1@2",
}
PRINTED = re.compile(r"(F1|precision|recall|mAP)@|average mAP")
NOBODY_PLAYS = "nobody plays on this tape, so there is nothing to find"
ALONE = Options(sampling=Sampling(repeats=0))  # one tape has no interval over tapes

FIGURE_COLUMNS = {
    "protocol": pl.String,
    "figure": pl.String,
    "profile": pl.String,
    "model": pl.String,
    "threshold": pl.Float64,
    "is_in_force": pl.Boolean,
    "value": pl.Float64,
    "ties_worst": pl.Float64,
    "ties_best": pl.Float64,
    "ties_expected": pl.Float64,
    "chance": pl.Float64,
    "cadence": pl.Float64,
    "always": pl.Float64,
    "true_count": pl.Int32,
    "found_count": pl.Int32,
    "reason": pl.String,
}
SCENE_COLUMNS = {
    "side": pl.String,
    "first_frame": pl.Int64,
    "last_frame": pl.Int64,
}


@dataclass(frozen=True)
class Judged:
    """Of whom a row speaks: the sport pack, who found, at which threshold."""

    profile: str
    model: str
    threshold: float
    is_in_force: bool = True


def play_figures(
    truth: Sequence[Span],
    found: Sequence[Segment],
    judged: Judged,
    *,
    ious: Sequence[float],
    duration_s: float,
) -> pl.DataFrame:
    """Rows of `segments-f1` and `tiou-map`: plays without padding, all labels as one class.

    Baselines are scored for what is in force only; for a sweep they would be the same work again.
    """
    true, guessed = _as_plays(truth), _as_plays([s.core for s in found], [s.score for s in found])
    counts = len(true), len(guessed)
    if not true:
        return _nothing_played(guessed, judged, ious)
    if judged.is_in_force:
        sides = (SegmentFile({TAPE: side}, {TAPE: duration_s}) for side in (true, guessed))
        one, other = sides
        cards = [
            score_segments_f1(one, other, replace(ALONE, iou=tuple(ious))),
            score_tiou_map(one, other, ALONE),
        ]
        return _table(row for card in cards for row in _card_rows(card, judged))
    mapped = tiou_tally({TAPE: true}, {TAPE: guessed})
    f1s = segment_tally({TAPE: true}, {TAPE: guessed}, ious=ious)
    return _table(
        [
            *_tally_rows("segments-f1", f1s, {}, judged, counts),
            *_tally_rows("tiou-map", mapped, tie_spreads(mapped), judged, counts),
        ]
    )


def _nothing_played(
    found: Sequence[Segment], judged: Judged, ious: Sequence[float]
) -> pl.DataFrame:
    """Rows of a tape without any play: whatever was found is wrong, and there is no recall."""
    counts = 0, len(found)
    tally = segment_tally({TAPE: []}, {TAPE: found}, ious=ious)
    undefined = ("recall@",) if found else ("recall@", "precision@")
    rows = []
    for row in _tally_rows("segments-f1", tally, {}, judged, counts):
        missing = {"value": None, "reason": NOBODY_PLAYS}
        rows.append(row | (missing if str(row["figure"]).startswith(undefined) else {}))
    if judged.is_in_force:
        rows.append(
            _row("tiou-map", judged)
            | {"figure": HEADLINES["tiou-map"], "reason": NOBODY_PLAYS}
            | {"true_count": 0, "found_count": len(found)}
        )
    return _table(rows)


def shot_figures(truth: Sequence[Scene], found: Sequence[Scene], judged: Judged) -> pl.DataFrame:
    """Rows of `shots`: transitions between scenes, with the protocol's own tolerance."""
    true, guessed = {TAPE: list(truth)}, {TAPE: list(found)}
    if judged.is_in_force:
        return _table(_card_rows(score_shots(true, guessed, ALONE), judged))
    counts = len(truth) - 1, len(found) - 1
    return _table(_tally_rows("shots", shot_tally(true, guessed), {}, judged, counts))


def without_truth(protocol: str, judged: Judged, reason: str) -> pl.DataFrame:
    """The one row of a protocol that cannot be scored here, and why."""
    unscored = {"figure": HEADLINES[protocol], "threshold": None, "reason": reason}
    return _table([_row(protocol, judged) | unscored])


def labelled_scenes(shots: pl.DataFrame, time_s: FloatArray) -> list[Scene]:
    """Marked shots as frames of the tape; `time_s` [frames] is when each frame is shown.

    Times are taken for the nearest frame's; what lies beyond the frames that were read is left out.
    """
    scenes = []
    for start_s, end_s, first, last in shots.select(
        "start_s", "end_s", "first_frame", "last_frame"
    ).iter_rows():
        if first is None:
            first, last = _nearest(time_s, start_s), _nearest(time_s, end_s) - 1
            last = len(time_s) - 1 if end_s > time_s[-1] else last
        if first < len(time_s):
            scenes.append(Scene(first, max(first, min(last, len(time_s) - 1))))
    return scenes


def found_scenes(cuts: Iterable[int], *, frame_count: int) -> list[Scene]:
    """The scenes between found cuts; a cut is the first frame of a new shot."""
    firsts = [0, *sorted({cut for cut in cuts if 0 < cut < frame_count})]
    lasts = [*(first - 1 for first in firsts[1:]), frame_count - 1]
    return [Scene(a, b) for a, b in zip(firsts, lasts, strict=True)]


def scenes_table(truth: Sequence[Scene], found: Sequence[Scene]) -> pl.DataFrame:
    """One row per scene of either side; without truth there are none."""
    sides = (("true", truth), ("found", found)) if truth else ()
    rows = [(name, scene.first, scene.last) for name, side in sides for scene in side]
    return pl.DataFrame(rows, schema=SCENE_COLUMNS, orient="row")


def _nearest(time_s: FloatArray, moment_s: float) -> int:
    after = int(np.searchsorted(time_s, moment_s).clip(1, max(1, len(time_s) - 1)))
    after = min(after, len(time_s) - 1)
    before = max(0, after - 1)
    return before if moment_s - time_s[before] < time_s[after] - moment_s else after


def _as_plays(spans: Sequence[Span], scores: Sequence[float] | None = None) -> list[Segment]:
    given = scores or [100.0] * len(spans)
    return [Segment(s.start_s, s.end_s, score=x) for s, x in zip(spans, given, strict=True)]


def _card_rows(card: Scorecard, judged: Judged) -> Iterable[dict[str, object]]:
    held = card.contents
    for figure in card.figures:
        if figure.label == ALL and PRINTED.match(figure.name):
            row = _row(card.protocol, judged) | _ties(figure.ties) | dict(figure.baselines)
            row |= {"figure": figure.name, "value": figure.value}
            yield row | {"true_count": held.play_count, "found_count": held.found_count}


def _tally_rows(
    protocol: str,
    tally: Tally,
    spreads: Mapping[Key, Spread],
    judged: Judged,
    counts: tuple[int, int],
) -> Iterable[dict[str, object]]:
    for (name, label), value in figures_of(tally).items():
        if label == ALL and PRINTED.match(name):
            row = _row(protocol, judged) | _ties(spreads.get((name, label)))
            row |= {"figure": name, "value": None if np.isnan(value) else value}
            yield row | {"true_count": counts[0], "found_count": counts[1]}


def _row(protocol: str, judged: Judged) -> dict[str, object]:
    return {
        "protocol": protocol,
        "profile": judged.profile,
        "model": judged.model,
        "threshold": judged.threshold,
        "is_in_force": judged.is_in_force,
    }


def _ties(spread: Spread | None) -> dict[str, object]:
    if spread is None:
        return {}
    worst, best, expected = spread.worst, spread.best, spread.expected
    return {"ties_worst": worst, "ties_best": best, "ties_expected": expected}


def _table(rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    whole = [{name: row.get(name) for name in FIGURE_COLUMNS} for row in rows]
    return pl.DataFrame(whole, schema=FIGURE_COLUMNS, orient="row")
