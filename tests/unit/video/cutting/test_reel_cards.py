"""Title cards and lower thirds are drawn where they belong, and cost the plays no frame."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gametape.profile import ClipSettings
from gametape.schema import Card
from gametape.video.probe import probe
from gametape.video.reel import join_reel

FAST = ClipSettings(preset="ultrafast", crf=12)
WITH_CARDS = FAST.model_copy(update={"reel_card_s": 0.2})
WITH_THIRDS = FAST.model_copy(update={"reel_lower_third_s": 0.6})
CARD = Card(title="Serve and volley", subtitle="Set 2 · 4:3", corner="Court 1")


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


def test_cards_come_before_plays_that_stay_as_they_are(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0)
    two = clip_of(bar_tapes, tmp_path / "2.mp4", 100)
    for name in ("reel.mp4", "reel.mkv"):
        path = tmp_path / name
        reel = join_reel([one, two], path, settings=WITH_CARDS, cards=[CARD, CARD])
        assert (reel.method, reel.copied_frames, reel.card_frames) == ("copy", 24, 10)
        none = [None] * 5
        assert bar_tapes.numbers(path) == [*none, *range(12), *none, *range(100, 112)]
        assert bar_tapes.packets(path)[5:17] == bar_tapes.packets(one)
        assert bar_tapes.times(path) == [Fraction(n, 25) for n in range(34)]
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
    assert bar_tapes.packets(path)[24:60] == bar_tapes.packets(one)[24:]
    assert bar_tapes.numbers(path) == [*range(60), *range(100, 115)]
    assert bar_tapes.times(path) == [Fraction(n, 25) for n in range(75)]
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
    times = bar_tapes.times(path)
    assert bar_tapes.numbers(path) == [*range(15), *range(15)]
    assert times[:15] == [p * base for p in pts]
    assert [t - times[15] for t in times[15:]] == [p * base for p in pts]
    assert float(times[15]) == pytest.approx(reel.starts_s[1])


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
    assert bar_tapes.packets(tmp_path / "plain.mp4") == bar_tapes.packets(one) + bar_tapes.packets(
        two
    )
    path = tmp_path / "reel.mp4"
    reel = join_reel([one, two], path, settings=WITH_CARDS, cards=[CARD, CARD])
    assert (reel.method, reel.frame_count) == ("re-encode", 34)
    assert bar_tapes.times(path) == [Fraction(n, 25) for n in range(34)]
    assert last_frame(path).format.name == "yuv420p10le"
    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.codec_tag == "hvc1"


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
