"""Signals as a page holds them: whole, but a byte a value, so that hours of tape fit.

The script draws the least and the greatest value of each pixel's column. What is longer than a page
should be is brought down here by the same rule, so that no peak is lost.
"""

import base64
from collections.abc import Sequence

import numpy as np
import polars as pl

from gametape.report.lanes import Lane, Values

MOST_VALUES = 65_536  # four and a half hours at four rows a second
MISSING = 255  # stands for no value
EVEN_S = 1e-3  # times that lie off an even grid by less are on it


def coded_lane(lane: Lane) -> dict[str, object]:
    """A lane from 0 to 1 as bytes, 0 to 254, and its times."""
    time_s, share = brought_down(lane.time_s, lane.share)
    values = np.where(np.isfinite(share), np.round(np.clip(share, 0, 1) * 254), MISSING)
    return {
        "label": lane.label,
        "times": coded_times(time_s),
        "values": _base64(values.astype(np.uint8)),
    }


def coded_scores(predictions: pl.DataFrame | None) -> dict[str, object] | None:
    """Raw play scores in ten-thousandths, and the cells they stand for, border to border."""
    if predictions is None or predictions.is_empty() or "play" not in predictions.columns:
        return None
    table = predictions.sort("start_s")
    start, end = (table[name].cast(pl.Float64).to_numpy() for name in ("start_s", "end_s"))
    middle = (start + end) / 2
    play = np.nan_to_num(table["play"].cast(pl.Float64).to_numpy())
    middle, play = brought_down(middle, play)
    return {
        "start_s": round(float(start[0]), 3),
        "end_s": round(float(end[-1]), 3),
        "times": coded_times(middle),
        "values": _base64(np.round(np.clip(play, 0, 1) * 10_000).astype("<u2")),
    }


def coded_times(time_s: Values) -> dict[str, object]:
    """Times as start and step where they are even, else each by itself in milliseconds."""
    if len(time_s) < 2:
        return {"start_s": float(time_s[0]) if len(time_s) else 0.0, "step_s": 1.0}
    step = float(time_s[-1] - time_s[0]) / (len(time_s) - 1)
    even = time_s[0] + step * np.arange(len(time_s))
    if np.abs(even - time_s).max() < EVEN_S:
        return {"start_s": round(float(time_s[0]), 6), "step_s": step}
    return {"each_ms": _base64(np.round(np.maximum(time_s, 0) * 1000).astype("<u4"))}


def brought_down(
    time_s: Values, values: Values, *, most: int = MOST_VALUES
) -> tuple[Values, Values]:
    """At most so many values: of each stretch the least and the greatest, as they come in time.

    They stand evenly, so a peak is off by less than its stretch: a second in ten hours of tape.
    """
    count = len(values)
    if count <= most:
        return time_s, values
    stretch = -(-count // (most // 2))
    rows = np.concatenate((values, np.full(-count % stretch, np.nan))).reshape(-1, stretch)
    known = np.isfinite(rows)
    least = np.argmin(np.where(known, rows, np.inf), axis=1)
    greatest = np.argmax(np.where(known, rows, -np.inf), axis=1)
    ordered = np.sort(np.stack((least, greatest), axis=1), axis=1)
    place = np.arange(2 * len(rows)) * stretch / 2
    step = (time_s[-1] - time_s[0]) / (count - 1)
    beyond = np.maximum(place - (count - 1), 0) * step
    even = np.interp(place, np.arange(count), time_s) + beyond
    return even, np.take_along_axis(rows, ordered, axis=1).ravel()


def rounded(values: Sequence[float | None], digits: int = 3) -> list[float | None]:
    """Numbers short enough for a page."""
    return [None if value is None else round(float(value), digits) for value in values]


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()
