"""Protocol segments-f1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.metrics.segments import score_segments
from gametape.schema import Span

TRUTH = [Span(10, 20), Span(40, 50), Span(70, 80)]


def test_truth_against_itself_is_perfect() -> None:
    scores = score_segments(TRUTH, TRUTH, iou=0.9)
    assert (scores.precision, scores.recall, scores.f1) == (1.0, 1.0, 1.0)
    assert scores.onset_mae_s == 0.0


def test_nothing_found_scores_zero_and_not_nan() -> None:
    scores = score_segments(TRUTH, [], iou=0.5)
    assert (scores.precision, scores.recall, scores.f1) == (0.0, 0.0, 0.0)
    assert scores.onset_bias_s is None


def test_nothing_found_where_nothing_was_to_find_is_perfect() -> None:
    assert score_segments([], [], iou=0.5).f1 == 1.0


def test_each_true_segment_is_matched_once() -> None:
    scores = score_segments(TRUTH, TRUTH + TRUTH, iou=0.5)
    assert scores.recall == 1.0
    assert scores.precision == 0.5


def test_the_pairing_keeps_as_many_matches_as_possible() -> None:
    # Greedy by best overlap would pair the first found with the second true and lose one.
    truth = [Span(0, 10), Span(2, 12)]
    found = [Span(2, 11), Span(4, 14)]
    assert score_segments(truth, found, iou=0.6).matched_count == 2


def test_boundary_errors_are_found_minus_true() -> None:
    scores = score_segments([Span(10, 20)], [Span(9, 22)], iou=0.5)
    assert scores.onset_bias_s == pytest.approx(-1.0)
    assert scores.offset_bias_s == pytest.approx(2.0)


def test_a_found_segment_over_two_rallies_is_counted_as_a_merge() -> None:
    scores = score_segments([Span(10, 20), Span(22, 30)], [Span(9, 31)], iou=0.5)
    assert scores.merged_count == 1
    assert scores.split_count == 0


def test_an_overlap_at_the_threshold_counts_and_just_below_does_not() -> None:
    assert score_segments([Span(0, 10)], [Span(0, 5)], iou=0.5).matched_count == 1
    assert score_segments([Span(0, 10)], [Span(0, 4.99)], iou=0.5).matched_count == 0


spans = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 50)).map(lambda p: Span(p[0], p[0] + p[1])),
    max_size=8,
)


@given(spans, spans, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(truth, found, random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert score_segments(truth, found).f1 == score_segments(truth, shuffled).f1
