"""Easy matches are easy; brutal ones tell a plain detector nothing."""

import numpy as np
import pytest

from gametape.madematch.match import write_script
from gametape.madematch.motion import set_in_motion
from gametape.madematch.settings import MatchSettings
from gametape.madematch.states import sample


def _area_under_curve(values: np.ndarray, is_play: np.ndarray) -> float:
    """Chance that a moment of play has the higher value than a dead one."""
    ranks = np.argsort(np.argsort(values))
    plays, others = is_play.sum(), (~is_play).sum()
    return float((ranks[is_play].sum() - plays * (plays - 1) / 2) / (plays * others))


def _movement_says(sport: str, difficulty: str) -> float:
    found = []
    for seed in (1, 2, 3):
        wish = MatchSettings.model_validate(
            {"sport": sport, "difficulty": difficulty, "seed": seed, "length_s": 300}
        )
        script = write_script(wish)
        world = set_in_motion(script, wish)
        times = np.arange(0.5, 299, 0.25)
        speed = np.hypot(*np.moveaxis(sample(world, times).velocity, 2, 0))
        speed = speed[:, : world.player_count].mean(1)
        speed = np.convolve(speed, np.ones(5) / 5, mode="same")
        is_play = np.array([any(p.start_s <= t < p.end_s for p in script.plays) for t in times])
        found.append(_area_under_curve(speed, is_play))
    return float(np.mean(found))


@pytest.mark.parametrize("sport", ["volleyball-indoor", "tennis", "football", "soccer"])
def test_movement_gives_play_away_when_easy_and_not_when_brutal(sport: str) -> None:
    easy, brutal = _movement_says(sport, "easy"), _movement_says(sport, "brutal")
    assert easy > 0.78
    assert 0.3 < brutal < 0.68


@pytest.mark.parametrize("sport", ["tennis", "football", "soccer", "basketball"])
def test_the_main_camera_gives_play_away_when_easy_and_not_when_brutal(sport: str) -> None:
    def shares(difficulty: str) -> tuple[float, float]:
        shown = {True: [0.0, 0.0], False: [0.0, 0.0]}
        for seed in range(6):
            wish = MatchSettings.model_validate(
                {"sport": sport, "difficulty": difficulty, "seed": seed, "length_s": 600}
            )
            script = write_script(wish)
            for time_s in np.arange(0, 600, 0.5):
                is_play = any(p.start_s <= time_s < p.end_s for p in script.plays)
                shot = next(s for s in script.shots if time_s < s.end_s)
                shown[is_play][0] += shot.camera == "main"
                shown[is_play][1] += 1
        return shown[True][0] / shown[True][1], shown[False][0] / shown[False][1]

    in_play, in_dead = shares("easy")
    assert in_play > 0.98
    assert in_dead < 0.5
    in_play, in_dead = shares("brutal")
    assert abs(in_play - in_dead) < 0.1


def test_whistles_fall_silent_and_others_lie() -> None:
    def real_share(difficulty: str) -> tuple[int, int]:
        wish = MatchSettings.model_validate({"difficulty": difficulty, "length_s": 1800})
        whistles = write_script(wish).whistles
        return sum(w.is_real for w in whistles), sum(not w.is_real for w in whistles)

    real, false = real_share("easy")
    assert false == 0
    assert real > 50
    real, false = real_share("brutal")
    assert false > 3 * real
