"""The sound of a reel keeps its place over many joins, and is faded only where it would click."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from gametape.profile import ClipSettings
from gametape.schema import Card
from gametape.video.media import create_media
from gametape.video.reel import join_reel

FAST = ClipSettings(preset="ultrafast", crf=30)
NTSC = Fraction(30000, 1001)
Sound = NDArray[np.float32]


def write_clip(
    path: Path,
    frames: int,
    sound: Sound | None,
    *,
    rate_hz: int = 48000,
    rate: Fraction = NTSC,
    layout: str = "stereo",
) -> Path:
    """A clip of grey frames whose sound is `sound` (one channel, written to all), to the sample."""
    with create_media(path, options={"movie_timescale": "90000"}) as file:
        picture = file.add_stream("libx264", rate=rate)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        picture.codec_context.time_base = 1 / rate
        picture.codec_context.options = {"preset": "ultrafast", "crf": "30"}
        track = file.add_stream("aac", rate=rate_hz, layout=layout) if sound is not None else None
        if track is not None:
            track.codec_context.bit_rate = 192_000
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((72, 64), 128, np.uint8), "yuv420p")
            frame.pts, frame.time_base = number, 1 / rate
            file.mux(picture.encode(frame))
        file.mux(picture.encode(None))
        if track is not None and sound is not None:
            channels = 1 if layout == "mono" else 2
            samples = np.ascontiguousarray(np.tile(sound, (channels, 1)), np.float32)
            block = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
            block.sample_rate, block.pts, block.time_base = rate_hz, 0, Fraction(1, rate_hz)
            file.mux(track.encode(block))
            file.mux(track.encode(None))
    return path


def heard(path: Path) -> Sound:
    with av.open(str(path)) as file:
        return np.concatenate([f.to_ndarray()[0] for f in file.decode(audio=0)])


def tone(count: int, *, at: int = 0, rate_hz: int = 48000, hz: float = 220.0) -> Sound:
    places = np.arange(at, at + count)
    return (0.4 * np.sin(2 * np.pi * hz * places / rate_hz)).astype(np.float32)


def cut(whole: Sound, lengths: Sequence[int], folder: Path) -> list[Path]:
    """Clips that go on where the one before ended; lengths in frames."""
    clips, frames = [], 0
    for number, length in enumerate(lengths):
        first, last = (round(n / NTSC * 48000) for n in (frames, frames + length))
        clips.append(write_clip(folder / f"{number}.mp4", length, whole[first:last]))
        frames += length
    return clips


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("rate_hz", [44100, 48000])
def test_after_a_hundred_joins_a_click_sounds_at_its_own_sample(
    tmp_path: Path, rate_hz: int, suffix: str
) -> None:
    def length(frames: int) -> int:
        return round(frames / NTSC * rate_hz)

    awkward = [
        write_clip(tmp_path / f"{n}.mp4", n, tone(length(n), rate_hz=rate_hz) / 8, rate_hz=rate_hz)
        for n in (1, 5, 7, 11)
    ]
    click = np.zeros(length(13), np.float32)
    click[5000:5004] = 0.9
    last = write_clip(tmp_path / "last.mp4", 13, click, rate_hz=rate_hz)
    path = tmp_path / f"reel{suffix}"
    reel = join_reel([*awkward * 25, last], path, settings=FAST)
    assert reel.clip_count == 101
    frames = 25 * (1 + 5 + 7 + 11)
    assert reel.starts_s[-1] == pytest.approx(float(frames / NTSC), abs=1e-9)
    sound = heard(path)
    begins = round(frames / NTSC * rate_hz)
    found = begins + int(np.argmax(sound[begins:]))
    assert abs(found - (begins + 5001)) <= 3
    with av.open(str(path)) as file:
        times = [frame.pts * frame.time_base for frame in file.decode(video=0)]
    slack = 0 if suffix == ".mp4" else Fraction(1, 2000)
    assert abs(times[frames] - frames / NTSC) <= slack
    assert len(times) == frames + 13


def test_a_tape_that_goes_on_is_not_touched_at_the_join(tmp_path: Path) -> None:
    rough = np.random.default_rng(3).normal(0, 0.1, 200_000)
    whole = tone(200_000) / 2 + np.convolve(rough, np.ones(8) / 8, "same").astype(np.float32)
    lengths = [30, 41, 29]
    clips = cut(whole, lengths, tmp_path)
    reel = join_reel(clips, tmp_path / "reel.mp4", settings=FAST)
    assert reel.faded_joins == 0
    sound = heard(tmp_path / "reel.mp4")
    edges = [round(frames / NTSC * 48000) for frames in np.cumsum([0, *lengths]).tolist()]
    wanted = np.concatenate(
        [heard(clip)[: b - a] for clip, a, b in zip(clips, edges, edges[1:], strict=False)]
    )
    for join in edges[1:3]:
        near = slice(join - 240, join + 240)
        usual = np.abs(sound[5000:40_000] - wanted[5000:40_000]).max()
        assert np.abs(sound[near] - wanted[near]).max() <= 1.5 * usual, "AAC's noise, no more"
        assert np.square(sound[near]).sum() > 0.9 * np.square(wanted[near]).sum()


def test_a_jump_of_the_sound_is_faded_over(tmp_path: Path) -> None:
    one = write_clip(tmp_path / "1.mp4", 30, tone(48048))
    two = write_clip(tmp_path / "2.mp4", 30, tone(48048, at=109))  # half a wave further on
    reel = join_reel([one, two, one], tmp_path / "reel.mp4", settings=FAST)
    assert reel.faded_joins == 2
    sound = heard(tmp_path / "reel.mp4")
    for join in (48048, 96096):
        around = sound[join - 2400 : join + 2400]
        assert np.abs(np.diff(around, 2)).max() < 0.05, "a click would be a step of 0.3 and more"
        assert np.abs(sound[join - 10 : join + 10]).max() < 0.05
        assert np.abs(sound[join - 500 : join - 250]).max() > 0.35, "5 ms, and no more"
        assert np.abs(sound[join + 250 : join + 500]).max() > 0.35


def test_sound_comes_out_of_a_card_without_a_click(tmp_path: Path) -> None:
    loud = write_clip(tmp_path / "1.mp4", 30, tone(48048, at=55))
    settings = FAST.model_copy(update={"reel_card_s": 0.5})
    cards = [Card(title="One"), Card(title="Two")]
    reel = join_reel([loud, loud], tmp_path / "reel.mp4", settings=settings, cards=cards)
    sound = heard(tmp_path / "reel.mp4")
    card = round(15 / NTSC * 48000)
    assert reel.card_frames == 30
    assert np.abs(sound[: card - 1100]).max() < 0.01
    assert np.abs(np.diff(sound, 2)).max() < 0.05
    assert np.abs(sound[card + 500 : card + 900]).max() > 0.35


def test_a_mute_clip_is_silent_and_moves_nothing(tmp_path: Path) -> None:
    loud = write_clip(tmp_path / "1.mp4", 30, tone(48048))
    mute = write_clip(tmp_path / "2.mp4", 17, None)
    reel = join_reel([mute, loud, mute, loud], tmp_path / "reel.mp4", settings=FAST)
    sound = heard(tmp_path / "reel.mp4")
    quiet = round(17 / NTSC * 48000)
    assert reel.has_sound
    assert np.abs(sound[: quiet - 1100]).max() < 0.01
    assert np.abs(sound[quiet + 1000 : quiet + 47_000]).max() > 0.35
    after = quiet + 48048
    assert np.abs(sound[after + 1100 : after + quiet - 1100]).max() < 0.01


def test_another_rate_of_sound_is_converted_to_its_last_sample(tmp_path: Path) -> None:
    most = write_clip(tmp_path / "1.mp4", 60, tone(96096))
    other = write_clip(tmp_path / "2.mp4", 30, tone(44144, rate_hz=44100), rate_hz=44100)
    join_reel([other, most], tmp_path / "reel.mp4", settings=FAST)
    with av.open(str(tmp_path / "reel.mp4")) as file:
        assert file.streams.audio[0].rate == 48000
    sound = heard(tmp_path / "reel.mp4")
    wanted = tone(48048)
    assert np.abs(sound[2000:46_000] - wanted[2000:46_000]).max() < 0.05
    join = round(30 / NTSC * 48000)
    assert np.abs(sound[join - 300 : join - 260]).max() > 0.05
    assert np.abs(np.diff(sound[join - 2400 : join + 2400], 2)).max() < 0.05
