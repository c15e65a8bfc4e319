"""What ties are worth: every figure between worst and best, and these reached."""

import itertools
import math
import random

import numpy as np
import pytest

from gametape.metrics.ranking import average_precision, match
from gametape.metrics.tally import figures_of
from gametape.metrics.ties import tie_spreads
from gametape.metrics.tiou import tiou_tally
from gametape.schema import Segment

HIT, MISS = Segment(0, 10, score=1.0), Segment(50, 60, score=1.0)


def spread_of(truth, found):
    tally = tiou_tally(truth, found, thresholds=[0.5])
    return tie_spreads(tally).get(("mAP@0.50", "")), figures_of(tally)["mAP@0.50", ""]


def test_a_hit_and_a_miss_of_one_score_may_come_either_way_round() -> None:
    spread, _ = spread_of({"t": [Segment(0, 10)]}, {"t": [HIT, MISS]})
    assert spread is not None and spread.is_exact
    assert (spread.worst, spread.best, spread.expected) == (0.5, 1.0, 0.75)


def test_scores_that_differ_leave_no_spread() -> None:
    found = {"t": [HIT, Segment(50, 60, score=0.5)]}
    assert spread_of({"t": [Segment(0, 10)]}, found)[0] is None


def test_the_second_of_two_equal_hits_can_never_come_first() -> None:
    # Whichever of the two comes first is the hit, so no order is worse than the other.
    spread, value = spread_of({"t": [Segment(0, 10)]}, {"t": [HIT, HIT]})
    assert spread is not None
    assert (spread.worst, spread.best, value) == (1.0, 1.0, 1.0)


def test_the_official_order_may_be_anywhere_between() -> None:
    truth = {"t": [Segment(0, 10)]}
    values = {
        spread_of(truth, {"t": list(order)})[1] for order in itertools.permutations([HIT, MISS])
    }
    assert values == {0.5, 1.0}


@pytest.mark.parametrize("seed", range(12))
def test_built_extremes_are_those_of_every_order(seed, monkeypatch) -> None:
    rng = random.Random(seed)
    truth = {t: [Segment(20 * i, 20 * i + 10) for i in range(2)] for t in ("t1", "t2")}
    found = {
        t: [
            Segment(start, start + 10, score=float(rng.randrange(2)))
            for start in rng.choices([0, 1, 20, 21, 60], k=3)
        ]
        for t in truth
    }
    tally = tiou_tally(truth, found, thresholds=[0.5])
    (ranked,) = tally.classes
    runs = [
        [p for p in range(len(ranked.score)) if ranked.score[p] == s]
        for s in sorted(set(ranked.score), reverse=True)
    ]
    total, ones = float(ranked.true_counts.sum()), np.ones(len(ranked.score), dtype=np.int64)
    every = [
        average_precision(match(ranked, 0, [p for part in parts for p in part]), ones, total)
        for parts in itertools.product(*(itertools.permutations(run) for run in runs))
    ]
    monkeypatch.setattr("gametape.metrics.ties.ALL_ORDERS", 0)
    spread = tie_spreads(tally)["AP@0.50", "play"]
    assert spread.is_exact
    assert (spread.worst, spread.best) == pytest.approx((min(every), max(every)), abs=1e-12)
    assert spread.expected == pytest.approx(math.fsum(every) / len(every), abs=0.05)


def test_a_thousand_equal_scores_are_weighed_in_well_under_a_minute() -> None:
    truth = {f"t{i}": [Segment(0, 10), Segment(20, 30)] for i in range(100)}
    found = {t: [Segment(s, s + 9, score=1.0) for s in range(0, 40, 4)] for t in truth}
    spread, value = spread_of(truth, found)
    assert spread is not None
    assert spread.worst < spread.expected < spread.best
    assert spread.worst <= value <= spread.best
