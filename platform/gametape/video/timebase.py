"""Exact time: presentation stamps (pts) are integers, a time base is a fraction of a second.

Every time on a tape is counted from its first displayed frame. Seconds become a float only here,
at the end of an exact calculation. Nothing here knows a frame rate: a frame's time is its stamp's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Stamps = NDArray[np.int64]

# A float this near to a stamp means the stamp: far below the shortest tick in use (1/90,000 s).
NEARLY_S = Fraction(1, 1_000_000_000)
# A time written in milliseconds is off by up to half of one, and a float's own rounding.
ROUNDED_S = Fraction(501, 1_000_000)
# A longer tick is itself a frame (AVI, 1/240 s at most): such stamps are not rounded.
FINE_TICK_S = Fraction(1, 500)


def exact_seconds(pts: int, time_base: Fraction, start_pts: int = 0) -> Fraction:
    """Time of a stamp since `start_pts`, in seconds, exactly."""
    return (pts - start_pts) * time_base


def seconds(pts: int, time_base: Fraction, start_pts: int = 0) -> float:
    """Time of a stamp since `start_pts`, in seconds: the nearest float to the exact value."""
    # Whole numbers are divided exactly and rounded once, as a fraction made a float is.
    return (pts - start_pts) * time_base.numerator / time_base.denominator


def pts_at(time_s: Fraction | float, time_base: Fraction, start_pts: int = 0) -> int:
    """The first stamp at or after a time, so that `pts_at(seconds(p)) == p` for every stamp p."""
    ticks = _ticks(time_s, time_base)
    return start_pts + -((-ticks.numerator) // ticks.denominator)


def boundary_pts(time_s: Fraction | float, time_base: Fraction, start_pts: int = 0) -> int:
    """The stamp from which frames count as at or after a time that a person or a list gave.

    Lists are written in milliseconds, and coarse containers round the stamps of frames: a frame
    that begins so little before the time, by less than a tick, is the one that was meant.
    """
    slack_s = max(ROUNDED_S, time_base) if time_base <= FINE_TICK_S else ROUNDED_S
    earliest = (_ticks(time_s, time_base) - slack_s / time_base).__floor__() + 1
    return start_pts + max(0, earliest)


def pts_on_display(time_s: Fraction | float, time_base: Fraction, start_pts: int = 0) -> int:
    """The last stamp at or before a time."""
    return start_pts + _ticks(time_s, time_base).__floor__()


def _ticks(time_s: Fraction | float, time_base: Fraction) -> Fraction:
    """A time in ticks; a float that misses a tick only by rounding is that tick."""
    ticks = Fraction(time_s) / time_base
    if isinstance(time_s, float):
        nearest = Fraction(round(ticks))
        # Sums and differences of table times are off by a few units in the last place.
        if abs(nearest - ticks) * time_base <= max(NEARLY_S, Fraction(4 * math.ulp(time_s))):
            return nearest
    return ticks


def many_seconds(pts: Stamps, time_base: Fraction, start_pts: int = 0) -> NDArray[np.float64]:
    """Times of many stamps in seconds; equal to `seconds` of each, to the last bit."""
    ticks = pts.astype(np.int64) - np.int64(start_pts)
    largest = max(abs(int(ticks.min())), abs(int(ticks.max()))) if len(ticks) else 0
    if largest * time_base.numerator < 1 << 53 and time_base.denominator < 1 << 53:
        # Both sides of the division are exact floats, so the quotient is rounded only once.
        return np.asarray(ticks * time_base.numerator / float(time_base.denominator), np.float64)
    return np.array([seconds(int(tick), time_base) for tick in ticks], np.float64)


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """All displayed frames of a tape in display order, one row each.

    pts: int64[n], strictly rising; is_key: bool[n]; duration: int64[n] in ticks, the last one's
    included, so that the end of the tape is known.
    """

    pts: Stamps
    is_key: NDArray[np.bool_]
    duration: Stamps
    time_base: Fraction

    def __post_init__(self) -> None:
        if not len(self.pts):
            raise ValueError("an index needs at least one frame")

    @classmethod
    def from_pts(
        cls,
        pts: Sequence[int] | Stamps,
        time_base: Fraction,
        *,
        is_key: Sequence[bool] | NDArray[np.bool_] | None = None,
        last_duration: int | None = None,
    ) -> "FrameIndex":
        """Index of stamps in any order; equal ones are moved one tick apart.

        `last_duration` in ticks; without it the last frame lasts as long as the usual one.
        """
        stamps = np.asarray(pts, np.int64)
        order = np.argsort(stamps, kind="stable")
        rising = apart(stamps[order])
        keys = np.zeros(len(stamps), bool) if is_key is None else np.asarray(is_key, bool)[order]
        steps = np.diff(rising)
        if last_duration is None or last_duration <= 0:
            last_duration = int(np.median(steps)) if len(steps) else 1
        duration = np.append(steps, np.int64(max(1, last_duration)))
        return cls(rising, keys, duration.astype(np.int64), time_base)

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def start_pts(self) -> int:
        """Stamp of the first displayed frame: time 0."""
        return int(self.pts[0])

    @property
    def end_pts(self) -> int:
        """Stamp at which the last frame stops being displayed."""
        return int(self.pts[-1] + self.duration[-1])

    @property
    def duration_s(self) -> float:
        """From the first frame's start to the last frame's end, in seconds."""
        return seconds(self.end_pts, self.time_base, self.start_pts)

    @cached_property
    def times_s(self) -> NDArray[np.float64]:
        """float64[n]: time of each frame in seconds."""
        return many_seconds(self.pts, self.time_base, self.start_pts)

    def exact_time(self, frame: int) -> Fraction:
        """Time of one frame in seconds, exactly."""
        return exact_seconds(int(self.pts[frame]), self.time_base, self.start_pts)

    def time_s(self, frame: int) -> float:
        """Time of one frame in seconds."""
        return float(self.exact_time(frame))

    def index_at(self, time_s: Fraction | float) -> int:
        """The frame on display at a time; the first before the tape, the last after it."""
        stamp = pts_on_display(time_s, self.time_base, self.start_pts)
        return min(max(int(np.searchsorted(self.pts, stamp, side="right")) - 1, 0), len(self) - 1)

    def at_or_after(self, time_s: Fraction | float) -> int:
        """The first frame that starts at or after a time; `len(index)` when there is none."""
        return int(np.searchsorted(self.pts, self.pts_at(time_s), side="left"))

    def key_at_or_before(self, frame: int) -> int | None:
        """The last key frame up to and including a frame, in display order; None without one."""
        keys = np.flatnonzero(self.is_key[: frame + 1])
        return int(keys[-1]) if len(keys) else None

    def pts_at(self, time_s: Fraction | float) -> int:
        """The first stamp at or after a time on this tape."""
        return pts_at(time_s, self.time_base, self.start_pts)


def apart(stamps: Stamps) -> Stamps:
    """Sorted stamps made strictly rising: one that is not later than its forerunner moves one tick
    behind it.
    """
    if len(stamps) < 2 or bool(np.all(np.diff(stamps) > 0)):
        return stamps
    # p'[i] = max(p[i], p'[i-1] + 1), which is a running maximum once the row number is taken off.
    rows = np.arange(len(stamps), dtype=np.int64)
    return np.asarray(np.maximum.accumulate(stamps - rows) + rows, np.int64)
