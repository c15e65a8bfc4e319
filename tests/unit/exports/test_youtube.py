"""YouTube's rules for chapters are kept, and what had to change is told."""

import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.errors import InputError
from gametape.exports.timeline import Play, Timeline
from gametape.exports.youtube import youtube_chapters, youtube_text

LINE = re.compile(r"(?:(\d+):([0-5]\d)|([0-5]?\d)):([0-5]\d) (\S.*)")


def read_lines(text: str) -> list[tuple[int, str]]:
    """Seconds and title of each chapter, as a reader that knows only the rules takes them."""
    read = []
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        assert match is not None, line
        hours, minutes, alone, seconds, title = match.groups()
        read.append((3600 * int(hours or 0) + 60 * int(minutes or alone) + int(seconds), title))
    return read


def keeps_the_rules(text: str, duration_s: int) -> bool:
    starts = [start for start, _ in read_lines(text)]
    spans = [b - a for a, b in zip(starts, [*starts[1:], duration_s], strict=True)]
    free = "<" not in text and ">" not in text and len(text) <= 5000
    return starts[0] == 0 and len(starts) >= 3 and min(spans) >= 10 and free


def test_plays_become_chapters_with_hours_from_one_hour_on(timeline: Timeline) -> None:
    text = youtube_text(timeline)
    assert keeps_the_rules(text, int(timeline.duration_s))
    last_s, title = read_lines(text)[-1]
    assert (last_s, title) == (int(timeline.plays[-1].start_s), "007")
    assert (text.splitlines()[-1].count(":") == 2) == (last_s >= 3600)


def test_a_first_play_that_comes_late_gets_a_start_before_it(
    with_plays: Callable[..., Timeline],
) -> None:
    told = youtube_chapters(
        with_plays((30, 40, "a"), (60, 80, "b"), (3700, 3720, "c"), duration_s=4e3)
    )
    assert told.text == "0:00 Start\n0:30 a\n1:00 b\n1:01:40 c\n"
    assert told.changes == ('a chapter "Start" stands before the first play',)


def test_a_first_play_within_ten_seconds_is_moved_to_the_start(
    with_plays: Callable[..., Timeline],
) -> None:
    told = youtube_chapters(with_plays((9, 11, "a"), (15, 20, "b"), (40, 50, "c"), (60, 70, "d")))
    assert told.text == "0:00 a / b\n0:40 c\n1:00 d\n"
    assert "the first chapter was moved to 0:00" in told.changes
    assert told.changes[0].startswith("1 plays share a chapter")


def test_too_few_plays_get_the_pauses_as_chapters(with_plays: Callable[..., Timeline]) -> None:
    assert youtube_text(with_plays((0, 20, "a"), (40, 60, "b"))) == (
        "0:00 a\n0:20 Between plays\n0:40 b\n"
    )
    assert (
        youtube_text(with_plays((30, 40, "a"))) == "0:00 Start\n0:30 a\n0:40 After the last play\n"
    )


def test_where_the_rules_cannot_be_kept_the_reason_is_said(
    with_plays: Callable[..., Timeline],
) -> None:
    with pytest.raises(InputError, match="asks for 3 chapters of 10 s or more"):
        youtube_text(with_plays((1, 2, "a"), (4, 5, "b"), duration_s=29))


def test_a_long_list_is_cut_to_what_a_description_holds(
    with_plays: Callable[..., Timeline],
) -> None:
    plays = [(20 * i, 20 * i + 8, f"number {i} of a very long match <x>") for i in range(170)]
    told = youtube_chapters(with_plays(*plays))
    assert keeps_the_rules(told.text, 3600)
    assert len(read_lines(told.text)) == 170
    assert any("titles were cut to" in change for change in told.changes)


@given(
    starts=st.lists(st.floats(0, 5000), min_size=1, max_size=40),
    length_s=st.integers(5001, 6000),
)
def test_whatever_the_plays_the_rules_are_kept_or_refused(
    starts: list[float], length_s: int
) -> None:
    plays = tuple(Play(Fraction(s), Fraction(s) + 1) for s in starts)
    tape = Timeline("t", "t.mp4", Fraction(length_s), Fraction(25), plays)
    try:
        text = youtube_text(tape)
    except InputError:
        return
    assert keeps_the_rules(text, length_s)
