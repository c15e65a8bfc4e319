"""Times that a list has rounded lead back to the tape's own frames, whatever its ticks."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gametape.exports.timeline import Play
from gametape.video.boundaries import on_frames
from gametape.video.timebase import FrameIndex, pts_at

RATES = [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001)]
BASES = [Fraction(1, 1000), Fraction(1, 90_000), Fraction(1001, 30_000)]


def tape(rate: Fraction, base: Fraction, *, count: int = 200, start: int = 7) -> FrameIndex:
    """Frames at a constant rate, their stamps rounded to ticks as a muxer does."""
    return FrameIndex.from_pts([start + round(n / rate / base) for n in range(count)], base)


def first_and_end(play: Play, frames: FrameIndex) -> tuple[int, int]:
    """Numbers of the first frame of a play and of the first one after it, as a cut counts them."""
    stamps = [
        pts_at(float(t), frames.time_base, frames.start_pts) for t in (play.start_s, play.end_s)
    ]
    first, end = (sum(int(p) < stamp for p in frames.pts) for stamp in stamps)
    return first, end


@settings(max_examples=150, deadline=None)
@given(
    rate=st.sampled_from(RATES),
    base=st.sampled_from(BASES[:2]),
    first=st.integers(0, 150),
    length=st.integers(1, 49),
    digits=st.sampled_from([None, 3, 4, 6]),
)
def test_counted_frames_and_rounded_seconds_come_back_as_the_same_frames(
    rate, base, first, length, digits
) -> None:
    frames = tape(rate, base)
    times = [Fraction(first) / rate, Fraction(first + length) / rate]
    if digits is not None:  # of the tape's own times, as a table tells them
        own = [frames.exact_time(n) for n in (first, first + length)]
        times = [round(t, digits) for t in own]
    play = on_frames(Play(*times), frames, rate=rate)
    assert first_and_end(play, frames) == (first, first + length)


def test_the_end_of_the_tape_is_a_boundary() -> None:
    frames = tape(Fraction(30000, 1001), Fraction(1, 1000), count=90)
    play = on_frames(Play(Fraction(1), Fraction(3003, 1000)), frames, rate=Fraction(30000, 1001))
    assert play.end_s == Fraction(frames.end_pts - frames.start_pts, 1000)


@pytest.mark.parametrize("typed", ["1.5", "0.97", "2.013"])
def test_a_time_between_frames_stays_what_it_is(typed: str) -> None:
    frames = tape(Fraction(25), Fraction(1, 12_800))
    play = on_frames(Play(Fraction(typed), Fraction(5)), frames, rate=Fraction(25))
    assert play.start_s == Fraction(typed)


def test_a_time_between_frames_stays_where_a_tick_is_a_whole_frame() -> None:
    frames = tape(Fraction(24_000, 1001), Fraction(1001, 24_000))  # as in AVI
    half = Fraction(1001, 48_000)
    play = on_frames(Play(43 * half, 111 * half), frames, rate=Fraction(24_000, 1001))
    assert (play.start_s, play.end_s) == (43 * half, 111 * half)
    on_ticks = on_frames(Play(Fraction("0.918"), Fraction("2.336")), frames)
    assert (on_ticks.start_s, on_ticks.end_s) == (44 * half, 112 * half)


def test_a_play_shorter_than_rounding_is_left_alone() -> None:
    frames = tape(Fraction(25), Fraction(1, 12_800))
    short = Play(Fraction("1.0001"), Fraction("1.0002"))
    assert on_frames(short, frames, rate=Fraction(25)) == short
