"""auto-editor's keep lists, checked against the rules of its two formats."""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.errors import InputError
from gametape.exports.keeplists import chunks_of, keeplist3_text, keeplist_text
from gametape.exports.timeline import Play, Timeline


def test_chunks_cover_the_tape_and_keep_the_very_frames(timeline: Timeline) -> None:
    content = json.loads(keeplist_text(timeline))
    assert (content["version"], content["source"]) == ("1", "tape one.mp4")
    assert content["chunks"] == [
        [0, 611, 1.0],
        [611, 617, 99999.0],
        [617, 1999, 1.0],  # two plays that overlap
        [1999, 100_003, 99999.0],
        [100_003, 100_004, 1.0],
        [100_004, 199_001, 99999.0],
        [199_001, 200_000, 1.0],
    ]


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 80)), max_size=12))
def test_chunks_never_leave_a_gap_and_keep_every_frame_of_every_play(
    spans: list[tuple[int, int]],
) -> None:
    rate = Fraction(30000, 1001)
    plays = tuple(Play(a / rate, (a + n) / rate) for a, n in spans)
    tape = Timeline("t", "t.mp4", 500 / rate, rate, plays)
    chunks = chunks_of(tape)
    kept = {f for a, b, speed in chunks for f in range(a, b) if speed == 1.0}
    assert chunks[0][0] == 0
    assert chunks[-1][1] == 500
    assert all(a[1] == b[0] and a[2] != b[2] for a, b in pairwise(chunks))
    assert all(a < b for a, b, _ in chunks)
    assert kept == {f for a, n in spans for f in range(a, a + n)}


def test_version_3_lays_the_plays_one_after_the_other(timeline: Timeline) -> None:
    content = json.loads(keeplist3_text(replace(timeline, width=1280, height=720)))
    assert content["version"] == "3"
    assert content["resolution"] == [1280, 720]
    assert Fraction(content["timebase"]) == timeline.rate
    clips = content["v"][0]
    assert [(c["offset"], c["dur"]) for c in clips] == [
        (0, 611),
        (617, 617),
        (1000, 999),
        (100_003, 1),
        (199_001, 999),
    ]
    assert [c["start"] for c in clips] == [0, 611, 1228, 2227, 2228]
    assert [c["offset"] for c in content["a"][0]] == [c["offset"] for c in clips]


def test_version_3_of_a_silent_tape_has_no_audio(timeline: Timeline) -> None:
    tape = replace(timeline, width=1280, height=720, has_sound=False)
    assert json.loads(keeplist3_text(tape))["a"] == []


def test_version_3_without_the_size_of_the_picture_is_refused(
    with_plays: Callable[..., Timeline],
) -> None:
    with pytest.raises(InputError, match="size of the picture"):
        keeplist3_text(with_plays((1, 2, "a")))
