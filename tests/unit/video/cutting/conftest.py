"""Small tapes whose every frame tells its number, made in the test."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from gametape.madematch.barcode import draw, read

WIDTH, HEIGHT, RATE_HZ = 160, 180, 48000


def noise(count: int) -> NDArray[np.float32]:
    """The sound of every such tape: band-limited noise, unlike itself at any other place."""
    raw = np.random.default_rng(7).normal(0, 0.2, count + 32)
    return np.convolve(raw, np.ones(8) / 8, "same")[:count].astype(np.float32)


def write_bar_tape(
    path: Path,
    *,
    count: int = 75,
    rate: Fraction = Fraction(25),
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    first_number: int = 0,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    pixel_format: str = "yuv420p",
    sound: tuple[float, float] | None = (0.0, 99.0),
    rotation_deg: int = 0,
    sample_aspect: Fraction = Fraction(1),
) -> list[Fraction]:
    """Write a tape of bar-coded frames; gives each frame's time from the first one.

    Stamps come from `rate`, or from `pts` in `time_base`; sound fills (start, end) seconds.
    """
    base = time_base or 1 / rate
    stamps = list(pts) if pts is not None else list(range(count))
    settings = {"preset": "ultrafast", "crf": "12", "bf": "2", "g": "24"}
    # In the usual unit of 1/1000 s the edit list of the tape itself would misplace its sound.
    muxing = {"movie_timescale": str(RATE_HZ)} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=muxing) as file:
        picture = file.add_stream(codec, rate=rate)
        picture.width, picture.height, picture.pix_fmt = *size, pixel_format
        picture.codec_context.time_base = base
        picture.time_base = base
        picture.codec_context.sample_aspect_ratio = sample_aspect
        if pixel_format == "yuvj420p":
            picture.codec_context.color_range = 2
        picture.codec_context.options = settings | (options or {})
        if rotation_deg:
            picture.set_display_rotation(-rotation_deg)
        track = file.add_stream("aac", rate=RATE_HZ, layout="stereo") if sound else None
        if track is not None:
            track.codec_context.bit_rate = 192_000
        for place, stamp in enumerate(stamps):
            frame = bar_frame(first_number + place, size, pixel_format)
            frame.pts, frame.time_base = stamp, base
            file.mux(picture.encode(frame))
        file.mux(picture.encode(None))
        if track is not None and sound is not None:
            end_s = float((stamps[-1] - stamps[0]) * base + 1 / rate)
            first, last = round(sound[0] * RATE_HZ), round(min(sound[1], end_s) * RATE_HZ)
            samples = np.tile(noise(last)[first:], (2, 1))
            block = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            block.sample_rate = RATE_HZ
            offset = round(stamps[0] * base * RATE_HZ)
            block.pts, block.time_base = offset + first, Fraction(1, RATE_HZ)
            file.mux(track.encode(block))
            file.mux(track.encode(None))
    return [(stamp - stamps[0]) * base for stamp in stamps]


def bar_frame(number: int, size: tuple[int, int], pixel_format: str) -> av.VideoFrame:
    """One frame: a moving slope with the bar code of its number."""
    width, height = size
    slope = np.add.outer(np.arange(height), np.arange(width)) + number * 3
    luma = (64 + slope % 128).astype(np.uint8)
    draw(luma, number)
    frame = av.VideoFrame.from_ndarray(luma, format="gray")
    return frame.reformat(format=pixel_format, src_color_range=2, dst_color_range=2)


def read_numbers(path: Path) -> list[int | None]:
    """The bar codes of all frames of a file, in the order shown."""
    with av.open(str(path)) as file:
        return [read(luma(frame)) for frame in file.decode(video=0)]


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """The luma plane (h, w) of a frame, without any conversion."""
    plane = frame.planes[0]
    rows = np.frombuffer(bytes(plane), np.uint8).reshape(frame.height, plane.line_size)
    return rows[:, : frame.width]


def read_sound(path: Path) -> NDArray[np.float32]:
    """All sound of a file as one channel of float32."""
    with av.open(str(path)) as file:
        parts = [frame.to_ndarray()[0] for frame in file.decode(audio=0)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def sound_lag(heard: NDArray[np.float32], wanted: NDArray[np.float32]) -> int:
    """By how many samples `heard` comes late against `wanted`."""
    count = min(len(heard), len(wanted))
    size = 2 * count
    product = np.fft.rfft(heard[:count], size) * np.conj(np.fft.rfft(wanted[:count], size))
    peak = int(np.argmax(np.fft.irfft(product, size)))
    return peak if peak < count else peak - size


def read_packets(path: Path) -> list[bytes]:
    """The picture's packets of a file as they are stored."""
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(video=0) if packet.size]


def read_times(path: Path) -> list[Fraction]:
    """When each frame of a file is shown, in seconds."""
    with av.open(str(path)) as file:
        return [frame.pts * frame.time_base for frame in file.decode(video=0)]


class BarTapes:
    """What a test needs to make and read bar-coded tapes."""

    write = staticmethod(write_bar_tape)
    numbers = staticmethod(read_numbers)
    packets = staticmethod(read_packets)
    times = staticmethod(read_times)
    sound = staticmethod(read_sound)
    noise = staticmethod(noise)
    lag = staticmethod(sound_lag)
    luma = staticmethod(luma)
    read = staticmethod(read)
    rate_hz = RATE_HZ


@pytest.fixture(scope="session")
def bar_tapes() -> BarTapes:
    """Makes and reads tapes whose every frame tells its number."""
    return BarTapes()
