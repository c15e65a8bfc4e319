"""What a made match can be asked to be."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

from gametape.madematch.settings import (
    DIFFICULTIES,
    HARDNESS,
    MatchSettings,
    frame_times,
    random_for,
)


def test_other_names_of_sports_numbers_of_difficulty_and_plain_rates_are_understood() -> None:
    wish = MatchSettings.model_validate({"sport": "volleyball", "difficulty": 5, "rate": 29.97})
    assert (wish.sport, wish.difficulty, wish.rate) == ("volleyball-indoor", "brutal", "29.97")


@pytest.mark.parametrize("fault", [{"width": 641}, {"sport": "chess"}, {"rate": "26"}, {"fps": 3}])
def test_a_wish_that_cannot_be_met_is_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MatchSettings.model_validate(fault)


def test_television_rates_are_exact_fractions() -> None:
    assert MatchSettings(rate="23.976").rate_hz == Fraction(24000, 1001)
    times = frame_times(MatchSettings(rate="59.94", length_s=10))
    assert times.time_base == Fraction(1001, 60000)
    assert times.end_s == pytest.approx(10, abs=1 / 59)


def test_a_variable_tape_has_jitter_drops_and_no_frame_twice() -> None:
    times = frame_times(MatchSettings(rate="variable", length_s=60, seed=3))
    steps = np.diff(times.pts)
    assert times.pts[0] == 0
    assert steps.min() > 0
    assert len(np.unique(steps)) > 100
    assert (steps > 2.5 * np.median(steps)).any()
    assert times.end_s <= 60


def test_every_difficulty_is_at_least_as_hard_as_the_one_before() -> None:
    easier = [HARDNESS[d] for d in DIFFICULTIES]
    for low, high in pairwise(easier):
        assert all(a <= b for a, b in zip(vars(low).values(), vars(high).values(), strict=True))


def test_each_subject_draws_its_own_numbers() -> None:
    wish = MatchSettings(seed=5)
    assert random_for(wish, "shirts").random() == random_for(wish, "shirts").random()
    assert random_for(wish, "shirts").random() != random_for(wish, "story").random()
