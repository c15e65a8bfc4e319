"""The sound of a reel: each clip's to the sample, faded only where one would jump to the next.

AAC cannot be joined by copying without adding up to 2,047 samples a clip, so it is written anew.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from gametape.video.cutting.clipform import AAC_RATES_HZ, FALLBACK_RATE_HZ
from gametape.video.cutting.stretch import SoundForm
from gametape.video.joining.parts import Part
from gametape.video.media import Media, open_media

Samples = NDArray[np.float32]  # [channels, samples]

FADE_S = Fraction(5, 1000)  # long enough against a click, too short to be heard as a fade
LISTEN_S = Fraction(20, 1000)  # either side of a join, to know how rough the sound is there
# Measured on 240 joins of three broadcasts, written as AAC: where a clip goes on with the very next
# sample, a join is 0.2 to 0.7 (medians) and up to 2.6 to 4.6 (98 %) times as rough as what is
# around it; where it goes on elsewhere 0.9 to 1.7 (medians) and up to 25. Below 3 none stands out.
ROUGHER = 3.0
RAGGED_SAMPLES = 16  # at either end of a clip AAC, which lacks what followed, is rough itself
INAUDIBLE = 0.001  # -60 dB: no step below it is a click
TAIL_SAMPLES = 256  # more than any converter of rates holds back


@dataclass(frozen=True)
class SoundKind:
    """What the reel's sound is written as."""

    rate_hz: int
    layout: str

    @property
    def channels(self) -> int:
        """How many there are."""
        return 1 if self.layout == "mono" else 2

    def samples(self, time_s: Fraction) -> int:
        """The sample at a time."""
        return round(time_s * self.rate_hz)


@dataclass(frozen=True)
class Edges:
    """The first and the last moments of a clip's sound."""

    head: Samples
    tail: Samples


def sound_kind(parts: Sequence[Part]) -> SoundKind | None:
    """The rate that most of the time has, stereo if any clip is; None if all are mute."""
    lengths: dict[int, Fraction] = defaultdict(Fraction)
    for part in parts:
        if part.sound is not None:
            lengths[part.sound[0]] += part.length_s
    if not lengths:
        return None
    rate_hz = max(lengths, key=lambda rate: lengths[rate])
    is_stereo = any(part.sound is not None and part.sound[1] == "stereo" for part in parts)
    return SoundKind(
        rate_hz if rate_hz in AAC_RATES_HZ else FALLBACK_RATE_HZ, "stereo" if is_stereo else "mono"
    )


def clip_sound(part: Part, kind: SoundKind, length: int) -> Iterator[tuple[int, Samples]]:
    """A clip's sound as (sample from its first frame, samples), none outside 0 to `length`."""
    if part.sound is None:
        return
    zero = kind.samples(part.first_pts * part.time_base)
    form = SoundForm(kind.rate_hz, kind.layout)
    with open_media(part.path) as media:
        for frame in _frames(media, is_converted=part.sound[0] != kind.rate_hz):
            block = form.block(frame)
            if block is None:
                continue
            at = block.at - zero
            first, last = max(0, -at), min(block.samples.shape[1], length - at)
            if first < last:
                yield at + first, block.samples[:, first:last]


def edges_of(part: Part, kind: SoundKind, length: int) -> Edges:
    """Listen to the ends of a clip; where it is mute there is silence."""
    count = kind.samples(LISTEN_S)
    head = np.zeros((kind.channels, count), np.float32)
    tail = np.zeros((kind.channels, count), np.float32)
    for at, samples in clip_sound(part, kind, length):
        _lay(head, samples, at)
        _lay(tail, samples, at - (length - count))
    return Edges(head, tail)


def silence(kind: SoundKind) -> Edges:
    """What a card sounds like, and all that is before and after a reel."""
    mute = np.zeros((kind.channels, kind.samples(LISTEN_S)), np.float32)
    return Edges(mute, mute)


def jumps(tail: Samples, head: Samples) -> bool:
    """Whether sound that goes on from `tail` to `head` would click.

    Roughness is the second difference: a step and a kink both show in it, a smooth course does not.
    """
    for before, after in zip(tail, head, strict=True):
        usual = max(_roughness(before[:-RAGGED_SAMPLES]), _roughness(after[RAGGED_SAMPLES:]))
        join = _roughness(np.concatenate((before[-2:], after[:2])))
        if join > ROUGHER * usual + INAUDIBLE:
            return True
    return False


def fades(edges: Sequence[Edges], kind: SoundKind, *, has_cards: bool) -> list[tuple[bool, bool]]:
    """For each clip: does its sound come up at its beginning, does it go down at its end?"""
    mute = silence(kind)
    ends: list[tuple[bool, bool]] = []
    for number, edge in enumerate(edges):
        before = mute if has_cards or number == 0 else edges[number - 1]
        after = mute if has_cards or number == len(edges) - 1 else edges[number + 1]
        ends.append((jumps(before.tail, edge.head), jumps(edge.tail, after.head)))
    return ends


def faded(
    samples: Samples, at: int, length: int, kind: SoundKind, ends: tuple[bool, bool]
) -> Samples:
    """Samples `at` and following of a clip so many samples long, with fades at its ends."""
    if not any(ends):
        return samples
    places = np.arange(at, at + samples.shape[1], dtype=np.float32)
    gain = np.ones_like(places)
    fade = np.float32(max(1, kind.samples(FADE_S)))
    if ends[0]:
        gain = np.minimum(gain, places / fade)
    if ends[1]:
        gain = np.minimum(gain, (length - 1 - places) / fade)
    return np.asarray(samples * np.clip(gain, 0, 1), np.float32)


def _frames(media: Media, *, is_converted: bool) -> Iterator[AudioFrame]:
    """Decoded sound; a bad packet is left out, and silence takes its place."""
    last: AudioFrame | None = None
    for packet in media.packets(media.audio[0]):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            if isinstance(frame, AudioFrame):
                last = frame
                yield frame
    if is_converted and last is not None:
        # A converter of rates gives its last samples only when more come.
        more = AudioFrame(last.format.name, last.layout.name, TAIL_SAMPLES)
        for plane in more.planes:
            plane.update(bytes(plane.buffer_size))
        more.sample_rate = last.sample_rate
        yield more


def _lay(onto: Samples, samples: Samples, at: int) -> None:
    """Write samples where they overlap."""
    first, last = max(0, at), min(onto.shape[1], at + samples.shape[1])
    if first < last:
        onto[:, first:last] = samples[:, first - at : last - at]


def _roughness(samples: NDArray[np.float32]) -> float:
    return float(np.abs(np.diff(samples, 2)).max(initial=0.0))
