"""Median, hysteresis and runs on small arrays."""

import numpy as np

from gametape.fusion.smooth import hysteresis, median_smooth, runs


def test_a_median_keeps_a_step_where_it_is() -> None:
    step = np.array([0.0, 0, 0, 1, 1, 1])
    assert median_smooth(step, width=3).tolist() == step.tolist()


def test_a_median_of_one_changes_nothing() -> None:
    values = np.array([0.3, 0.9, 0.1])
    assert median_smooth(values, width=1).tolist() == values.tolist()


def test_hysteresis_keeps_whole_stretches() -> None:
    scores = np.array([0.4, 0.5, 0.9, 0.4, 0.1, 0.5, 0.4])
    active = hysteresis(scores, enter=0.8, leave=0.4)
    assert active.tolist() == [True, True, True, True, False, False, False]


def test_runs_tell_first_and_end_of_every_stretch() -> None:
    starts, ends = runs(np.array([True, False, True, True]))
    assert starts.tolist() == [0, 2]
    assert ends.tolist() == [1, 4]
