"""Calibration: does play at 0.8 mean play four times out of five? Temperature, ECE, reliability.

Works on rows (windows) and their true shares; where they come from is not its business.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64] | NDArray[np.float32]

BINS = 10
# Temperatures outside say that the model is broken, not that it is over-confident.
COLDEST, HOTTEST = 0.2, 10.0
RELIABILITY_COLUMNS = {
    "from": pl.Float64,  # of the bin
    "to": pl.Float64,
    "rows": pl.Int64,
    "said": pl.Float64,  # mean probability of the bin's rows; none where it has no row
    "seen": pl.Float64,  # share of them that was true
}


def fit_temperature(logits: Floats, targets: Floats) -> float:
    """The one divisor of all log odds that makes rows they never saw least surprising.

    `logits` and `targets` are (rows, states); targets are shares. Golden-section search: the
    cross entropy has a single valley over the logarithm of the temperature.
    """
    logits, targets = np.asarray(logits, np.float64), np.asarray(targets, np.float64)

    def loss(log_temperature: float) -> float:
        cooled = logits / np.exp(log_temperature)
        sure = cooled - np.logaddexp.reduce(cooled, axis=1, keepdims=True)
        return -float((sure * targets).sum()) / max(len(targets), 1)

    low, high = float(np.log(COLDEST)), float(np.log(HOTTEST))
    share = (np.sqrt(5.0) - 1.0) / 2.0
    inner, outer = high - share * (high - low), low + share * (high - low)
    at_inner, at_outer = loss(inner), loss(outer)
    while high - low > 1e-4:
        if at_inner <= at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - share * (high - low)
            at_inner = loss(inner)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + share * (high - low)
            at_outer = loss(outer)
    return float(np.exp((low + high) / 2))


def reliability(said: Floats, true: Floats, *, bins: int = BINS) -> pl.DataFrame:
    """One row a bin of equal width: what was said on average, and what was true."""
    said, true = np.asarray(said, np.float64), np.asarray(true, np.float64)
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, said, side="right") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = np.bincount(place, said, minlength=bins), np.bincount(place, true, minlength=bins)
    rows = [
        (
            *(float(edges[i]), float(edges[i + 1]), int(counts[i])),
            *(float(total[i] / counts[i]) if counts[i] else None for total in sums),
        )
        for i in range(bins)
    ]
    return pl.DataFrame(rows, schema=RELIABILITY_COLUMNS, orient="row")


def expected_error(said: Floats, true: Floats, *, bins: int = BINS) -> float:
    """ECE: how far what was said is from what was true, a mean over rows; 0 is perfect."""
    table = reliability(said, true, bins=bins).drop_nulls()
    rows = table["rows"].to_numpy().astype(np.float64)
    gaps = np.abs(table["said"].to_numpy() - table["seen"].to_numpy())
    return float((rows * gaps).sum() / rows.sum()) if rows.sum() else 0.0


def squared_error(said: Floats, true: Floats) -> float:
    """The Brier score of one class: mean squared distance of what was said from what was true."""
    gaps = np.asarray(said, np.float64) - np.asarray(true, np.float64)
    return float(np.mean(gaps**2)) if len(gaps) else 0.0
