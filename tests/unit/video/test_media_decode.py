import itertools
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av import AudioFrame, VideoFrame
from av.stream import Disposition

from gametape.errors import InputError
from gametape.video.door.limits import Limits
from gametape.video.media import Media, create_media, open_media

MakeTape = Callable[..., Path]
NumberOf = Callable[[VideoFrame], int]


def pictures(media: Media, *, with_audio: bool = False) -> list[VideoFrame]:
    return [f for f in media.decode(sounds=media.audio[:with_audio]) if isinstance(f, VideoFrame)]


@pytest.mark.parametrize("is_sound_first", [False, True])
def test_every_frame_comes_in_order_with_its_sound_whichever_track_is_first(
    make_tape: MakeTape, number_of_frame: NumberOf, is_sound_first: bool
) -> None:
    tape = make_tape("a.mp4", count=40, sound_s=1.6, is_sound_first=is_sound_first)
    with open_media(tape) as media:
        frames = list(media.decode(sounds=media.audio[:1]))
    shown = [f for f in frames if isinstance(f, VideoFrame)]
    sound = [f for f in frames if isinstance(f, AudioFrame)]
    assert [number_of_frame(f) for f in shown] == [n % 16 for n in range(40)]
    step = shown[1].pts - shown[0].pts
    assert [f.pts - shown[0].pts for f in shown] == [n * step for n in range(40)]
    assert step * shown[0].time_base == Fraction(1, 25)
    assert 1.5 < sum(f.samples for f in sound) / 16000 < 1.8
    assert media.damage() == []


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.ts", "a.avi", "a.flv"])
def test_all_common_containers_give_all_frames(make_tape: MakeTape, name: str) -> None:
    codec = "mpeg4" if name == "a.avi" else "libx264"
    with open_media(make_tape(name, count=30, codec=codec)) as media:
        frames = pictures(media)
    steps = {b.pts - a.pts for a, b in itertools.pairwise(frames)}
    assert len(frames) == 30
    assert all(abs(step * media.time_base - Fraction(1, 25)) < Fraction(1, 900) for step in steps)


def test_h264_in_avi_which_stores_no_times_of_display_comes_in_even_steps(
    make_tape: MakeTape, number_of_frame: NumberOf
) -> None:
    with open_media(make_tape("a.avi", count=30)) as media:
        frames = pictures(media)
    assert [number_of_frame(f) for f in frames] == [n % 16 for n in range(30)]
    assert {b.pts - a.pts for a, b in itertools.pairwise(frames)} == {1}


def test_decoding_goes_on_past_damage_and_says_where_it_was(make_tape: MakeTape) -> None:
    tape = make_tape("a.ts", count=200, codec_options={"g": "25"})
    data = bytearray(tape.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 1500] = bytes(1500)
    tape.write_bytes(data)
    with open_media(tape) as media:
        frames = pictures(media)
    found = media.damage()
    assert 190 <= len(frames) < 200
    assert (frames[-1].pts - frames[0].pts) * media.time_base == Fraction(199, 25)
    assert [finding.code for finding in found] == ["partial"]
    assert 2 < found[0].start_s < 6


def test_a_tape_cut_off_in_the_middle_is_given_as_far_as_it_goes(make_tape: MakeTape) -> None:
    tape = make_tape("a.mp4", count=200, codec_options={"g": "25", "bf": "0"})
    tape.write_bytes(tape.read_bytes()[: tape.stat().st_size * 6 // 10])
    with open_media(tape) as media:
        frames = pictures(media)
    ends = [finding for finding in media.damage() if "ends at" in finding.message]
    assert 20 < len(frames) < 180
    assert len(ends) == 1
    assert ends[0].end_s == pytest.approx(8.0)
    assert ends[0].start_s == pytest.approx(len(frames) / 25, abs=0.05)


def test_frames_held_by_decoder_threads_survive_a_bad_last_packet(make_tape: MakeTape) -> None:
    tape = make_tape("a.mp4", count=40, codec_options={"bf": "0"})
    with av.open(str(tape)) as file:
        last = [(p.pos, p.size) for p in file.demux(video=0) if p.size][-1]
    data = bytearray(tape.read_bytes())
    data[last[0] : sum(last)] = b"\xff" * last[1]
    tape.write_bytes(data)
    with open_media(tape) as media:
        frames = pictures(media)
    assert len(frames) == 39
    assert [finding.code for finding in media.damage()] == ["partial"]


def test_a_joined_recording_whose_clock_begins_anew_is_put_end_to_end(
    make_tape: MakeTape, number_of_frame: NumberOf
) -> None:
    first = make_tape("a.ts", count=100, sound_s=4)
    second = make_tape("b.ts", count=50, sound_s=2)
    joined = first.with_name("joined.ts")
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    with open_media(joined) as media:
        frames = list(media.decode(sounds=media.audio[:1]))
    shown = [f for f in frames if isinstance(f, VideoFrame)]
    sound = [float(f.pts * f.time_base) for f in frames if isinstance(f, AudioFrame)]
    numbers = [n % 16 for n in range(100)] + [n % 16 for n in range(50)]
    assert [number_of_frame(f) for f in shown] == numbers
    assert {b.pts - a.pts for a, b in itertools.pairwise(shown)} == {3600}
    # Sound of both parts stays in step with its picture to within a packet of its own.
    begin = float(shown[0].pts * media.time_base)
    assert max(sound) - begin == pytest.approx(6.0, abs=0.15)
    assert all(b > a - 0.1 for a, b in itertools.pairwise(sound))
    assert "restart" in [finding.code for finding in media.damage()]


def test_a_jump_of_days_between_two_stamps_is_refused(make_tape: MakeTape) -> None:
    days = 3 * 24 * 3600 * 25
    tape = make_tape("a.mkv", count=20, stamps=[*range(10), *range(days, days + 10)])
    with pytest.raises(InputError, match=r"72\.0 hours"), open_media(tape) as media:
        pictures(media)


def test_a_gap_within_a_header_of_fair_length_is_refused_while_decoding(
    make_tape: MakeTape,
) -> None:
    tape = make_tape("a.ts", count=20, stamps=[*range(10), *range(2500, 2510)])
    strict = Limits(max_gap_s=60)
    with open_media(tape, limits=strict) as media, pytest.raises(InputError, match="jump ahead"):
        pictures(media)
    with open_media(tape, limits=Limits(max_gap_s=120)) as media:
        assert len(pictures(media)) == 20


def test_many_short_gaps_cannot_stretch_a_tape_beyond_its_limit(make_tape: MakeTape) -> None:
    tape = make_tape("a.ts", count=30, stamps=[n * 25 for n in range(30)])
    with open_media(tape, limits=Limits(max_duration_s=60)) as media:
        assert len(pictures(media)) == 30
    strict = Limits(max_duration_s=20)
    with pytest.raises(InputError, match="Split"), open_media(tape, limits=strict) as media:
        pictures(media)


def test_more_frames_than_allowed_are_refused(make_tape: MakeTape) -> None:
    tape, strict = make_tape(count=30), Limits(max_frames=20)
    with open_media(tape, limits=strict) as media, pytest.raises(InputError, match="than 20 fr"):
        pictures(media)


def test_a_picture_that_never_shows_anything_is_given_up(
    make_tape: MakeTape, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = make_tape("a.mp4", count=60)
    with av.open(str(tape)) as file:
        places = [(p.pos, p.size) for p in file.demux(video=0) if p.size]
    data = bytearray(tape.read_bytes())
    for position, size in places:
        data[position : position + size] = b"\xff" * size
    tape.write_bytes(data)
    with open_media(tape) as media, pytest.raises(InputError, match="no frame"):
        pictures(media)
    strict = Limits(first_frame_packets=5)
    with open_media(tape, limits=strict) as media, pytest.raises(InputError, match="no frame"):
        pictures(media)
    assert media.losses.packets <= 7
    ticks = itertools.count(step=20.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))
    with open_media(tape) as media, pytest.raises(InputError, match=r"no frame for 30 s"):
        pictures(media)


def test_the_time_a_reader_takes_is_not_held_against_the_file(
    make_tape: MakeTape, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with open_media(make_tape(count=30)) as media:
        for _ in media.decode():
            clock[0] += 100.0
    assert media.frame_count == 30


def test_seeking_lands_before_the_wanted_frame_and_reads_on_from_there(
    make_tape: MakeTape, number_of_frame: NumberOf
) -> None:
    with open_media(make_tape("a.mp4", count=100)) as media:
        everything = [(f.pts, number_of_frame(f)) for f in pictures(media)]
        for frame in (0, 37, 99, 3):
            media.seek(everything[frame][0])
            again = [(f.pts, number_of_frame(f)) for f in pictures(media)]
            assert again == everything[-len(again) :]
            assert len(again) >= 100 - frame


def test_the_cover_is_not_the_picture(tmp_path: Path) -> None:
    tape = tmp_path / "cover.mp4"
    with create_media(tape) as file:
        cover = file.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = 640, 480, "yuvj420p"
        film = file.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        cover.disposition = Disposition.attached_pic
        file.mux(cover.encode(VideoFrame.from_ndarray(np.zeros((720, 640), np.uint8), "yuvj420p")))
        for number in range(10):
            frame = VideoFrame.from_ndarray(np.zeros((72, 64), np.uint8), "yuv420p")
            frame.pts = number
            file.mux(film.encode(frame))
        file.mux(film.encode(None))
    with open_media(tape) as media:
        assert media.video.codec_context.name == "h264"
        assert len(pictures(media)) == 10


def test_of_two_pictures_the_larger_is_taken(tmp_path: Path) -> None:
    tape = tmp_path / "two.mkv"
    with create_media(tape) as file:
        tracks = []
        for width, height in ((32, 32), (320, 240), (64, 48)):
            track = file.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            track.width, track.height, track.pix_fmt = width, height, "yuv420p"
            tracks.append(track)
        for number in range(5):
            for track in tracks:
                picture = np.zeros((track.height * 3 // 2, track.width), np.uint8)
                frame = VideoFrame.from_ndarray(picture, "yuv420p")
                frame.pts = number
                file.mux(track.encode(frame))
        for track in tracks:
            file.mux(track.encode(None))
    with open_media(tape) as media:
        assert (media.video.width, media.video.height) == (320, 240)
        assert len(pictures(media)) == 5
