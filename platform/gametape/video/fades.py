"""Where one picture turns into another bit by bit: dissolves, and fades to and from black.

Read from the looks in the table of frames; hard cuts are found in `scenes`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.video.onepass.frames import LOOK_LENGTH

Looks = NDArray[np.float32]  # (frames, 3, cells)
Numbers = NDArray[np.float32]

# Half lengths looked for: dissolves in sport last from a fifth of a second to a good one.
HALF_LENGTHS_S = (0.1, 0.17, 0.27, 0.4, 0.6)
LEAST_HALF = 2  # frames; below, the way between cannot be told from a cut
# Grey levels of brightness and both colours together, averaged over cells: the two pictures must
# differ so much, and so much in their structure, not in brightness alone.
LEAST_CHANGE = 12.0
LEAST_STRUCTURE = 6.0
# Shares of that change: the way between may leave the straight line by so much, and what lies
# before and behind may change by so much over half the length: an even pan changes by a half.
MOST_BEND = 0.2
MOST_AROUND = 0.3
PARTS = (0.25, 0.5, 0.75)
CHUNK = 4096  # frames at a time, so that memory stays flat


@dataclass(frozen=True)
class Fades:
    """Middles of gradual changes, as rows of the table of frames, and how strong each is."""

    middle: NDArray[np.intp]
    strength: NDArray[np.float64]


def find_fades(frames: pl.DataFrame, *, apart_s: float) -> Fades:
    """All gradual changes of the picture, none closer to another than `apart_s`.

    `strength` is the change over the fade against what changes before and behind it.
    """
    time_s = frames["time_s"].to_numpy()
    if len(time_s) < 4 * LEAST_HALF:
        return Fades(np.zeros(0, np.intp), np.zeros(0))
    step_s = float(np.median(np.diff(time_s)))
    halves = sorted({round(half_s / step_s) for half_s in HALF_LENGTHS_S})
    halves = [half for half in halves if half >= LEAST_HALF]
    strength = np.zeros(len(time_s))
    for half in halves:
        margin = 2 * half
        for start in range(0, len(time_s), CHUNK):
            first, last = max(0, start - margin), min(len(time_s), start + CHUNK + margin)
            looks = frames["look"][first:last].to_numpy().reshape(last - first, 3, LOOK_LENGTH // 3)
            found = _fades_of(looks.astype(np.float32), half)
            kept = found[start - first : start - first + CHUNK]
            here = strength[start : start + len(kept)]
            np.maximum(here, kept, out=here)
    return _peaks(time_s, strength, max(apart_s, 1.0))


def _fades_of(looks: Looks, half: int) -> Numbers:
    """Strength of a fade around each frame that lasts `half` frames to each side; 0 for none."""
    count = len(looks)
    strength = np.zeros(count, np.float32)
    middle = np.arange(2 * half, count - 2 * half)
    if not len(middle):
        return strength
    before, after = looks[middle - half], looks[middle + half]
    change = _distance(before, after)
    middle = middle[change > LEAST_CHANGE]
    before, after = looks[middle - half], looks[middle + half]
    change = _distance(before, after)
    bend = np.zeros(len(middle), np.float32)
    for part in PARTS:
        way = looks[middle - half + round(2 * half * part)]
        bend = np.maximum(bend, _distance(way, before * (1 - part) + after * part))
    still = np.maximum(
        _distance(looks[middle - 2 * half], before),
        _distance(looks[middle + 2 * half], after),
    )
    is_fade = (bend < MOST_BEND * change) & (still < MOST_AROUND * change)
    is_fade &= _distance(_without_level(before), _without_level(after)) > LEAST_STRUCTURE
    strength[middle[is_fade]] = (change / (0.5 + still + bend))[is_fade]
    return strength


def _distance(one: Looks, other: Looks) -> Numbers:
    """Mean difference of the cells, summed over brightness and both colours."""
    return np.asarray(np.abs(one - other).mean(axis=2).sum(axis=1), np.float32)


def _without_level(looks: Looks) -> Looks:
    return np.asarray(looks - looks.mean(axis=2, keepdims=True), np.float32)


def _peaks(time_s: NDArray[np.float64], strength: NDArray[np.float64], apart_s: float) -> Fades:
    """The strongest frame of each stretch."""
    found: list[int] = []
    candidates = np.flatnonzero(strength)
    for one in candidates[np.argsort(-strength[candidates], kind="stable")]:
        if all(abs(time_s[one] - time_s[other]) >= apart_s for other in found):
            found.append(int(one))
    middle = np.sort(np.array(found, np.intp))
    return Fades(middle, strength[middle])
