"""From times in a list to the tape's own frames: undoes what rounding on the way has done.

A list may tell milliseconds, or count frames at a nominal rate; the tape has stamps of its own.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from gametape.exports.timeline import Play
from gametape.video.timebase import FINE_TICK_S, ROUNDED_S, FrameIndex, exact_seconds

HALF = Fraction(1, 2)


def on_frames(play: Play, frames: FrameIndex, *, rate: Fraction | None = None) -> Play:
    """A play with its boundaries on the frames they were rounded from, where they were.

    A time that is a whole number of frames at `rate` means the nearest frame; any other one means
    a frame only as near as rounding to milliseconds, and the tape's ticks, can have put it.
    """
    start_s, end_s = (_on_frame(time_s, frames, rate) for time_s in (play.start_s, play.end_s))
    return replace(play, start_s=start_s, end_s=end_s) if start_s < end_s else play


def _on_frame(time_s: Fraction, frames: FrameIndex, rate: Fraction | None) -> Fraction:
    base, start_pts = frames.time_base, frames.start_pts
    ticks = time_s / base + start_pts
    # The end of the tape is a boundary as well.
    place = int(np.searchsorted(frames.pts, int(ticks)))
    near = [int(pts) for pts in frames.pts[max(0, place - 1) : place + 2]]
    nearest = min([*near, frames.end_pts], key=lambda pts: abs(pts - ticks))
    off_s = abs(nearest - ticks) * base
    is_counted = rate is not None and (time_s * rate).denominator == 1
    rounded_s = ROUNDED_S + (base / 2 if base <= FINE_TICK_S else 0)
    allowed_s = HALF / rate if is_counted and rate else rounded_s
    return exact_seconds(nearest, base, start_pts) if off_s <= allowed_s else time_s
