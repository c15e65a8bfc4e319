"""Protocol `segmentation`: one label a frame, in the two ways that papers report it.

Macro (Lea et al.): each figure per tape, then the mean. Pooled (MS-TCN): matches counted over all
tapes, the edit score still a mean. A found stretch takes the true one it overlaps most, once. Where
neither side has a stretch that counts, a tape is perfect; the official codes divide by zero there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gametape.errors import InputError
from gametape.metrics.tally import ALL, Figures, FloatArray, IntArray, f1, share

OVERLAPS = (0.10, 0.25, 0.50)
BACKGROUND = ("background",)
Labels = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Stretch:
    """Frames of one label in a row; `end` is the first frame behind."""

    label: str
    start: int
    end: int


class SegmentationTally:
    """Frame accuracy, Edit and F1 at overlaps; macro and pooled."""

    def __init__(self, truth: Labels, found: Labels, *, background: Collection[str]) -> None:
        self.tapes = tuple(sorted(truth))
        rows = [_tape_row(truth[name], found[name], background) for name in self.tapes]
        self._rows: FloatArray = np.array(rows, dtype=np.float64)

    def figures(self, weights: IntArray) -> Figures:
        """The headline is the pooled F1 at the middle overlap; all run from 0 to 1."""
        frames, right, edit, *counts = (weights @ self._rows).tolist()
        tape_count = float(weights.sum())
        pooled: Figures = {}
        macro: Figures = {}
        for i, overlap in enumerate(OVERLAPS):
            hits, true, found = counts[3 * i : 3 * i + 3]
            pooled[f"pooled F1@{round(100 * overlap)}", ALL] = f1(hits, true, found)
            each = self._rows[:, 3 + 3 * i : 6 + 3 * i].tolist()
            by_tape = np.array([f1(*row) for row in each])
            macro[f"macro F1@{round(100 * overlap)}", ALL] = float(weights @ by_tape) / tape_count
        accuracies = self._rows[:, 1] / self._rows[:, 0]
        return {
            **pooled,
            ("pooled accuracy", ALL): share(right, frames),
            **macro,
            ("macro accuracy", ALL): float(weights @ accuracies) / tape_count,
            ("edit", ALL): edit / tape_count,
        }


def segmentation_tally(
    truth: Labels, found: Labels, *, background: Collection[str] = BACKGROUND
) -> SegmentationTally:
    """Score frame labels; stretches of `background` do not count, its frames do."""
    if set(truth) != set(found):
        odd = sorted(set(truth) ^ set(found))
        raise InputError(
            f"segmentation: {len(odd)} tapes are on one side only ({', '.join(odd[:5])}). "
            "Give a label file for each tape on both sides."
        )
    for name in sorted(truth):
        if len(truth[name]) != len(found[name]) or not truth[name]:
            raise InputError(
                f"segmentation: {name} has {len(truth[name])} true labels and "
                f"{len(found[name])} found ones. Give one label a frame on both sides."
            )
    return SegmentationTally(truth, found, background=background)


def stretches(labels: Sequence[str], *, background: Collection[str] = ()) -> list[Stretch]:
    """Runs of equal labels; those of the background are left out."""
    borders = [i for i in range(1, len(labels)) if labels[i] != labels[i - 1]]
    bounds = zip([0, *borders], [*borders, len(labels)], strict=True)
    runs = [Stretch(labels[start], start, end) for start, end in bounds if end > start]
    return [run for run in runs if run.label not in background]


def edit_score(true: Sequence[Stretch], found: Sequence[Stretch]) -> float:
    """1 minus the edit distance of the two orders of labels, as a share of the longer one."""
    longest = max(len(true), len(found))
    if not longest:
        return 1.0
    costs = list(range(len(true) + 1))
    for i, one in enumerate(found, start=1):
        previous, costs[0] = costs[0], i
        for j, other in enumerate(true, start=1):
            changed = 1 + min(previous, costs[j], costs[j - 1])
            kept = previous if one.label == other.label else changed
            previous, costs[j] = costs[j], kept
    return 1 - costs[-1] / longest


def hit_count(true: Sequence[Stretch], found: Sequence[Stretch], *, overlap: float) -> int:
    """Found stretches whose best true one of their label is free and overlaps enough."""
    taken: set[int] = set()
    for one in found:
        overlaps = [_overlap(one, other) for other in true]
        best = max(range(len(true)), key=overlaps.__getitem__, default=None)
        if best is not None and overlaps[best] >= overlap and best not in taken:
            taken.add(best)
    return len(taken)


def _overlap(one: Stretch, other: Stretch) -> float:
    """Overlap over the whole length both span; below zero where they lie apart, 0 across labels."""
    if one.label != other.label:
        return 0.0
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared / (max(one.end, other.end) - min(one.start, other.start))


def _tape_row(
    truth: Sequence[str], found: Sequence[str], background: Collection[str]
) -> list[float]:
    """Frames, right ones, edit score; then hits, true and found stretches at each overlap."""
    true = stretches(truth, background=background)
    guessed = stretches(found, background=background)
    right = sum(one == other for one, other in zip(truth, found, strict=True))
    row = [float(len(truth)), float(right), edit_score(true, guessed)]
    for overlap in OVERLAPS:
        row += [float(hit_count(true, guessed, overlap=overlap)), len(true), len(guessed)]
    return row
