"""A reel holds every frame of its clips in order, and its sound keeps step with them."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gametape.errors import InputError
from gametape.profile import ClipSettings
from gametape.schema import Segment
from gametape.video.cut import cut_clips
from gametape.video.probe import probe
from gametape.video.reel import join_reel

FAST = ClipSettings(preset="ultrafast", crf=16)


def clips_of(tape: Path, segments: list[Segment], folder: Path) -> list[Path]:
    reports = cut_clips(tape, segments, folder, source=probe(tape), settings=FAST, workers=1)
    return [folder / report.file for report in reports]


def test_all_frames_follow_one_another_and_are_copied(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    clips = clips_of(tape, [Segment(2.0, 2.4), Segment(0.2, 1.0), Segment(0.6, 0.64)], tmp_path)
    reel = join_reel(clips, tmp_path / "reel.mp4", settings=FAST)
    wanted = [*range(50, 60), *range(5, 25), 15]
    assert reel.method == "copy"
    assert bar_tapes.numbers(tmp_path / "reel.mp4") == wanted
    assert reel.frame_count == len(wanted)
    assert reel.duration_s == pytest.approx(len(wanted) / 25)
    assert reel.starts_s == (0.0, 0.4, pytest.approx(1.2))
    with av.open(str(tmp_path / "reel.mp4")) as file:
        times = [frame.pts * frame.time_base for frame in file.decode(video=0)]
    assert times == [Fraction(n, 25) for n in range(len(wanted))]


def test_chapters_name_the_plays(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    clips = clips_of(tape, [Segment(0.0, 1.0), Segment(2.0, 2.6)], tmp_path)
    join_reel(clips, tmp_path / "reel.mp4", titles=["Serve ü", "Rally"], settings=FAST)
    with av.open(str(tmp_path / "reel.mp4")) as file:
        found = [
            (c["metadata"]["title"], float(c["start"] * c["time_base"])) for c in file.chapters()
        ]
    assert found == [("Serve ü", 0.0), ("Rally", 1.0)]


def test_sound_does_not_drift_over_many_joins(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, rate=Fraction(30000, 1001), count=90)
    times = [Fraction(1001 * n, 30000) for n in range(90)]
    segments = [Segment(float(times[n]), float(times[n + 7])) for n in (3, 40, 70)]
    clips = clips_of(tape, segments, tmp_path) * 10
    reel = join_reel(clips, tmp_path / "reel.mp4", settings=FAST)
    heard, rate_hz = bar_tapes.sound(tmp_path / "reel.mp4"), bar_tapes.rate_hz
    length = round(reel.duration_s * rate_hz)
    assert reel.frame_count == 210
    assert 0 <= len(heard) - length < 1024
    for number in (0, 14, 28):
        first = round(reel.starts_s[number] * rate_hz)
        count = round(7 * 1001 / 30000 * rate_hz)
        begin = round(segments[number % 3].start_s * rate_hz)
        wanted = bar_tapes.noise(2 * rate_hz + 48000)[begin : begin + count]
        assert abs(bar_tapes.lag(heard[first : first + count], wanted)) <= 1


def test_a_variable_rate_keeps_its_stamps(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    pts = [0, 40, 75, 140, 150, 210, 290, 301, 380, 390, 395, 470, 500, 580, 600]
    bar_tapes.write(tape, pts=pts, time_base=Fraction(1, 600), rate=Fraction(30), sound=None)
    times = [Fraction(p, 600) for p in pts]
    clips = clips_of(
        tape, [Segment(float(times[1]), float(times[9])), Segment(0.0, float(times[4]))], tmp_path
    )
    reel = join_reel(clips, tmp_path / "reel.mp4", settings=FAST)
    assert reel.method == "copy"
    assert not reel.has_sound
    first = times[9] - times[1]
    wanted = [t - times[1] for t in times[1:9]] + [first + t for t in times[:4]]
    with av.open(str(tmp_path / "reel.mp4")) as file:
        assert [frame.pts * frame.time_base for frame in file.decode(video=0)] == wanted


def test_a_clip_of_another_form_is_encoded_and_the_others_are_copied(
    tmp_path: Path, bar_tapes: Any
) -> None:
    one, two = tmp_path / "one.mp4", tmp_path / "two.mp4"
    bar_tapes.write(one)
    bar_tapes.write(two, size=(320, 360), first_number=200, rate=Fraction(30), sound=None)
    clips = [
        *clips_of(one, [Segment(0.0, 0.4)], tmp_path / "a"),
        *clips_of(two, [Segment(1.0, 1.2)], tmp_path / "b"),
    ]
    reel = join_reel(clips, tmp_path / "reel.mp4", settings=FAST)
    assert (reel.method, reel.copied_frames) == ("smart", 10)
    assert reel.reason == "1 of 2 clips whole: 320x360 instead of 160x180"
    assert bar_tapes.packets(tmp_path / "reel.mp4")[:10] == bar_tapes.packets(clips[0])
    assert bar_tapes.numbers(tmp_path / "reel.mp4") == [*range(10), *range(230, 236)]
    assert reel.has_sound
    heard = bar_tapes.sound(tmp_path / "reel.mp4")
    assert 0 <= len(heard) - round(0.6 * bar_tapes.rate_hz) < 1024
    assert np.abs(heard[round(0.45 * bar_tapes.rate_hz) :]).max() < 0.01


def test_the_same_clips_give_the_same_bytes(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    clips = clips_of(tape, [Segment(0.0, 1.0), Segment(2.0, 2.6)], tmp_path)
    for name in ("one.mp4", "two.mp4"):
        join_reel(clips, tmp_path / name, settings=FAST)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_a_reel_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one clip"):
        join_reel([], tmp_path / "reel.mp4", settings=FAST)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_clip_leaves_no_half_reel(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape)
    clips = clips_of(tape, [Segment(0.0, 1.0)], tmp_path / "clips")
    broken = tmp_path / "clips" / "0002.mp4"
    broken.write_bytes(clips[0].read_bytes()[:300])
    with pytest.raises(InputError, match="0002"):
        join_reel([*clips, broken], tmp_path / "reel.mp4", settings=FAST)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips", "tape.mp4"]
