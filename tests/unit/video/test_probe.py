import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av import Packet, VideoFrame

from gametape.errors import InputError
from gametape.fingerprint import hash_file
from gametape.schema import Finding, Source
from gametape.video.facts.hidden import is_hidden
from gametape.video.facts.looks import orientation
from gametape.video.facts.rates import measure_rate
from gametape.video.facts.scan import is_by_field
from gametape.video.media import open_media
from gametape.video.probe import check_media, probe, scan
from gametape.video.timebase import FrameIndex

MakeTape = Callable[..., Path]


def codes(source: Source) -> list[str]:
    return [finding.code for finding in source.findings]


def finding(source: Source, code: str) -> Finding:
    return next(one for one in source.findings if one.code == code)


def decoded_pts(path: Path) -> list[int | None]:
    with open_media(path) as media:
        return [frame.pts for frame in media.decode()]


def test_a_plain_tape_has_nothing_to_report(make_tape: MakeTape) -> None:
    tape = make_tape("Match 1.mp4", count=50, sound_s=2)
    source = probe(tape)
    assert source.findings == ()
    assert (source.name, source.bytes) == ("Match 1.mp4", tape.stat().st_size)
    assert source.content_hash == hash_file(tape)
    assert source.duration_s == 2.0
    video = source.video
    assert (video.codec, video.frame_count, video.average_rate) == ("h264", 50, Fraction(25))
    assert (video.width, video.height, video.display_width, video.display_height) == (64, 48) * 2
    assert (video.pixel_format, video.is_interlaced, video.is_hdr) == ("yuv420p", False, False)
    sound = source.audio[0]
    assert (sound.codec, sound.rate_hz, sound.channels) == ("aac", 16000, 1)
    assert abs(sound.start_s) < 0.07
    assert sound.duration_s == pytest.approx(2.0, abs=0.15)
    assert Source.model_validate_json(source.model_dump_json()) == source


def test_without_hashing_there_is_no_hash(make_tape: MakeTape) -> None:
    assert probe(make_tape(), is_hashing=False).content_hash == ""


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.flv", "a.mov", "a.mpg"])
@pytest.mark.parametrize("b_frames", ["0", "2"])
def test_the_scan_gives_the_very_stamps_that_decoding_gives(
    make_tape: MakeTape, name: str, b_frames: str
) -> None:
    is_old = name == "a.mpg"
    codec = "mpeg2video" if is_old else "libx264"
    sound_s = None if is_old else 2
    tape = make_tape(name, count=60, codec=codec, sound_s=sound_s, codec_options={"bf": b_frames})
    assert scan(tape).pts.tolist() == decoded_pts(tape)


def test_scan_and_decoding_agree_on_a_joined_recording(make_tape: MakeTape) -> None:
    parts = [make_tape(f"{count}.ts", count=count, sound_s=count / 25) for count in (100, 60, 80)]
    joined = parts[0].with_name("joined.ts")
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    source = probe(joined)
    assert scan(joined).pts.tolist() == decoded_pts(joined)
    assert source.video.frame_count == 240
    assert source.duration_s == pytest.approx(9.6)
    assert "2 times" in finding(source, "restart").message


@pytest.mark.parametrize(
    "rate",
    [
        Fraction(24000, 1001),
        Fraction(24),
        Fraction(25),
        Fraction(30000, 1001),
        Fraction(30),
        Fraction(50),
        Fraction(60000, 1001),
        Fraction(60),
        Fraction(25, 2),
    ],
)
@pytest.mark.parametrize("base", [Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 15360)])
def test_standard_rates_are_told_apart_by_their_stamps(rate: Fraction, base: Fraction) -> None:
    stamps = [round(number / rate / base) for number in range(300)]
    found = measure_rate(FrameIndex.from_pts(stamps, base))
    assert found.average == rate
    assert not found.is_variable


def test_a_dropped_frame_leaves_the_rate_constant() -> None:
    stamps = [number * 3600 for number in range(500) if number != 250]
    found = measure_rate(FrameIndex.from_pts(stamps, Fraction(1, 90_000)))
    assert (found.average, found.is_variable, found.gaps) == (Fraction(25), False, ())


def test_a_rate_that_changes_is_variable_and_its_average_is_not_snapped() -> None:
    steps = [1, 2, 1, 1, 3, 1, 2, 1] * 20
    found = measure_rate(FrameIndex.from_pts(np.cumsum(steps), Fraction(1, 30)))
    assert found.is_variable
    assert found.average == Fraction(159 * 30, sum(steps[1:]))
    assert (found.shortest_s, found.longest_s) == (pytest.approx(1 / 30), pytest.approx(0.1))


def test_a_single_frame_has_no_rate(make_tape: MakeTape) -> None:
    source = probe(make_tape(count=1))
    assert source.video.average_rate is None
    assert source.duration_s == pytest.approx(0.04)


def test_a_variable_rate_is_found(make_tape: MakeTape) -> None:
    stamps = np.cumsum([1, 2, 1, 4, 1, 1] * 10).tolist()
    source = probe(make_tape(count=60, stamps=stamps))
    assert source.video.is_variable_rate
    assert "40 to 160 ms" in finding(source, "variable-rate").message


def test_a_pause_of_the_picture_is_found_where_it_is(make_tape: MakeTape) -> None:
    source = probe(make_tape("a.mkv", count=60, stamps=[*range(30), *range(80, 110)]))
    gap = finding(source, "gap")
    assert (gap.start_s, gap.end_s) == (pytest.approx(1.16), pytest.approx(3.2))
    assert source.duration_s == pytest.approx(4.4, abs=0.01)


@pytest.mark.parametrize(
    ("turn", "rotation_deg", "is_mirrored"),
    [
        ({"degrees": -90}, 90, False),
        ({"degrees": 180}, 180, False),
        ({"degrees": 90}, 270, False),
        ({"degrees": 0, "hflip": True}, 0, True),
        ({"degrees": 0, "vflip": True}, 180, True),
    ],
)
def test_a_turned_or_mirrored_picture_is_found(
    make_tape: MakeTape, turn: dict[str, Any], rotation_deg: int, is_mirrored: bool
) -> None:
    source = probe(
        make_tape("a.mp4", count=5, change=lambda track: track.set_display_rotation(**turn))
    )
    video = source.video
    assert (video.rotation_deg, video.is_mirrored) == (rotation_deg, is_mirrored)
    sizes = (48, 64) if rotation_deg % 180 else (64, 48)
    assert (video.display_width, video.display_height) == sizes
    assert "rotation" in codes(source)


def apply(matrix: tuple[int, ...], picture: np.ndarray) -> np.ndarray:
    """Show a small picture as a display matrix says, pixel by pixel."""
    a, b, c, d = (np.sign(matrix[i]) for i in (0, 1, 3, 4))
    height, width = picture.shape
    places = {
        (a * x + c * y, b * x + d * y): picture[y, x] for y in range(height) for x in range(width)
    }
    columns = sorted({x for x, _ in places})
    rows = sorted({y for _, y in places})
    return np.array([[places[x, y] for x in columns] for y in rows])


@pytest.mark.parametrize("a, b, c, d", [
    (1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0),
    (-1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 0, -1), (0, -1, -1, 0),
])  # fmt: skip
def test_turning_clockwise_and_then_mirroring_does_what_the_matrix_says(
    a: int, b: int, c: int, d: int
) -> None:
    matrix = tuple(65536 * value for value in (a, b, 0, c, d, 0, 0, 0, 16384))
    rotation_deg, is_mirrored = orientation(matrix)
    picture = np.arange(6).reshape(2, 3)
    turned = np.rot90(picture, k=-rotation_deg // 90)
    upright = turned[:, ::-1] if is_mirrored else turned
    assert upright.tolist() == apply(matrix, picture).tolist()


def test_a_matrix_of_zeros_turns_nothing() -> None:
    assert orientation((0,) * 9) == (0, False)


def test_pixels_that_are_not_square_widen_the_picture(make_tape: MakeTape) -> None:
    source = probe(
        make_tape("a.mp4", count=5, codec_options={"aspect": "2:1", "x264-params": "sar=2/1"})
    )
    assert source.video.sample_aspect == 2
    assert (source.video.display_width, source.video.display_height) == (128, 48)
    assert "aspect" in codes(source)


@pytest.mark.parametrize(
    ("transfer", "name"), [("smpte2084", "smpte2084"), ("arib-std-b67", "arib-std-b67")]
)
def test_hdr_is_found(make_tape: MakeTape, transfer: str, name: str) -> None:
    params = f"transfer={transfer}:colorprim=bt2020:colormatrix=bt2020nc"
    source = probe(make_tape("a.mp4", count=5, codec_options={"x264-params": params}))
    assert source.video.is_hdr
    assert source.video.color_transfer == name
    assert source.video.color_primaries == "bt2020"
    assert source.video.color_space == "bt2020nc"
    assert "hdr" in codes(source)


def test_an_interlaced_picture_is_found(make_tape: MakeTape) -> None:
    tape = make_tape(
        "a.mp4", count=10, size=(64, 64), codec_options={"x264-params": "interlaced=1"}
    )
    source = probe(tape)
    assert source.video.is_interlaced
    assert "interlaced" in codes(source)


def test_sound_that_is_missing_or_short_or_late_is_found(make_tape: MakeTape) -> None:
    assert codes(probe(make_tape("a.mp4", count=50))) == ["no-audio"]
    short = probe(make_tape("b.mp4", count=100, sound_s=2))
    shorter = finding(short, "audio-shorter")
    assert shorter.start_s == pytest.approx(2.0, abs=0.2)
    assert shorter.end_s == pytest.approx(4.0)


def test_a_clock_that_does_not_start_at_zero_is_told_and_left_out_of_all_times(
    make_tape: MakeTape,
) -> None:
    source = probe(make_tape("a.mkv", count=50, stamps=range(100, 150)))
    assert source.video.start_pts == 4000
    assert source.duration_s == pytest.approx(2.0, abs=0.002)
    assert "4.000 s" in finding(source, "nonzero-start").message


def test_a_tape_cut_off_in_the_middle_says_how_far_it_goes(make_tape: MakeTape) -> None:
    tape = make_tape("a.mp4", count=200, codec_options={"bf": "0"})
    tape.write_bytes(tape.read_bytes()[: tape.stat().st_size // 2])
    source = probe(tape)
    partial = finding(source, "partial")
    assert source.duration_s < 6
    assert partial.end_s == pytest.approx(8.0)
    assert partial.start_s == pytest.approx(source.duration_s)


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_pictures_that_are_only_referred_to_are_not_counted(
    make_tape: MakeTape, codec: str
) -> None:
    hidden = {"auto-alt-ref": "1", "lag-in-frames": "10", "g": "30", "arnr-maxframes": "5"}
    tape = make_tape("a.webm", count=40, size=(160, 120), codec=codec, codec_options=hidden)
    assert len(scan(tape)) == len(decoded_pts(tape)) == 40


def packet_of(first: int, last: int = 0) -> Packet:
    return Packet(bytes([first, 0, last]))


def test_the_bits_that_hide_a_picture_are_read_right() -> None:
    assert is_hidden(packet_of(0b0000_0001), "vp8")
    assert not is_hidden(packet_of(0b0001_0001), "vp8")
    # VP9, profile 0: marker 10, profile 00, show_existing, frame_type, show_frame.
    assert is_hidden(packet_of(0b1000_0000), "vp9")
    assert not is_hidden(packet_of(0b1000_0010), "vp9")
    assert not is_hidden(packet_of(0b1000_1000), "vp9")
    assert is_hidden(packet_of(0b1011_0000), "vp9")  # profile 3 has a bit more before them
    assert not is_hidden(packet_of(0b1011_0001), "vp9")
    assert not is_hidden(packet_of(0b1000_0000, last=0b1100_0001), "vp9")  # a superframe
    assert not is_hidden(packet_of(0), "h264")


def test_packets_of_single_fields_are_told_from_packets_of_frames() -> None:
    frames = np.arange(6) * 3600
    fields = np.arange(40) * 1800
    assert is_by_field(fields, frames)
    assert not is_by_field(np.arange(40) * 3600, frames)
    assert not is_by_field(fields, frames[:2])


def test_the_door_reads_a_small_file_to_its_end_and_a_long_one_only_to_its_first_frame(
    make_tape: MakeTape, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = make_tape("a.ts", count=20, stamps=[*range(19), 25 * 5000])
    with pytest.raises(InputError, match="jump ahead"):
        check_media(tape)
    monkeypatch.setattr("gametape.video.probe.DOOR_BYTES", 1000)
    assert check_media(tape) is None
    with pytest.raises(InputError, match="jump ahead"):
        probe(tape)


def test_progress_is_told_in_bytes(make_tape: MakeTape) -> None:
    tape = make_tape(count=50)
    heard: list[tuple[int, int]] = []
    probe(tape, tell=lambda done, total: heard.append((done, total)))
    assert heard[-1] == (tape.stat().st_size, tape.stat().st_size)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_a_mutated_file_is_refused_or_gives_a_consistent_result(
    make_tape: MakeTape, name: str
) -> None:
    tape = make_tape(name, count=30, sound_s=1.2)
    whole = tape.read_bytes()
    outcomes = {"refused": 0, "read": 0}
    for seed in range(50):
        chance = random.Random(seed)
        data = bytearray(whole)
        for _ in range(chance.choice((1, 3, 20, 200))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if seed % 5 == 0:
            del data[chance.randrange(len(data)) :]
        tape.write_bytes(data)
        try:
            source = probe(tape)
            with open_media(tape) as media:
                frames = [
                    f for f in media.decode(sounds=media.audio[:1]) if isinstance(f, VideoFrame)
                ]
                media.damage()
        except InputError as error:
            outcomes["refused"] += 1
            assert tape.name in str(error)
            continue
        outcomes["read"] += 1
        pts = [frame.pts for frame in frames if frame.pts is not None]
        assert len(pts) == len(frames) > 0
        assert pts == sorted(set(pts))
        assert source.duration_s > 0
        assert source.video.frame_count is not None and source.video.frame_count > 0
    assert outcomes["read"] >= 5
