"""Small bar-coded tapes of every kind, and what a player would show and sound of a clip.

What must come out of them is said in the tests; nothing of the library cuts or checks here, except
that its bar code is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from gametape.madematch.barcode import draw, read
from gametape.video.facts.looks import display_matrix, orientation

SIZE = (96, 160)  # blocks of the bar code are then 3.6 pixels wide
RATE_HZ = 48_000
COUNT = 60


def options(text: str = "", **more: str) -> tuple[tuple[str, str], ...]:
    """Options of an encoder; `text` is x264's own."""
    words = {"preset": "ultrafast", "crf": "12", "bf": "2", "g": "24"} | more
    return tuple((words | ({"x264-params": text} if text else {})).items())


@dataclass(frozen=True)
class Sound:
    """One sound track: noise that is like itself at no other place, from `start_s` to `end_s`."""

    codec: str = "aac"
    rate_hz: int = RATE_HZ
    layout: str = "stereo"
    start_s: float = 0.0
    end_s: float = 99.0
    names: tuple[tuple[str, str], ...] = ()
    seed: int = 7

    def samples(self, count: int) -> NDArray[np.float32]:
        """What it sounds like from time 0 of the tape on."""
        wave = noise(self.seed, count).copy()
        wave[: round(self.start_s * self.rate_hz)] = 0
        wave[round(self.end_s * self.rate_hz) :] = 0
        return wave


@dataclass(frozen=True)
class Tape:
    """How a tape is made. Stamps are in ticks of `time_base`; those before 0 an edit list hides."""

    name: str
    suffix: str = ".mp4"
    codec: str = "libx264"
    options: tuple[tuple[str, str], ...] = options()
    rate: Fraction = Fraction(25)
    time_base: Fraction | None = None
    stamps: tuple[int, ...] = ()
    size: tuple[int, int] = SIZE  # upright
    pixel_format: str = "yuv420p"
    rotation_deg: int = 0
    is_mirrored: bool = False
    aspect: Fraction = Fraction(1)
    colour: tuple[int, int, int, int] = (0, 2, 2, 2)  # range, primaries, transfer, matrix
    sounds: tuple[Sound, ...] = (Sound(),)
    parts: int = 1  # recordings put one behind the other
    findings: frozenset[str] = field(default_factory=frozenset)  # that the door must tell

    @property
    def base(self) -> Fraction:
        """Seconds of a tick."""
        return self.time_base or 1 / self.rate

    @property
    def ticks(self) -> tuple[int, ...]:
        """Stamps of all stored frames."""
        return self.stamps or tuple(range(COUNT))

    @property
    def numbers(self) -> list[int]:
        """Bar codes of the displayed frames."""
        hidden = sum(tick < 0 for tick in self.ticks)
        return list(range(hidden, len(self.ticks) * self.parts))


def write_tape(tape: Tape, folder: Path) -> Path:
    """Make a tape's file."""
    path = folder / f"{tape.name}{tape.suffix}"
    if tape.parts == 1:
        _write(tape, path, first_number=0)
        return path
    data = b""
    for part in range(tape.parts):
        _write(tape, path, first_number=part * len(tape.ticks))
        data += path.read_bytes()
    path.write_bytes(data)
    return path


def _write(tape: Tape, path: Path, *, first_number: int) -> None:
    # In the usual unit of 1/1000 s the edit list of the tape itself would misplace its sound.
    muxing = {"movie_timescale": str(RATE_HZ)} if path.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", options=muxing) as file:
        picture: Any = file.add_stream(tape.codec, rate=tape.rate)
        context = picture.codec_context
        width, height = tape.size if tape.rotation_deg % 180 == 0 else tape.size[::-1]
        picture.width, picture.height, picture.pix_fmt = width, height, tape.pixel_format
        context.time_base = picture.time_base = tape.base
        context.sample_aspect_ratio = tape.aspect
        (context.color_range, context.color_primaries, context.color_trc, context.colorspace) = (
            tape.colour
        )
        context.thread_count = 1
        context.options = dict(tape.options)
        if tape.rotation_deg or tape.is_mirrored:
            picture.set_display_rotation(-tape.rotation_deg, hflip=tape.is_mirrored)
        tracks = [_add_sound(file, sound) for sound in tape.sounds]
        for place, stamp in enumerate(tape.ticks):
            frame = _frame(tape, first_number + place)
            frame.pts, frame.time_base = stamp, tape.base
            file.mux(picture.encode(frame))
        file.mux(picture.encode(None))
        for track, sound in zip(tracks, tape.sounds, strict=True):
            _write_sound(file, track, sound, tape, first_number)


def _add_sound(file: Any, sound: Sound) -> Any:
    track = file.add_stream(sound.codec, rate=sound.rate_hz, layout=sound.layout)
    if not sound.codec.startswith("pcm"):
        track.codec_context.bit_rate = 96_000 * track.codec_context.channels
    track.metadata.update(sound.names)
    return track


def _frame(tape: Tape, number: int) -> av.VideoFrame:
    """A moving slope with the bar code of its number, turned as the container will say."""
    width, height = tape.size
    slope = np.add.outer(np.arange(height), np.arange(width)) + number * 3
    luma = (64 + slope % 128).astype(np.uint8)
    draw(luma, number)
    if tape.is_mirrored:
        luma = luma[:, ::-1]
    luma = np.ascontiguousarray(np.rot90(luma, tape.rotation_deg // 90))
    frame = av.VideoFrame.from_ndarray(luma, format="gray")
    return frame.reformat(format=tape.pixel_format, src_color_range=2, dst_color_range=2)


def _write_sound(file: Any, track: Any, sound: Sound, tape: Tape, first_number: int) -> None:
    """Sound along the displayed frames; where stamps jump far, the sound jumps along."""
    ticks = [tick for tick in tape.ticks if tick >= 0]
    length_s = (ticks[-1] - ticks[0]) * tape.base + 1 / tape.rate
    shift_s = tape_times(tape)[first_number] if first_number else Fraction(0)
    count = round((shift_s + length_s) * sound.rate_hz)
    first = max(round(sound.start_s * sound.rate_hz), round(shift_s * sound.rate_hz))
    last = min(round(sound.end_s * sound.rate_hz), count)
    channels = track.codec_context.channels
    wave = np.repeat(sound.samples(count)[first:last], channels)
    begin = round((ticks[0] * tape.base - shift_s) * sound.rate_hz) + first
    size = 1024
    for at in range(0, last - first, size):
        part = wave[None, at * channels : (at + size) * channels]
        block = av.AudioFrame.from_ndarray(part, format="flt", layout=sound.layout)
        block.sample_rate = sound.rate_hz
        block.pts, block.time_base = begin + at, Fraction(1, sound.rate_hz)
        file.mux(track.encode(block))
    file.mux(track.encode(None))


def tape_times(tape: Tape) -> list[Fraction]:
    """Time of each displayed frame since the first one, as written."""
    ticks = [tick for tick in tape.ticks if tick >= 0]
    one = [(tick - ticks[0]) * tape.base for tick in ticks]
    length_s = one[-1] + 1 / tape.rate
    return [part * length_s + time_s for part in range(tape.parts) for time_s in one]


@lru_cache(maxsize=32)
def noise(seed: int, count: int) -> NDArray[np.float32]:
    """Band-limited noise that every codec of sound keeps."""
    raw = np.random.default_rng(seed).normal(0, 0.2, count + 32)
    return np.convolve(raw, np.ones(8) / 8, "same")[:count].astype(np.float32)


@dataclass(frozen=True)
class Shown:
    """What a player shows of a clip: bar codes and times of the frames, from its first one."""

    numbers: list[int | None]
    times_s: list[Fraction]
    size: tuple[int, int]  # upright
    is_damaged: bool


def watch(path: Path) -> Shown:
    """Decode a clip from its beginning and turn its frames upright as its container asks."""
    numbers: list[int | None] = []
    stamps: list[Fraction] = []
    size, is_damaged = (0, 0), False
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            assert frame.pts is not None
            assert frame.time_base is not None
            stamps.append(frame.pts * frame.time_base)
            is_damaged = is_damaged or frame.is_corrupt
            luma = _luma(frame)
            turn_deg, is_mirrored = orientation(display_matrix(frame))
            luma = np.rot90(luma, -(turn_deg // 90))
            if is_mirrored:
                luma = luma[:, ::-1]
            size = (luma.shape[1], luma.shape[0])
            numbers.append(_read(luma))
    return Shown(numbers, [stamp - stamps[0] for stamp in stamps], size, is_damaged)


def _read(luma: NDArray[np.uint8]) -> int | None:
    """The bar code; an odd picture was made even by a row or column at its edge."""
    for rows in (0, 1):
        number = read(luma[: luma.shape[0] - rows])
        if number is not None:
            return number
    return None


def _luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    plane = frame.planes[0]
    deep = frame.format.components[0].bits - 8
    kind = np.uint16 if deep else np.uint8
    rows = np.frombuffer(bytes(plane), kind).reshape(frame.height, -1)[:, : frame.width]
    return np.asarray(rows >> deep, np.uint8)


def listen(path: Path, track: int) -> tuple[NDArray[np.float32], int]:
    """One sound track of a clip as samples from its time 0 on, and its rate."""
    parts: list[tuple[int, NDArray[np.float32]]] = []
    rate_hz = 1
    resampler = av.AudioResampler("flt")
    with av.open(str(path)) as file:
        for frame in file.decode(audio=track):
            assert frame.pts is not None
            assert frame.time_base is not None
            rate_hz = frame.sample_rate
            place = round(frame.pts * frame.time_base * rate_hz)
            channels = frame.layout.nb_channels
            packed = resampler.resample(frame)[0].to_ndarray()[0]
            parts.append((place, packed.reshape(-1, channels)[:, 0]))
    if not parts:
        return np.zeros(0, np.float32), rate_hz
    wave = np.zeros(max(place + len(part) for place, part in parts), np.float32)
    for place, part in parts:
        begin = max(0, -place)
        wave[max(0, place) : place + len(part)] = part[begin:]
    return wave, rate_hz


def lag(heard: NDArray[np.float32], wanted: NDArray[np.float32]) -> tuple[int, float]:
    """By how many samples `heard` comes late against `wanted`, and how alike they then are (0-1).

    Both of the same length.
    """
    size = 2 * len(wanted)
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    alike = np.fft.irfft(product, size)
    peak = int(np.argmax(alike))
    strength = float(alike[peak]) / float(np.linalg.norm(heard) * np.linalg.norm(wanted) + 1e-9)
    return (peak if peak < len(wanted) else peak - size), strength


def evenly(
    rate: Fraction, *, start_s: Fraction = Fraction(0), count: int = COUNT
) -> tuple[int, ...]:
    """Stamps in 1/90000 s, of a steady rate; rounded as cameras round them."""
    return tuple(round((start_s + Fraction(n) / rate) * 90_000) for n in range(count))


def numbers_between(
    tape: Tape, times: Sequence[Fraction], start_s: float, end_s: float
) -> list[int]:
    """Bar codes of the frames with start <= time < end, by the plain rule."""
    near = 1e-6
    chosen = [n for n, t in enumerate(times) if start_s - near <= float(t) < end_s - near]
    return [tape.numbers[n] for n in chosen]
