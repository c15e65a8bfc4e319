"""Movement of players as one number a row, robust against cameras, crowds and codecs.

What the scorers share; no scorer decides here.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

Rows = NDArray[np.float64]

# A region's own rest: what moves in it nine tenths of the time is crowd, flags, or coding noise.
REST_QUANTILE = 0.1
# Where the border to other cameras is sought: closer than this no two cameras are told apart, and
# less alike than this no picture of the main camera is.
BORDER_LIMITS = (0.84, 0.97)
# A gap is so wide (similarity), and holds at most this share of the shots.
GAP, GAP_SHARE = 0.025, 0.01
# The main camera's own spread where it follows play; replays from beside it begin at 0.93.
NO_GAP_BORDER = 0.94


def activity(
    signals: pl.DataFrame, within: NDArray[np.bool_] | None = None, *, kind: str = "change"
) -> Rows:
    """How much of the picture moves, (rows,) as a share; the rest of each region is taken off.

    The square of the mean root over regions: two players far apart who move count more than one
    near the camera who fills as many pixels. `within` says which rows the rest is learned from.
    """
    names = [name for name in signals.columns if name.startswith(f"{kind}_r")]
    regions = signals.select(names).to_numpy().astype(np.float64)
    learn = regions[within] if within is not None and within.any() else regions
    # Never more than a quarter of the usual movement: a tape that is all play has no rest.
    rest = np.minimum(np.quantile(learn, REST_QUANTILE, axis=0), np.median(learn, axis=0) / 4)
    moved = np.sqrt(np.maximum(regions - rest, 0.0))
    return np.asarray(moved.mean(axis=1) ** 2)


def smooth(values: Rows, *, width: int, shot: NDArray[np.int64] | None = None) -> Rows:
    """Running mean over an odd number of rows that does not look across a cut."""
    if width <= 1 or len(values) == 0:
        return values.copy()
    half = width // 2
    index = np.arange(len(values))
    first, end = np.maximum(index - half, 0), np.minimum(index + half + 1, len(values))
    if shot is not None:
        starts = np.searchsorted(shot, shot, side="left")
        ends = np.searchsorted(shot, shot, side="right")
        first, end = np.maximum(first, starts), np.minimum(end, ends)
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray((sums[end] - sums[first]) / (end - first), np.float64)


def sigmoid(log_odds: Rows) -> Rows:
    """Probability from log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30, 30))))


def rows_of(seconds: float, time_s: Rows) -> int:
    """The odd number of rows nearest to a stretch of time."""
    step = float(time_s[1] - time_s[0]) if len(time_s) > 1 else 1.0
    return 2 * round(seconds / step / 2) + 1


def usual_level(
    values: Rows, shot: NDArray[np.int64], where: NDArray[np.bool_], *, quantile: float
) -> float:
    """What a typical shot reaches: the quantile within each shot, and the median of those by time.

    One celebration, one wipe, or one shot whose camera swings about does not move it.
    """
    levels, seconds = [], []
    for number in np.unique(shot[where]):
        rows = where & (shot == number)
        levels.append(float(np.quantile(values[rows], quantile)))
        seconds.append(float(rows.sum()))
    if not levels:
        return 0.0
    order = np.argsort(levels)
    passed = np.cumsum(np.array(seconds)[order])
    middle = int(np.searchsorted(passed, passed[-1] / 2))
    return float(levels[int(order[middle])])


def camera_border(whole: Rows, shot: NDArray[np.int64]) -> float:
    """The similarity that parts the main camera's shots from the others.

    From the main camera downward, the middle of the first gap: a stretch of similarity at which
    next to no shot lies. Tapes on which everything is the field's colour have no gap.
    `whole` holds each row's shot's similarity.
    """
    _, first = np.unique(shot, return_index=True)
    shots = np.sort(whole[first])
    borders = np.arange(BORDER_LIMITS[1], BORDER_LIMITS[0], -0.0025)
    low = np.searchsorted(shots, borders - GAP / 2)
    crowd = np.searchsorted(shots, borders + GAP / 2) - low
    empty = np.flatnonzero(crowd <= GAP_SHARE * len(shots))
    if len(empty) == 0:
        return NO_GAP_BORDER
    stretch = np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1)[0]
    return float(borders[stretch].mean())
