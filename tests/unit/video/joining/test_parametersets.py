"""Parameter sets of several clips share one description only where none hides another."""

from pathlib import Path

import av
import pytest
from av.packet import Packet

from gametape.video.cutting import nals
from gametape.video.joining.parametersets import Sets, free_number, merged, sets_of
from gametape.video.joining.parts import read_part
from gametape.video.joining.writer import closed, decode_stamps


def h264(tmp_path: Path, number: int, refs: int = 1) -> Sets:
    path = tmp_path / f"{number}-{refs}.mp4"
    with av.open(str(path), "w") as file:
        track = file.add_stream("libx264", rate=25)
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        track.codec_context.options = {"x264-params": f"sps-id={number}:ref={refs}"}
        for place in range(8):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = place
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    sets = read_part(path).sets
    assert sets is not None
    return sets


def test_equal_sets_keep_their_description_byte_for_byte(tmp_path: Path) -> None:
    sets = h264(tmp_path, 0)
    assert merged([sets, sets]) == sets


def test_sets_of_different_numbers_lie_side_by_side(tmp_path: Path) -> None:
    one, two = h264(tmp_path, 0), h264(tmp_path, 5, refs=4)
    both = merged([one, two])
    assert both is not None
    wanted = {*nals.avcc_sets(one.raw), *nals.avcc_sets(two.raw)}
    assert set(nals.avcc_sets(both.raw)) == wanted
    assert len(wanted) == 4
    assert merged([both, one]) is not None, "what is in already adds nothing"


def test_sets_of_one_number_and_different_content_do_not_go_together(tmp_path: Path) -> None:
    assert merged([h264(tmp_path, 2), h264(tmp_path, 2, refs=4)]) is None


def test_the_first_free_number_is_found(tmp_path: Path) -> None:
    assert free_number([]) == 0
    assert free_number([h264(tmp_path, 0), h264(tmp_path, 1)]) == 2
    every = Sets(b"", tuple(((7, number), b"x") for number in range(32)))
    assert free_number([every]) is None


def test_sets_that_change_within_a_clip_make_it_one_of_its_own(tmp_path: Path) -> None:
    one, two = h264(tmp_path, 3), h264(tmp_path, 3, refs=4)
    assert sets_of("h264", one.raw, nals.avcc_sets(two.raw)) is None
    assert sets_of("h264", one.raw, nals.avcc_sets(one.raw)) == one


@pytest.mark.parametrize(
    "extradata", [None, b"", b"\x00\x00\x00\x01\x67", b"\x01\x64", b"\x01" * 9]
)
def test_a_description_that_cannot_be_read_is_no_description(extradata: bytes | None) -> None:
    assert sets_of("h264", extradata, []) is None


def test_only_the_kind_of_an_open_picture_is_changed() -> None:
    unit = bytes([21 << 1, 1]) + b"\x80picture"
    other = bytes([39 << 1, 1]) + b"about it"
    given = nals.joined([other, unit])
    changed = closed(Packet(given))
    assert changed.is_keyframe
    assert list(nals.units(bytes(changed), 4)) == [other, bytes([16 << 1]) + unit[1:]]


def test_decode_stamps_rise_and_never_pass_those_of_display() -> None:
    stored = [0, 8, 4, 2, 6, 16, 12, 10, 14]
    stamps = decode_stamps(stored, sorted(stored))
    assert stamps == sorted(set(stamps))
    assert all(dts <= pts for dts, pts in zip(stamps, stored, strict=True))
