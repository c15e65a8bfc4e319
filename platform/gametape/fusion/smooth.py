"""Scores over time: median smoothing and hysteresis. Pure functions on arrays, nothing of tapes."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]


def median_smooth(scores: Scores, *, width: int) -> Scores:
    """Running median over an odd number of scores; the ends repeat their outermost score."""
    if width <= 1 or len(scores) == 0:
        return scores.copy()
    half = width // 2
    padded = np.pad(scores, half, mode="edge")
    return np.asarray(
        np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)
    )


def hysteresis(scores: Scores, *, enter: float, leave: float) -> Flags:
    """True on every stretch that stays at `leave` or above and reaches `enter` somewhere."""
    holds = scores >= leave
    starts, ends = runs(holds)
    active = np.zeros(len(scores), bool)
    for start, end in zip(starts, ends, strict=True):
        active[start:end] = bool((scores[start:end] >= enter).any())
    return active


def runs(flags: Flags) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First index, and index after the last, of every stretch of True."""
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
