"""Frame rates from time stamps: measured, never believed.

Only numbers are judged here.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from gametape.video.timebase import FrameIndex

NTSC = tuple(Fraction(rate * 1000, 1001) for rate in (15, 24, 30, 48, 60, 120, 240))
WHOLE = tuple(Fraction(rate) for rate in (10, 12, 15, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240))
STANDARD = (*NTSC, *WHOLE, Fraction(25, 2))
# Stamps are rounded to ticks, and cameras jitter a little: a step this near to the usual one is it.
STEP_TOLERANCE = 0.1
# With steps of fewer ticks than this, one tick more is another frame, not a rounded stamp.
FINE_TICKS = 5
# Single frames that a camera dropped leave a rate constant; this share of odd steps does not.
VARIABLE_SHARE = 0.01
# A pause of the picture shorter than this is not worth a word to a person.
GAP_S = 0.5
GAP_STEPS = 4


@dataclass(frozen=True)
class Rate:
    """How often frames come."""

    average: Fraction | None  # a second; None with fewer than two frames
    is_variable: bool
    shortest_s: float
    longest_s: float
    gaps: tuple[tuple[float, float], ...]  # start and end in seconds of each pause of the picture


def measure_rate(frames: FrameIndex) -> Rate:
    """Rate of a tape. Of a constant one, the rate of its usual steps, so that dropped frames do
    not bend it; a standard rate where the stamps cannot tell the two apart.
    """
    steps = np.diff(frames.pts)
    if not len(steps):
        return Rate(None, False, frames.duration_s, frames.duration_s, ())
    base = frames.time_base
    usual = float(np.median(steps))
    rounding = 1.5 if usual >= FINE_TICKS else 0.5
    is_usual = np.abs(steps - usual) <= max(STEP_TOLERANCE * usual, rounding)
    odd = int(np.count_nonzero(~is_usual))
    is_variable = odd > max(1.0, VARIABLE_SHARE * len(steps))
    chosen = steps if is_variable else steps[is_usual]
    average = 1 / (Fraction(int(chosen.sum()), len(chosen)) * base)
    if not is_variable:
        average = standard_rate(average, error=Fraction(1, max(1, int(chosen.sum()))))
    longest = max(GAP_S, GAP_STEPS * usual * float(base))
    rows = np.flatnonzero(steps * float(base) > longest)
    return Rate(
        average=average.limit_denominator(1_000_000),
        is_variable=is_variable,
        shortest_s=float(int(steps.min()) * base),
        longest_s=float(int(steps.max()) * base),
        gaps=tuple((frames.time_s(int(row)), frames.time_s(int(row) + 1)) for row in rows),
    )


def standard_rate(measured: Fraction, *, error: Fraction) -> Fraction:
    """The standard rate that a measured one is, within a relative measuring error; else itself."""
    nearest = min(STANDARD, key=lambda rate: abs(rate - measured))
    return nearest if abs(nearest - measured) <= error * measured else measured
