"""The labelling queue: undecided, disputed and unknown stretches first, spread over tapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.queue import Candidate, Described, QueueSettings, queue, undecided

ONLY = {"uncertainty": 0.0, "disagreement": 0.0, "novelty": 0.0}


def candidate(
    tape: str, *scores: float, other: float | None = None, look: float = 0.0
) -> Candidate:
    """A tape with one score for each 20 s stretch, and rows that all look alike."""
    start_s = np.arange(0, 20.0 * len(scores), 1.0)
    first = np.repeat(scores, 20)
    by = {"one": first} if other is None else {"one": first, "two": np.full(len(first), other)}
    rows = np.full((len(start_s), 3), look) + 0.1 * np.sin(start_s)[:, None]
    return Candidate(tape, start_s, start_s + 1, by, time_s=start_s, rows=rows)


def test_what_is_undecided_comes_before_what_is_sure():
    found = queue([candidate("a", 0.99, 0.5, 0.01, 0.7)])
    assert found["start_s"].to_list() == [20.0, 60.0, 0.0, 40.0]
    assert found["reason"][0] == "undecided"


def test_undecided_means_near_the_threshold_in_force():
    scores = np.array([0.2, 0.5, 0.8])
    assert np.argmax(undecided(scores, 0.8)) == 2
    assert undecided(np.array([0.8]), 0.8)[0] == pytest.approx(1.0)


def test_where_scorers_disagree_a_label_settles_it():
    found = queue([candidate("a", 0.99, other=0.99), candidate("b", 0.99, other=0.01)])
    assert found["tape"][0] == "b"
    assert found["reason"][0] == "scorers disagree"


def test_a_tape_unlike_all_that_is_labelled_comes_first():
    time_s = np.arange(0, 200.0)
    random = np.random.default_rng(0)
    known = [Described(time_s, random.normal(0, 0.2, (200, 3)) + shift) for shift in (0, 0.2, 0.4)]
    settings = QueueSettings(**ONLY | {"novelty": 1.0})
    found = queue([candidate("like", 0.5), candidate("unlike", 0.5, look=5.0)], known, settings)
    assert found["tape"].to_list() == ["unlike", "like"]
    assert found["novelty"][0] > 0.6


def test_the_queue_is_spread_over_tapes():
    worst = candidate("worst", *[0.5] * 10)
    others = [candidate(f"other{n}", 0.6) for n in range(5)]
    found = queue([worst, *others], settings=QueueSettings(count=6))
    assert found["tape"].n_unique() >= 4
    alone = queue([worst, *others], settings=QueueSettings(count=6, spread=1.0))
    assert alone["tape"].n_unique() == 1


def test_nothing_to_label_is_an_empty_table():
    assert queue([]).is_empty()


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=5), min_size=1, max_size=5),
    st.integers(1, 8),
)
def test_ranks_count_up_and_values_stay_in_range(library, count):
    found = queue(
        [candidate(f"t{n}", *s) for n, s in enumerate(library)], settings=QueueSettings(count=count)
    )
    assert found["rank"].to_list() == list(range(1, found.height + 1))
    assert found.height == min(count, sum(map(len, library)))
    for name in ("worth", "uncertainty", "disagreement", "novelty", "play"):
        assert found[name].is_between(0, 1).all()
    assert (found["start_s"] < found["end_s"]).all()
