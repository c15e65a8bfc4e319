"""A small tape of known frames, written by the library's own door, for the tests of this folder."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from av import AudioFrame, VideoFrame

from gametape.video.media import create_media

MakeTape = Callable[..., Path]


def grey(number: int) -> int:
    """The grey level that frame `number` is painted in: 16 levels, 12 apart."""
    return 30 + 12 * (number % 16)


def number_of(frame: VideoFrame) -> int:
    """The number (modulo 16) of a decoded frame, read off its grey."""
    plane = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(-1, frame.planes[0].line_size)
    return round((float(plane[: frame.height, : frame.width].mean()) - 30) / 12)


def write_tape(
    path: Path,
    *,
    count: int = 30,
    rate: Fraction | int = 25,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    format: str | None = None,
    sound_s: float | None = None,
    is_sound_first: bool = False,
    stamps: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    codec_options: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
    change: Callable[[object], None] | None = None,
) -> Path:
    """Write `count` frames of one grey each; `stamps` (in `time_base`) place them freely."""
    base = time_base or 1 / Fraction(rate)
    quick = {"preset": "ultrafast", "g": "10", "bf": "2", "threads": "1", "flags": "+bitexact"}
    given = quick if codec == "libx264" else {"g": "10", "threads": "1", "flags": "+bitexact"}
    with create_media(path, format=format, options=options) as file:
        sound = file.add_stream("aac", rate=16000) if sound_s and is_sound_first else None
        video = file.add_stream(codec, rate=rate, options=given | (codec_options or {}))
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = base
        if change is not None:
            change(video)
        if sound_s and sound is None:
            sound = file.add_stream("aac", rate=16000)
        if sound is not None:
            sound.layout = "mono"
        sound_done = 0
        for number in range(count):
            plane = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
            plane[: size[1]] = grey(number)
            frame = VideoFrame.from_ndarray(plane, "yuv420p")
            frame.pts = number if stamps is None else stamps[number]
            frame.time_base = base
            file.mux(video.encode(frame))
            while sound is not None and sound_done < min(sound_s or 0, (number + 1) / rate) * 16000:
                block = AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
                block.sample_rate, block.pts = 16000, sound_done
                sound_done += 1024
                file.mux(sound.encode(block))
        file.mux(video.encode(None))
        if sound is not None:
            file.mux(sound.encode(None))
    return path


@pytest.fixture
def make_tape(tmp_path: Path) -> MakeTape:
    """Writes a small tape: `make_tape("a.mp4", count=30, ...)`, see `write_tape`."""

    def make(name: str = "tape.mp4", **given: object) -> Path:
        return write_tape(tmp_path / name, **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def number_of_frame() -> Callable[[VideoFrame], int]:
    """Reads the number (modulo 16) of a decoded frame."""
    return number_of
