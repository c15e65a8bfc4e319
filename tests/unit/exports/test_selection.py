"""The timeline of a manifest has the exact boundaries of its cut reports, not rounded seconds."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.errors import InputError
from gametape.exports.manifest import Clip, Manifest, Tape
from gametape.exports.selection import exact_span, timeline_of
from gametape.exports.timecode import frames_of
from gametape.schema import CutReport

NTSC = Fraction(30000, 1001)


def report(first: int, past: int, rate: Fraction, base: Fraction, **more: Any) -> CutReport:
    """Of a clip that holds frames first to past, as a container with that time base states it."""
    stamps = [((n / rate + Fraction(1)) / base + Fraction(1, 2)).__floor__() for n in (0, first)]
    last, end = (
        ((n / rate + Fraction(1)) / base + Fraction(1, 2)).__floor__() for n in (past - 1, past)
    )
    zero, start = stamps
    return CutReport(
        number=more.pop("number", 1),
        file="0001.mp4",
        thumbnail="0001.jpg",
        asked_start_s=0,
        asked_end_s=1,
        first_pts=start,
        last_pts=last,
        time_base=base,
        first_s=float((start - zero) * base),
        last_s=float((last - zero) * base),
        frame_count=past - first,
        counted_frames=past - first,
        duration_s=float((end - start) * base),
        bytes=1,
        width=64,
        height=36,
        is_exact=True,
        **more,
    )


def clip(number: int, label: str, cut: CutReport, **more: Any) -> Clip:
    return Clip(
        id=f"{number:04d}",
        number=number,
        file=f"clips/{cut.file}",
        thumbnail=f"clips/{cut.thumbnail}",
        start_s=cut.first_s,
        end_s=cut.last_s,
        duration_s=cut.duration_s,
        play_start_s=cut.first_s,
        play_end_s=cut.last_s,
        label=label,
        cut=cut,
        **more,
    )


def manifest(**tape: Any) -> Manifest:
    base = Fraction(1, 90_000)
    first, second = report(30, 60, NTSC, base), report(90, 120, NTSC, base, number=2)
    # Of a manifest only the tape and the clips are in a list.
    return Manifest.model_construct(
        tape=Tape(id="match-ab", name="match.mp4", content_hash="ab", duration_s=60.06, **tape),
        clips=(
            clip(1, "rally", first, score=88.5, evidence={"play_mean": 0.9}),
            clip(2, "serve", second, score=40.0, evidence={}),
        ),
    )


@given(
    st.integers(0, 1_000_000),
    st.integers(1, 10_000),
    st.sampled_from([Fraction(24000, 1001), Fraction(25), NTSC, Fraction(50), Fraction(60)]),
    st.sampled_from([Fraction(1, 90_000), Fraction(1, 1000), Fraction(1, 15_360)]),
)
def test_boundaries_are_the_frames_of_the_report_whatever_the_time_base(
    first: int, length: int, rate: Fraction, base: Fraction
) -> None:
    start_s, end_s = exact_span(report(first, first + length, rate, base))
    assert (frames_of(start_s, rate), frames_of(end_s, rate)) == (first, first + length)
    assert (start_s / base).denominator == (end_s / base).denominator == 1


def test_a_manifest_becomes_a_timeline_with_all_it_knows() -> None:
    timeline = timeline_of(manifest(rate=Fraction("29.97"), width=1280, height=720, has_sound=True))
    assert timeline.rate == NTSC
    assert timeline.is_drop_frame
    assert (timeline.width, timeline.height, timeline.has_sound) == (1280, 720, True)
    assert timeline.media == timeline.name == "match.mp4"
    play = timeline.plays[0]
    assert (play.start_s, play.end_s) == (30 / NTSC, 60 / NTSC)
    assert (play.label, play.score) == ("rally", 88.5)
    assert play.notes == {"clip file": "clips/0001.mp4", "evidence.play_mean": "0.9"}


def test_labels_rate_and_counting_can_be_chosen() -> None:
    timeline = timeline_of(
        manifest(rate=NTSC), media="media/match.mov", labels=["serve"], is_drop_frame=False
    )
    assert [play.label for play in timeline.plays] == ["serve"]
    assert timeline.media == "media/match.mov"
    assert not timeline.is_drop_frame
    assert timeline_of(manifest(), rate=Fraction(25)).rate == 25


def test_a_variable_rate_is_counted_by_the_usual_one_nearest() -> None:
    assert timeline_of(manifest(rate=Fraction("29.4"), is_variable_rate=True)).rate == NTSC


def test_without_a_rate_the_way_out_is_named() -> None:
    with pytest.raises(InputError, match=r"match\.mp4: .* Give the rate, or cut anew"):
        timeline_of(manifest())
