"""The explicit scorers: from the cheap signals of a tape to a play score for every row.

No training and no download. `main-camera` is for broadcasts, where one camera shows play and the
others show what lies between; `fixed-camera` for a camera that never leaves the court. Which values
they use is the sport pack's business (ScorerSettings).
"""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.fusion.smooth import runs
from gametape.models.evidence import (
    Rows,
    activity,
    camera_border,
    logit,
    rows_of,
    sigmoid,
    smooth,
    usual_level,
)
from gametape.profile import ScorerSettings

# Log odds per factor e of movement: at twice the border 0.87, at half of it 0.13.
ACTIVITY_SLOPE = 2.75
# From the border to complete likeness the odds grow by this many factors of e.
CAMERA_SLOPE = 4.0
# Close-ups and replays last 3 to 8 s. Who holds a picture of the same field for longer shows play,
# though it be from another camera than usual: a point seen from court level.
HELD_S, HELD_BORDER = 12.0, 0.80
# Movement alone never speaks louder than this (log odds): 0.12 to 0.88. Rallies lull.
LOUDEST = 2.0
# The camera may: another camera's picture (0.007) scores below still players in the main one's
# (0.12), so that a `boundary` between the two grows edges up to the camera cut and no further.
LOUDEST_CAMERA = 5.0

# Two of the 1,200 pixels of a region: a ball at the far end of a court.
BALL_SHARE = 0.0015
# All of it clean, and nothing ever crosses it: dead time only, or a camera that aims too low.
NEVER_ABOVE = -0.7
# A hit rises by this much within 16 ms, and stands above what the tape has all the time.
HIT_DB = 4.0

Scored = dict[str, Rows]
Scorer = Callable[[pl.DataFrame, ScorerSettings], Scored]


def score_main_camera(signals: pl.DataFrame, settings: ScorerSettings) -> Scored:
    """Play is what the main camera shows while its players move."""
    time_s = signals["time_s"].to_numpy()
    shot = signals["shot"].to_numpy().astype(np.int64)
    similarity = signals["similarity"].to_numpy()
    near = smooth(similarity, width=rows_of(1.0, time_s), shot=shot)
    whole = signals["shot_similarity"].to_numpy()
    length_s = signals["shot_end_s"].to_numpy() - signals["shot_start_s"].to_numpy()
    usual_border = camera_border(similarity)
    border = np.where(length_s >= HELD_S, min(usual_border, HELD_BORDER), usual_border)
    # A camera that pans leaves its own layout within a shot; one that stands still does not, and
    # there the picture itself tells where a cut was missed.
    likeness = np.maximum(whole, near) if settings.is_panning else (whole + near) / 2
    odds = CAMERA_SLOPE * (likeness - border) / (1.0 - usual_border)
    camera = sigmoid(np.clip(odds, -LOUDEST_CAMERA, LOUDEST_CAMERA))
    # Movement is learned from the main camera alone: another is nearer to the players, or farther.
    is_main = likeness >= usual_border
    moved = activity(signals, is_main, kind=settings.movement)
    steady = smooth(moved, width=rows_of(settings.activity_smooth_s, time_s), shot=shot)
    usual = usual_level(steady, shot, is_main, quantile=settings.play_quantile)
    odds = _live_odds(steady, usual, settings) + _heard(signals, is_main, settings)
    quiet = _beside_whistles(signals, odds + logit(camera), settings.whistle_s)
    live = sigmoid(odds - settings.whistle * quiet)
    play = camera * live**settings.stillness
    return {"play": play, "camera": camera, "live": live, "activity": moved}


def score_fixed_camera(signals: pl.DataFrame, settings: ScorerSettings) -> Scored:
    """Play is when players move at once, things fly above them, and the ball can be heard."""
    time_s = signals["time_s"].to_numpy()
    shot = signals["shot"].to_numpy().astype(np.int64)
    moved = activity(signals, kind=settings.movement)
    steady = smooth(moved, width=rows_of(settings.activity_smooth_s, time_s), shot=shot)
    usual = float(np.quantile(steady, settings.play_quantile)) if len(steady) else 0.0
    odds = _live_odds(steady, usual, settings)
    above = _above(signals)
    everything = np.ones(len(steady), bool)
    both = odds + settings.ball_above * above + _heard(signals, everything, settings)
    play = sigmoid(both - settings.whistle * _beside_whistles(signals, both, settings.whistle_s))
    return {"play": play, "live": sigmoid(odds), "above": above, "activity": moved}


SCORERS: dict[str, Scorer] = {
    "main-camera": score_main_camera,
    "fixed-camera": score_fixed_camera,
}


def _live_odds(steady: Rows, usual: float, settings: ScorerSettings) -> Rows:
    border = max(settings.play_share * usual, settings.least_activity, 1e-9)
    odds = ACTIVITY_SLOPE * np.log(np.maximum(steady, 1e-9) / border)
    return np.asarray(np.clip(odds, -LOUDEST, LOUDEST))


def _above(signals: pl.DataFrame) -> Rows:
    """Whether something flies above the players around each row: -1 nothing, 1 surely, 0 no idea.

    Where a part of the upper third is clean for some of the tape (sky, a dark hall, a wall), a ball
    that crosses it shows; where people or lamps move there all the time it says nothing.
    """
    time_s = signals["time_s"].to_numpy()
    upper = signals.select(pl.selectors.starts_with("change_r0")).to_numpy()
    parts, is_clean = [], True
    for part in upper.T:
        seen = smooth((part > BALL_SHARE).astype(np.float64), width=rows_of(2.5, time_s))
        least, most = np.quantile(seen, [0.2, 0.95]) if len(seen) else (1.0, 1.0)
        is_clean &= bool(least <= 0.3)
        if least <= 0.3 and most - least >= 0.4:
            parts.append(np.clip((seen - least) / (most - least), 0.0, 1.0))
    if parts:
        return np.asarray(2.0 * np.max(parts, axis=0) - 1.0)
    return np.full(len(time_s), NEVER_ABOVE if is_clean else 0.0)


def _heard(signals: pl.DataFrame, within: NDArray[np.bool_], settings: ScorerSettings) -> Rows:
    """What the sound adds to the log odds of play; 0 throughout where a tape is mute."""
    if not signals["has_sound"].to_numpy().any():
        return np.zeros(signals.height)
    return settings.hits * _hits(signals) - settings.swell * _swell(signals, within)


def _beside_whistles(signals: pl.DataFrame, odds: Rows, reach_s: float) -> Rows:
    """1 where a whistle says that there is no play: after it where play was before, and vice versa.

    A referee whistles before the serve and after the rally, never within.
    """
    time_s = signals["time_s"].to_numpy()
    quiet = np.zeros(len(time_s))
    starts, ends = runs(signals["whistle_share"].to_numpy() > 0)
    for first, end in zip(starts, ends, strict=True):
        from_s, to_s = time_s[first], time_s[end - 1]
        before = (time_s >= from_s - reach_s) & (time_s < from_s)
        after = (time_s > to_s) & (time_s <= to_s + reach_s)
        if not before.any() or not after.any():
            continue
        side = before if odds[after].mean() > odds[before].mean() else after
        quiet[side] = 1.0
        quiet[first:end] = 1.0
    return quiet


def _hits(signals: pl.DataFrame) -> Rows:
    """Whether sudden broad-band sounds are heard around each row: -1 none, 1 many."""
    time_s = signals["time_s"].to_numpy()
    hit_db = signals["hit_db"].to_numpy()
    is_hit = (hit_db > max(HIT_DB, float(np.median(hit_db)) + 3.0)).astype(np.float64)
    heard = smooth(is_hit, width=rows_of(4.0, time_s))
    # One hit in 1.3 s, as in rallies of all kinds: every fifth row of a quarter second.
    return np.asarray(np.clip(2.0 * heard / 0.2 - 1.0, -1.0, 1.0))


def _swell(signals: pl.DataFrame, within: NDArray[np.bool_]) -> Rows:
    """How far applause or comment rises above the usual: 0 up to 3 dB, 1 from 9 dB."""
    time_s = signals["time_s"].to_numpy()
    crowd_db = signals["crowd_db"].to_numpy()
    usual_db = float(np.median(crowd_db[within])) if within.any() else float(np.median(crowd_db))
    above_db = smooth(crowd_db, width=rows_of(1.0, time_s)) - usual_db
    return np.asarray(np.clip((above_db - 3.0) / 6.0, 0.0, 1.0))
