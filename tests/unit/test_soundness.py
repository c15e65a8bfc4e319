"""Each sentence about a tape's artifacts holds for sound ones, and shows what speaks against it."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from gametape.schema import AudioStream, Finding, Segment, Source, VideoStream
from gametape.soundness import (
    gaps,
    ill_formed,
    proxy_differs,
    uncovered,
    unfitting_labels,
    unplayable,
)
from gametape.video.proxy import PassReport

VIDEO = VideoStream(
    index=0, codec="h264", width=64, height=36, display_width=64, display_height=36,
    pixel_format="yuv420p", time_base=Fraction(1, 25), start_pts=0, frame_count=250,
)  # fmt: skip
SOUND = AudioStream(index=1, codec="aac", rate_hz=48000, channels=1, time_base=Fraction(1, 48000))
SOURCE = Source(
    name="a.mp4", bytes=9, content_hash="0", container="mp4", duration_s=10.0, video=VIDEO,
    audio=(SOUND,),
)  # fmt: skip
REPORT = PassReport(
    seconds=10.0, frames=250, proxy_frames=125, rate=Fraction(25, 2), review_rate=Fraction(25),
    width=64, height=36, has_sound=True,
)  # fmt: skip


def windows(count: int = 37, play: float = 0.5) -> pl.DataFrame:
    starts = np.arange(count) * 0.25
    return pl.DataFrame({"start_s": starts, "end_s": starts + 1.0, "play": [play] * count})


def play(start_s: float, end_s: float, **changes: object) -> Segment:
    return replace(Segment(start_s, end_s), **changes)


def judged(segments: list[Segment], *, may_overlap: bool = False) -> list[str]:
    rows = ill_formed(segments, duration_s=10.0, may_overlap=may_overlap, slack_s=0.1)
    return [str(row["what"]) for row in rows]


def test_a_sound_source_is_playable_and_one_without_length_is_not() -> None:
    assert unplayable(SOURCE) == []
    empty = SOURCE.model_copy(update={"duration_s": 0.0})
    assert [row["what"] for row in unplayable(empty)] == ["length"]
    still = SOURCE.model_copy(update={"video": VIDEO.model_copy(update={"frame_count": 0})})
    assert [row["what"] for row in unplayable(still)] == ["frames"]


def test_a_proxy_of_the_whole_tape_matches_it() -> None:
    assert proxy_differs(SOURCE, REPORT, limit_s=None, proxy_frames=125) == []


@pytest.mark.parametrize(
    ("changes", "frames", "what"),
    [
        ({"seconds": 9.8}, 125, "length"),
        ({"frames": 249}, 125, "frames decoded"),
        ({}, 124, "frames in the proxy"),
    ],
)
def test_a_proxy_that_lost_something_is_told(changes, frames, what) -> None:
    report = REPORT.model_copy(update=changes)
    found = proxy_differs(SOURCE, report, limit_s=None, proxy_frames=frames)
    assert [row["what"] for row in found] == [what]


def test_a_damaged_tape_is_shown_as_far_as_it_plays() -> None:
    short = REPORT.model_copy(update={"seconds": 7.0, "frames": 175, "proxy_frames": 88})
    assert proxy_differs(SOURCE, short, limit_s=None, proxy_frames=88) != []
    damaged = SOURCE.model_copy(update={"findings": (Finding(code="partial", message="cut off"),)})
    assert proxy_differs(damaged, short, limit_s=None, proxy_frames=88) == []
    long = REPORT.model_copy(update={"seconds": 11.0})
    assert proxy_differs(damaged, long, limit_s=None, proxy_frames=125) != []


def test_a_limited_pass_is_held_to_its_limit() -> None:
    report = REPORT.model_copy(update={"seconds": 4.0, "frames": 100, "proxy_frames": 50})
    assert proxy_differs(SOURCE, report, limit_s=4.0, proxy_frames=50) == []
    assert proxy_differs(SOURCE, report, limit_s=5.0, proxy_frames=50) != []


def test_signals_must_reach_the_end_and_keep_step() -> None:
    whole = pl.DataFrame({"time_s": np.arange(40) / 4})
    assert uncovered(whole, duration_s=10.0, rate_hz=4.0) == []
    assert uncovered(whole.head(39), duration_s=10.0, rate_hz=4.0)[0]["is"] == 39
    slipped = whole.with_columns(
        pl.when(pl.col("time_s") == 5.0).then(5.1).otherwise(pl.col("time_s")).alias("time_s")
    )
    assert [row["what"] for row in uncovered(slipped, duration_s=10.0, rate_hz=4.0)] == ["row 20"]


def test_windows_that_touch_have_no_gap() -> None:
    assert gaps(windows(), duration_s=10.0) == []


def test_a_gap_and_a_missing_end_are_told_with_their_place() -> None:
    holed = windows().filter((pl.col("start_s") < 3) | (pl.col("start_s") > 5))
    assert [row["at_s"] for row in gaps(holed, duration_s=10.0)] == [3.75]
    assert [row["at_s"] for row in gaps(windows(20), duration_s=10.0)] == [5.75]
    assert gaps(windows(0), duration_s=10.0) == [{"at_s": 0.0, "what": "no window"}]


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.1])
def test_what_is_no_score_is_told(score: float) -> None:
    assert len(gaps(windows(37, score), duration_s=10.0)) == 37


def test_segments_in_order_on_the_tape_are_well_formed() -> None:
    assert judged([play(0, 2), play(2, 5), play(6, 10.05)]) == []


@pytest.mark.parametrize(
    ("segments", "what"),
    [
        ([play(3, 3)], "does not lie on the tape"),
        ([play(8, 10.2)], "does not lie on the tape"),
        ([play(1, 4, evidence={"core_start_s": 0.5})], "does not hold its play"),
        ([play(1, 4, score=101.0)], "has the score 101"),
        ([play(1, 4), play(3, 6)], "begins before the one before it ends"),
    ],
)
def test_a_segment_that_is_not_well_formed_says_why(segments, what) -> None:
    assert any(said.startswith(what) for said in judged(segments))


def test_segments_of_a_given_list_may_overlap() -> None:
    assert judged([play(1, 4), play(3, 6)], may_overlap=True) == []


def test_labels_of_one_kind_do_not_overlap_and_lie_on_the_tape() -> None:
    sound = [play(1, 3), play(3, 5), play(2, 4, label="serve")]
    assert unfitting_labels(sound, duration_s=10.0, slack_s=0.1) == []
    wrong = unfitting_labels([play(1, 3), play(2, 4), play(9, 12)], duration_s=10.0, slack_s=0.1)
    assert [row["start_s"] for row in wrong] == [2, 9]
