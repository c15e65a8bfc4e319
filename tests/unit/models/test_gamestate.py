"""The explicit scorers on made signals: what each kind of evidence does to the score."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.models.evidence import activity, camera_border, usual_level
from gametape.models.gamestate import score_fixed_camera, score_main_camera
from gametape.profile import ScorerSettings, load_profile

RATE_HZ = 4.0
RUNNING, STANDING = 0.02, 0.0004
Rows = NDArray[np.float64]


def spread(pieces: list[tuple[float, float]]) -> Rows:
    """Values over time from (value, seconds)."""
    return np.concatenate([np.full(int(s * RATE_HZ), v) for v, s in pieces])


def signals(moved: Rows, **columns: Rows) -> pl.DataFrame:
    """Signals of one shot of the main camera, mute, in which the middle of the court moves."""
    count = len(moved)
    time_s = np.arange(count) / RATE_HZ
    table: dict[str, Rows] = {"time_s": time_s, "shot": np.zeros(count)}
    for kind in ("change", "fast"):
        for region in [f"r{r}c{c}" for r in range(3) for c in range(4)]:
            is_court = region in ("r1c1", "r1c2", "r2c1", "r2c2")
            table[f"{kind}_{region}"] = moved if is_court else np.zeros(count)
    table |= {
        "similarity": np.ones(count),
        "shot_similarity": np.ones(count),
        "shot_start_s": np.zeros(count),
        "shot_end_s": np.full(count, count / RATE_HZ),
    }
    for name in ("has_sound", "hit_db", "crowd_db", "whistle_share"):
        table[name] = np.zeros(count)
    return pl.DataFrame(table | columns)


def shots(likeness: list[tuple[float, float]]) -> dict[str, Rows]:
    """Columns of shots with these similarities and lengths."""
    lengths = [int(s * RATE_HZ) for _, s in likeness]
    number = np.repeat(np.arange(len(lengths)), lengths)
    ends = np.cumsum(lengths)[number] / RATE_HZ
    starts = ends - np.array(lengths)[number] / RATE_HZ
    value = spread(likeness)
    columns = {"shot": number.astype(float), "shot_start_s": starts, "shot_end_s": ends}
    return columns | {"similarity": value, "shot_similarity": value}


TENNIS = load_profile("tennis").scorer
VOLLEYBALL = load_profile("volleyball-indoor").scorer
VOLLEYBALL_ENTER = load_profile("volleyball-indoor").fusion.enter


def test_another_camera_is_no_play_however_much_moves_in_it() -> None:
    look = shots([(1.0, 8), (0.7, 6), (1.0, 8), (0.6, 6)])
    play = score_main_camera(signals(np.full(112, RUNNING), **look), TENNIS)["play"]
    assert play[look["similarity"] < 0.9].max() < 0.1
    assert play[look["similarity"] > 0.9].min() > 0.8


def test_waiting_for_the_serve_is_no_play_and_the_rally_is() -> None:
    moved = spread([(STANDING, 6), (RUNNING, 10), (STANDING, 5)])
    play = score_main_camera(signals(moved), TENNIS)["play"]
    assert play[:20].max() < 0.35
    assert play[28:60].min() > 0.6


def test_a_clip_that_is_all_play_is_all_play() -> None:
    moved = RUNNING * (1 + 0.3 * np.sin(np.arange(40)))
    for name in ("tennis", "soccer", "basketball", "football-college"):
        scored = score_main_camera(signals(moved), load_profile(name).scorer)
        assert scored["play"].min() > 0.55, name
    ball = np.where(np.arange(40) % 2 == 0, 0.004, 0.0)
    assert score_fixed_camera(signals(moved, change_r0c1=ball), VOLLEYBALL)["play"].min() > 0.7


def test_a_tape_on_which_nobody_moves_has_no_play() -> None:
    still = np.full(200, 0.00001)
    assert score_main_camera(signals(still), TENNIS)["play"].max() < 0.35
    assert score_fixed_camera(signals(still), VOLLEYBALL)["play"].max() < 0.35


def test_a_long_look_at_the_same_field_from_another_camera_is_play() -> None:
    look = shots([(1.0, 8), (0.85, 15), (1.0, 8), (0.85, 5)])
    play = score_main_camera(signals(np.full(144, RUNNING), **look), TENNIS)["play"]
    assert play[40:88].min() > 0.6
    assert play[-16:].max() < 0.1


def test_strokes_that_are_heard_carry_a_rally_over_a_lull() -> None:
    moved = spread([(RUNNING, 8), (STANDING, 6), (RUNNING, 8)])
    hits = np.zeros(len(moved))
    hits[::4] = 15.0
    mute = score_main_camera(signals(moved), TENNIS)["play"]
    heard = signals(moved, hit_db=hits, has_sound=np.ones(len(moved)))
    assert mute[40:48].max() < 0.35
    assert score_main_camera(heard, TENNIS)["play"][40:48].min() > 0.35


def test_applause_speaks_against_play() -> None:
    moved = np.full(120, RUNNING)
    crowd = spread([(-35.0, 20), (-20.0, 5), (-35.0, 5)])
    loud = signals(moved, crowd_db=crowd, has_sound=np.ones(120))
    play = score_main_camera(loud, TENNIS.model_copy(update={"hits": 0.0}))["play"]
    assert play[88:96].max() < play[40:72].min() - 0.1


def test_after_a_whistle_that_ends_a_rally_there_is_no_play() -> None:
    moved = spread([(STANDING, 10), (RUNNING, 8), (RUNNING / 3, 4), (STANDING, 10)])
    whistle = np.zeros(len(moved))
    whistle[72:74] = 1.0
    quiet = VOLLEYBALL.model_copy(update={"hits": 0.0, "ball_above": 0.0})
    sound = {"has_sound": np.ones(len(moved))}
    without = score_fixed_camera(signals(moved, **sound), quiet)["play"]
    with_whistle = score_fixed_camera(signals(moved, whistle_share=whistle, **sound), quiet)["play"]
    assert with_whistle[76:86].mean() < without[76:86].mean() / 3
    assert with_whistle[50:68].min() > 0.7


def test_a_ball_above_the_players_speaks_for_a_rally() -> None:
    moved = spread([(RUNNING, 10), (RUNNING, 10), (RUNNING, 20)])
    ball = spread([(0.0, 10), (0.004, 10), (0.0, 20)])
    scored = score_fixed_camera(signals(moved, change_r0c1=ball), VOLLEYBALL)
    assert scored["above"][48:72].min() > 0.9
    assert scored["play"][48:72].min() > scored["play"][:24].max()


def test_running_about_under_an_empty_sky_is_no_rally() -> None:
    scored = score_fixed_camera(signals(np.full(100, RUNNING)), VOLLEYBALL)
    assert scored["live"].min() > 0.8
    assert scored["play"].max() < VOLLEYBALL_ENTER


def test_an_upper_third_that_always_moves_says_nothing_of_the_ball() -> None:
    columns = {f"change_r0c{c}": np.full(160, 0.01) for c in range(4)}
    scored = score_fixed_camera(signals(np.full(160, RUNNING), **columns), VOLLEYBALL)
    assert not scored["above"].any()


def test_what_always_moves_in_a_region_is_taken_off() -> None:
    flags = signals(np.zeros(100)).with_columns(change_r0c0=pl.lit(0.05))
    moved = signals(spread([(0.0, 20), (0.03, 5)])).with_columns(change_r0c0=pl.lit(0.05))
    assert activity(moved)[-10:].min() > 5 * activity(flags)[-10:].max()


def test_the_border_follows_from_how_alike_the_main_camera_is_to_itself() -> None:
    rng = np.random.default_rng(0)
    still = np.concatenate([1 - rng.random(300) / 500, np.full(200, 0.92)])
    panning = np.concatenate([1 - rng.random(300) / 12, np.full(200, 0.7)])
    assert 0.95 < camera_border(still) <= 0.98
    assert 0.84 <= camera_border(panning) < 0.92


def test_one_wild_shot_does_not_change_what_is_usual() -> None:
    shot = np.repeat(np.arange(5), 20)
    values = np.where(shot == 3, 50.0, 1.0)
    assert usual_level(values, shot, np.ones(100, bool), quantile=0.8) == 1.0


def test_stillness_weighs_as_the_pack_says() -> None:
    moved = spread([(RUNNING, 10), (STANDING, 10)])
    ignored = ScorerSettings(stillness=0.0)
    assert score_main_camera(signals(moved), ignored)["play"].min() > 0.9
