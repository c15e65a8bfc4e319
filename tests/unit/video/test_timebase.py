from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.video.timebase import (
    FrameIndex,
    apart,
    boundary_pts,
    exact_seconds,
    many_seconds,
    pts_at,
    pts_on_display,
    seconds,
)

BASES = st.sampled_from(
    [
        Fraction(1, 1000),
        Fraction(1, 90_000),
        Fraction(1001, 30_000),
        Fraction(1001, 60_000),
        Fraction(1, 600),
        Fraction(1, 12_800),
        Fraction(1, 1_000_000),
        Fraction(1, 25),
    ]
)
DAY = 24 * 3600
STAMPS = st.integers(min_value=0, max_value=DAY * 1000)
STARTS = st.integers(min_value=-(1 << 33), max_value=1 << 33)


@st.composite
def indexes(draw: st.DrawFn) -> FrameIndex:
    steps = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=60))
    start = draw(st.integers(-(10**6), 10**9))
    pts = np.cumsum([start, *steps[1:]]).astype(np.int64)
    keys = draw(st.lists(st.booleans(), min_size=len(pts), max_size=len(pts)))
    return FrameIndex.from_pts(pts, draw(BASES), is_key=keys, last_duration=steps[0])


def test_a_time_is_the_stamp_times_its_base_and_nothing_else() -> None:
    assert exact_seconds(30_030, Fraction(1, 30_000)) == Fraction(1001, 1000)
    assert seconds(107_892, Fraction(1001, 30_000)) == 107_892 * 1001 / 30_000
    assert seconds(90_000, Fraction(1, 90_000), 45_000) == 0.5


@given(BASES, STAMPS, STARTS)
def test_a_stamp_survives_the_way_to_seconds_and_back(
    base: Fraction, ticks: int, start: int
) -> None:
    # Up to a day, a float holds any stamp of at least a microsecond.
    ticks = min(ticks, int(DAY / base))
    pts = start + ticks
    assert pts_at(exact_seconds(pts, base, start), base, start) == pts
    assert pts_at(seconds(pts, base, start), base, start) == pts
    assert pts_on_display(seconds(pts, base, start), base, start) == pts


@given(BASES, st.fractions(min_value=-10, max_value=DAY))
def test_a_time_between_stamps_rounds_up_to_begin_and_down_to_show(
    base: Fraction, time_s: Fraction
) -> None:
    after, shown = pts_at(time_s, base), pts_on_display(time_s, base)
    assert shown * base <= time_s <= after * base
    assert after - shown in (0, 1)


@given(BASES, st.lists(STAMPS, min_size=1, max_size=50), STARTS)
def test_many_times_equal_single_ones_to_the_last_bit(
    base: Fraction, ticks: list[int], start: int
) -> None:
    pts = np.array([start + tick for tick in ticks], np.int64)
    assert many_seconds(pts, base, start).tolist() == [seconds(int(p), base, start) for p in pts]


@given(indexes())
def test_each_frame_is_found_at_its_own_time_and_shown_until_the_next(index: FrameIndex) -> None:
    for frame in range(len(index)):
        assert index.index_at(index.time_s(frame)) == frame
        assert index.at_or_after(index.time_s(frame)) == frame
        middle = index.exact_time(frame) + int(index.duration[frame]) * index.time_base / 2
        assert index.index_at(middle) == frame
        assert index.at_or_after(middle) == frame + 1
    assert index.times_s.tolist() == [index.time_s(frame) for frame in range(len(index))]
    assert index.times_s[0] == 0.0


@given(indexes())
def test_outside_the_tape_the_first_and_last_frame_are_on_display(index: FrameIndex) -> None:
    assert index.index_at(-1.0) == 0
    assert index.at_or_after(-1.0) == 0
    assert index.index_at(index.duration_s + 100) == len(index) - 1
    assert index.at_or_after(index.duration_s + 100) == len(index)
    assert index.duration_s == seconds(index.end_pts, index.time_base, index.start_pts)
    assert int(index.duration.sum()) == index.end_pts - index.start_pts


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_stamps_that_do_not_rise_are_moved_behind_one_another(stamps: list[int]) -> None:
    given_order = np.sort(np.array(stamps, np.int64))
    moved = apart(given_order)
    assert (np.diff(moved) > 0).all()
    assert (moved >= given_order).all()
    assert moved[0] == given_order[0]
    if (np.diff(given_order) > 0).all():
        assert (moved == given_order).all()


def test_the_last_frame_lasts_as_long_as_stated_or_as_the_usual_one() -> None:
    base = Fraction(1, 1000)
    assert FrameIndex.from_pts([0, 40, 80], base, last_duration=25).duration_s == 0.105
    assert FrameIndex.from_pts([0, 40, 80], base).duration_s == 0.12
    assert FrameIndex.from_pts([7], base, last_duration=40).duration_s == 0.04


def test_stamps_in_stored_order_are_put_in_order_of_display_with_their_keys() -> None:
    index = FrameIndex.from_pts(
        [0, 120, 40, 80], Fraction(1, 1000), is_key=[True, True, False, False]
    )
    assert index.pts.tolist() == [0, 40, 80, 120]
    assert index.is_key.tolist() == [True, False, False, True]
    assert [index.key_at_or_before(frame) for frame in range(4)] == [0, 0, 0, 3]
    assert FrameIndex.from_pts([5], Fraction(1)).key_at_or_before(0) is None


def test_an_index_without_frames_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        FrameIndex.from_pts([], Fraction(1, 25))


def test_a_sum_of_table_times_still_finds_its_frame() -> None:
    index = FrameIndex.from_pts(np.arange(0, 9_000_000, 3003), Fraction(1, 90_000))
    for frame in (1, 100, 2000, 2996):
        assert index.at_or_after(0.1 + (index.time_s(frame) - 0.1)) == frame
        assert index.index_at(index.time_s(frame) * 3 / 3) == frame


RATES = [
    Fraction(24000, 1001),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(240),
]


@given(
    st.integers(0, 1_000_000),
    st.sampled_from(RATES),
    st.sampled_from([Fraction(1, ticks) for ticks in (600, 1000, 15360, 30000, 90000)]),
    st.integers(0, 100),
    st.booleans(),
)
def test_a_boundary_given_as_a_frame_number_is_that_frame_however_stamps_and_lists_are_rounded(
    frame: int, rate: Fraction, base: Fraction, first: int, is_in_milliseconds: bool
) -> None:
    # As containers round: to the nearest tick, a half upwards.
    ticks = [(first + n) / rate / base for n in (0, frame - 1, frame)]
    stamps = [(tick + Fraction(1, 2)).__floor__() for tick in ticks]
    # Two roundings at once may sum to a tick; a list's reader takes back its own.
    is_rounded_once = base < Fraction(1, 2000) or first == 0
    asked = float(frame / rate)
    time_s = round(asked, 3) if is_in_milliseconds and is_rounded_once else asked
    limit = boundary_pts(time_s, base, stamps[0])
    assert limit <= stamps[2]
    assert frame == 0 or stamps[1] < limit


def test_a_boundary_on_a_tape_that_counts_frames_is_the_frame_itself() -> None:
    for rate in (Fraction(25), Fraction(30), Fraction(60), Fraction(30000, 1001)):
        for frame in range(0, 1_000_000, 997):
            assert boundary_pts(float(frame / rate), 1 / rate) == frame
            assert boundary_pts(round(float(frame / rate), 3), 1 / rate) == frame
