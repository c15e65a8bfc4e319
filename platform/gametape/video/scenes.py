"""Where the camera cuts: read from the table of frames alone, no picture is needed.

A cut is a change of the picture that is large against the changes around it, that lasts, and that
reaches beyond one corner. What the frames were compared by is in `frames`.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.profile import SignalSettings
from gametape.video.frames import CHANGES

Numbers = NDArray[np.float32]

# All in grey levels of brightness and both colours together, averaged over small cells.
# Coding alone changes cells by up to about half a level from frame to frame.
NOISE = 0.5
# Below this a cut would show less than a key frame of a low-rate recording does by itself.
LEAST_CHANGE = 1.5
# A frame that differs less than this from the one before is a repeated one.
REPEATED = 0.05
# So many frames on each side must all differ: a flash lights one or two frames.
LASTING = 3
# The change is compared with the usual one of so many frames on each side.
NEARBY = 5
# Where a cut shows two views alike, the calm part still changes as much as it usually does; where
# a score bug or a caption appears it changes no more than that.
LEAST_CALM_RATIO = 1.0

CUT_SCHEMA = {
    "time_s": pl.Float64,
    "pts": pl.Int64,
    "frame": pl.Int64,
    "strength": pl.Float64,
    "kind": pl.String,
}


def find_cuts(frames: pl.DataFrame, settings: SignalSettings) -> pl.DataFrame:
    """All cuts of a tape, in order: the first frame of each new shot.

    `strength` is the change against the usual one around it (a fade's: see `find_fades`); `kind` is
    "cut".
    """
    time_s = frames["time_s"].to_numpy()
    found, strength = _hard_cuts(frames, settings)
    keep = _strongest(time_s[found], strength, settings.cut_min_shot_s)
    found, strength = found[keep], strength[keep]
    return pl.DataFrame(
        {
            "time_s": time_s[found],
            "pts": frames["pts"].to_numpy()[found],
            "frame": found.astype(np.int64),
            "strength": strength.astype(np.float64),
            "kind": ["cut"] * len(found),
        },
        schema=CUT_SCHEMA,
    )


def _hard_cuts(
    frames: pl.DataFrame, settings: SignalSettings
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Rows of the table that begin a new shot, and how strongly each does."""
    change = frames[CHANGES[0]].to_numpy()
    lasting = lasting_change(frames)
    is_peak = np.ones(len(lasting), bool)
    is_peak[1:] &= lasting[1:] >= lasting[:-1]
    is_peak[:-1] &= lasting[:-1] > lasting[1:]
    at = np.flatnonzero(is_peak & (lasting > LEAST_CHANGE))
    strength = lasting[at] / (NOISE + _usual(change, change, at))
    calm = frames["change_calm"].to_numpy()
    calm_ratio = calm[at] / (NOISE + _usual(calm, change, at))
    is_cut = (strength >= settings.cut_threshold) & (calm_ratio >= LEAST_CALM_RATIO)
    return at[is_cut], strength[is_cut].astype(np.float64)


def lasting_change(frames: pl.DataFrame) -> Numbers:
    """For each frame, how much the frames from it on differ from those before it, at the least.

    The least over every pair of one of the three frames before and one of the three from here on:
    a flash, a lost frame or a glitch has a pair that agrees.
    """
    changes = [np.zeros(0, np.float32), *(frames[name].to_numpy() for name in CHANGES)]
    count = len(frames)
    least = np.full(count, np.inf, np.float32)
    for before in range(1, LASTING + 1):
        for after in range(LASTING):
            pair = changes[before + after]
            first, last = before, count - after
            if first < last:
                here = least[first:last]
                np.minimum(here, pair[first + after : last + after], out=here)
    least[:1] = 0.0
    return least


def _usual(values: Numbers, change: Numbers, at: NDArray[np.intp]) -> Numbers:
    """The usual value around rows: the larger of the medians of the frames before and after.

    Repeated frames say nothing and are left out.
    """
    medians = []
    for offsets in (-np.arange(1, NEARBY + 1), np.arange(1, NEARBY + 1)):
        rows = at[:, None] + offsets
        is_known = (rows >= 1) & (rows < len(values))
        rows = np.clip(rows, 0, len(values) - 1)
        is_known &= change[rows] > REPEATED
        near = np.where(is_known, values[rows], np.inf)
        near.sort(axis=1)
        middle = np.maximum(is_known.sum(axis=1) - 1, 0)
        low = near[np.arange(len(at)), middle // 2]
        high = near[np.arange(len(at)), (middle + 1) // 2]
        medians.append(np.where(is_known.any(axis=1), (low + high) / 2, 0.0))
    return np.maximum(medians[0], medians[1]).astype(np.float32)


def _strongest(
    time_s: NDArray[np.float64], strength: NDArray[np.float64], apart_s: float
) -> NDArray[np.intp]:
    """Indices of what is left when, of two that are too near, the stronger one is kept."""
    kept: list[int] = []
    for one in np.argsort(-strength, kind="stable"):
        if all(abs(time_s[one] - time_s[other]) >= apart_s for other in kept):
            kept.append(int(one))
    return np.sort(np.array(kept, np.intp))
