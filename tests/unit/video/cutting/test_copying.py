"""Copied clips hold exactly the frames asked for, for every player, and say how they were cut."""

import itertools
import subprocess
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gametape.errors import InputError
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Segment
from gametape.video.cut import cut_clips
from gametape.video.cutting.copying import decode_stamps
from gametape.video.probe import probe

COPIED = ClipSettings(preset="ultrafast", crf=16, thumbnail_height=180, proof="full")
# Pyramids of B-frames, a group of pictures each second, no key frames between.
PYRAMID = {
    "preset": "medium",
    "x264-params": "keyint=25:min-keyint=25:bframes=3:b-adapt=0:b-pyramid=normal:scenecut=0",
}
OPEN = {
    "preset": "medium",
    "x264-params": "keyint=24:min-keyint=24:bframes=3:b-adapt=0:open-gop=1:scenecut=0",
}
HEVC = "keyint=24:min-keyint=24:bframes=3:b-adapt=0:scenecut=0:log-level=none"
COUNT = 110


def cut(
    tape: Path, segments: list[tuple[float, float]], folder: Path, **changes: Any
) -> list[CutReport]:
    settings = COPIED.model_copy(update=changes)
    wanted = [Segment(start, end) for start, end in segments]
    return cut_clips(tape, wanted, folder, source=probe(tape), settings=settings)


def frames_of(
    *numbers: tuple[int, int], rate: Fraction = Fraction(25)
) -> list[tuple[float, float]]:
    return [(float(a / rate), float(b / rate)) for a, b in numbers]


def assert_exact(
    bar_tapes: Any, clip: Path, report: CutReport, numbers: range, times: list[Fraction]
) -> None:
    assert report.is_exact
    assert bar_tapes.numbers(clip) == list(numbers)
    assert report.copied_frames + report.encoded_frames == report.frame_count == len(numbers)
    with av.open(str(clip)) as file:
        got = [frame.pts * frame.time_base for frame in file.decode(video=0)]
    assert got == [times[n] - times[numbers[0]] for n in numbers]
    assert report.got_first_s == pytest.approx(float(times[numbers[0]]))
    assert report.got_last_s == pytest.approx(float(times[numbers[-1]]))
    assert count_elsewhere(clip) == len(numbers)


def count_elsewhere(clip: Path) -> int:
    """Frames that another build of another version decodes; it may not complain of anything."""
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    program = imageio_ffmpeg.get_ffmpeg_exe()
    command = [program, "-v", "warning", "-xerror", "-i", str(clip), "-map", "0:v:0"]
    command += ["-fps_mode", "passthrough", "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


def stored_pictures(path: Path) -> list[bytes]:
    """The slices of each stored picture, whatever the container puts around them."""
    from gametape.video.cutting import nals

    with av.open(str(path)) as file:
        video = file.streams.video[0]
        size = nals.length_size(video.codec_context.extradata, is_hevc=False)
        packets = [p for p in file.demux(video) if p.size]
        units = [list(nals.units(bytes(p), size)) for p in packets]
    return [nals.joined(u for u in every if nals.h264_type(u) in (1, 5)) for every in units]


@pytest.mark.parametrize("name", ["tape.mp4", "tape.mkv", "tape.ts"])
def test_a_clip_on_clean_bounds_is_copied_bit_for_bit(
    tmp_path: Path, bar_tapes: Any, name: str
) -> None:
    tape = tmp_path / name
    times = bar_tapes.write(tape, count=COUNT, options=PYRAMID)
    bounds = [(0, 9), (25, 50), (50, 110), (75, 96)]
    reports = cut(tape, frames_of(*bounds), tmp_path / "clips")
    stored = stored_pictures(tape)
    for report, (first, until) in zip(reports, bounds, strict=True):
        clip = tmp_path / "clips" / report.file
        assert report.method == "copy"
        assert_exact(bar_tapes, clip, report, range(first, until), times)
        assert stored_pictures(clip) == stored[first:until]


@pytest.mark.parametrize("name", ["tape.mp4", "tape.mkv", "tape.ts"])
def test_only_the_edges_of_other_clips_are_encoded(
    tmp_path: Path, bar_tapes: Any, name: str
) -> None:
    tape = tmp_path / name
    times = bar_tapes.write(tape, count=COUNT, options=PYRAMID)
    bounds = [(24, 76), (1, 110), (30, 104), (25, 48), (23, 28), (22, 53)]
    reports = cut(tape, frames_of(*bounds), tmp_path / "clips", method="smart")
    stored = stored_pictures(tape)
    for report, (first, until) in zip(reports, bounds, strict=True):
        clip = tmp_path / "clips" / report.file
        assert report.method == "smart"
        assert_exact(bar_tapes, clip, report, range(first, until), times)
        head = -(-first // 25) * 25 - first
        copied = stored_pictures(clip)[head : head + report.copied_frames]
        assert copied == stored[first + head :][: report.copied_frames]


@pytest.mark.parametrize("suffix", [".mp4", ".ts"])
def test_an_open_group_is_no_place_to_begin_a_copy(
    tmp_path: Path, bar_tapes: Any, suffix: str
) -> None:
    tape = tmp_path / f"tape{suffix}"
    times = bar_tapes.write(tape, count=COUNT, options=OPEN)
    bounds = [(0, 24), (24, 49), (26, 100)]
    reports = cut(tape, frames_of(*bounds), tmp_path / "clips")
    assert [report.method for report in reports] == ["smart", "re-encode", "re-encode"]
    for report, (first, until) in zip(reports, bounds, strict=True):
        assert_exact(
            bar_tapes, tmp_path / "clips" / report.file, report, range(first, until), times
        )


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".mkv"])
@pytest.mark.parametrize("open_gop", [0, 1])
def test_hevc_is_copied_from_any_key_picture(
    tmp_path: Path, bar_tapes: Any, suffix: str, open_gop: int
) -> None:
    tape = tmp_path / f"tape{suffix}"
    params = f"{HEVC}:open-gop={open_gop}"
    times = bar_tapes.write(tape, count=COUNT, codec="libx265", options={"x265-params": params})
    with av.open(str(tape)) as file:
        stamps = [p.pts for p in file.demux(video=0) if p.size]
    # In an open group pictures stored after the key picture are shown before it: they are left out.
    key = stamps.index(sorted(stamps)[48])
    assert (min(stamps[key:]) < stamps[key]) == bool(open_gop)
    bounds = [(24, 110), (48, 110), (51, 70)]
    reports = cut(tape, frames_of(*bounds), tmp_path / "clips")
    assert [report.method for report in reports] == ["copy", "copy", "re-encode"]
    for report, (first, until) in zip(reports, bounds, strict=True):
        clip = tmp_path / "clips" / report.file
        assert_exact(bar_tapes, clip, report, range(first, until), times)
    with av.open(str(tmp_path / "clips" / reports[0].file)) as file:
        assert file.streams.video[0].codec_context.codec_tag == "hvc1"


def test_a_variable_rate_and_a_late_start_keep_every_stamp(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    steps = np.random.default_rng(3).integers(12, 60, 60)
    pts = (90_000 + np.concatenate(([0], np.cumsum(steps)))).tolist()
    times = bar_tapes.write(
        tape, pts=pts, time_base=Fraction(1, 600), rate=Fraction(30), options=PYRAMID
    )
    bounds = [(25, 50), (24, 53), (25, 61)]
    segments = [
        (float(times[a]), float(times[b]) if b < 61 else probe(tape).duration_s) for a, b in bounds
    ]
    reports = cut(tape, segments, tmp_path / "clips", method="smart")
    assert [report.method for report in reports] == ["copy", "smart", "copy"]
    for report, (first, until) in zip(reports, bounds, strict=True):
        assert_exact(
            bar_tapes, tmp_path / "clips" / report.file, report, range(first, until), times
        )


@pytest.mark.parametrize("name", ["tape.mp4", "tape.mkv", "tape.ts"])
def test_copied_sound_begins_with_the_picture_to_the_sample(
    tmp_path: Path, bar_tapes: Any, name: str
) -> None:
    tape = tmp_path / name
    bar_tapes.write(tape, count=COUNT, options=PYRAMID)
    rate_hz = bar_tapes.rate_hz
    for report in cut(tape, frames_of((25, 50), (23, 77), (50, 110)), tmp_path / "clips"):
        heard = bar_tapes.sound(tmp_path / "clips" / report.file)
        first, last = (round(s * rate_hz) for s in (report.asked_start_s, report.asked_end_s))
        slack = 24 if name.endswith("mkv") else 1  # Matroska rounds to milliseconds
        assert abs(bar_tapes.lag(heard, bar_tapes.noise(last)[first:])) <= slack
        assert 0 <= len(heard) - (last - first) < 1024
        assert report.start_skew_ms == 0
        assert abs(report.end_skew_ms or 0) < 0.1
        assert report.changed == ()


def test_sound_that_cannot_be_copied_is_encoded_and_said(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=COUNT, options=PYRAMID, sound=(1.4, 2.6))
    [report] = cut(tape, frames_of((25, 75)), tmp_path / "clips")
    assert report.method == "copy"
    assert report.changed == ("sound encoded anew: it is not AAC throughout, or has gaps",)
    rate_hz = bar_tapes.rate_hz
    heard = bar_tapes.sound(tmp_path / "clips" / report.file)
    assert np.abs(heard[: round(0.37 * rate_hz)]).max() < 0.01
    assert np.abs(heard[round(1.65 * rate_hz) :]).max() < 0.01
    wanted = bar_tapes.noise(3 * rate_hz)[round(1.5 * rate_hz) :]
    assert abs(bar_tapes.lag(heard[round(0.5 * rate_hz) : round(1.5 * rate_hz)], wanted)) <= 1


def test_a_turned_picture_stays_as_stored_and_is_shown_upright(
    tmp_path: Path, bar_tapes: Any
) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=60, options=PYRAMID, rotation_deg=90)
    reports = cut(tape, frames_of((25, 50), (24, 50)), tmp_path / "clips", method="smart")
    for report in reports:
        copied = probe(tmp_path / "clips" / report.file).video
        assert (copied.rotation_deg, copied.width, copied.height) == (90, 160, 180)
        assert (report.width, report.height) == (180, 160)
        with Image.open(tmp_path / "clips" / report.thumbnail) as picture:
            assert picture.width > picture.height


def test_shape_range_and_colours_of_pixels_are_kept_by_edges_too(
    tmp_path: Path, bar_tapes: Any
) -> None:
    tape = tmp_path / "tape.mp4"
    options = PYRAMID | {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
    bar_tapes.write(
        tape,
        count=60,
        options=options,
        pixel_format="yuvj420p",
        sample_aspect=Fraction(4, 3),
    )
    before = probe(tape).video
    for report in cut(tape, frames_of((25, 50), (20, 50)), tmp_path / "clips", method="smart"):
        after = probe(tmp_path / "clips" / report.file).video
        for name in ("sample_aspect", "color_range", "color_primaries", "color_transfer"):
            assert getattr(after, name) == getattr(before, name), name
        with av.open(str(tmp_path / "clips" / report.file)) as file:
            looks = {(f.color_range, f.color_trc, f.format.name) for f in file.decode(video=0)}
        assert len(looks) == 1


def test_a_clip_says_when_it_was_recorded(tmp_path: Path, bar_tapes: Any) -> None:
    plain, tape = tmp_path / "plain.mp4", tmp_path / "tape.mp4"
    bar_tapes.write(plain, count=80, options=PYRAMID, sound=None)
    with av.open(str(plain)) as source, av.open(str(tape), "w") as file:
        file.metadata["creation_time"] = "2026-05-02T14:00:00Z"
        track = file.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = track
                file.mux(packet)
    reports = cut(tape, frames_of((50, 75), (51, 58)), tmp_path / "clips")
    assert [report.method for report in reports] == ["copy", "re-encode"]
    for report in reports:
        with av.open(str(tmp_path / "clips" / report.file)) as file:
            stated = datetime.fromisoformat(file.metadata["creation_time"])
        assert stated == datetime.fromisoformat("2026-05-02T14:00:02Z")


def test_the_thumbnail_of_a_copy_is_near_its_middle(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=COUNT, options=PYRAMID)
    reports = cut(tape, frames_of((0, 100), (25, 50)), tmp_path / "clips", proof="stamps")
    shown = []
    for report in reports:
        with Image.open(tmp_path / "clips" / report.thumbnail) as picture:
            shown.append(bar_tapes.read(np.asarray(picture.convert("L"))))
    assert shown == [50, 37]


def test_the_method_copy_refuses_what_it_cannot_do_and_says_what_it_could(
    tmp_path: Path, bar_tapes: Any
) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=COUNT, options=PYRAMID)
    [report] = cut(tape, frames_of((25, 50)), tmp_path / "ok", method="copy")
    assert report.method == "copy"
    words = r"Segment 2 .*begin at 1\.000 s or 2\.000 s, and end at 2\.360 s or 2\.520 s"
    with pytest.raises(InputError, match=words):
        cut(tape, frames_of((25, 50), (26, 60)), tmp_path / "clips", method="copy")
    assert not (tmp_path / "clips").exists()


def test_the_method_smart_never_encodes_a_whole_clip(tmp_path: Path, bar_tapes: Any) -> None:
    tape, other = tmp_path / "tape.mp4", tmp_path / "other.mp4"
    bar_tapes.write(tape, count=COUNT, options=PYRAMID)
    bar_tapes.write(other, count=30, codec="mpeg4", options={})
    with pytest.raises(InputError, match="no key picture after it"):
        cut(tape, frames_of((26, 40)), tmp_path / "clips", method="smart")
    with pytest.raises(InputError, match="mpeg4 is always encoded anew"):
        cut(other, frames_of((0, 10)), tmp_path / "clips", method="smart")


def test_the_method_re_encode_copies_nothing(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    times = bar_tapes.write(tape, count=60, options=PYRAMID)
    [report] = cut(tape, frames_of((25, 50)), tmp_path / "clips", method="re-encode")
    assert (report.method, report.copied_frames, report.encoded_frames) == ("re-encode", 0, 25)
    assert_exact(bar_tapes, tmp_path / "clips" / report.file, report, range(25, 50), times)


def test_a_short_clip_is_encoded_whole_where_that_is_cheaper(
    tmp_path: Path, bar_tapes: Any
) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=60, options=PYRAMID)
    [report] = cut(tape, frames_of((20, 27)), tmp_path / "clips")
    assert report.method == "re-encode"
    assert report.reason == "about as cheap as encoding only its edges"


def test_a_copy_of_damaged_pictures_is_encoded_and_says_so(tmp_path: Path, bar_tapes: Any) -> None:
    plain, tape = tmp_path / "plain.mp4", tmp_path / "tape.mp4"
    bar_tapes.write(plain, count=60, options=PYRAMID, sound=None)
    with av.open(str(plain)) as file:
        places = [p.pos for p in file.demux(video=0) if p.size]
    content = bytearray(plain.read_bytes())
    begin = places[26] + 40
    content[begin : begin + 60] = bytes(60)
    tape.write_bytes(bytes(content))
    [report] = cut(tape, frames_of((25, 50)), tmp_path / "clips")
    assert report.method == "re-encode"
    assert "copy was tried" in report.reason


@pytest.mark.parametrize("stated", [0, 1 << 20])
def test_a_picture_whose_units_no_decoder_takes_is_not_copied(
    tmp_path: Path, bar_tapes: Any, stated: int
) -> None:
    plain, tape = tmp_path / "plain.mp4", tmp_path / "tape.mp4"
    bar_tapes.write(plain, count=60, options=PYRAMID, sound=None)
    with av.open(str(plain)) as file:
        places = [p.pos for p in file.demux(video=0) if p.size]
    content = bytearray(plain.read_bytes())
    content[places[35] : places[35] + 4] = stated.to_bytes(4, "big")  # far from all that is proved
    tape.write_bytes(bytes(content))
    [report] = cut(tape, frames_of((25, 50)), tmp_path / "clips", proof="seams")
    assert report.method == "re-encode"
    assert "copy was tried, but a picture is damaged" in report.reason
    assert count_elsewhere(tmp_path / "clips" / report.file) == report.frame_count


def test_clips_are_the_same_bytes_whatever_the_number_of_workers(
    tmp_path: Path, bar_tapes: Any
) -> None:
    tape = tmp_path / "tape.ts"
    bar_tapes.write(tape, count=COUNT, options=PYRAMID)
    segments = [Segment(*s) for s in frames_of((25, 50), (24, 76), (51, 60), (50, 110))]
    source = probe(tape)
    for workers in (1, 2, 3):
        folder = tmp_path / f"clips{workers}"
        cut_clips(tape, segments, folder, source=source, settings=COPIED, workers=workers)
    for path in (tmp_path / "clips1").iterdir():
        contents = {(tmp_path / f"clips{n}" / path.name).read_bytes() for n in (1, 2, 3)}
        assert len(contents) == 1, path.name


@given(st.permutations(range(9)), st.integers(1, 50))
def test_stamps_of_decoding_rise_and_never_pass_those_of_display(
    order: list[int], step: int
) -> None:
    stored = [step * place for place in order]
    decoded = decode_stamps(stored)
    assert all(a < b for a, b in itertools.pairwise(decoded))
    assert all(a <= b for a, b in zip(decoded, stored, strict=True))
