"""Black and frozen stretches of a tape, from a number or two about every frame.

Pure functions over arrays: the one decode makes the numbers (`frames.parquet`), and nothing is
opened here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametape.schema import Finding

# Mean luma of a frame, 0 to 255. Video black is 16 in limited range and 0 in full; grain and a
# station logo in a corner lift the mean by a few, and the darkest night match stays above 30.
BLACK_LUMA = 20.0
# Mean change from the frame before, in grey levels over small averaged cells. A repeated frame has
# 0; a clean, locked-off camera on an empty court still has 0.01 and more in almost every frame.
FROZEN_CHANGE = 0.005
# Fades to black between shots and the frozen beat before a replay are shorter than this.
MIN_LENGTH_S = 2.0
# A flash or a single coded-anew frame this short does not end a stretch.
BRIDGE_S = 0.25
# More stretches than this are told in one sentence.
MAX_STRETCHES = 10


@dataclass(frozen=True)
class PreflightSettings:
    """Where black and frozen begin; the reasons are beside the defaults above."""

    black_luma: float = BLACK_LUMA
    frozen_change: float = FROZEN_CHANGE
    min_length_s: float = MIN_LENGTH_S
    bridge_s: float = BRIDGE_S


def preflight(
    time_s: ArrayLike,
    luma: ArrayLike,
    luma_change: ArrayLike,
    *,
    duration_s: float,
    settings: PreflightSettings = PreflightSettings(),
) -> list[Finding]:
    """Black and frozen stretches of a tape, in order of time.

    time_s, luma, luma_change: float[n], one row a displayed frame; the change of the first frame
    is not looked at. A black stretch is not told again as a frozen one.
    """
    times = np.asarray(time_s, np.float64)
    dark = np.nan_to_num(np.asarray(luma, np.float64), nan=255.0) <= settings.black_luma
    # A frame that shows no change lasts with the one before it: both belong to the stretch.
    same = np.nan_to_num(np.asarray(luma_change, np.float64), nan=255.0) <= settings.frozen_change
    same[:1] = False
    still = same.copy()
    still[:-1] |= same[1:]
    black = stretches(times, dark, duration_s=duration_s, settings=settings)
    frozen = stretches(times, still & ~dark, duration_s=duration_s, settings=settings)
    found = [
        *_told("black", "the picture is black", black),
        *_told("frozen", "the picture is frozen", frozen),
    ]
    return sorted(found, key=lambda finding: finding.start_s or 0.0)


def stretches(
    time_s: NDArray[np.float64],
    is_in: NDArray[np.bool_],
    *,
    duration_s: float,
    settings: PreflightSettings,
) -> list[tuple[float, float]]:
    """Start and end in seconds of each run of marked frames that is long enough.

    A frame lasts until the next one, the last one until the end of the tape. Runs that are nearer
    to one another than `bridge_s` are one.
    """
    if not len(time_s) or not is_in.any():
        return []
    ends = np.append(time_s[1:], max(duration_s, float(time_s[-1])))
    edges = np.diff(is_in.astype(np.int8), prepend=0, append=0)
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    runs: list[tuple[float, float]] = []
    for start_s, end_s in zip(time_s[first].tolist(), ends[last].tolist(), strict=True):
        if runs and start_s - runs[-1][1] <= settings.bridge_s:
            runs[-1] = (runs[-1][0], end_s)
        else:
            runs.append((start_s, end_s))
    return [run for run in runs if run[1] - run[0] >= settings.min_length_s]


def _told(code: str, what: str, runs: Sequence[tuple[float, float]]) -> list[Finding]:
    found = [
        Finding(
            code=code,
            severity="warning",
            message=f"{what} for {end_s - start_s:.1f} s",
            start_s=start_s,
            end_s=end_s,
        )
        for start_s, end_s in runs[:MAX_STRETCHES]
    ]
    rest = runs[MAX_STRETCHES:]
    if rest:
        total_s = sum(end_s - start_s for start_s, end_s in rest)
        found.append(
            Finding(
                code=code,
                severity="warning",
                message=f"{what} in {len(rest)} more places, {total_s:.1f} s in all",
                start_s=rest[0][0],
                end_s=rest[-1][1],
            )
        )
    return found
