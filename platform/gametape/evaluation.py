"""How well the found plays of one tape agree with its labels, at every threshold.

Works on stored scores: fusion is repeated, nothing is decoded or predicted again. The protocols
themselves are in `metrics`; figures of all of them, with ties and baselines, are in `figures`.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from gametape.fusion.segments import fuse
from gametape.metrics import baselines
from gametape.metrics.segments import (
    SegmentScores,
    match_segments,
    overlap_iou,
    score_segments,
)
from gametape.profile import FusionSettings
from gametape.schema import Segment, Span

PROTOCOL = "segments-f1"
IOUS = (0.3, 0.5, 0.7)
MATCH_IOU = 0.5  # of the table of matches
THRESHOLDS = tuple(step / 20 for step in range(1, 20))

EVALUATION_COLUMNS = {
    "protocol": pl.String,
    "profile": pl.String,
    "model": pl.String,
    "iou": pl.Float64,
    "threshold": pl.Float64,
    "is_in_force": pl.Boolean,
    "true_count": pl.Int32,
    "found_count": pl.Int32,
    "matched_count": pl.Int32,
    "merged_count": pl.Int32,
    "split_count": pl.Int32,
    "precision": pl.Float64,
    "recall": pl.Float64,
    "f1": pl.Float64,
    "onset_bias_s": pl.Float64,
    "onset_mae_s": pl.Float64,
    "offset_bias_s": pl.Float64,
    "offset_mae_s": pl.Float64,
    # What would be matched without looking; in force only.
    "always_matched_count": pl.Int32,
    "cadence_found_count": pl.Int32,
    "cadence_matched_count": pl.Int32,
}
TAPE = "tape"
MATCH_COLUMNS = {
    "kind": pl.String,
    "true_start_s": pl.Float64,
    "true_end_s": pl.Float64,
    "found_start_s": pl.Float64,
    "found_end_s": pl.Float64,
    "overlap": pl.Float64,
    "score": pl.Float64,
}


def evaluate_segments(
    labels: Sequence[Span],
    found: Sequence[Segment],
    *,
    profile: str,
    model: str,
    threshold: float,
    duration_s: float,
) -> pl.DataFrame:
    """One row per IoU for the segments in force; compared are the plays without padding."""
    spans = [segment.core for segment in found]
    always, cadence = _blind(labels, duration_s)
    rows = [
        (
            *_row(labels, spans, iou, profile, model, threshold, is_in_force=True),
            len(match_segments(labels, always, iou=iou)),
            len(cadence),
            len(match_segments(labels, cadence, iou=iou)),
        )
        for iou in IOUS
    ]
    return pl.DataFrame(rows, schema=EVALUATION_COLUMNS, orient="row")


def found_by_threshold(
    predictions: pl.DataFrame,
    cuts: pl.DataFrame,
    *,
    settings: FusionSettings,
    duration_s: float,
) -> dict[float, list[Segment]]:
    """Segments at every threshold: fusion as the profile has it, but for where play begins."""
    found = {}
    for threshold in THRESHOLDS:
        changed = {
            "enter": threshold,
            "leave": min(settings.leave, threshold),
            "boundary": min(settings.boundary, threshold),
        }
        swept = settings.model_copy(update=changed)
        found[threshold] = fuse(predictions, cuts, settings=swept, duration_s=duration_s)
    return found


def sweep_table(
    labels: Sequence[Span],
    swept: Mapping[float, Sequence[Segment]],
    *,
    profile: str,
    model: str,
) -> pl.DataFrame:
    """One row per threshold and IoU, of `segments-f1`."""
    rows = [
        (
            *_row(labels, [s.core for s in found], iou, profile, model, threshold),
            *(None, None, None),
        )
        for threshold, found in swept.items()
        for iou in IOUS
    ]
    return pl.DataFrame(rows, schema=EVALUATION_COLUMNS, orient="row")


def match_table(labels: Sequence[Span], found: Sequence[Segment]) -> pl.DataFrame:
    """One row per play: matched one to one at IoU 0.5, missed, or found besides."""
    spans = [segment.core for segment in found]
    pairs = match_segments(labels, spans, iou=MATCH_IOU)
    rows: list[tuple[object, ...]] = [
        (
            *("matched", labels[t].start_s, labels[t].end_s, spans[f].start_s, spans[f].end_s),
            *(overlap_iou(labels[t], spans[f]), found[f].score),
        )
        for t, f in pairs
    ]
    true, taken = {t for t, _ in pairs}, {f for _, f in pairs}
    rows += [
        ("missed", label.start_s, label.end_s, None, None, None, None)
        for index, label in enumerate(labels)
        if index not in true
    ]
    rows += [
        ("extra", None, None, span.start_s, span.end_s, None, found[index].score)
        for index, span in enumerate(spans)
        if index not in taken
    ]
    rows.sort(key=lambda row: (row[1] if row[1] is not None else row[3], row[0]))
    return pl.DataFrame(rows, schema=MATCH_COLUMNS, orient="row")


def _blind(labels: Sequence[Span], duration_s: float) -> tuple[list[Span], list[Span]]:
    """Plays of those who do not look: one from end to end, a mean one every mean interval."""
    if not labels:
        return [], []
    truth = {TAPE: [Segment(label.start_s, label.end_s) for label in labels]}
    lengths = baselines.tape_lengths_s(truth, known={TAPE: duration_s})
    found = baselines.always_play(truth, lengths), baselines.cadence_segments(truth, lengths)
    always, cadence = ([Span(s.start_s, s.end_s) for s in fakes[TAPE]] for fakes in found)
    return always, cadence


def _row(
    labels: Sequence[Span],
    found: Sequence[Span],
    iou: float,
    profile: str,
    model: str,
    threshold: float,
    *,
    is_in_force: bool = False,
) -> tuple[object, ...]:
    scores = score_segments(labels, found, iou=iou)
    return (
        *(PROTOCOL, profile, model, iou, threshold, is_in_force),
        *(scores.true_count, scores.found_count, scores.matched_count),
        *(scores.merged_count, scores.split_count, *_shares(scores)),
        *(scores.onset_bias_s, scores.onset_mae_s, scores.offset_bias_s, scores.offset_mae_s),
    )


def _shares(scores: SegmentScores) -> tuple[float | None, float | None, float]:
    """Precision, recall and F1; of a tape without a play every found one is wrong.

    There is no recall of nothing, and no precision where nothing was found either.
    """
    if scores.true_count:
        return scores.precision, scores.recall, scores.f1
    return (scores.precision if scores.found_count else None), None, scores.f1
