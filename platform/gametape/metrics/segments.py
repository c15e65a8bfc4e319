"""Protocol `segments-f1`: found segments against true ones, matched one to one.

The other protocols get modules of their own beside this one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gametape.metrics.tally import ALL, Figures, FloatArray, IntArray, f1, share
from gametape.schema import Segment, Span

IOUS = (0.4, 0.5, 0.7)
Tapes = Mapping[str, Sequence[Segment]]


@dataclass(frozen=True)
class SegmentScores:
    """What `segments-f1` says at one IoU threshold; boundary errors are found minus true."""

    iou: float
    true_count: int
    found_count: int
    matched_count: int
    precision: float
    recall: float
    f1: float
    onset_bias_s: float | None  # None where nothing matched
    onset_mae_s: float | None
    offset_bias_s: float | None
    offset_mae_s: float | None
    merged_count: int  # found segments that swallow two or more true ones
    split_count: int  # true segments covered by two or more found ones


def overlap_iou(one: Span, other: Span) -> float:
    """Intersection over union of two stretches of time."""
    shared = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    if shared <= 0:
        return 0.0
    return shared / (one.length_s + other.length_s - shared)


def match_segments(
    truth: Sequence[Span], found: Sequence[Span], *, iou: float
) -> list[tuple[int, int]]:
    """Pairs (true index, found index), one to one: as many as possible, then the best overlap."""
    if not truth or not found:
        return []
    from scipy.optimize import linear_sum_assignment  # costs a quarter second to import

    overlaps = np.array([[overlap_iou(t, f) for f in found] for t in truth])
    # A pair over the threshold outweighs any sum of overlaps, so the count is maximal first.
    worth = np.where(overlaps >= iou, overlaps + len(truth) + len(found), 0.0)
    rows, columns = linear_sum_assignment(-worth)
    return [
        (int(r), int(c)) for r, c in zip(rows, columns, strict=True) if overlaps[r, c] >= iou > 0
    ]


def score_segments(
    truth: Sequence[Span], found: Sequence[Span], *, iou: float = 0.5
) -> SegmentScores:
    """Precision, recall, F1 and boundary errors; nothing against nothing is perfect."""
    pairs = match_segments(truth, found, iou=iou)
    onsets = np.array([found[f].start_s - truth[t].start_s for t, f in pairs])
    offsets = np.array([found[f].end_s - truth[t].end_s for t, f in pairs])
    precision = len(pairs) / len(found) if found else float(not truth)
    recall = len(pairs) / len(truth) if truth else float(not found)
    total = len(truth) + len(found)
    return SegmentScores(
        iou=iou,
        true_count=len(truth),
        found_count=len(found),
        matched_count=len(pairs),
        precision=precision,
        recall=recall,
        f1=2 * len(pairs) / total if total else 1.0,
        onset_bias_s=_mean(onsets),
        onset_mae_s=_mean(np.abs(onsets)),
        offset_bias_s=_mean(offsets),
        offset_mae_s=_mean(np.abs(offsets)),
        merged_count=sum(_covered(f, truth) >= 2 for f in found),
        split_count=sum(_covered(t, found) >= 2 for t in truth),
    )


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _covered(one: Span, others: Sequence[Span]) -> int:
    """How many of the others have most of their length inside this one."""
    shared = [min(one.end_s, o.end_s) - max(one.start_s, o.start_s) for o in others]
    return sum(s > 0.5 * o.length_s for s, o in zip(shared, others, strict=True))


class SegmentTally:
    """Precision, recall, F1, boundary errors, merges and splits over many tapes, label by label."""

    def __init__(self, truth: Tapes, found: Tapes, *, ious: Sequence[float]) -> None:
        self.tapes = tuple(sorted({*truth, *found}))
        self.ious = tuple(ious)
        self.labels = sorted(
            {s.label for side in (truth, found) for ss in side.values() for s in ss}
        )
        self._counts = np.array(
            [
                [[_counts(*_sides(truth, found, tape, label), iou) for tape in self.tapes]
                 for iou in self.ious]
                for label in self.labels
            ],
            dtype=np.float64,
        ).reshape(len(self.labels), len(self.ious), len(self.tapes), 9)  # fmt: skip

    def figures(self, weights: IntArray) -> Figures:
        """The headline is F1 at the first IoU; labels are pooled."""
        by_label = np.einsum("t,litc->lic", weights, self._counts)
        figures: Figures = {}
        for i, iou in enumerate(self.ious):
            figures |= _segment_figures(by_label[:, i].sum(axis=0), f"{iou:.2f}", ALL)
        for label, counts in zip(self.labels, by_label, strict=True):
            for i, iou in enumerate(self.ious):
                single = _segment_figures(counts[i], f"{iou:.2f}", label)
                is_there = bool(counts[i, 1] + counts[i, 2])
                figures |= {k: v if is_there else np.nan for k, v in list(single.items())[:3]}
        return figures


def segment_tally(truth: Tapes, found: Tapes, *, ious: Sequence[float] = IOUS) -> SegmentTally:
    """Score segments tape by tape; a found segment can only match a true one of its label."""
    return SegmentTally(truth, found, ious=ious)


def _sides(truth: Tapes, found: Tapes, tape: str, label: str) -> tuple[list[Span], list[Span]]:
    one, other = (
        sorted(Span(s.start_s, s.end_s) for s in side.get(tape, ()) if s.label == label)
        for side in (truth, found)
    )
    return one, other


def _counts(truth: list[Span], found: list[Span], iou: float) -> list[float]:
    scores = score_segments(truth, found, iou=iou)
    errors = (scores.onset_bias_s, scores.onset_mae_s, scores.offset_bias_s, scores.offset_mae_s)
    return [
        scores.matched_count,
        scores.true_count,
        scores.found_count,
        *((error or 0.0) * scores.matched_count for error in errors),
        scores.merged_count,
        scores.split_count,
    ]


def _segment_figures(counts: FloatArray, iou: str, label: str) -> Figures:
    hits, true, found, *errors, merged, split = counts.tolist()
    names = ("onset bias s", "onset MAE s", "offset bias s", "offset MAE s")
    return {
        (f"F1@{iou}", label): f1(hits, true, found),
        (f"precision@{iou}", label): share(hits, found, if_empty=float(not true)),
        (f"recall@{iou}", label): share(hits, true, if_empty=float(not found)),
        **{
            (f"{name}@{iou}", label): share(error, hits, if_empty=float("nan"))
            for name, error in zip(names, errors, strict=True)
        },
        ("merged", label): merged,
        ("split", label): split,
    }
