"""What speaks for a segment, as numbers and as one score from 0 to 100."""

import numpy as np
import polars as pl

from gametape.fusion.smooth import Scores
from gametape.schema import Span

# How far outside a segment its surroundings are looked at.
AROUND_S = 3.0
# What the three kinds of evidence weigh: how sure the windows are, how clearly the segment stands
# out, and whether it is long enough to be a play at all. They sum to 1.
WEIGHT_MEAN, WEIGHT_CONTRAST, WEIGHT_LENGTH = 0.6, 0.25, 0.15


def evidence_of(
    core: Span, middles: Scores, play: Scores, *, leave: float, others: pl.DataFrame
) -> dict[str, float]:
    """Numbers of one core; `others` holds further columns of the windows, whose means are told."""
    inside = (middles >= core.start_s) & (middles < core.end_s)
    before = (middles < core.start_s) & (middles >= core.start_s - AROUND_S)
    after = (middles >= core.end_s) & (middles < core.end_s + AROUND_S)
    mean = _mean(play, inside, otherwise=0.0)
    sides = [_mean(play, side, otherwise=0.0) for side in (before, after) if side.any()]
    around = float(np.mean(sides)) if sides else 0.0
    found = {
        "core_start_s": core.start_s,
        "core_end_s": core.end_s,
        "play_mean": mean,
        "play_peak": float(play[inside].max()) if inside.any() else 0.0,
        "contrast": mean - around,
        "density": float((play[inside] >= leave).mean()) if inside.any() else 0.0,
        "windows": float(inside.sum()),
    }
    for name in others.columns:
        column = others[name].to_numpy().astype(np.float64)
        found[name] = _mean(column, inside, otherwise=0.0)
    return found


def score_of(evidence: dict[str, float], *, min_play_s: float) -> float:
    """One score from 0 (nothing speaks for it) to 100, from the evidence of a segment."""
    length_s = evidence["core_end_s"] - evidence["core_start_s"]
    # Twice the shortest play allowed is beyond doubt; at the shortest it counts half.
    enough = min(1.0, length_s / (2 * min_play_s)) if min_play_s > 0 else 1.0
    share = (
        WEIGHT_MEAN * evidence["play_mean"]
        + WEIGHT_CONTRAST * float(np.clip(evidence["contrast"], 0.0, 1.0))
        + WEIGHT_LENGTH * enough
    )
    return round(100.0 * float(np.clip(share, 0.0, 1.0)), 2)


def _mean(values: Scores, where: np.ndarray, *, otherwise: float) -> float:
    chosen = values[where]
    chosen = chosen[np.isfinite(chosen)]
    return float(chosen.mean()) if len(chosen) else otherwise
