"""Reads a stretch of a tape from an exact frame on, with the sound that belongs to it.

Landing is checked, never believed: a seek that comes down late is repeated from further back, and
at last the tape is read from its beginning. What is done with the frames is elsewhere.
"""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from gametape.errors import InputError
from gametape.schema import Source
from gametape.video.cutting.clipform import TrackForm
from gametape.video.media import Media, open_media

# How far before the wanted frame to look for a key frame, one after another. The first leaves room
# for the sound: its decoders need a few packets to be right again after a seek.
BACK_S = (0.25, 3.0, 15.0)
# Sound stamps wobble by the container's rounding (1 ms in Matroska and FLV); more is a real gap.
WOBBLE_S = Fraction(3, 1000)


@dataclass(frozen=True)
class SoundBlock:
    """Sound of the tape: float32[channels, samples]; `at` counts samples from stamp 0."""

    at: int
    samples: NDArray[np.float32]
    rate_hz: int
    track: int = 0  # place among the sounds of the clips' form

    @property
    def end(self) -> int:
        """The sample after the last one."""
        return self.at + int(self.samples.shape[1])

    @property
    def end_s(self) -> Fraction:
        """Where it ends, as the tape's stamps count."""
        return Fraction(self.end, self.rate_hz)


class SoundForm:
    """Brings decoded sound to one rate and layout, and gives each block its exact place."""

    def __init__(self, rate_hz: int, layout: str, *, track: int = 0) -> None:
        self._rate_hz = rate_hz
        self._layout = layout
        self._track = track
        self._channels = AudioLayout(layout).nb_channels
        self._converters: dict[tuple[str, str, int], AudioResampler] = {}
        self._next: int | None = None

    def block(self, frame: AudioFrame) -> SoundBlock | None:
        """A decoded frame as a block; None if it holds nothing or cannot be placed."""
        place = self._next
        if frame.pts is not None and frame.time_base is not None:
            stated = round(frame.pts * frame.time_base * self._rate_hz)
            if place is None or abs(stated - place) > WOBBLE_S * self._rate_hz:
                place = stated
        if place is None:
            return None
        parts = [part.to_ndarray()[0] for part in self._converter(frame).resample(frame)]
        if not parts:
            return None
        samples = np.concatenate(parts).reshape(-1, self._channels).T
        self._next = place + samples.shape[1]
        return SoundBlock(place, samples, self._rate_hz, self._track)

    def _converter(self, frame: AudioFrame) -> AudioResampler:
        # A broadcast may go from stereo to 5.1 half way; each kind has its own converter.
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind not in self._converters:
            # Packed: PyAV cannot give eight channels in planes of their own.
            self._converters[kind] = AudioResampler("flt", self._layout, self._rate_hz)
        return self._converters[kind]


class TapeReader:
    """A tape from which stretches are read, one after another."""

    def __init__(self, path: Path, source: Source) -> None:
        self._path = path
        self._start_pts = source.video.start_pts
        self._stack = ExitStack()
        self._media = self._open()
        self._sounds: tuple[TrackForm, ...] = ()
        # Where stamps began anew, a stamp of ours is none of the file's: seeking would mislead.
        self.is_seekable = not any(finding.code == "restart" for finding in source.findings)

    def close(self) -> None:
        """Close the tape."""
        self._stack.close()

    @property
    def step(self) -> int:
        """Ticks that a frame usually lasts."""
        return self._media.step

    def sound_tracks(self) -> list[AudioStream]:
        """All sound tracks, in the order in which the tape's description has them."""
        return self._media.audio

    def first_frame(self) -> VideoFrame:
        """The first displayed frame of the tape; to be called before anything else is read."""
        return next(f for f in self._media.decode() if isinstance(f, VideoFrame))

    def set_sounds(self, sounds: tuple[TrackForm, ...]) -> None:
        """Yield these sounds too from now on, in their forms."""
        self._sounds = sounds

    def read(self, start_pts: int) -> Iterator[VideoFrame | SoundBlock]:
        """Frames from the first at or after a stamp, with the sound from about there on."""
        for back_s in BACK_S if self.is_seekable else ():
            # Opened anew (3 to 5 ms): an AAC decoder keeps the state of its noise over a seek, and
            # so a clip's bytes would depend on what was read before it.
            self._media = self._open()
            self._media.seek(start_pts - round(Fraction(back_s) / self._media.time_base))
            pieces = self._pieces()
            # At last only a late picture counts: damage or a gap in the sound may be the tape's.
            ahead = None
            # After the last key frame of a transport stream nothing can be decoded.
            with suppress(InputError):
                ahead = self._landed(pieces, start_pts, is_strict=back_s != BACK_S[-1])
            if ahead is not None:
                yield from ahead
                yield from pieces
                return
        self._media = self._open()
        for piece in self._pieces():
            if not isinstance(piece, VideoFrame) or _stamp(piece) >= start_pts:
                yield piece

    def _landed(
        self, pieces: Iterator[VideoFrame | SoundBlock], start_pts: int, *, is_strict: bool
    ) -> list[VideoFrame | SoundBlock] | None:
        """What was read up to the wanted frame, that included; None if the seek came down late."""
        ahead: list[VideoFrame | SoundBlock] = []
        heard: set[int] = set()
        is_before = False
        for piece in pieces:
            if isinstance(piece, SoundBlock):
                is_first = piece.track not in heard
                if is_strict and is_first and not self._is_sound_early(piece, start_pts):
                    return None
                heard.add(piece.track)
                ahead.append(piece)
                continue
            pts = _stamp(piece)
            is_before = is_before or pts <= start_pts or pts == self._start_pts
            if not is_before:
                return None
            if pts >= start_pts:
                # Damage right after a seek: the decoder lacks what came before, so look there.
                return None if is_strict and piece.is_corrupt else [*ahead, piece]
            ahead = [block for block in ahead if self._is_wanted(block, start_pts)]
        return None

    def _is_sound_early(self, block: SoundBlock, start_pts: int) -> bool:
        wanted_s = max(start_pts, self._start_pts) * self._media.time_base
        return block.at <= wanted_s * block.rate_hz

    def _is_wanted(self, block: VideoFrame | SoundBlock, start_pts: int) -> bool:
        if isinstance(block, VideoFrame):
            return True
        return block.end_s > start_pts * self._media.time_base

    def _pieces(self) -> Iterator[VideoFrame | SoundBlock]:
        media = self._media
        tracks = [media.audio[sound.place] for sound in self._sounds]
        forms = {
            track.index: SoundForm(sound.rate_hz, sound.layout, track=number)
            for number, (track, sound) in enumerate(zip(tracks, self._sounds, strict=True))
        }
        for frame in media.decode(sounds=tracks):
            if isinstance(frame, VideoFrame):
                yield frame
            elif (block := forms[media.heard].block(frame)) is not None:
                yield block

    def _open(self) -> Media:
        self._stack.close()
        return self._stack.enter_context(open_media(self._path))


def _stamp(frame: VideoFrame) -> int:
    assert frame.pts is not None, "the door to media yields no frame without a stamp"
    return frame.pts
