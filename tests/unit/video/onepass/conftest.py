"""Small tapes whose every frame tells its number, for the tests of the one decode."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av import AudioFrame, VideoFrame, open
from numpy.typing import NDArray

BITS = 8
Picture = NDArray[np.uint8]
WriteTape = Callable[..., Path]


def numbered(number: int, width: int = 320, height: int = 180) -> Picture:
    """(h, w, 3) RGB: grey, with the number as eight black or white columns in the upper half."""
    picture = np.full((height, width, 3), 110, np.uint8)
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        picture[: height // 2, left:right] = 235 if number >> bit & 1 else 20
    return picture


def number_of(frame: VideoFrame) -> int:
    """What `numbered` wrote, read from a decoded frame of any size."""
    luma = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(frame.height, -1)
    row = luma[frame.height // 4, : frame.width]
    centres = [(2 * bit + 1) * frame.width // (2 * BITS) for bit in range(BITS)]
    return sum(1 << bit for bit, at in enumerate(centres) if row[at] > 128)


def click(at_s: float, length_s: float, rate_hz: int) -> NDArray[np.float32]:
    """Silence with 10 ms of loud noise from `at_s` on."""
    samples = np.zeros(round(length_s * rate_hz), np.float32)
    start, count = round(at_s * rate_hz), rate_hz // 100
    samples[start : start + count] = np.random.default_rng(1).uniform(-0.9, 0.9, count)
    return samples


def write_tape(
    path: Path,
    pictures: list[Picture] | Iterator[Picture],
    *,
    rate: Fraction | int = 30,
    stamps: list[int] | None = None,
    time_base: Fraction | None = None,
    pixel_format: str = "yuv420p",
    sound: NDArray[np.float32] | None = None,
    sound_start_s: float = 0.0,
    skip_sound: tuple[float, float] = (0.0, 0.0),
    prepare: Callable[[Any], None] | None = None,
    bframes: int = 2,
) -> Path:
    """Write pictures and mono 48 kHz sound; `stamps` in `time_base` replace the constant rate."""
    base = time_base or 1 / Fraction(rate)
    with open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=rate)
        audio = file.add_stream("aac", rate=48_000, layout="mono") if sound is not None else None
        video.pix_fmt = pixel_format
        video.codec_context.options = {"crf": "12", "preset": "ultrafast", "bf": str(bframes)}
        video.time_base = video.codec_context.time_base = base
        for index, picture in enumerate(pictures):
            if index == 0:
                video.height, video.width = picture.shape[:2]
                if prepare is not None:
                    prepare(video)
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = stamps[index] if stamps is not None else index
            frame.time_base = base
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if audio is not None and sound is not None:
            for first in range(0, len(sound), 1024):
                if skip_sound[0] <= first / 48_000 < skip_sound[1]:
                    continue
                block = AudioFrame.from_ndarray(
                    sound[None, first : first + 1024], format="fltp", layout="mono"
                )
                block.sample_rate, block.time_base = 48_000, Fraction(1, 48_000)
                block.pts = first + round(sound_start_s * 48_000)
                file.mux(audio.encode(block))
            file.mux(audio.encode(None))
    return path


@pytest.fixture(name="write_tape")
def _write_tape(tmp_path: Path) -> WriteTape:
    def write(pictures: list[Picture], name: str = "tape.mp4", **options: Any) -> Path:
        return write_tape(tmp_path / name, pictures, **options)

    return write


@pytest.fixture(name="numbered")
def _numbered() -> Callable[..., Picture]:
    return numbered


@pytest.fixture(name="number_of")
def _number_of() -> Callable[[VideoFrame], int]:
    return number_of


@pytest.fixture(name="click")
def _click() -> Callable[[float, float, int], NDArray[np.float32]]:
    return click
