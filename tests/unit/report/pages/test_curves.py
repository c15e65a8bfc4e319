"""Curves of a page: small, and with every peak."""

import base64

import numpy as np
import polars as pl

from gametape.report.lanes import Lane
from gametape.report.pages.curves import (
    MISSING,
    MOST_VALUES,
    brought_down,
    coded_lane,
    coded_scores,
    coded_times,
)


def values_of(coded: dict, kind: str = "u1") -> np.ndarray:
    return np.frombuffer(base64.b64decode(coded["values"]), kind)


def test_three_hours_keep_every_value() -> None:
    share = np.random.default_rng(0).random(43_200)
    coded = coded_lane(Lane("movement", np.arange(43_200) / 4, share))
    assert np.abs(values_of(coded) / 254 - share).max() <= 0.5 / 254
    assert coded["times"] == {"start_s": 0.0, "step_s": 0.25}
    assert len(coded["values"]) < 60_000


def test_no_peak_is_lost_where_a_tape_is_too_long() -> None:
    count = 500_000
    share = np.full(count, 0.5)
    share[[12_345, 499_999]] = 1.0
    share[77_777] = 0.0
    time_s, kept = brought_down(np.arange(count) / 4, share)
    assert len(kept) <= MOST_VALUES
    assert (kept == 1.0).sum() == 2 and (kept == 0.0).sum() == 1
    assert abs(time_s[np.argmax(kept)] - 12_345 / 4) < 5
    assert np.ptp(np.diff(time_s)) < 1e-6


def test_what_is_missing_stays_missing() -> None:
    coded = coded_lane(Lane("x", np.arange(3.0), np.array([0.0, np.nan, 1.0])))
    assert values_of(coded).tolist() == [0, MISSING, 254]
    _, kept = brought_down(np.arange(100.0), np.full(100, np.nan), most=10)
    assert np.isnan(kept).all()


def test_uneven_times_are_told_one_by_one() -> None:
    coded = coded_times(np.array([0.0, 1.0, 2.5]))
    each = np.frombuffer(base64.b64decode(str(coded["each_ms"])), "<u4")
    assert each.tolist() == [0, 1000, 2500]
    assert coded_times(np.array([])) == {"start_s": 0.0, "step_s": 1.0}


def test_scores_keep_four_digits_so_that_a_threshold_decides_as_it_would_on_the_table() -> None:
    windows = pl.DataFrame({"start_s": [0.0, 0.25], "end_s": [1.0, 1.25], "play": [0.5999, 0.6]})
    coded = coded_scores(windows)
    assert coded is not None
    assert values_of(coded, "<u2").tolist() == [5999, 6000]
    assert (coded["start_s"], coded["end_s"]) == (0.0, 1.25)
    assert coded_scores(windows.clear()) is None
    assert coded_scores(None) is None
