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


def nearest(times: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the time nearest to each wanted one; of two as near the earlier."""
    after = np.clip(np.searchsorted(times, wanted), 0, max(len(times) - 1, 0))
    before = np.maximum(after - 1, 0)
    is_before = np.abs(times[before] - wanted) <= np.abs(times[after] - wanted)
    return np.where(is_before, before, after)


def windows(duration_s: float, window_s: float, stride_s: float) -> list[Span]:
    """The windows of a tape in order, clamped to its end."""
    starts = window_starts(duration_s, window_s, stride_s)
    return [Span(float(s), float(min(s + window_s, duration_s))) for s in starts]


def stride_seconds(
    stride_s: float, rate_hz: float, *, is_scaled: bool, reference_hz: float = 30.0
) -> float:
    """The stride for a tape, in seconds; a sport pack states it for a tape of `reference_hz`.

    Scaled with the frame rate it lasts as long on every tape: 32 frames at 30 Hz are 64 at 60 Hz.
    Otherwise it is as many frames on every tape, so half as long at 60 Hz.
    """
    if stride_s <= 0 or rate_hz <= 0 or reference_hz <= 0:
        raise ValueError("stride_s, rate_hz and reference_hz must be above zero")
    return stride_s if is_scaled else max(1, round(stride_s * reference_hz)) / rate_hz
