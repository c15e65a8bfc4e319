"""The sound of a tape as 16 kHz mono samples in step with its picture.

Sample 0 is the moment of the first displayed frame: earlier sound is cut off, missing sound is
silence. What the sound says is judged elsewhere.
"""

import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

Samples = NDArray[np.int16]

RATE_HZ = 16_000
# Stamps are rounded by containers; only a larger step than this is a gap or an overlap.
TOLERANCE_S = 0.02
# Frames of sound are tiny, and each call of the resampler costs the same: they are joined first.
JOIN_S = 0.5
# Samples are handed on in blocks of this length: a second.
BLOCK = RATE_HZ


class WavWriter:
    """A WAV file that appears under its name once it is whole; without samples it never does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aside = path.with_name(f".{path.name}.writing")
        self._file: wave.Wave_write | None = None

    def put(self, samples: Samples) -> None:
        """Write the next samples."""
        if self._file is None:
            self._file = wave.Wave_write(str(self._aside))
            self._file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        self._file.writeframesraw(samples.tobytes())

    def close(self) -> None:
        """End the file and put it in place."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._aside.replace(self._path)

    def discard(self) -> None:
        """Leave nothing of an unfinished file; a finished one stays."""
        if self._file is not None:
            self._file.close()
        self._aside.unlink(missing_ok=True)


class SoundTrack:
    """Turns decoded sound into one unbroken line of samples, handed on in blocks."""

    def __init__(self, *, limit_s: Fraction | None = None) -> None:
        self._limit = None if limit_s is None else round(limit_s * RATE_HZ)
        self._zero_s: Fraction | None = None
        self._early: list[AudioFrame] = []  # sound stored before the first picture
        self._sinks: Sequence[Callable[[Samples], None]] = ()
        self._resampler: AudioResampler | None = None
        self._form: tuple[object, ...] = ()
        self._joined: list[AudioFrame] = []  # unbroken, not yet resampled
        self._joined_count = 0
        self._expected_s = 0.0  # where the next sound begins if nothing is missing
        self._at = 0  # where the resampler's next sample belongs
        self._waiting: list[Samples] = []
        self._waiting_count = 0
        self.written = 0  # samples handed on or waiting
        self.silence = 0  # samples of silence put in for missing sound

    def begin(self, zero_s: Fraction, sinks: Sequence[Callable[[Samples], None]]) -> None:
        """Say when the first picture is displayed, and who wants samples."""
        self._zero_s, self._sinks = zero_s, sinks
        early, self._early = self._early, []
        for frame in early:
            self.take(frame)

    def take(self, frame: AudioFrame) -> None:
        """Take the next decoded sound."""
        if self._zero_s is None:
            self._early.append(frame)
            return
        start_s = self._expected_s
        if frame.pts is not None and frame.time_base is not None:
            start_s = float(frame.pts * frame.time_base - self._zero_s)
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        is_broken = abs(start_s - self._expected_s) > TOLERANCE_S
        if self._resampler is None or form != self._form or is_broken:
            self._flush()
            self._resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
            self._form = form
            self._at = round(start_s * RATE_HZ)
            self._expected_s = start_s
        self._expected_s += frame.samples / frame.sample_rate
        self._joined.append(frame)
        self._joined_count += frame.samples
        if self._joined_count >= frame.sample_rate * JOIN_S:
            self._resample()

    @property
    def is_full(self) -> bool:
        """Whether all sound before the limit has been taken."""
        return self._limit is not None and self._expected_s * RATE_HZ >= self._limit

    def finish(self) -> None:
        """Hand on all that is left."""
        self._flush()
        self._hand_on()

    def _flush(self) -> None:
        if self._resampler is not None:
            self._resample()
            self._resample(is_last=True)
            self._resampler = None

    def _resample(self, *, is_last: bool = False) -> None:
        """Resample what has been joined, or get what the resampler still holds."""
        if self._resampler is None or not (is_last or self._joined):
            return
        whole = None if is_last else joined(self._joined)
        self._joined, self._joined_count = [], 0
        for part in self._resampler.resample(whole):
            samples = np.asarray(part.to_ndarray(), np.int16).reshape(-1)
            self._put(samples)
            self._at += len(samples)

    def _put(self, samples: Samples) -> None:
        """Place samples at `_at`: a gap before them becomes silence, an overlap is dropped."""
        last = self._at + len(samples)
        if self._limit is not None:
            last = min(last, self._limit)
        missing = min(self._at, last) - self.written
        while missing > 0:
            count = min(missing, BLOCK)
            self.silence += count
            self._wait(np.zeros(count, np.int16))
            missing -= count
        if last > self.written:
            self._wait(samples[self.written - self._at : last - self._at])

    def _wait(self, samples: Samples) -> None:
        self._waiting.append(samples)
        self._waiting_count += len(samples)
        self.written += len(samples)
        if self._waiting_count >= BLOCK:
            self._hand_on()

    def _hand_on(self) -> None:
        if not self._waiting:
            return
        block = np.concatenate(self._waiting)
        self._waiting, self._waiting_count = [], 0
        for sink in self._sinks:
            sink(block)


def joined(frames: Sequence[AudioFrame]) -> AudioFrame:
    """Sound of one form that follows on, as one frame without a stamp."""
    first = frames[0]
    samples = sum(frame.samples for frame in frames)
    whole = AudioFrame(format=first.format.name, layout=first.layout.name, samples=samples, align=1)
    whole.sample_rate = first.sample_rate
    a_sample = first.format.bytes * (1 if first.format.is_planar else first.layout.nb_channels)
    for index, plane in enumerate(whole.planes):
        parts = (memoryview(one.planes[index])[: one.samples * a_sample] for one in frames)
        plane.update(b"".join(parts))
    return whole
