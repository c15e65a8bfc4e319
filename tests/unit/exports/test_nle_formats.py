"""Edit lists for editing programs, read back by readers of others: every frame is the same."""

import csv
import io
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gametape.errors import InputError
from gametape.exports.csvlist import csv_text, read_csv
from gametape.exports.edl import edl_text, read_edl
from gametape.exports.fcpxml import fcpxml_text, read_fcpxml
from gametape.exports.jsonlist import json_text, read_json
from gametape.exports.otio import otio_text, read_otio
from gametape.exports.timecode import frames_of
from gametape.exports.timeline import DROP_FRAME_RATES, Play, TapeFacts, Timeline
from gametape.exports.xmeml import read_xmeml, xmeml_text

NTSC = Fraction(30000, 1001)
RATES = [
    Fraction(24000, 1001),
    Fraction(25),
    NTSC,
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
]
# The first frame; one frame; over the tenth minute, the first hour, the fifth; overlapping.
SPANS = [
    (0, 1),
    (17, 143),
    (1799, 1801),
    (17_981, 17_983),
    (35_963, 36_001),
    (107_891, 108_001),
    (107_900, 108_000),
    (1_078_919, 1_079_123),
]
LENGTH = 1_200_000


def made_edit(
    rate: Fraction,
    *,
    spans: list[tuple[int, int]] = SPANS,
    start_frame: int = 0,
    has_sound: bool = True,
    is_drop_frame: bool | None = None,
) -> Timeline:
    """A tape of LENGTH frames with a play on each span of frames."""
    can_drop = rate in DROP_FRAME_RATES
    return Timeline(
        name="Saarbrücken – Łódź & co",
        media="match, one <1>.mp4",
        duration_s=LENGTH / rate,
        rate=rate,
        plays=tuple(
            Play(
                first / rate,
                past / rate,
                label=("rally", "serve")[number % 2],
                title=("", 'Kim "K" & co: 3rd <5>', "- = |", "007")[number % 4],
                score=(None, 0.0, 87.25, 100.0)[number % 4],
                notes={"player": "José", "clip file": f"clips/{number:04d}.mp4"},
            )
            for number, (first, past) in enumerate(spans, 1)
        ),
        start_frame=start_frame,
        is_drop_frame=can_drop if is_drop_frame is None else is_drop_frame,
        has_sound=has_sound,
        width=1280,
        height=720,
    )


def facts_of(timeline: Timeline) -> TapeFacts:
    """What a reader may know of the tape."""
    return TapeFacts(
        rate=timeline.rate,
        duration_s=timeline.duration_s,
        start_frame=timeline.start_frame,
        media=timeline.media,
    )


Spans = list[tuple[int, int]]
Reader = Callable[..., list[Play]]
OURS: dict[str, tuple[Callable[[Timeline], str], Reader]] = {
    "csv": (csv_text, read_csv),
    "json": (json_text, read_json),
    "otio": (otio_text, read_otio),
    "edl": (edl_text, read_edl),
    "fcpxml": (fcpxml_text, read_fcpxml),
    "xmeml": (xmeml_text, read_xmeml),
}


def spans_of(clips: Any) -> Spans:
    """First frame and the one past the last of clips of the OTIO library."""
    ranges = [clip.source_range for clip in clips]
    values = [(r.start_time.value, r.end_time_exclusive().value) for r in ranges]
    assert all(value == round(value) for span in values for value in span)
    return [(round(start), round(end)) for start, end in values]


def by_otio_library(timeline: Timeline) -> Spans:
    read = otio.adapters.read_from_string(otio_text(timeline), "otio_json")
    assert {clip.source_range.start_time.rate for clip in read.find_clips()} == {
        float(timeline.rate)
    }
    return spans_of(read.video_tracks()[0].find_clips())


def by_cmx_adapter(timeline: Timeline) -> Spans:
    read = otio.adapters.read_from_string(edl_text(timeline), "cmx_3600", rate=float(timeline.rate))
    return spans_of(read.video_tracks()[0].find_clips())


def by_fcp_adapter(timeline: Timeline) -> Spans:
    read = otio.adapters.read_from_string(xmeml_text(timeline), "fcp_xml")
    clips = list(read.video_tracks()[0].find_clips())
    assert {clip.source_range.start_time.rate for clip in clips} == {float(timeline.rate)}
    return spans_of(clips)


def by_lxml(timeline: Timeline) -> Spans:
    """FCPXML's fractions, read by another parser; its usual adapter takes 29.97 for 29."""
    root = etree.fromstring(fcpxml_text(timeline).encode())
    rate = 1 / seconds(root.find("resources/format").get("frameDuration"))
    assert rate == timeline.rate
    clips = root.findall("library/event/project/sequence/spine/asset-clip")
    times = [(seconds(clip.get("start")), seconds(clip.get("duration"))) for clip in clips]
    frames = [(start * rate, (start + length) * rate) for start, length in times]
    assert all(frame.denominator == 1 for span in frames for frame in span)
    return [(int(start), int(end)) for start, end in frames]


def seconds(text: str) -> Fraction:
    assert text.endswith("s")
    return Fraction(text[:-1])


def by_csv_module(timeline: Timeline) -> Spans:
    rows = csv.DictReader(io.StringIO(csv_text(timeline)))
    return [nearest(row["start_s"], row["end_s"], timeline) for row in rows]


def by_json_module(timeline: Timeline) -> Spans:
    rows = json.loads(json_text(timeline))["segments"]
    return [nearest(row["start_s"], row["end_s"], timeline) for row in rows]


def nearest(start: str | float, end: str | float, timeline: Timeline) -> tuple[int, int]:
    """Decimal seconds as frames, if they are within a thousandth of one."""
    exact = [Fraction(time) * timeline.rate for time in (start, end)]
    assert all(abs(frame - round(frame)) < Fraction(1, 1000) for frame in exact)
    return round(exact[0]), round(exact[1])


INDEPENDENT = [
    by_otio_library,
    by_cmx_adapter,
    by_fcp_adapter,
    by_lxml,
    by_csv_module,
    by_json_module,
]


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"{float(rate):.2f}")
@pytest.mark.parametrize("reader", INDEPENDENT, ids=lambda reader: reader.__name__)
def test_a_reader_of_others_finds_the_same_frames(
    reader: Callable[[Timeline], Spans], rate: Fraction
) -> None:
    assert reader(made_edit(rate)) == SPANS


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"{float(rate):.2f}")
@pytest.mark.parametrize("reader", INDEPENDENT[:4], ids=lambda reader: reader.__name__)
def test_a_tape_that_begins_at_an_hour_is_counted_from_there(
    reader: Callable[[Timeline], Spans], rate: Fraction
) -> None:
    start = frames_of(Fraction(3600), rate)
    timeline = made_edit(rate, start_frame=start)
    assert reader(timeline) == [(start + first, start + past) for first, past in SPANS]


def test_non_drop_timecode_at_29_97_is_the_same_frames() -> None:
    for rate in RATES:
        assert by_cmx_adapter(made_edit(rate, is_drop_frame=False)) == SPANS


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(50)], ids=str)
def test_the_usual_fcpxml_adapter_agrees_where_it_can_count(rate: Fraction) -> None:
    read = otio.adapters.read_from_string(fcpxml_text(made_edit(rate)), "fcpx_xml")
    # It cuts off what a float lacks: 4.56 s at 25 becomes frame 113. One frame is its error.
    for (start, end), clip in zip(SPANS, read[0].find_clips(), strict=True):
        found = clip.source_range
        assert start - found.start_time.value in (0, 1)
        assert end - start - found.duration.value in (0, 1)


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"{float(rate):.2f}")
@pytest.mark.parametrize("start_s", [0, 3600])
@pytest.mark.parametrize("name", OURS)
def test_our_own_reader_gets_the_same_plays_back(name: str, rate: Fraction, start_s: int) -> None:
    timeline = made_edit(rate, start_frame=frames_of(Fraction(start_s), rate))
    write, read = OURS[name]
    plays = read(write(timeline), name=f"plays.{name}", tape=facts_of(timeline))
    assert [(frames_of(play.start_s, rate), frames_of(play.end_s, rate)) for play in plays] == SPANS
    for play, wanted in zip(plays, timeline.plays, strict=True):
        if name not in ("csv", "json"):  # decimal seconds are near, all others exact
            assert (play.start_s, play.end_s) == (wanted.start_s, wanted.end_s)
        assert (play.label, play.title, dict(play.notes)) == (
            wanted.label,
            wanted.title,
            wanted.notes,
        )
        is_counted_in_full = name == "json" and wanted.score is None
        assert play.score == (100.0 if is_counted_in_full else wanted.score)


@given(
    st.sampled_from(RATES),
    st.lists(st.tuples(st.integers(0, 1_000_000), st.integers(1, 9_000)), min_size=1, max_size=4),
    st.sampled_from(list(OURS)),
)
def test_any_frames_come_home(rate: Fraction, found: Spans, name: str) -> None:
    spans = [(first, first + length) for first, length in found]
    timeline = made_edit(rate, spans=spans)
    write, read = OURS[name]
    plays = read(write(timeline), name="plays", tape=facts_of(timeline))
    assert [(frames_of(p.start_s, rate), frames_of(p.end_s, rate)) for p in plays] == spans


@pytest.mark.parametrize("name", OURS)
def test_the_same_plays_give_the_same_text(name: str) -> None:
    write = OURS[name][0]
    timeline = made_edit(Fraction(25))
    assert write(timeline) == write(made_edit(Fraction(25)))
    assert "/home" not in write(timeline)


@pytest.mark.parametrize("name", OURS)
def test_a_mute_tape_has_no_sound_in_its_lists(name: str) -> None:
    timeline = made_edit(Fraction(25), has_sound=False)
    write, read = OURS[name]
    text = write(timeline)
    assert len(read(text, name="plays", tape=facts_of(timeline))) == len(SPANS)
    assert not any(word in text for word in ("AA/V", "hasAudio", "<audio>", '"Audio"'))


@pytest.mark.parametrize("name", OURS)
def test_a_play_that_passes_the_tapes_end_is_named(name: str) -> None:
    timeline = made_edit(Fraction(25))
    write, read = OURS[name]
    with pytest.raises(InputError, match=r"^plays\.x.*passes the end of the tape at 60\.0"):
        read(write(timeline), name="plays.x", tape=TapeFacts(Fraction(25), Fraction(60)))


def test_more_than_999_plays_are_all_there() -> None:
    spans = [(10 * n, 10 * n + 5) for n in range(1200)]
    timeline = made_edit(Fraction(25), spans=spans)
    assert by_cmx_adapter(timeline) == spans
    assert "\n1200  " in edl_text(timeline)
    plays = read_edl(edl_text(timeline), name="plays.edl", tape=facts_of(timeline))
    assert len(plays) == 1200
