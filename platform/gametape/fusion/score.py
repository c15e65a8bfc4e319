"""What speaks for a segment, as numbers and as one score from 0 to 100."""

import math

import numpy as np
import polars as pl

from gametape.fusion.smooth import Scores
from gametape.schema import Span

# How far outside a segment its surroundings are looked at.
AROUND_S = 3.0
# Scores that rise by less than this in all say nothing of where an edge lies.
LEAST_RISE = 0.05
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
    found["start_sd_s"] = edge_sd_s(middles, play, core.start_s, is_start=True, within=core)
    found["end_sd_s"] = edge_sd_s(middles, play, core.end_s, is_start=False, within=core)
    for name in others.columns:
        column = others[name].to_numpy().astype(np.float64)
        found[name] = _mean(column, inside, otherwise=0.0)
    return found


def edge_sd_s(middles: Scores, play: Scores, at_s: float, *, is_start: bool, within: Span) -> float:
    """How far an edge may be off, as a standard deviation in seconds.

    Where the score rises (falls) around the edge says where play may begin (end): each rise counts
    by its height. Calibrated scores that jump at once leave no doubt but the length of a window.
    """
    step = play[1:] - play[:-1] if is_start else play[:-1] - play[1:]
    between = (middles[1:] + middles[:-1]) / 2
    # Not past the middle of the segment: there the other edge begins.
    centre = (within.start_s + within.end_s) / 2
    near = np.abs(between - at_s) <= AROUND_S
    near &= between <= centre if is_start else between >= centre
    weight = np.where(near, np.maximum(step, 0.0), 0.0)
    grain = float(np.median(np.diff(middles))) ** 2 / 12 if len(middles) > 1 else 0.0
    if weight.sum() < LEAST_RISE:
        return AROUND_S / math.sqrt(3.0)
    spread = float((weight * (between - at_s) ** 2).sum() / weight.sum())
    return math.sqrt(spread + grain)


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
