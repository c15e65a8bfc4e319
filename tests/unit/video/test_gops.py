"""The packet map of a tape tells where copying can begin and end."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gametape.video.gops import GopMap, scan_gops
from gametape.video.media import open_media


def scan(tape: Path) -> GopMap:
    with open_media(tape) as media:
        return scan_gops(media)


def given_map(pts: list[int], starts: list[int]) -> GopMap:
    flags = np.isin(np.arange(len(pts)), starts)
    return GopMap(
        codec="h264",
        time_base=Fraction(1, 25),
        pts=np.array(pts, np.int64),
        size=np.ones(len(pts), np.int64),
        is_start=flags,
        is_key=flags,
        is_bad=np.zeros(len(pts), np.bool_),
        unit_size=4,
        sets=(),
        flaw="",
    )


def test_a_row_is_clean_where_all_before_it_is_shown_before_all_after_it() -> None:
    gops = given_map([0, 4, 2, 1, 3, 5, 7, 6], [0])
    assert np.flatnonzero(gops.is_clean).tolist() == [0, 1, 5, 6, 8]


def test_rows_are_found_by_their_stamps() -> None:
    gops = given_map([0, 40, 20, 10, 30], [0])
    assert gops.row_of(10) == 3
    assert gops.row_of(11) is None
    assert [gops.place_at(pts) for pts in (0, 1, 30, 41)] == [0, 1, 3, 5]


@pytest.mark.parametrize("name", ["tape.mp4", "tape.mkv", "tape.ts"])
def test_groups_are_found_in_every_container(make_tape: Any, name: str) -> None:
    gops = scan(make_tape(name, count=30, codec_options={"g": "10", "sc_threshold": "0"}))
    assert len(gops) == 30
    assert np.flatnonzero(gops.is_start).tolist() == [0, 10, 20]
    assert not gops.flaw
    assert len(gops.sets) == 2
    assert not gops.is_bad.any()


def test_a_picture_that_others_reach_over_is_no_start(make_tape: Any) -> None:
    params = "keyint=10:min-keyint=10:open-gop=1:bframes=2:b-adapt=0:scenecut=0"
    gops = scan(make_tape("tape.mp4", codec_options={"x264-params": params, "preset": "medium"}))
    assert np.flatnonzero(gops.is_start).tolist() == [0]
    assert gops.is_key.sum() > 1


def test_sound_is_mapped_beside_the_picture(make_tape: Any) -> None:
    [sound] = scan(make_tape("tape.mp4", sound_s=1.2)).sounds
    assert (sound.codec, sound.profile, sound.rate_hz, sound.channels) == ("aac", "LC", 16000, 1)
    assert np.diff(sound.pts).tolist()[:-1] == [1024] * (len(sound.pts) - 2)


def test_other_codecs_are_named_as_the_reason(make_tape: Any) -> None:
    gops = scan(make_tape("tape.ts", codec="mpeg2video"))
    assert gops.flaw == "mpeg2video is always encoded anew"


def test_parameter_sets_that_change_along_the_tape_are_the_reason(
    make_tape: Any, tmp_path: Path
) -> None:
    one = make_tape("one.ts", count=20)
    two = make_tape("two.ts", count=20, codec_options={"x264-params": "ref=3:sps-id=0"})
    tape = tmp_path / "both.ts"
    tape.write_bytes(one.read_bytes() + two.read_bytes())
    assert scan(tape).flaw == "its parameter sets change along the tape"
