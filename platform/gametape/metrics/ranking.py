"""Average precision of ranked predictions, and how much of it hangs on the order of equal scores.

A prediction takes the closest true mark that is still free and close enough, best score first; the
protocols differ only in what "close" means. The area is that under the envelope of precision.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gametape.metrics.tally import ALL, BoolArray, Figures, FloatArray, IntArray, Key, mean


@dataclass(frozen=True)
class Ranked:
    """The predictions of one class, and which true marks each could take."""

    label: str
    tape: IntArray  # [n] each prediction's tape, as an index
    score: FloatArray  # [n]
    place: FloatArray  # [n, 2] where on the tape; tells equal scores apart, whatever the file order
    order: IntArray  # [n] the official code's order, best first
    choices: tuple[tuple[int, ...], ...]  # [n] true marks each could take, the closest first
    reach: IntArray  # [n, k] how many of its choices are close enough, at each threshold
    is_torn: BoolArray  # [n, k] two marks in reach are equally close: file order decides
    true_counts: IntArray  # [tapes] true marks of this class


def match(ranked: Ranked, threshold: int, order: Sequence[int] | IntArray) -> BoolArray:
    """Which predictions hit, in the given order; each true mark is taken once."""
    taken: set[int] = set()
    hits = np.zeros(len(order), dtype=np.bool_)
    reach = ranked.reach[:, threshold]
    for position, prediction in enumerate(order):
        for mark in ranked.choices[prediction][: reach[prediction]]:
            if mark not in taken:
                taken.add(mark)
                hits[position] = True
                break
    return hits


def average_precision(hits: BoolArray, weights: IntArray, total: float) -> float:
    """The area under the envelope; `weights` says how often each prediction counts."""
    if not total:
        return float("nan")
    found = np.cumsum(weights)
    hit = weights * hits
    precision = np.cumsum(hit) / np.maximum(found, 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(hit * envelope) / total)


class RankedTally:
    """Average precision per class and threshold, and its means."""

    def __init__(
        self,
        tapes: tuple[str, ...],
        classes: Sequence[Ranked],
        *,
        thresholds: Sequence[str],
        over: str,
    ) -> None:
        self.tapes = tapes
        self.classes = tuple(classes)
        self.thresholds = tuple(thresholds)
        self.over = over  # what the last mean runs over, in words
        self._hits = [
            np.array([match(c, k, c.order) for k in range(len(self.thresholds))])
            for c in self.classes
        ]

    def figures(self, weights: IntArray) -> Figures:
        """AP per class and threshold, mean over classes, mean over thresholds."""
        precisions: Figures = {}
        for ranked, hits in zip(self.classes, self._hits, strict=True):
            total = float(weights @ ranked.true_counts)
            counted = weights[ranked.tape[ranked.order]]
            for threshold, row in zip(self.thresholds, hits, strict=True):
                key = (f"AP@{threshold}", ranked.label)
                precisions[key] = average_precision(row, counted, total)
        return self.with_means(precisions)

    def with_means(self, precisions: Figures) -> Figures:
        """Adds the means to the values of single classes; the headline comes first."""
        labels = [ranked.label for ranked in self.classes]
        by_threshold: Figures = {
            (f"mAP@{t}", ALL): mean([precisions[(f"AP@{t}", label)] for label in labels])
            for t in self.thresholds
        }
        by_class: Figures = {
            ("average AP", label): mean([precisions[(f"AP@{t}", label)] for t in self.thresholds])
            for label in labels
        }
        average: Key = ("average mAP", ALL)
        return {average: mean(list(by_threshold.values())), **by_threshold, **by_class} | precisions
