"""Tables and times as people read them."""

from fractions import Fraction

import polars as pl
import pytest

from gametape.report.comparison import comparison_rows
from gametape.report.summary import (
    findings_table,
    length,
    markdown_table,
    segments_markdown,
    short_time,
    source_table,
    tape_time,
)
from gametape.schema import AudioStream, Finding, Segment, Source, Span, VideoStream


@pytest.mark.parametrize(
    ("time_s", "long", "short"),
    [(0, "0:00:00.0", "0:00"), (59.96, "0:01:00.0", "1:00"), (3725.25, "1:02:05.2", "1:02:05")],
)
def test_times_carry_over_when_rounded(time_s: float, long: str, short: str) -> None:
    assert tape_time(time_s) == long
    assert short_time(time_s) == short


def test_lengths_are_told_in_fitting_units() -> None:
    assert [length(s) for s in (7.42, 200, 6720)] == ["7.4 s", "3 min 20 s", "1 h 52 min"]


def test_a_table_of_rows_and_of_a_frame_are_the_same() -> None:
    rows = [{"name": "a|b", "value": 1.5}, {"name": "c", "value": None}]
    wanted = "| name | value |\n| :-- | --: |\n| a\\|b | 1.50 |\n| c | – |"
    assert markdown_table(rows) == wanted
    assert markdown_table(pl.DataFrame(rows)) == wanted
    assert markdown_table([]) == "_none_"


def test_a_long_table_says_what_it_leaves_out() -> None:
    text = markdown_table([{"n": n} for n in range(12)], most=10)
    assert text.endswith("_and 2 more_")
    assert "| 9 |" in text
    assert "| 10 |" not in text


def test_segments_and_findings_show_their_times() -> None:
    assert "| 1 | 0:00:01.0 | 0:01:02.5 | 61.50 | rally | 88.00 |" in segments_markdown(
        [Segment(1, 62.5, "rally", 88.0)]
    )
    found = findings_table([Finding(code="black", message="black picture", start_s=3)])
    assert "| black | info | black picture | 0:00:03.0 | – |" in found


def test_a_source_is_told_in_facts() -> None:
    source = Source(
        name="match.mp4",
        bytes=12_000_000,
        content_hash="ab" * 32,
        container="mp4",
        duration_s=62.5,
        video=VideoStream(
            index=0,
            codec="h264",
            width=1440,
            height=1080,
            display_width=1920,
            display_height=1080,
            pixel_format="yuv420p",
            time_base=Fraction(1, 90000),
            start_pts=0,
            average_rate=Fraction(30000, 1001),
            is_variable_rate=True,
        ),
        audio=(
            AudioStream(index=1, codec="aac", rate_hz=48000, channels=2, time_base=Fraction(1)),
        ),
    )
    text = source_table(source)
    assert "h264, 1920 x 1080, 29.970 fps, variable" in text
    assert "aac, 48000 Hz, 2 ch" in text
    assert "12.0 MB" in text


def test_a_comparison_tells_matches_misses_and_extras_in_order_of_time() -> None:
    found = [Segment(10.5, 20.0), Segment(40.0, 45.0)]
    truth = [Span(10.0, 19.0), Span(60.0, 70.0)]
    rows = comparison_rows(found, truth)
    assert [row["outcome"] for row in rows] == ["matched", "extra", "missed"]
    assert rows[0]["onset_s"] == 0.5
    assert rows[0]["offset_s"] == 1.0
    assert (rows[1]["found"], rows[2]["true"]) == (2, 2)
    assert markdown_table(rows).count("\n") == 4
