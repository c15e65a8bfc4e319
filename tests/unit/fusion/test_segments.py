"""Each heuristic of fusion has an example here; what holds for all scores is in test_properties."""

import polars as pl
import pytest

from gametape.fusion.segments import fuse
from gametape.profile import FusionSettings
from gametape.schema import Segment

NO_CUTS = pl.DataFrame({"time_s": []}, schema={"time_s": pl.Float64})
# Everything off: a segment is what reaches 0.5, to the window.
PLAIN = FusionSettings(
    boundary=0.5,
    boundary_max_s=0,
    continuation_s=0,
    min_density=0,
    merge_gap_s=0,
    min_play_s=0,
    pad_before_s=0,
    pad_after_s=0,
)


def windows_of(scores: str, *, stride_s: float = 1.0) -> pl.DataFrame:
    """One window a digit: 0 is no play, 9 is 0.9."""
    start = [i * stride_s for i in range(len(scores))]
    return pl.DataFrame(
        {
            "start_s": start,
            "end_s": [s + stride_s for s in start],
            "play": [int(c) / 10 for c in scores],
        }
    )


def found(scores: str, *, cuts: list[float] | None = None, **changes: object) -> list[Segment]:
    settings = FusionSettings.model_validate(PLAIN.model_dump() | changes)
    table = pl.DataFrame({"time_s": cuts or []}, schema={"time_s": pl.Float64})
    return fuse(windows_of(scores), table, settings=settings, duration_s=float(len(scores)))


def clips(scores: str, **changes: object) -> list[tuple[float, float]]:
    return [(s.start_s, s.end_s) for s in found(scores, **changes)]  # type: ignore[arg-type]


def test_windows_that_reach_the_threshold_are_a_segment() -> None:
    assert clips("0099900") == [(2.0, 5.0)]


def test_without_windows_there_is_no_segment() -> None:
    empty = windows_of("").cast({"start_s": pl.Float64, "end_s": pl.Float64, "play": pl.Float64})
    assert fuse(empty, NO_CUTS, settings=PLAIN, duration_s=10.0) == []


def test_a_single_spike_is_smoothed_away() -> None:
    assert clips("0009000", smooth_s=3.0) == []
    assert clips("0999990", smooth_s=3.0) == [(1.0, 6.0)]


def test_a_segment_holds_on_above_leave_but_begins_only_at_enter() -> None:
    assert clips("0669660", enter=0.8, leave=0.5) == [(1.0, 6.0)]
    assert clips("0666660", enter=0.8, leave=0.5) == []


def test_edges_grow_over_scores_at_the_boundary_as_far_as_allowed() -> None:
    assert clips("3339333", boundary=0.3, boundary_max_s=2) == [(1.0, 6.0)]
    assert clips("0303930", boundary=0.3, boundary_max_s=9) == [(3.0, 6.0)]


def test_a_gap_at_the_boundary_between_two_plays_is_play() -> None:
    assert clips("0993399", boundary=0.25, boundary_max_s=1) == [(1.0, 7.0)]


def test_a_gap_shorter_than_the_rally_continuation_is_bridged() -> None:
    assert clips("0990990", continuation_s=2) == [(1.0, 6.0)]


def test_a_gap_as_long_as_the_rally_continuation_ends_the_rally() -> None:
    assert clips("09900990", continuation_s=2) == [(1.0, 3.0), (5.0, 7.0)]


def test_a_rally_of_too_few_active_windows_in_its_span_is_dropped() -> None:
    scores = "0900900900"
    assert clips(scores, continuation_s=3) == [(1.0, 8.0)]
    assert clips(scores, continuation_s=3, min_density=0.5) == []


def test_a_segment_needs_the_least_number_of_active_windows() -> None:
    assert clips("0990999", min_active_windows=3) == [(4.0, 7.0)]


def test_segments_as_near_as_the_merge_gap_are_one() -> None:
    assert clips("0990099", merge_gap_s=2) == [(1.0, 7.0)]
    assert clips("09900099", merge_gap_s=2) == [(1.0, 3.0), (6.0, 8.0)]


def test_edges_snap_to_a_camera_cut_within_reach() -> None:
    assert clips("0099900", cuts=[1.6, 5.3], snap_s=0.5) == [(1.6, 5.3)]
    assert clips("0099900", cuts=[1.2, 6.0], snap_s=0.5) == [(2.0, 5.0)]


def test_an_end_moves_on_to_the_next_cut_if_it_comes_soon() -> None:
    assert clips("00990000", cuts=[6.5], snap_end_s=3.0) == [(2.0, 6.5)]
    assert clips("00990000", cuts=[7.5], snap_end_s=3.0) == [(2.0, 4.0)]


def test_an_end_never_moves_into_the_next_segment() -> None:
    assert clips("0990990", cuts=[4.5], snap_end_s=3.0) == [(1.0, 3.0), (4.0, 6.0)]


def test_a_segment_below_the_least_length_is_dropped() -> None:
    assert clips("0909990", min_play_s=2) == [(3.0, 6.0)]


def test_a_play_ends_at_its_greatest_length() -> None:
    assert clips("0999999990", max_play_s=5) == [(1.0, 6.0)]


def test_padding_stays_inside_the_tape() -> None:
    assert clips("0990", pad_before_s=3, pad_after_s=5) == [(0.0, 4.0)]


def test_the_play_itself_is_told_beside_the_padded_clip() -> None:
    (segment,) = found("00099900000", pad_before_s=2, pad_after_s=3)
    assert (segment.start_s, segment.end_s) == (1.0, 9.0)
    assert segment.evidence["core_start_s"] == 3.0
    assert segment.evidence["core_end_s"] == 6.0


def test_a_short_clip_is_lengthened_and_a_long_one_ended() -> None:
    assert clips("0009000000", clip_min_s=5) == [(3.0, 8.0)]
    assert clips("0000000009", clip_min_s=5) == [(5.0, 10.0)]
    assert clips("0999999990", pad_after_s=1, clip_max_s=4) == [(1.0, 5.0)]


def test_paddings_that_meet_share_the_pause_in_the_measure_of_what_they_ask() -> None:
    shared = clips("09900990000", pad_before_s=2, pad_after_s=2, overlap="share")
    assert shared == [(0.0, 4.0), (4.0, 9.0)]


def test_paddings_that_overlap_become_one_clip_if_the_pack_says_so() -> None:
    (segment,) = found("09900990000", pad_before_s=2, pad_after_s=2, overlap="merge")
    assert (segment.start_s, segment.end_s) == (0.0, 9.0)
    assert segment.evidence["core_end_s"] == 7.0


def test_further_columns_of_the_windows_become_evidence() -> None:
    table = windows_of("0990").with_columns(camera=pl.Series([0.0, 0.5, 0.7, 0.0]))
    (segment,) = fuse(table, NO_CUTS, settings=PLAIN, duration_s=4.0)
    assert segment.evidence["camera"] == pytest.approx(0.6)


def test_windows_that_overlap_count_around_their_middles() -> None:
    start = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    table = pl.DataFrame(
        {
            "start_s": start,
            "end_s": [s + 1 for s in start],
            "play": [0.0, 0.0, 0.9, 0.9, 0.9, 0.0, 0.0],
        }
    )
    (segment,) = fuse(table, NO_CUTS, settings=PLAIN, duration_s=4.0)
    assert (segment.start_s, segment.end_s) == (1.25, 2.75)


def test_a_sure_play_scores_higher_than_a_doubtful_one() -> None:
    sure, doubtful = found("0099900000055500")
    assert 0 <= doubtful.score < sure.score <= 100
    assert sure.evidence["contrast"] == pytest.approx(0.9)


def test_an_edge_at_a_sudden_rise_is_sure_and_one_on_a_slow_slope_is_not() -> None:
    (sudden,) = found("000999999000")
    assert sudden.evidence["start_sd_s"] == pytest.approx(12**-0.5)  # one window, evenly
    (slow,) = found("123456789999999000", enter=0.5)
    assert slow.evidence["start_sd_s"] > 1.5
    assert slow.evidence["end_sd_s"] == pytest.approx(12**-0.5)


def test_an_edge_at_the_end_of_the_tape_has_no_rise_and_so_no_certainty() -> None:
    (whole,) = found("9999999999")
    assert whole.evidence["start_sd_s"] == pytest.approx(3 / 3**0.5)
