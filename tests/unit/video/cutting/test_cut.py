"""Clips hold exactly the frames asked for, proved by the bar codes of their pixels."""

import resource
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from gametape.errors import InputError, ToolError
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Segment
from gametape.video.cut import cut_clips, most_open
from gametape.video.probe import probe

FAST = ClipSettings(preset="ultrafast", crf=16, thumbnail_height=180)
ENCODED = FAST.model_copy(update={"method": "re-encode"})
NTSC = Fraction(30000, 1001)
VARIABLE = [0, 40, 75, 140, 150, 210, 290, 301, 380, 390, 395, 470, 500, 580, 600, 680, 700, 790]


def cut(tape: Path, segments: list[Segment], folder: Path, **more: Any) -> list[CutReport]:
    return cut_clips(tape, segments, folder, **{"source": probe(tape), "settings": FAST, **more})


def wanted_numbers(times: list[Fraction], segment: Segment) -> list[int]:
    """Frames with start <= time < end; a float stands for the frame it was made from."""
    near = 1e-9
    return [
        n
        for n, t in enumerate(times)
        if float(t) >= segment.start_s - near and float(t) < segment.end_s - near
    ]


def assert_exact(
    bar_tapes: Any, folder: Path, report: CutReport, times: list[Fraction], segment: Segment
) -> None:
    wanted = wanted_numbers(times, segment)
    assert bar_tapes.numbers(folder / report.file) == wanted
    assert report.frame_count == report.counted_frames == len(wanted)
    assert report.is_exact
    with av.open(str(folder / report.file)) as file:
        got = [frame.pts * frame.time_base for frame in file.decode(video=0)]
    assert got == [times[n] - times[wanted[0]] for n in wanted]


@pytest.mark.parametrize(
    "rate",
    [Fraction(24000, 1001), Fraction(25), NTSC, Fraction(50), Fraction(60000, 1001)],
    ids=str,
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_first_and_last_frames_are_the_ones_asked_for(
    tmp_path: Path, bar_tapes: Any, rate: Fraction, suffix: str
) -> None:
    tape = tmp_path / f"tape{suffix}"
    bar_tapes.write(tape, count=80, rate=rate)
    source = probe(tape)
    # Times as the file states them: Matroska rounds to milliseconds.
    times = exact_times(tape)
    segments = [
        Segment(0.0, float(times[9])),
        Segment(float(times[31]), float(times[47])),
        Segment(float(times[60]) - 0.001, float(times[70]) + 0.001),
        Segment(float(times[66]), source.duration_s),
    ]
    reports = cut(tape, segments, tmp_path / "clips")
    for report, segment in zip(reports, segments, strict=True):
        assert_exact(bar_tapes, tmp_path / "clips", report, times, segment)
    assert bar_tapes.numbers(tmp_path / "clips" / "0002.mp4") == list(range(31, 47))


def exact_times(tape: Path) -> list[Fraction]:
    with av.open(str(tape)) as file:
        stamps = [frame.pts * frame.time_base for frame in file.decode(video=0)]
    return [stamp - stamps[0] for stamp in stamps]


@pytest.mark.parametrize(
    ("codec", "suffix", "options"),
    [
        ("libx264", ".mp4", {"x264-params": "keyint=40:min-keyint=40:open-gop=1:bframes=3"}),
        ("libx264", ".ts", {"x264-params": "keyint=40:min-keyint=40:open-gop=1:bframes=3"}),
        ("libx264", ".mp4", {"g": "1000"}),
        ("libx264", ".mkv", {"bf": "0", "g": "10"}),
        ("libx265", ".mp4", {"x265-params": "keyint=30:open-gop=1:bframes=3:log-level=none"}),
        ("mpeg2video", ".ts", {"bf": "2", "g": "15", "qmin": "1", "qmax": "3"}),
        ("mpeg4", ".avi", {"bf": "0", "g": "30", "qmin": "1", "qmax": "3"}),
    ],
)
def test_exact_whatever_the_codec_and_the_key_frames(
    tmp_path: Path, bar_tapes: Any, codec: str, suffix: str, options: dict[str, str]
) -> None:
    tape = tmp_path / f"tape{suffix}"
    bar_tapes.write(tape, count=110, codec=codec, options=options)
    times = exact_times(tape)
    segments = [Segment(n / 25, (n + 7) / 25) for n in (1, 38, 39, 41, 79, 103)]
    reports = cut(tape, segments, tmp_path / "clips")
    for report, segment in zip(reports, segments, strict=True):
        assert_exact(bar_tapes, tmp_path / "clips", report, times, segment)


def test_a_variable_rate_keeps_every_stamp(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    times = bar_tapes.write(tape, pts=VARIABLE, time_base=Fraction(1, 600), rate=Fraction(30))
    segments = [Segment(float(times[3]), float(times[14])), Segment(0.2, 0.51)]
    reports = cut(tape, segments, tmp_path / "clips")
    for report, segment in zip(reports, segments, strict=True):
        assert_exact(bar_tapes, tmp_path / "clips", report, times, segment)
    assert reports[0].duration_s == pytest.approx((600 - 140) / 600)


def test_time_counts_from_the_first_displayed_frame(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    stamps = range(2500, 2500 + 75 * 40, 40)
    times = bar_tapes.write(tape, pts=stamps, time_base=Fraction(1, 1000))
    segment = Segment(1.0, 2.0)
    [report] = cut(tape, [segment], tmp_path / "clips")
    assert_exact(bar_tapes, tmp_path / "clips", report, times, segment)
    assert bar_tapes.numbers(tmp_path / "clips" / report.file) == list(range(25, 50))
    heard = bar_tapes.sound(tmp_path / "clips" / report.file)
    rate_hz = bar_tapes.rate_hz
    assert abs(bar_tapes.lag(heard, bar_tapes.noise(2 * rate_hz)[rate_hz:])) <= 1


def test_overlapping_segments_in_any_order_keep_the_order_of_the_list(
    tmp_path: Path, bar_tapes: Any
) -> None:
    tape = tmp_path / "tape.mp4"
    times = bar_tapes.write(tape)
    segments = [Segment(2.0, 2.8), Segment(0.4, 2.4), Segment(0.4, 1.0), Segment(0.0, 3.0)]
    reports = cut(tape, segments, tmp_path / "clips")
    assert [report.file for report in reports] == ["0001.mp4", "0002.mp4", "0003.mp4", "0004.mp4"]
    for report, segment in zip(reports, segments, strict=True):
        assert_exact(bar_tapes, tmp_path / "clips", report, times, segment)


def test_sound_is_cut_to_the_sample(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    rate_hz = bar_tapes.rate_hz
    segments = [Segment(0.0, 0.6), Segment(0.52, 1.36), Segment(2.2, 3.0)]
    reports = cut(tape, segments, tmp_path / "clips")
    for report, segment in zip(reports, segments, strict=True):
        heard = bar_tapes.sound(tmp_path / "clips" / report.file)
        first, last = round(segment.start_s * rate_hz), round(segment.end_s * rate_hz)
        assert abs(bar_tapes.lag(heard, bar_tapes.noise(last)[first:])) <= 1
        assert 0 <= len(heard) - (last - first) < 1024
        assert report.start_skew_ms == 0
        assert report.end_skew_ms is not None
        assert abs(report.end_skew_ms) < 0.1


def test_missing_sound_becomes_silence_at_both_ends(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mkv"
    bar_tapes.write(tape, sound=(0.5, 2.0))
    cut(tape, [Segment(0.2, 1.0), Segment(1.6, 2.8)], tmp_path / "clips")
    rate_hz = bar_tapes.rate_hz
    early = bar_tapes.sound(tmp_path / "clips" / "0001.mp4")
    late = bar_tapes.sound(tmp_path / "clips" / "0002.mp4")
    assert np.abs(early[: round(0.26 * rate_hz)]).max() < 0.01
    wanted = bar_tapes.noise(rate_hz)[rate_hz // 2 :]
    assert abs(bar_tapes.lag(early[round(0.3 * rate_hz) :], wanted)) <= 24  # Matroska: 0.5 ms
    assert np.abs(late[: round(0.3 * rate_hz)]).max() > 0.05
    assert np.abs(late[round(0.5 * rate_hz) :]).max() < 0.01
    assert len(late) >= round(1.2 * rate_hz)


def test_a_tape_without_sound_gives_clips_without_sound(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, sound=None)
    [report] = cut(tape, [Segment(1.0, 2.0)], tmp_path / "clips")
    assert not report.has_sound
    assert report.end_skew_ms is None
    with av.open(str(tmp_path / "clips" / report.file)) as file:
        assert not file.streams.audio


def test_a_recording_whose_stamps_begin_anew_is_cut_across_the_join(
    tmp_path: Path, bar_tapes: Any
) -> None:
    one, two, tape = (tmp_path / name for name in ("one.ts", "two.ts", "tape.ts"))
    bar_tapes.write(one, count=75)
    bar_tapes.write(two, count=75, first_number=75)
    tape.write_bytes(one.read_bytes() + two.read_bytes())
    assert "restart" in {finding.code for finding in probe(tape).findings}
    cut(tape, [Segment(2.8, 3.2), Segment(4.0, 5.0)], tmp_path / "clips")
    across = bar_tapes.numbers(tmp_path / "clips" / "0001.mp4")
    after = bar_tapes.numbers(tmp_path / "clips" / "0002.mp4")
    assert across == list(range(70, 80))
    assert after == list(range(100, 125))


def test_the_same_clips_come_out_whatever_the_number_of_workers(
    tmp_path: Path, bar_tapes: Any
) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=200)
    segments = [Segment(0.2, 1.0), Segment(3.6, 4.4), Segment(0.8, 1.6), Segment(7.0, 8.0)]
    for workers in (1, 2, 3):
        cut(tape, segments, tmp_path / f"clips{workers}", workers=workers)
    names = sorted(path.name for path in (tmp_path / "clips1").iterdir())
    assert len(names) == 8
    for name in names:
        contents = {(tmp_path / f"clips{n}" / name).read_bytes() for n in (1, 2, 3)}
        assert len(contents) == 1, name


def test_the_thumbnail_shows_the_middle_frame(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    [report] = cut(tape, [Segment(1.0, 2.0)], tmp_path / "clips")
    with Image.open(tmp_path / "clips" / report.thumbnail) as picture:
        assert picture.size == (160, 180)
        assert bar_tapes.read(np.asarray(picture.convert("L"))) in (37, 38)


def test_a_picture_on_its_side_is_turned_upright(tmp_path: Path, bar_tapes: Any) -> None:
    plain, turned = tmp_path / "plain.mp4", tmp_path / "turned.mp4"
    bar_tapes.write(plain)
    bar_tapes.write(turned, rotation_deg=90)
    assert probe(turned).video.rotation_deg == 90
    [report] = cut(turned, [Segment(1.0, 1.4)], tmp_path / "clips")
    assert (report.width, report.height) == (180, 160)
    assert "turned upright by 90 degrees" in report.changed
    with av.open(str(tmp_path / "clips" / report.file)) as file:
        upright = bar_tapes.luma(next(file.decode(video=0)))
    with av.open(str(plain)) as file:
        stored = bar_tapes.luma(list(file.decode(video=0))[25])
    error = np.abs(np.rot90(stored, -1).astype(int) - upright.astype(int)).mean()
    assert error < 4


def test_an_odd_size_is_made_even_by_repeating_the_edge(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mkv"
    bar_tapes.write(
        tape, codec="ffv1", size=(161, 181), options={}, pixel_format="yuv420p", sound=None
    )
    [report] = cut(tape, [Segment(1.0, 1.4)], tmp_path / "clips")
    assert (report.width, report.height) == (162, 182)
    assert len(report.changed) == 2
    with av.open(str(tmp_path / "clips" / report.file)) as file:
        luma = bar_tapes.luma(next(file.decode(video=0))).astype(int)
    assert np.abs(luma[:, 161] - luma[:, 160]).mean() < 4
    assert np.abs(luma[181] - luma[180]).mean() < 4


def test_pixel_shape_and_range_are_kept(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, pixel_format="yuvj420p", sample_aspect=Fraction(4, 3))
    [report] = cut(tape, [Segment(1.0, 1.4)], tmp_path / "clips")
    with av.open(str(tmp_path / "clips" / report.file)) as file:
        video = file.streams.video[0]
        assert video.sample_aspect_ratio == Fraction(4, 3)
        assert video.codec_context.color_range == 2


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        (Segment(4.0, 5.0), "passes the end of the tape"),
        (Segment(1.0, 3.4), "passes the end of the tape"),
        (Segment(2.0, 2.0), "end must come after its start"),
        (Segment(2.0, 1.0), "end must come after its start"),
        (Segment(-1.0, 1.0), "0 or more"),
        (Segment(float("nan"), 1.0), "end must come after its start"),
        (Segment(0.0, float("inf")), "end must come after its start"),
        (Segment(1.001, 1.002), "no new frame"),
    ],
)
def test_a_segment_that_the_tape_does_not_have_is_named(
    tmp_path: Path, bar_tapes: Any, segment: Segment, words: str
) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    with pytest.raises(InputError, match=f"Segment 2.*{words}"):
        cut(tape, [Segment(0.0, 0.2), segment], tmp_path / "clips")


def test_a_failure_half_way_leaves_no_half_file(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)

    def fail(_what: str, _done: float, _total: float) -> None:
        raise RuntimeError("stop here")

    segments = [Segment(0.0, 1.0), Segment(0.2, 2.8)]
    with pytest.raises(RuntimeError, match="stop here"):
        cut(tape, segments, tmp_path / "clips", progress=fail, settings=ENCODED)
    left = sorted(path.name for path in (tmp_path / "clips").iterdir())
    assert left == ["0001.jpg", "0001.mp4"]


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    source = probe(tape)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
    try:
        with pytest.raises(ToolError, match=r"0002.*could not be written \(File too large"):
            cut_clips(
                *(tape, [Segment(0.0, 0.12), Segment(0.0, 3.0)], tmp_path / "clips"),
                source=source,
                settings=ENCODED,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(p.name for p in (tmp_path / "clips").iterdir()) == ["0001.jpg", "0001.mp4"]


def test_nothing_to_cut_makes_nothing(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    assert cut(tape, [], tmp_path / "clips") == []
    assert not (tmp_path / "clips").exists()


@pytest.mark.shared
def test_real_clips_with_odd_stamps_are_cut_exactly(tmp_path: Path, shared_data: Path) -> None:
    names = ["PySceneDetec__goldeneye-vfr-drop3.mp4", "mediabunny__edts.mp4", "media__sample.flv"]
    for name in names:
        tape = shared_data / "odd" / name
        length_s = probe(tape).duration_s
        folder = tmp_path / name
        [report] = cut(tape, [Segment(length_s * 0.4, length_s * 0.6)], folder)
        assert report.is_exact
        with av.open(str(tape)) as file:
            frames = [(f.pts, bar_luma(f)) for f in file.decode(video=0)]
        wanted = [luma for pts, luma in frames if report.first_pts <= pts <= report.last_pts]
        with av.open(str(folder / report.file)) as file:
            got = [bar_luma(frame) for frame in file.decode(video=0)]
        assert len(got) == len(wanted) == report.frame_count
        for one, other in ((got[0], wanted[0]), (got[-1], wanted[-1])):
            assert np.abs(one - other).mean() < 4


def bar_luma(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="gray").astype(int)


def test_large_frames_are_written_fewer_at_a_time() -> None:
    assert [
        most_open(w * h) for w, h in ((640, 360), (1920, 1080), (2560, 1440), (3840, 2160))
    ] == [
        4,
        4,
        2,
        1,
    ]
    assert most_open(16384 * 8192) == 1
