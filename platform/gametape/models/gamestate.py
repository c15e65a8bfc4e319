"""The explicit scorers: from the cheap signals of a tape to a play score for every row.

No training and no download. `main-camera` is for broadcasts, where one camera shows play and the
others show what lies between; `fixed-camera` for a camera that never leaves the court. Which values
they use is the sport pack's business (ScorerSettings).
"""

from collections.abc import Callable

import numpy as np
import polars as pl

from gametape.models.evidence import Rows, activity, rows_of, sigmoid, smooth, usual_level
from gametape.profile import ScorerSettings

# Log odds per factor e of movement: at twice the border 0.87, at half of it 0.13.
ACTIVITY_SLOPE = 2.75
# Similarity from even odds to odds of e: the border is learned to about this.
SIMILARITY_STEP = 0.02
# Movement alone never speaks louder than this (log odds): 0.05 to 0.95.
LOUDEST = 3.0
# The camera may: another camera's picture (0.007) scores below still players in the main one's
# (0.05), so that a `boundary` between the two grows edges up to the camera cut and no further.
LOUDEST_CAMERA = 5.0

Scored = dict[str, Rows]
Scorer = Callable[[pl.DataFrame, ScorerSettings], Scored]


def score_main_camera(signals: pl.DataFrame, settings: ScorerSettings) -> Scored:
    """Play is what the main camera shows while its players move."""
    time_s = signals["time_s"].to_numpy()
    shot = signals["shot"].to_numpy().astype(np.int64)
    border = signals["main_border"].to_numpy()
    second = rows_of(1.0, time_s)
    near = smooth(signals["similarity"].to_numpy(), width=second, shot=shot)
    whole = signals["shot_similarity"].to_numpy()
    # A camera that pans leaves its own layout within a shot; one that stands still does not, and
    # there the picture itself tells where a cut was missed.
    likeness = np.maximum(whole, near) if settings.is_panning else (whole + near) / 2
    camera = sigmoid(
        np.clip((likeness - border) / SIMILARITY_STEP, -LOUDEST_CAMERA, LOUDEST_CAMERA)
    )
    is_main = camera > 0.5
    moved = activity(signals, is_main)
    steady = smooth(moved, width=rows_of(settings.activity_smooth_s, time_s), shot=shot)
    usual = usual_level(steady, shot, is_main, quantile=settings.play_quantile)
    live = _live(steady, usual, settings)
    play = camera * live**settings.stillness
    return {"play": play, "camera": camera, "live": live, "activity": moved}


def score_fixed_camera(signals: pl.DataFrame, settings: ScorerSettings) -> Scored:
    """Play is when players move at once, things fly above them, and the ball can be heard."""
    time_s = signals["time_s"].to_numpy()
    shot = signals["shot"].to_numpy().astype(np.int64)
    moved = activity(signals)
    steady = smooth(moved, width=rows_of(settings.activity_smooth_s, time_s), shot=shot)
    usual = float(np.quantile(steady, settings.play_quantile)) if len(steady) else 0.0
    odds = _live_odds(steady, usual, settings)
    above = _above(signals)
    odds = odds + settings.ball_above * above
    odds = odds + settings.hits * _hits(signals)
    odds = odds - settings.whistle * (signals["whistle_share"].to_numpy() > 0.25)
    play = sigmoid(odds)
    live = _live(steady, usual, settings)
    return {"play": play, "live": live, "above": above, "activity": moved}


SCORERS: dict[str, Scorer] = {
    "main-camera": score_main_camera,
    "fixed-camera": score_fixed_camera,
}


def _live(steady: Rows, usual: float, settings: ScorerSettings) -> Rows:
    """Probability that this much movement is play."""
    return sigmoid(_live_odds(steady, usual, settings))


def _live_odds(steady: Rows, usual: float, settings: ScorerSettings) -> Rows:
    border = max(settings.play_share * usual, settings.least_activity, 1e-9)
    odds = ACTIVITY_SLOPE * np.log(np.maximum(steady, 1e-9) / border)
    return np.asarray(np.clip(odds, -LOUDEST, LOUDEST))


def _above(signals: pl.DataFrame) -> Rows:
    """Whether something crosses the upper third around each row: -1 nothing, 1 surely, 0 no idea.

    Where that third is clean for most of the tape (sky, a dark hall, a plain wall), a ball above
    the players shows in it; where people or lamps move there all the time it says nothing.
    """
    time_s = signals["time_s"].to_numpy()
    upper = signals.select(pl.selectors.starts_with("change_r0")).to_numpy().max(axis=1)
    # Two of the 1,200 pixels of a region: a ball at the far end of a court.
    is_seen = (upper > 0.0015).astype(np.float64)
    seen = smooth(is_seen, width=rows_of(3.0, time_s))
    if len(seen) == 0 or float(np.median(seen)) > 0.3:
        return np.zeros(len(seen))
    return np.asarray(np.clip(2.0 * seen / 0.6 - 1.0, -1.0, 1.0))


def _hits(signals: pl.DataFrame) -> Rows:
    """Whether sudden broad-band sounds are heard around each row: -1 none, 1 many, 0 no idea."""
    time_s = signals["time_s"].to_numpy()
    if not signals["has_sound"].to_numpy().any():
        return np.zeros(len(time_s))
    hit_db = signals["hit_db"].to_numpy()
    # A hit rises at least 6 dB within 16 ms and stands above what this tape has all the time.
    is_hit = (hit_db > max(6.0, float(np.median(hit_db)) + 3.0)).astype(np.float64)
    heard = smooth(is_hit, width=rows_of(4.0, time_s))
    return np.asarray(np.clip(2.0 * heard / 0.3 - 1.0, -1.0, 1.0))
