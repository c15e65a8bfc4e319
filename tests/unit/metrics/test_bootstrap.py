"""Intervals over tapes."""

import math

import numpy as np
import pytest

from gametape.errors import InputError
from gametape.metrics.bootstrap import intervals, paired_differences
from gametape.metrics.segments import segment_tally
from gametape.metrics.tally import figures_of
from gametape.metrics.tiou import tiou_tally
from gametape.schema import Segment

TRUTH = {f"t{i}": [Segment(0, 10), Segment(20, 30)] for i in range(8)}
HALF = {t: s[: 1 + (i % 2)] for i, (t, s) in enumerate(TRUTH.items())}
F1 = ("F1@0.50", "")


def tally(found, truth=TRUTH):
    return segment_tally(truth, found, ious=[0.5])


def test_the_interval_holds_the_figure_and_is_the_same_for_the_same_seed() -> None:
    drawn = intervals(tally(HALF), seed=3, repeats=300)
    assert drawn[F1].low < figures_of(tally(HALF))[F1] < drawn[F1].high
    assert drawn == intervals(tally(HALF), seed=3, repeats=300)
    assert drawn != intervals(tally(HALF), seed=4, repeats=300)


def test_the_order_of_tapes_changes_no_interval() -> None:
    turned = dict(reversed(HALF.items()))
    assert intervals(tally(HALF), repeats=50) == intervals(tally(turned), repeats=50)


def test_one_tape_has_no_interval() -> None:
    alone = {"t0": TRUTH["t0"]}
    assert intervals(tally(alone, alone)) == {}


def test_perfect_on_every_tape_has_no_width() -> None:
    interval = intervals(tally(TRUTH), repeats=50)[F1]
    assert (interval.low, interval.high) == (1.0, 1.0)


def test_a_tape_that_counts_twice_is_as_good_as_two_such_tapes() -> None:
    truth = {"a": [Segment(0, 10), Segment(20, 30)], "b": [Segment(0, 10)]}
    found = {
        "a": [Segment(0, 9, score=0.9), Segment(40, 50, score=0.8), Segment(20, 29, score=0.3)],
        "b": [Segment(1, 10, score=0.7), Segment(50, 60, score=0.6)],
    }
    double = [{**side, "a2": side["a"]} for side in (truth, found)]
    once = tiou_tally(truth, found).figures(np.array([2, 1]))
    assert figures_of(tiou_tally(*double)) == pytest.approx(once)


def test_a_difference_is_paired_tape_by_tape() -> None:
    # One side is better by the same amount on every tape: the difference has no width.
    shifted = {t: [Segment(s.start_s + 1, s.end_s + 1) for s in ss] for t, ss in TRUTH.items()}
    found = paired_differences(tally(TRUTH), tally(shifted), repeats=100)
    onset = found["onset bias s@0.50", ""]
    assert onset.value == pytest.approx(-1.0)
    assert onset.interval is not None
    assert (onset.interval.low, onset.interval.high) == pytest.approx((-1.0, -1.0))
    assert onset.worse_share == 1.0
    assert found[F1].worse_share == 0.0


def test_a_difference_needs_the_same_tapes() -> None:
    with pytest.raises(InputError, match="the same tapes"):
        paired_differences(tally(TRUTH), tally({**TRUTH, "t9": []}))


def test_a_figure_that_some_draws_do_not_define_counts_the_others() -> None:
    truth = {"a": [Segment(0, 10, "serve")], "b": [Segment(0, 10, "play")]}
    interval = intervals(tiou_tally(truth, truth), repeats=200)["AP@0.50", "serve"]
    assert 0 < interval.repeats < 200
    assert not math.isnan(interval.low)
