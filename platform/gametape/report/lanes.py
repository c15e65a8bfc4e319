"""What the timeline picture shows, as numbers: which lanes, in which scale, how rows are divided.

No pixel is drawn here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

Values = NDArray[np.float64]

# Up to this long a tape is one row; longer ones get rows of the first length that needs at most
# MAX_ROWS of them.
ONE_ROW_S = 900
ROW_LENGTHS_S = (600, 900, 1200, 1800, 3600)
MAX_ROWS = 9
TICKS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
MAX_TICKS = 14


@dataclass(frozen=True)
class LaneKind:
    """A signal that is worth a lane, if the table has it."""

    column: str
    label: str
    low: float | None = None  # fixed scale; None: from the tape's own values
    high: float | None = None
    needs_sound: bool = False


KINDS = (
    LaneKind("similarity", "main camera", 0.5, 1),
    LaneKind("changed_share", "movement"),
    LaneKind("pan_speed", "camera pans"),
    LaneKind("field_share", "field colour", 0, 1),
    LaneKind("crowd_db", "crowd", needs_sound=True),
    LaneKind("whistle_share", "whistle", 0, 1, needs_sound=True),
)
# What a scorer made of the signals, where its table tells: beside them it shows where they misled.
EVIDENCE = (
    LaneKind("live", "players move", 0, 1),
    LaneKind("above", "ball above", -1, 1),
)


@dataclass(frozen=True)
class Lane:
    """One signal, scaled to 0 to 1; (rows,) each."""

    label: str
    time_s: Values
    share: Values


def signal_lanes(signals: pl.DataFrame | None) -> list[Lane]:
    """Lanes for those known signals that the table holds."""
    if signals is None or signals.is_empty() or "time_s" not in signals.columns:
        return []
    is_mute = "has_sound" in signals.columns and not (signals["has_sound"].to_numpy() > 0).any()
    time_s = signals["time_s"].cast(pl.Float64).to_numpy()
    return [
        _lane(signals, kind, time_s)
        for kind in KINDS
        if kind.column in signals.columns and not (kind.needs_sound and is_mute)
    ]


def _lane(table: pl.DataFrame, kind: LaneKind, time_s: Values) -> Lane:
    values = table[kind.column].cast(pl.Float64).to_numpy()
    finite = values[np.isfinite(values)]
    low, high = kind.low, kind.high
    if low is None or high is None:
        # Single peaks would flatten all the rest.
        low, high = np.quantile(finite, [0.02, 0.99]) if len(finite) else (0.0, 1.0)
    spread = max(float(high) - float(low), 1e-9)
    share = np.clip((values - float(low)) / spread, 0, 1)
    return Lane(kind.label, time_s, share)


def evidence_lanes(predictions: pl.DataFrame | None) -> list[Lane]:
    """Lanes for what the scorer says of its windows, apart from the score itself."""
    if predictions is None or predictions.is_empty():
        return []
    return [
        _lane(predictions, kind, _middles(predictions))
        for kind in EVIDENCE
        if kind.column in predictions.columns
    ]


def play_lane(predictions: pl.DataFrame | None) -> Lane | None:
    """The play score over the middles of its windows."""
    if predictions is None or predictions.is_empty() or "play" not in predictions.columns:
        return None
    play = predictions["play"].cast(pl.Float64).to_numpy()
    return Lane("play score", _middles(predictions), np.clip(play, 0, 1))


def _middles(predictions: pl.DataFrame) -> Values:
    start, end = (predictions[name].cast(pl.Float64).to_numpy() for name in ("start_s", "end_s"))
    return np.asarray((start + end) / 2, np.float64)


def columns_of(lane: Lane, start_s: float, end_s: float, count: int) -> Values:
    """A stretch of a lane as so many columns: the highest value of each, NaN where nothing is.

    Gaps up to a few rows of the table are filled from one row to the next.
    """
    result = np.full(count, np.nan)
    if len(lane.time_s) == 0:
        return result
    middle = start_s + (np.arange(count) + 0.5) * (end_s - start_s) / count
    near = np.interp(middle, lane.time_s, lane.share, left=np.nan, right=np.nan)
    column = np.floor((lane.time_s - start_s) / (end_s - start_s) * count)
    inside = (column >= 0) & (column < count) & np.isfinite(lane.share)
    peaks = np.full(count, -np.inf)
    np.maximum.at(peaks, column[inside].astype(np.int64), lane.share[inside])
    result[:] = np.where(np.isfinite(peaks), peaks, near)
    return result


def rows_of_tape(duration_s: float) -> list[tuple[float, float]]:
    """The stretches of tape that the picture's rows show; all of one length."""
    duration_s = max(duration_s, 0.1)
    if duration_s <= ONE_ROW_S:
        return [(0.0, duration_s)]
    fitting = [length for length in ROW_LENGTHS_S if duration_s <= length * MAX_ROWS]
    length_s = float(fitting[0] if fitting else np.ceil(duration_s / MAX_ROWS / 3600) * 3600)
    edges = np.arange(0.0, duration_s + length_s, length_s)
    return [(float(a), float(b)) for a, b in pairwise(edges) if a < duration_s]


def ticks(start_s: float, end_s: float) -> list[float]:
    """Round times for an axis, few enough to be read."""
    length_s = end_s - start_s
    step = next((t for t in TICKS_S if length_s / t <= MAX_TICKS), TICKS_S[-1])
    first = int(np.ceil(start_s / step - 1e-9))
    return [n * step for n in range(first, int(np.floor(end_s / step + 1e-9)) + 1)]


def cut_times(cuts: pl.DataFrame | None) -> Sequence[tuple[float, bool]]:
    """Time of each cut, and whether it is a fade."""
    if cuts is None or cuts.is_empty() or "time_s" not in cuts.columns:
        return []
    kinds = cuts["kind"].to_list() if "kind" in cuts.columns else ["cut"] * len(cuts)
    return [(float(t), kind == "fade") for t, kind in zip(cuts["time_s"], kinds, strict=True)]
