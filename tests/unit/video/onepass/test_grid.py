"""Constant rates and their ticks."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.video.onepass.grid import Grid, integer_share, source_rate

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("rate", "wanted_hz", "share"),
    [(30, 15, 2), (25, 15, 2), (50, 15, 3), (60, 15, 4), (NTSC, 15, 2), (10, 15, 1), (24, 15, 2)],
)
def test_the_share_gives_the_rate_nearest_to_the_one_wanted(rate, wanted_hz, share) -> None:
    assert integer_share(Fraction(rate), wanted_hz) == share


@pytest.mark.parametrize(
    ("average", "nominal", "rate"),
    [
        (Fraction(899, 30), Fraction(30), Fraction(30)),
        (NTSC, NTSC, NTSC),
        (Fraction(20), Fraction(90_000), Fraction(20)),
        (None, Fraction(25), Fraction(25)),
        (None, None, Fraction(15)),
        (Fraction(16), Fraction(24), Fraction(16)),
    ],
)
def test_the_nominal_rate_is_taken_where_it_is_believable(average, nominal, rate) -> None:
    assert source_rate(average, nominal, 15.0) == rate


@given(
    steps=st.lists(st.integers(1, 4000), min_size=1, max_size=40),
    rate=st.sampled_from([Fraction(15), Fraction(25, 2), NTSC]),
    start=st.integers(-(10**6), 10**9),
)
def test_every_tick_shows_the_frame_on_display(steps, rate, start) -> None:
    base = Fraction(1, 10_000)
    stamps = [start]
    for step in steps:
        stamps.append(stamps[-1] + step)
    grid = Grid(rate, base, start)
    shown: list[int] = []
    for stamp, following in pairwise(stamps):
        while grid.is_due(following):
            shown.append(stamp)
            grid.advance()
    for tick, stamp in enumerate(shown):
        due = start + tick / (rate * base)
        following = stamps[stamps.index(stamp) + 1]
        # One unit of the time base may be lost to rounding.
        assert stamp - 1 <= due < following
    assert grid.tick / (rate * base) >= stamps[-1] - start - 1


def test_rounded_stamps_give_every_second_frame() -> None:
    stamps = [round(index * 1000 * 1001 / 30000) for index in range(400)]
    grid = Grid(NTSC / 2, Fraction(1, 1000), 0)
    shown: list[int] = []
    for index in range(399):
        while grid.is_due(stamps[index + 1]):
            shown.append(index)
            grid.advance()
    assert shown == list(range(0, 399, 2))
