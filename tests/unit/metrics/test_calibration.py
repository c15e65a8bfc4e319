"""Calibration: what is said of play against how often it is true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.metrics.calibration import (
    expected_error,
    fit_temperature,
    reliability,
    squared_error,
)


@pytest.mark.parametrize("heat", [0.5, 1.0, 3.0])
def test_the_temperature_takes_back_what_made_log_odds_too_sure(heat: float) -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 2, 20_000)
    true = (rng.random(len(odds)) < 1 / (1 + np.exp(-odds))).astype(float)
    logits = np.stack([np.zeros(len(odds)), heat * odds], axis=1)
    targets = np.stack([1 - true, true], axis=1)
    assert fit_temperature(logits, targets) == pytest.approx(heat, rel=0.05)


def test_rows_that_are_true_as_often_as_said_have_no_error() -> None:
    said = np.repeat([0.25, 0.75], 4)
    true = np.array([1, 0, 0, 0, 1, 1, 1, 0.0])
    assert expected_error(said, true) == 0.0
    assert squared_error(said, true) == pytest.approx(0.1875)
    assert expected_error(said, 1 - true) == pytest.approx(0.5)


def test_the_table_has_a_row_a_bin_and_every_row_of_the_tape_once() -> None:
    table = reliability(np.array([0.0, 0.05, 0.5, 1.0]), np.array([0, 1, 1, 1.0]))
    assert table["rows"].to_list() == [2, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert table["seen"].to_list()[0] == 0.5
    assert table["said"].to_list()[1] is None


def test_no_rows_have_no_error() -> None:
    assert expected_error(np.zeros(0), np.zeros(0)) == 0.0
    assert squared_error(np.zeros(0), np.zeros(0)) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=50))
def test_the_error_is_never_beyond_the_largest_gap(rows: list[tuple[float, float]]) -> None:
    said, true = np.array(rows).T
    assert 0.0 <= expected_error(said, true) <= np.abs(said - true).max() + 1e-9
