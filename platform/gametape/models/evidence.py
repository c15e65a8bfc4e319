"""Movement of players as one number a row, robust against cameras, crowds and codecs.

What the scorers share; no scorer decides here.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

Rows = NDArray[np.float64]

# A region's own rest: what moves in it nine tenths of the time is crowd, flags, or coding noise.
REST_QUANTILE = 0.1
# Rows at least this like the centre are the main camera's for the most part.
OWN_FROM = 0.90
# The border lies so many usual deviations below the usual similarity: beyond are other cameras.
# Coding and score bugs alone make a difference of a fiftieth.
SPREADS, LEAST_SPREAD = 6.0, 0.02
# Closer than this no two cameras are told apart; less alike no picture of the main camera is.
BORDER_LIMITS = (0.84, 0.98)


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


def logit(share: Rows) -> Rows:
    """Log odds from a probability."""
    kept = np.clip(share, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)))


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


def camera_border(similarity: Rows) -> float:
    """The similarity that parts the main camera from the others, from the main camera's own spread.

    A camera that stands still is like itself to a hundredth; one that follows play less so.
    """
    own = similarity[similarity >= OWN_FROM]
    if len(own) == 0:
        return BORDER_LIMITS[0]
    middle = float(np.median(own))
    spread = float(np.median(np.abs(own - middle)))
    return float(np.clip(middle - max(SPREADS * spread, LEAST_SPREAD), *BORDER_LIMITS))
