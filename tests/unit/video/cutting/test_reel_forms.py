"""What goes into a reel as it is, what is encoded for it, and that no frame is lost by either."""

import resource
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gametape.errors import InputError, ToolError
from gametape.profile import ClipSettings
from gametape.schema import Card, Segment
from gametape.video.cut import cut_clips
from gametape.video.cutting import nals
from gametape.video.door.program import program_path
from gametape.video.probe import probe
from gametape.video.reel import join_reel

FAST = ClipSettings(preset="ultrafast", crf=12)
WITH_CARDS = FAST.model_copy(update={"reel_card_s": 0.2})
WITH_THIRDS = FAST.model_copy(update={"reel_lower_third_s": 0.6})
CARD = Card(title="Serve and volley", subtitle="Set 2 · 4:3", corner="Court 1")


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(video=0) if packet.size]


def stamps(path: Path) -> list[Fraction]:
    with av.open(str(path)) as file:
        return [frame.pts * frame.time_base for frame in file.decode(video=0)]


def last_frame(path: Path) -> Any:
    with av.open(str(path)) as file:
        return list(file.decode(video=0))[-1]


def frame_at(path: Path, place: int, bar_tapes: Any) -> Any:
    with av.open(str(path)) as file:
        return bar_tapes.luma(list(file.decode(video=0))[place])


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
    assert packets(path) == packets(one) + packets(two) + packets(one)
    assert bar_tapes.numbers(path) == [*range(12), *range(100, 112), *range(12)]


def test_of_sets_with_the_same_number_the_rarer_is_encoded(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, options=x264(0, bf="2"))
    two = clip_of(bar_tapes, tmp_path / "2.mp4", 100, count=30, options=x264(0, bf="0", refs="4"))
    path = tmp_path / "reel.mp4"
    reel = join_reel([one, two], path, settings=FAST)
    assert (reel.method, reel.copied_frames) == ("smart", 30)
    assert "1 of 2 clips whole: its parameter sets have the numbers of others" in reel.reason
    assert packets(path)[-30:] == packets(two)
    assert bar_tapes.numbers(path) == [*range(12), *range(100, 130)]


def test_cards_come_before_plays_that_stay_as_they_are(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0)
    two = clip_of(bar_tapes, tmp_path / "2.mp4", 100)
    for name in ("reel.mp4", "reel.mkv"):
        path = tmp_path / name
        reel = join_reel([one, two], path, settings=WITH_CARDS, cards=[CARD, CARD])
        assert (reel.method, reel.copied_frames, reel.card_frames) == ("copy", 24, 10)
        none = [None] * 5
        assert bar_tapes.numbers(path) == [*none, *range(12), *none, *range(100, 112)]
        assert packets(path)[5:17] == packets(one)
        assert stamps(path) == [Fraction(n, 25) for n in range(34)]
        assert reel.starts_s == (0.2, pytest.approx(0.88))


def test_a_card_shows_bright_words_on_dark(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, size=(320, 180))
    settings = FAST.model_copy(update={"reel_card_s": 2.0})
    join_reel([one], tmp_path / "reel.mp4", settings=settings, cards=[CARD])
    with av.open(str(tmp_path / "reel.mp4")) as file:
        cards = [bar_tapes.luma(frame) for frame in file.decode(video=0)][:50]
    assert cards[25].max() > 200
    assert np.median(cards[25]) < 45
    assert 0.01 < (cards[25] > 120).mean() < 0.2
    assert cards[0].max() < 60 and cards[49].max() < 90, "words come and go"


def test_a_lower_third_is_encoded_up_to_the_next_key_frame(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, count=60, size=(320, 180))
    two = clip_of(bar_tapes, tmp_path / "2.mp4", 100, count=15, size=(320, 180))
    path = tmp_path / "reel.mp4"
    reel = join_reel([one, two], path, settings=WITH_THIRDS, cards=[CARD, CARD])
    assert reel.method == "smart"
    assert reel.copied_frames == 60 - 24, "the tape has a key frame every 24"
    assert reel.reason == "1 of 2 clips in part: lower third; 1 of 2 clips whole: lower third"
    assert packets(path)[24:60] == packets(one)[24:]
    assert bar_tapes.numbers(path) == [*range(60), *range(100, 115)]
    assert stamps(path) == [Fraction(n, 25) for n in range(75)]
    with av.open(str(path)) as file:
        drawn = [bar_tapes.luma(frame).astype(int) for frame in file.decode(video=0)]
    with av.open(str(one)) as file:
        plain = [bar_tapes.luma(frame).astype(int) for frame in file.decode(video=0)]
    changed = np.abs(drawn[8] - plain[8])
    assert changed[:90].max() < 24, "above the plate there is nothing but noise of the encoder"
    assert (changed[125:165, 16:150] > 24).mean() > 0.5
    assert np.abs(drawn[20] - plain[20]).max() < 24, "gone after 0.6 s"


def test_a_variable_rate_keeps_its_stamps_under_a_lower_third(
    tmp_path: Path, bar_tapes: Any
) -> None:
    pts = [0, 40, 75, 140, 150, 210, 290, 301, 380, 390, 395, 470, 500, 580, 600]
    base = Fraction(1, 600)
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, pts=pts, time_base=base, rate=Fraction(30))
    path = tmp_path / "reel.mp4"
    reel = join_reel([one, one], path, settings=WITH_THIRDS, cards=[CARD, CARD])
    times = stamps(path)
    assert bar_tapes.numbers(path) == [*range(15), *range(15)]
    assert times[:15] == [p * base for p in pts]
    assert [t - times[15] for t in times[15:]] == [p * base for p in pts]
    assert float(times[15]) == pytest.approx(reel.starts_s[1])


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


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_a_turned_clip_stays_turned_and_its_card_stands_upright(
    tmp_path: Path, bar_tapes: Any, rotation_deg: int, is_mirrored: bool
) -> None:
    plain = clip_of(bar_tapes, tmp_path / "1.mp4", 0, size=(320, 180))
    turned = tmp_path / "turned.mp4"
    with av.open(str(plain)) as tape, av.open(str(turned), "w") as file:
        track = file.add_stream_from_template(tape.streams.video[0])
        track.set_display_rotation(-rotation_deg, hflip=is_mirrored)
        for packet in tape.demux(video=0):
            if packet.size:
                packet.stream = track
                file.mux(packet)
    path = tmp_path / "reel.mp4"
    settings = FAST.model_copy(update={"reel_card_s": 1.0})
    reel = join_reel([turned], path, settings=settings, cards=[CARD])
    assert reel.method == "copy"
    video = probe(path).video
    assert (video.rotation_deg, video.is_mirrored) == (rotation_deg, is_mirrored)
    upright = np.rot90(frame_at(path, 12, bar_tapes), -rotation_deg // 90)
    shown = upright[:, ::-1] if is_mirrored else upright
    size = (180, 320) if rotation_deg % 180 else (320, 180)
    simple = clip_of(bar_tapes, tmp_path / "2.mp4", 0, size=size)
    join_reel([simple], tmp_path / "simple.mp4", settings=settings, cards=[CARD])
    wanted = frame_at(tmp_path / "simple.mp4", 12, bar_tapes)
    assert np.abs(shown.astype(int) - wanted).max() < 24


def test_ten_bit_clips_stay_ten_bit_beside_cards(tmp_path: Path, bar_tapes: Any) -> None:
    options = {"x265-params": "log-level=none:pools=none:frame-threads=1:keyint=24:bframes=0"}
    given = {"codec": "libx265", "options": options, "pixel_format": "yuv420p10le"}
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, **given)
    two = clip_of(bar_tapes, tmp_path / "2.mp4", 100, **given)
    plain = join_reel([one, two], tmp_path / "plain.mp4", settings=FAST)
    assert plain.method == "copy"
    assert packets(tmp_path / "plain.mp4") == packets(one) + packets(two)
    path = tmp_path / "reel.mp4"
    reel = join_reel([one, two], path, settings=WITH_CARDS, cards=[CARD, CARD])
    assert (reel.method, reel.frame_count) == ("re-encode", 34)
    assert stamps(path) == [Fraction(n, 25) for n in range(34)]
    assert last_frame(path).format.name == "yuv420p10le"
    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.codec_tag == "hvc1"


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
    assert 21 in {nals.hevc_type(unit) for unit in nals.units(packets(later)[0], 4)}
    path = tmp_path / "reel.mp4"
    reel = join_reel([tape, later, later], path, settings=FAST)
    assert reel.method == "copy"
    assert bar_tapes.numbers(path) == [*range(120), *kept, *kept]
    changed = [a != b for a, b in zip(packets(path)[120:], packets(later) * 2, strict=True)]
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
    assert stamps(path) == [Fraction(n, 25) for n in range(len(numbers))]


@pytest.mark.parametrize(
    ("codec", "pixel_format", "written"),
    [
        ("libx264", "yuv420p10le", ("h264", "yuv420p10le")),
        ("libx264", "yuv444p", ("h264", "yuv444p")),
        ("libvpx-vp9", "yuv420p", ("h264", "yuv420p")),
        ("libx265", "yuv420p", ("hevc", "yuv420p")),
    ],
)
def test_cards_are_of_the_kind_of_the_clips(
    tmp_path: Path, bar_tapes: Any, codec: str, pixel_format: str, written: tuple[str, str]
) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    one = clip_of(
        *(bar_tapes, tmp_path / "1.mp4", 0), codec=codec, pixel_format=pixel_format, options=options
    )
    path = tmp_path / "reel.mp4"
    join_reel([one, one], path, settings=WITH_CARDS, cards=[CARD, CARD])
    none = [None] * 5
    with av.open(str(path)) as file:
        plain = [frame.reformat(format="gray") for frame in file.decode(video=0)]
    found = [bar_tapes.read(bar_tapes.luma(frame)) for frame in plain]
    assert found == [*none, *range(12), *none, *range(12)]
    with av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        assert (context.codec.canonical_name, context.pix_fmt) == written


def test_the_same_cards_and_clips_give_the_same_bytes(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, count=30)
    two = clip_of(bar_tapes, tmp_path / "2.mp4", 50, size=(320, 180))
    settings = FAST.model_copy(update={"reel_card_s": 0.2, "reel_lower_third_s": 0.3})
    for name in ("one.mkv", "two.mkv"):
        join_reel([one, two], tmp_path / name, settings=settings, cards=[CARD, CARD])
    assert (tmp_path / "one.mkv").read_bytes() == (tmp_path / "two.mkv").read_bytes()


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
    assert stamps(path) == [Fraction(n, 25) for n in range(len(numbers))]
    assert reel.method == "copy"
    assert packets(path) == [packet for clip in clips for packet in packets(clip)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_players_list_a_chapter_for_every_play(tmp_path: Path, bar_tapes: Any, suffix: str) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, count=25)
    path = tmp_path / f"reel{suffix}"
    titles = ["Aufschlag ü 日本", "  \n", "w" * 190 + "ü" * 20]
    join_reel([one] * 3, path, titles=titles, settings=WITH_CARDS, cards=[CARD] * 3)
    told = subprocess.run(
        [program_path(), "-hide_banner", "-nostdin", "-i", path], capture_output=True, check=False
    )
    lines = [line.strip() for line in told.stderr.decode().splitlines()]
    chapters = [line.split(": ")[1] for line in lines if line.startswith("Chapter #")]
    names = [line.split(": ", 1)[1] for line in lines if line.startswith("title ")]
    assert chapters == [
        "start 0.000000, end 1.200000",
        "start 1.200000, end 2.400000",
        "start 2.400000, end 3.600000",
    ]
    assert names == ["Aufschlag ü 日本", "Clip 2", "w" * 190 + "ü" * 5]


def test_a_missing_clip_is_named(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "clips" / "1.mp4", 0)
    with pytest.raises(InputError, match=r"gone\.mp4"):
        join_reel([one, tmp_path / "gone.mp4"], tmp_path / "reel.mp4", settings=FAST)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips"]


@pytest.mark.parametrize(
    ("name", "cards", "words"),
    [("reel.avi", [], r"reel\.avi.*mkv"), ("reel.mp4", [CARD], "1 cards for 2 clips")],
)
def test_what_cannot_be_a_reel_is_refused(
    tmp_path: Path, bar_tapes: Any, name: str, cards: list[Card], words: str
) -> None:
    one = clip_of(bar_tapes, tmp_path / "clips" / "1.mp4", 0)
    with pytest.raises(InputError, match=words):
        join_reel([one, one], tmp_path / name, settings=FAST, cards=cards)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips"]


@pytest.mark.parametrize("settings", [FAST, WITH_THIRDS])
def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, bar_tapes: Any, settings: ClipSettings
) -> None:
    one = clip_of(bar_tapes, tmp_path / "clips" / "1.mp4", 0, count=50, size=(320, 180))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))
    try:
        with pytest.raises(ToolError, match="File too large"):
            join_reel([one] * 9, tmp_path / "reel.mp4", settings=settings, cards=[CARD] * 9)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips"]


def test_progress_comes_to_its_end_and_may_stop_the_work(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "clips" / "1.mp4", 0)
    told: list[tuple[float, float]] = []

    def hear(_what: str, done: float, total: float) -> None:
        told.append((done, total))

    def stop(_what: str, _done: float, _total: float) -> None:
        raise RuntimeError("stop here")

    hearing: Callable[[str, float, float], None] = hear
    given: dict[str, Any] = {"settings": WITH_CARDS, "cards": [CARD, CARD]}
    join_reel([one, one], tmp_path / "clips" / "reel.mp4", progress=hearing, **given)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with pytest.raises(RuntimeError, match="stop here"):
        join_reel([one, one], tmp_path / "reel.mp4", progress=stop, **given)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips"]
