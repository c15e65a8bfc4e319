"""Scores for every window of a tape, by the scorer that the sport pack names, or by a trained head.

Turning scores into segments is `fusion`; whose scores they are is written where they are published.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from gametape.models.base import FeatureSequence, Head
from gametape.models.gamestate import SCORERS
from gametape.profile import ScorerSettings
from gametape.windows import window_starts


def score_windows(signals: pl.DataFrame, settings: ScorerSettings) -> pl.DataFrame:
    """One row a window: start_s, end_s, play (0 to 1), then what speaks for it."""
    schema = {"start_s": pl.Float64, "end_s": pl.Float64, "play": pl.Float64}
    if signals.is_empty():
        return pl.DataFrame(schema=schema)
    time_s = signals["time_s"].to_numpy()
    step_s = float(time_s[1] - time_s[0]) if len(time_s) > 1 else settings.stride_s
    duration_s = float(time_s[-1]) + step_s
    scored = SCORERS[settings.name](signals, settings)
    starts = window_starts(duration_s, settings.window_s, settings.stride_s)
    ends = np.minimum(starts + settings.window_s, duration_s)
    # Rows whose middle lies in the window; a window shorter than a row takes the nearest one.
    first = np.searchsorted(time_s + step_s / 2, starts - 1e-9)
    last = np.searchsorted(time_s + step_s / 2, ends - 1e-9)
    first = np.minimum(first, len(time_s) - 1)
    last = np.maximum(last, first + 1)
    table = {"start_s": starts, "end_s": ends}
    for name, values in scored.items():
        sums = np.concatenate(([0.0], np.cumsum(values)))
        table[name] = (sums[last] - sums[first]) / (last - first)
    return pl.DataFrame(table)


def score_features(sequences: Sequence[FeatureSequence], head: Head) -> pl.DataFrame:
    """One row a row of features: start_s, end_s, play (0 to 1), and service where it is told apart.

    Play includes service: a rally begins with it.
    """
    first = sequences[0]
    found = head.probabilities(tuple(sequences)).astype(np.float64)
    start_s = np.asarray(first.time_s, np.float64)
    table = {
        "start_s": start_s,
        "end_s": start_s + first.step_s,
        "play": np.clip(found.sum(axis=1), 0.0, 1.0),
    }
    for index, name in enumerate(head.card.classes[1:], start=1):
        table[name] = found[:, index]
    return pl.DataFrame(table)
