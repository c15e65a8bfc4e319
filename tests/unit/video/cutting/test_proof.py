"""A finished clip is opened again: what it shows, what of it decodes, where its sound begins."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from gametape.video.cutting.proof import count_clip, finished_clip


def without(source: Path, target: Path, missing: int) -> None:
    """Copy a file but for one stored picture."""
    with av.open(str(source)) as tape, av.open(str(target), "w") as file:
        track = file.add_stream_from_template(tape.streams.video[0])
        for place, packet in enumerate(tape.demux(video=0)):
            if packet.size and place != missing:
                packet.stream = track
                file.mux(packet)


def test_a_count_holds_times_sounds_and_stored_order(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    times = bar_tapes.write(tape, count=30, options={"preset": "medium", "b-adapt": "0"})
    count = count_clip(tape)
    assert list(count.times_s) == times
    assert sorted(count.stored_pts) != list(count.stored_pts)
    assert count.sound_start_s == 0
    assert count.skews_ms(Fraction(30, 25)) == (0.0, 0.0)


def test_every_picture_of_a_sound_clip_decodes(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=50, options={"g": "25", "sc_threshold": "0"}, sound=None)
    with finished_clip(tape) as clip:
        keep = sorted(clip.count.stored_pts)[30]
        assert clip.fault(0, 50, keep=keep) == ""
        assert clip.still is not None
        assert bar_tapes.read(bar_tapes.luma(clip.still)) == 30
        assert clip.fault(25, 50) == ""


def test_a_group_without_its_key_picture_is_a_fault(tmp_path: Path, bar_tapes: Any) -> None:
    tape, broken = tmp_path / "tape.mp4", tmp_path / "broken.mp4"
    bar_tapes.write(tape, count=50, options={"g": "25", "sc_threshold": "0"}, sound=None)
    without(tape, broken, 25)
    with finished_clip(broken) as clip:
        assert clip.fault(0, 25) == ""
        assert "pictures" in clip.fault(25, 49)


def test_two_clips_with_another_picture_have_another_checksum(
    tmp_path: Path, bar_tapes: Any
) -> None:
    # A decoder makes up for a missing picture in silence: only the stored bytes tell.
    tape, same, broken = (tmp_path / name for name in ("tape.mp4", "same.mp4", "broken.mp4"))
    bar_tapes.write(tape, count=50, options={"g": "50", "bf": "0"}, sound=None)
    without(tape, same, -1)
    without(tape, broken, 20)
    assert count_clip(same).checksum == count_clip(tape).checksum
    assert count_clip(broken).checksum != count_clip(tape).checksum


def test_a_picture_is_found_from_its_groups_start(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=50, options={"g": "25", "sc_threshold": "0"}, sound=None)
    with finished_clip(tape) as clip:
        stored = clip.count.stored_pts
        for first, wanted in ((0, 0), (25, 25), (25, 37)):
            frame = clip.picture(first, sorted(stored)[wanted])
            assert frame is not None
            assert bar_tapes.read(bar_tapes.luma(frame)) == wanted
        assert clip.picture(25, -1) is None
