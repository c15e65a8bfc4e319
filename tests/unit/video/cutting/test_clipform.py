"""The form of clips: every sound track as it is, or the change in words."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gametape.profile import ClipSettings
from gametape.schema import CutReport, Segment
from gametape.video.cut import cut_clips
from gametape.video.probe import probe

FAST = ClipSettings(preset="ultrafast", method="re-encode")
RATE_HZ = 48_000
FIRST_HZ = 400  # of the tone in the first channel; each further one is 200 Hz higher


def write_tape(path: Path, bar_tapes: Any, layouts: list[str], *, rate_hz: int = RATE_HZ) -> None:
    """Two seconds with sound tracks of lossless tones, one frequency a channel."""
    picture = path.with_name("picture.mp4")
    bar_tapes.write(picture, count=50, sound=None)
    with av.open(str(picture)) as source, av.open(str(path), "w") as file:
        video = file.add_stream_from_template(source.streams.video[0])
        tracks = [file.add_stream("pcm_s16le", rate=rate_hz, layout=name) for name in layouts]
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = video
                file.mux(packet)
        for track in tracks:
            channels = track.codec_context.channels
            times_s = np.arange(2 * rate_hz)[:, None] / rate_hz
            pitches_hz = FIRST_HZ + 200 * np.arange(channels)
            tones = (np.sin(2 * np.pi * times_s * pitches_hz) * 8000).astype(np.int16)
            layout = track.codec_context.layout.name
            block = av.AudioFrame.from_ndarray(tones.reshape(1, -1), format="s16", layout=layout)
            block.sample_rate, block.pts = rate_hz, 0
            file.mux(track.encode(block))
            file.mux(track.encode(None))


def cut_one(tape: Path) -> tuple[CutReport, Path]:
    folder = tape.parent / "clips"
    segment = Segment(0.4, 1.4)
    [report] = cut_clips(tape, [segment], folder, source=probe(tape), settings=FAST)
    return report, folder / report.file


def pitches(clip: Path) -> list[int]:
    """The loudest frequency of each channel of the first sound track, in steps of 200 Hz."""
    packer = av.AudioResampler("flt")
    with av.open(str(clip)) as file:
        count = file.streams.audio[0].codec_context.channels
        frames = [packer.resample(f)[0].to_ndarray()[0] for f in file.decode(audio=0)]
    wave = np.concatenate(frames).reshape(-1, count)[: RATE_HZ // 2]
    loudest = np.abs(np.fft.rfft(wave, axis=0)).argmax(axis=0) * 2
    return [round((float(hz) - FIRST_HZ) / 200) for hz in loudest]


@pytest.mark.parametrize(
    ("layout", "kept"),
    [
        ("mono", "mono"),
        ("3.0", "3.0"),
        ("4.0", "4.0"),
        ("5.1", "5.1"),
        ("5.1(side)", "5.1"),
        ("6 channels", "5.1"),
        ("7.1", "7.1"),
    ],
)
def test_channels_keep_their_places(tmp_path: Path, bar_tapes: Any, layout: str, kept: str) -> None:
    tape = tmp_path / "tape.mov"
    write_tape(tape, bar_tapes, [layout])
    report, clip = cut_one(tape)
    with av.open(str(clip)) as file:
        assert file.streams.audio[0].codec_context.layout.name == kept
    heard = pitches(clip)
    silent = [3] if kept in ("5.1", "7.1") else []  # the channel of the low notes takes no others
    wanted = [n for n in range(len(heard)) if n not in silent]
    assert [heard[n] for n in wanted] == wanted
    assert report.changed == ()


@pytest.mark.parametrize("layout", ["quad", "6.1", "16 channels"])
def test_a_layout_that_aac_players_do_not_know_is_mixed_and_told(
    tmp_path: Path, bar_tapes: Any, layout: str
) -> None:
    tape = tmp_path / "tape.mov"
    write_tape(tape, bar_tapes, [layout])
    report, clip = cut_one(tape)
    assert [change.endswith("mixed to stereo") for change in report.changed] == [True]
    with av.open(str(clip)) as file:
        assert file.streams.audio[0].codec_context.layout.name == "stereo"


def test_eight_tracks_are_kept_and_more_are_told(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mkv"
    write_tape(tape, bar_tapes, ["mono"] * 10)
    report, clip = cut_one(tape)
    assert report.changed == ("8 of 10 sound tracks kept",)
    with av.open(str(clip)) as file:
        assert len(file.streams.audio) == 8


def test_a_rate_that_aac_has_not_is_converted_and_told(tmp_path: Path, bar_tapes: Any) -> None:
    tape = tmp_path / "tape.mkv"
    write_tape(tape, bar_tapes, ["stereo"], rate_hz=37_800)
    report, clip = cut_one(tape)
    assert report.changed == ("sound at 37800 Hz written at 48000 Hz",)
    assert pitches(clip) == [0, 1]
    assert report.end_skew_ms is not None
    assert abs(report.end_skew_ms) < 0.1
