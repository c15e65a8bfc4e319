"""Protocol `shots`: cuts and fades hit within so many frames, as TransNetV2 evaluates them.

A transition is what lies between two scenes, widened by half the tolerance to each side; a true and
a found one that touch are a hit, taken in order of time. Counts are pooled over tapes.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gametape.metrics.tally import ALL, Figures, FloatArray, IntArray, f1, share

TOLERANCE = 2
THRESHOLD = 0.5


@dataclass(frozen=True, order=True)
class Scene:
    """The frames of one shot, first and last included."""

    first: int
    last: int


Scenes = Mapping[str, Sequence[Scene]]


class ShotTally:
    """Precision, recall and F1 of transitions."""

    def __init__(self, truth: Scenes, found: Scenes, *, tolerance: int) -> None:
        self.tapes = tuple(sorted({*truth, *found}))
        rows = [_counts(truth.get(t, ()), found.get(t, ()), tolerance) for t in self.tapes]
        self._rows: FloatArray = np.array(rows, dtype=np.float64)
        self.tolerance = tolerance

    def figures(self, weights: IntArray) -> Figures:
        """The headline is F1."""
        hits, true, found = (weights @ self._rows).tolist()
        return {
            (f"F1@{self.tolerance}", ALL): f1(hits, true, found),
            (f"precision@{self.tolerance}", ALL): share(hits, found, if_empty=float(not true)),
            (f"recall@{self.tolerance}", ALL): share(hits, true, if_empty=float(not found)),
        }


def shot_tally(truth: Scenes, found: Scenes, *, tolerance: int = TOLERANCE) -> ShotTally:
    """Score the transitions between scenes; scenes may come in any order."""
    return ShotTally(truth, found, tolerance=tolerance)


def scenes_of(scores: Sequence[float], *, threshold: float = THRESHOLD) -> list[Scene]:
    """The scenes between frames whose score is above the threshold; such frames are transitions.

    The frame where a transition begins still belongs to the scene before it.
    """
    is_change = [score > threshold for score in scores]
    scenes: list[Scene] = []
    first = 0
    for frame in range(1, len(scores)):
        if is_change[frame] and not is_change[frame - 1]:
            scenes.append(Scene(first, frame))
        elif is_change[frame - 1] and not is_change[frame]:
            first = frame
    if is_change and not is_change[-1]:
        scenes.append(Scene(first, len(scores) - 1))
    return scenes or [Scene(0, max(0, len(scores) - 1))]


def transitions(
    scenes: Sequence[Scene], *, tolerance: int = TOLERANCE
) -> list[tuple[float, float]]:
    """What lies between scenes, widened by half the tolerance."""
    shift = tolerance / 2 - 0.5
    ordered = sorted(scenes)
    return [(one.last - shift, other.first + shift) for one, other in itertools.pairwise(ordered)]


def _counts(truth: Sequence[Scene], found: Sequence[Scene], tolerance: int) -> tuple[int, int, int]:
    """Hits, true transitions, found transitions of one tape."""
    true, guessed = (transitions(side, tolerance=tolerance) for side in (truth, found))
    i = j = hits = 0
    while i < len(true) and j < len(guessed):
        if guessed[j][1] < true[i][0]:
            j += 1
        elif guessed[j][0] > true[i][1]:
            i += 1
        else:
            i, j, hits = i + 1, j + 1, hits + 1
    return hits, len(true), len(guessed)
