"""What goes into a reel as it is, what is encoded for it, and that no frame is lost by either."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gametape.profile import ClipSettings
from gametape.schema import Card, Segment
from gametape.video.cut import cut_clips
from gametape.video.cutting import nals
from gametape.video.probe import probe
from gametape.video.reel import join_reel

FAST = ClipSettings(preset="ultrafast", crf=12)
WITH_CARDS = FAST.model_copy(update={"reel_card_s": 0.2})
CARD = Card(title="Serve and volley", subtitle="Set 2 · 4:3", corner="Court 1")


def last_frame(path: Path) -> Any:
    with av.open(str(path)) as file:
        return list(file.decode(video=0))[-1]


def clip_of(bar_tapes: Any, path: Path, first: int, count: int = 12, **given: Any) -> Path:
    """A clip that goes into a reel without having been cut: bar-coded frames, no sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bar_tapes.write(path, count=count, first_number=first, sound=None, **given)
    return path


def x264(number: int, **more: str) -> dict[str, str]:
    return {"x264-params": f"sps-id={number}", **more}


def test_parameter_sets_of_other_numbers_stand_side_by_side(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, options=x264(0, bf="2"))
    two = clip_of(bar_tapes, tmp_path / "2.mp4", 100, options=x264(3, bf="0", refs="4"))
    path = tmp_path / "reel.mp4"
    reel = join_reel([one, two, one], path, settings=FAST)
    assert (reel.method, reel.copied_frames) == ("copy", 36)
    assert bar_tapes.packets(path) == bar_tapes.packets(one) + bar_tapes.packets(
        two
    ) + bar_tapes.packets(one)
    assert bar_tapes.numbers(path) == [*range(12), *range(100, 112), *range(12)]


def test_of_sets_with_the_same_number_the_rarer_is_encoded(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, options=x264(0, bf="2"))
    two = clip_of(bar_tapes, tmp_path / "2.mp4", 100, count=30, options=x264(0, bf="0", refs="4"))
    path = tmp_path / "reel.mp4"
    reel = join_reel([one, two], path, settings=FAST)
    assert (reel.method, reel.copied_frames) == ("smart", 30)
    assert "1 of 2 clips whole: its parameter sets have the numbers of others" in reel.reason
    assert bar_tapes.packets(path)[-30:] == bar_tapes.packets(two)
    assert bar_tapes.numbers(path) == [*range(12), *range(100, 130)]


def test_frames_hidden_by_an_edit_list_stay_hidden(tmp_path: Path, bar_tapes: Any) -> None:
    whole = clip_of(bar_tapes, tmp_path / "whole.mp4", 0, count=60, options={"bf": "0"})
    hidden = tmp_path / "hidden.mp4"
    with av.open(str(whole)) as tape, av.open(str(hidden), "w") as file:
        track = file.add_stream_from_template(tape.streams.video[0])
        for packet in tape.demux(video=0):
            if packet.size:
                packet.pts -= 5 * 512
                packet.dts -= 5 * 512
                packet.stream = track
                file.mux(packet)
    assert bar_tapes.numbers(hidden) == [*range(5, 60)]
    path = tmp_path / "reel.mp4"
    reel = join_reel([whole, hidden], path, settings=FAST)
    assert bar_tapes.numbers(path) == [*range(60), *range(5, 60)]
    assert reel.copied_frames == 60 + 36
    assert reel.reason == "1 of 2 clips in part: frames hidden by an edit list"


def test_another_shape_is_fitted_and_not_stretched(tmp_path: Path, bar_tapes: Any) -> None:
    wide = clip_of(bar_tapes, tmp_path / "1.mp4", 0, count=20, size=(320, 180))
    tall = clip_of(bar_tapes, tmp_path / "2.mp4", 100, size=(160, 360))
    path = tmp_path / "reel.mp4"
    join_reel([wide, tall], path, settings=FAST)
    luma = bar_tapes.luma(last_frame(path))
    assert luma.shape == (180, 320)
    assert luma[:, :116].max() < 24 and luma[:, 204:].max() < 24
    assert luma[:, 120:200].min(axis=0).mean() > 30
    assert bar_tapes.read(np.ascontiguousarray(luma[:, 120:200])) == 111


def test_open_groups_of_hevc_are_marked_as_broken_links(tmp_path: Path, bar_tapes: Any) -> None:
    params = "log-level=none:pools=none:frame-threads=1:keyint=24:min-keyint=24:scenecut=0"
    options = {"x265-params": params + ":open-gop=1:bframes=3"}
    tape = clip_of(bar_tapes, tmp_path / "tape.mp4", 0, count=120, codec="libx265", options=options)
    later = tmp_path / "later.mp4"
    with av.open(str(tape)) as source, av.open(str(later), "w") as file:
        track = file.add_stream_from_template(source.streams.video[0])
        begin = None
        for packet in source.demux(video=0):
            if not packet.size or packet.pts < 48 * 512:
                continue
            begin = packet.pts if begin is None else begin
            if packet.pts >= begin:  # without the pictures that lean on those before
                packet.dts -= begin
                packet.pts -= begin
                packet.stream = track
                file.mux(packet)
    kept = bar_tapes.numbers(later)
    assert 21 in {nals.hevc_type(unit) for unit in nals.units(bar_tapes.packets(later)[0], 4)}
    path = tmp_path / "reel.mp4"
    reel = join_reel([tape, later, later], path, settings=FAST)
    assert reel.method == "copy"
    assert bar_tapes.numbers(path) == [*range(120), *kept, *kept]
    changed = [
        a != b
        for a, b in zip(bar_tapes.packets(path)[120:], bar_tapes.packets(later) * 2, strict=True)
    ]
    assert sum(changed) == 2, "one number in the header of each clip's first picture"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("2.ts", {}),
        ("2.mkv", {}),
        ("2.mp4", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}}),
        ("2.mp4", {"pixel_format": "yuv422p"}),
        ("2.mp4", {"pixel_format": "yuvj420p"}),
        ("2.mp4", {"codec": "mpeg4", "options": {"bf": "0"}}),
    ],
)
def test_clips_of_other_kinds_come_in_whole(
    tmp_path: Path, bar_tapes: Any, name: str, given: dict[str, Any]
) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, count=20)
    two = clip_of(bar_tapes, tmp_path / name, 100, **given)
    path = tmp_path / "reel.mp4"
    reel = join_reel([one, two, one], path, settings=WITH_CARDS, cards=[CARD] * 3)
    assert reel.copied_frames >= 40
    none = [None] * 5
    numbers = [*none, *range(20), *none, *range(100, 112), *none, *range(20)]
    assert bar_tapes.numbers(path) == numbers
    assert bar_tapes.times(path) == [Fraction(n, 25) for n in range(len(numbers))]


def test_copied_smart_and_encoded_clips_of_a_tape_go_together(
    tmp_path: Path, bar_tapes: Any
) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=300, options={"bf": "2", "g": "48"}, size=(320, 180))
    wanted = [Segment(0.0, 48 / 25), Segment(1.0, 9.0), Segment(10.0, 10.4), Segment(0.08, 11.0)]
    reports = cut_clips(tape, wanted, tmp_path / "c", source=probe(tape), settings=FAST)
    clips = [tmp_path / "c" / report.file for report in reports]
    assert len({report.method for report in reports}) > 1
    path = tmp_path / "reel.mp4"
    reel = join_reel(clips, path, settings=FAST)
    numbers = [*range(48), *range(25, 225), *range(250, 260), *range(2, 275)]
    assert bar_tapes.numbers(path) == numbers
    assert bar_tapes.times(path) == [Fraction(n, 25) for n in range(len(numbers))]
    assert reel.method == "copy"
    assert bar_tapes.packets(path) == [
        packet for clip in clips for packet in bar_tapes.packets(clip)
    ]
