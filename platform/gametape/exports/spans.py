"""Plays counted in whole units: frames or milliseconds. Never empty, never out of order.

What formats share when they cannot hold exact times; each format's own shape is in its module.
"""

from collections.abc import Sequence
from fractions import Fraction

from gametape.exports.timecode import frames_of
from gametape.exports.timeline import Play, Timeline

MILLISECONDS = Fraction(1000)  # units a second


def span_of(play: Play, units_a_second: Fraction) -> tuple[int, int]:
    """First unit of a play and the first after it, at least one unit apart."""
    start = frames_of(play.start_s, units_a_second)
    return start, max(start + 1, frames_of(play.end_s, units_a_second))


def frames_in(timeline: Timeline) -> int:
    """Frames of the whole tape."""
    return max(1, frames_of(timeline.duration_s, timeline.rate))


def by_start(plays: Sequence[Play]) -> list[Play]:
    """Plays in the order of their starts; those with the same start stay as they stand."""
    return sorted(plays, key=lambda play: play.start_s)
