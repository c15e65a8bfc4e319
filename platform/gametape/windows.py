"""Where windows lie on a tape, and how their stride follows the frame rate. No scores here."""

import numpy as np
from numpy.typing import NDArray

from gametape.schema import Span


def window_starts(duration_s: float, window_s: float, stride_s: float) -> NDArray[np.float64]:
    """Starts of the windows that lie whole inside the tape, in seconds: (windows,) float64.

    A tape shorter than one window has one window, from 0. The last window may end before the tape
    does, by less than a stride.
    """
    if window_s <= 0 or stride_s <= 0:
        raise ValueError("window_s and stride_s must be above zero")
    if duration_s <= 0:
        return np.zeros(0)
    # The small share keeps a window that ends exactly with the tape from being lost to rounding.
    count = int(np.floor(max(0.0, duration_s - window_s) / stride_s + 1e-9)) + 1
    return np.asarray(np.arange(count) * stride_s, np.float64)


def windows(duration_s: float, window_s: float, stride_s: float) -> list[Span]:
    """The windows of a tape in order, clamped to its end."""
    starts = window_starts(duration_s, window_s, stride_s)
    return [Span(float(s), float(min(s + window_s, duration_s))) for s in starts]


def scaled_stride(stride: int, rate_hz: float, *, reference_hz: float = 30.0) -> int:
    """A stride in frames that takes as long at `rate_hz` as `stride` takes at `reference_hz`.

    32 frames at 30 Hz are 64 at 60 Hz and 4 at 4 Hz; never less than one frame.
    """
    if stride < 1 or rate_hz <= 0 or reference_hz <= 0:
        raise ValueError("stride, rate_hz and reference_hz must be above zero")
    return max(1, round(stride * rate_hz / reference_hz))
