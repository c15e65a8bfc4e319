"""Where windows lie, and the stride that follows the frame rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.windows import stride_seconds, window_starts, windows


def test_a_scaled_stride_is_twice_the_frames_at_twice_the_rate() -> None:
    assert stride_seconds(32 / 30, 30.0, is_scaled=True) * 30 == 32
    assert stride_seconds(32 / 30, 60.0, is_scaled=True) * 60 == 64


def test_an_unscaled_stride_is_as_many_frames_on_every_tape() -> None:
    assert stride_seconds(32 / 30, 60.0, is_scaled=False) * 60 == 32
    assert stride_seconds(0.001, 5.0, is_scaled=False) * 5 == 1


def test_a_stride_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        stride_seconds(0.0, 30.0, is_scaled=True)


def test_a_tape_shorter_than_a_window_has_one_window_up_to_its_end() -> None:
    (only,) = windows(0.6, 1.0, 0.25)
    assert (only.start_s, only.end_s) == (0.0, 0.6)


def test_a_tape_of_nothing_has_no_window() -> None:
    assert windows(0.0, 1.0, 0.25) == []


@given(st.floats(0.01, 500), st.floats(0.1, 10), st.floats(0.05, 5))
def test_windows_lie_inside_the_tape_and_leave_less_than_a_stride(
    duration_s: float, window_s: float, stride_s: float
) -> None:
    found = windows(duration_s, window_s, stride_s)
    assert all(0 <= w.start_s < w.end_s <= duration_s for w in found)
    assert duration_s - found[-1].end_s < stride_s * (1 + 1e-6)
    assert len(found) == len(window_starts(duration_s, window_s, stride_s))
