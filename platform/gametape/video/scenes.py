"""Where the camera cuts: read from the table of frames alone, no picture is needed.

A cut is a change of the picture that is large against the changes around it, that lasts, and that
reaches beyond one corner. What the frames were compared by is in `frames`.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.profile import SignalSettings
from gametape.video.fades import find_fades
from gametape.video.onepass.frames import CHANGES

Numbers = NDArray[np.float32]

# All in grey levels of brightness and both colours together, averaged over small cells.
# Coding and a camera that trembles change cells by about a level from frame to frame.
NOISE = 1.0
# Less than this a jolt of the camera does by itself, a key frame, or a picture that hangs; a cut
# that shows less leads to the same view.
LEAST_CHANGE = 5.0
# So many frames on each side must all differ: a flash lights one or two frames.
LASTING = 3
# What lasts is at least this share of the change at a cut (0.92 at 99 of 100); after a flash it is
# only what the camera has moved meanwhile.
LASTING_SHARE = 0.7
# The usual change around is the third largest of so many frames on each side: one flash or one
# other cut near by counts for nothing, but every second or third frame of repeated ones does.
NEARBY = 9
USUAL_RANK = 3
# Where frames are far apart in time, fewer of them are near by.
NEARBY_S = 0.4
LEAST_NEARBY = 4
# Between a quiet shot and a lively one, these shares of the threshold do: of the ratio to the
# lively side, and of that to the geometric mean of both. A pan that sets in stays near 1 times.
LIVELY_SHARE = 0.77
MEAN_SHARE = 1.36
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

    A gradual change stands at its middle. `strength` is the change against the usual one around
    it; `kind` is "cut" or "fade".
    """
    time_s = frames["time_s"].to_numpy()
    cuts, strength = _hard_cuts(frames, settings)
    keep = _strongest(time_s[cuts], strength, settings.cut_min_shot_s)
    cuts, strength = cuts[keep], strength[keep]
    fades = find_fades(frames, apart_s=settings.cut_min_shot_s)
    is_apart = _distance_s(time_s[fades.middle], time_s[cuts]) >= settings.cut_min_shot_s
    found = np.concatenate([cuts, fades.middle[is_apart]])
    strength = np.concatenate([strength, fades.strength[is_apart]])
    is_cut = np.arange(len(found)) < len(cuts)
    order = np.argsort(found, kind="stable")
    found, strength, is_cut = found[order], strength[order], is_cut[order]
    return pl.DataFrame(
        {
            "time_s": time_s[found],
            "pts": frames["pts"].to_numpy()[found],
            "frame": found.astype(np.int64),
            "strength": strength.astype(np.float64),
            "kind": ["cut" if one else "fade" for one in is_cut.tolist()],
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
    is_lasting = (lasting > LEAST_CHANGE) & (lasting >= LASTING_SHARE * change)
    at = np.flatnonzero(is_peak & is_lasting)
    near = _nearby(frames["time_s"].to_numpy())
    lively, quiet = (side + NOISE for side in _usual(change, at, near))
    calm = frames["change_calm"].to_numpy()
    calm_ratio = calm[at] / (_usual(calm, at, near)[0] + NOISE)
    strength = lasting[at] / lively
    is_sharp = strength >= settings.cut_threshold
    is_sharp |= (strength >= LIVELY_SHARE * settings.cut_threshold) & (
        lasting[at] / np.sqrt(lively * quiet) >= MEAN_SHARE * settings.cut_threshold
    )
    is_cut = is_sharp & (calm_ratio >= LEAST_CALM_RATIO)
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


def _nearby(time_s: NDArray[np.float64]) -> int:
    """How many frames to each side are near by."""
    if len(time_s) < 2:
        return NEARBY
    step_s = max(float(np.median(np.diff(time_s))), 1e-6)
    return min(NEARBY, max(LEAST_NEARBY, round(NEARBY_S / step_s)))


def _usual(values: Numbers, at: NDArray[np.intp], count: int) -> tuple[Numbers, Numbers]:
    """The usual values of `count` frames to each side of rows: the larger side's, the other's."""
    sides = []
    for offsets in (-np.arange(1, count + 1), np.arange(1, count + 1)):
        rows = at[:, None] + offsets
        is_known = (rows >= 1) & (rows < len(values))
        near = np.where(is_known, values[np.clip(rows, 0, len(values) - 1)], -1.0)
        near.sort(axis=1)
        rank = np.minimum(USUAL_RANK, np.maximum(is_known.sum(axis=1), 1))
        sides.append(np.maximum(near[np.arange(len(at)), count - rank], 0.0))
    larger, smaller = np.maximum(*sides), np.minimum(*sides)
    return np.asarray(larger, np.float32), np.asarray(smaller, np.float32)


def _strongest(
    time_s: NDArray[np.float64], strength: NDArray[np.float64], apart_s: float
) -> NDArray[np.intp]:
    """Indices of what is left when, of two that are too near, the stronger one is kept."""
    kept: list[int] = []
    for one in np.argsort(-strength, kind="stable"):
        if all(abs(time_s[one] - time_s[other]) >= apart_s for other in kept):
            kept.append(int(one))
    return np.sort(np.array(kept, np.intp))


def _distance_s(times_s: NDArray[np.float64], others_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each time is from the nearest of the sorted others."""
    if not len(others_s):
        return np.full(len(times_s), np.inf)
    right = np.searchsorted(others_s, times_s).clip(0, len(others_s) - 1)
    left = (right - 1).clip(0)
    nearest = np.minimum(np.abs(times_s - others_s[left]), np.abs(times_s - others_s[right]))
    return np.asarray(nearest, np.float64)
