"""Units are taken out of packets and put back, and parameter sets are read."""

from pathlib import Path
from typing import Any

import av
import pytest

from gametape.video.cutting import nals


def extradata_of(path: Path) -> bytes:
    with av.open(str(path)) as file:
        return file.streams.video[0].codec_context.extradata or b""


def test_units_with_start_codes_and_with_lengths_are_the_same() -> None:
    parts = [b"\x67\x01\x02", b"\x68\x00\x00\x03\x01", b"\x65\xff"]
    stored = b"\x00\x00\x00\x01".join([b"", *parts])
    assert list(nals.units(stored, None)) == parts
    assert list(nals.units(nals.joined(parts), 4)) == parts


def test_a_unit_longer_than_its_packet_is_an_error() -> None:
    with pytest.raises(ValueError, match="longer than its packet"):
        list(nals.units(b"\x00\x00\x00\x09abc", 4))


@pytest.mark.parametrize(
    ("options", "profile", "is_progressive"),
    [
        ({"profile": "baseline", "bf": "0"}, 66, True),
        ({"profile": "main"}, 77, True),
        ({"preset": "medium"}, 100, True),
        ({"preset": "medium", "flags": "+ildct+ilme", "x264-params": "tff=1"}, 100, False),
        ({"preset": "medium", "x264-params": "cqm=jvt"}, 100, True),
    ],
)
def test_a_parameter_set_tells_what_matters_for_cutting(
    tmp_path: Path, bar_tapes: Any, options: dict[str, str], profile: int, is_progressive: bool
) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=3, options=options, sound=None)
    sps, _ = nals.avcc_sets(extradata_of(tape))
    read = nals.read_sps(sps)
    assert (read.id, read.profile, read.is_progressive) == (0, profile, is_progressive)
    assert (read.chroma, read.luma_bits, read.chroma_bits) == (1, 8, 8)


def test_a_description_built_anew_is_the_encoders_own(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=3, options={"preset": "medium"}, sound=None)
    extradata = extradata_of(tape)
    assert nals.length_size(extradata, is_hevc=False) == 4
    assert nals.avcc(nals.avcc_sets(extradata)) == extradata


def test_sets_are_told_apart_by_kind_and_number(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mp4"
    bar_tapes.write(tape, count=3, options={"x264-params": "sps-id=5"}, sound=None)
    keys = [nals.set_key(unit) for unit in nals.avcc_sets(extradata_of(tape))]
    assert keys == [(nals.H264_SPS, 5), (nals.H264_PPS, 5)]
