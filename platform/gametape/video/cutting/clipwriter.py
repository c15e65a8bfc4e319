"""Writes one clip: H.264 and AAC in MP4, each frame at its own time, sound exact to the sample.

Which frames belong to a clip is decided elsewhere; here they are only written.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import cast

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gametape.profile import ClipSettings
from gametape.video.cutting.clipform import ClipForm, TrackForm
from gametape.video.cutting.encoder import ENCODER_THREADS, Encoder, choose_encoder
from gametape.video.cutting.stretch import SoundBlock

Samples = NDArray[np.float32]  # [channels, samples]

SOUND_BITS_PER_CHANNEL = 96_000
MP4_OPTIONS = {
    "movflags": "+faststart",
    # Edit lists count in this unit; the usual 1/1000 s would cut sound off up to 1 ms early.
    "movie_timescale": "90000",
}


def add_picture(file: OutputContainer, form: ClipForm, settings: ClipSettings) -> VideoStream:
    """A picture track of a form; equal forms and settings give equal parameter sets."""
    encoder = form_encoder(form, settings)
    stream = cast(VideoStream, file.add_stream(encoder.name, rate=form.rate))
    context = stream.codec_context
    stream.width, stream.height, stream.pix_fmt = form.width, form.height, encoder.pixel_format
    context.time_base = form.time_base
    stream.time_base = form.time_base
    context.sample_aspect_ratio = form.sample_aspect
    context.color_range = form.colour.range
    context.color_primaries = form.colour.primaries
    context.color_trc = form.colour.transfer
    context.colorspace = form.colour.matrix
    context.thread_count = ENCODER_THREADS
    if encoder.tag is not None:
        context.codec_tag = encoder.tag
    context.options = dict(encoder.options)
    return stream


def set_decode_stamps(packets: "Sequence[Packet[VideoStream]]") -> None:
    """Give the pictures of a whole clip their stamps of decoding.

    x265 states those of clips shorter than its look-ahead from memory that it never wrote.
    """
    stamps = [packet.pts or 0 for packet in packets]
    shown = sorted(stamps)
    held = max((due - pts for due, pts in zip(shown, stamps, strict=True)), default=0)
    for packet, due in zip(packets, shown, strict=True):
        packet.dts = due - held


def form_encoder(form: ClipForm, settings: ClipSettings) -> Encoder:
    """The encoder that the pictures of a form get."""
    return choose_encoder(
        settings,
        size=(form.width, form.height),
        pixel_format=form.pixel_format,
        rate=form.rate,
        light=form.light,
    )


def add_sound(file: OutputContainer, rate_hz: int, layout: str) -> AudioStream:
    """An AAC track."""
    stream = file.add_stream("aac", rate=rate_hz, layout=layout)
    stream.codec_context.bit_rate = SOUND_BITS_PER_CHANNEL * AudioLayout(layout).nb_channels
    return stream


def name_track(track: AudioStream, form: TrackForm) -> None:
    """Give a track the names and the rank that it has on the tape."""
    track.metadata.update(form.names)
    track.disposition = Disposition.default if form.is_default else Disposition(0)


class SoundLine:
    """An AAC track that is filled sample by sample: gaps become silence, overlaps are dropped."""

    def __init__(self, file: OutputContainer, rate_hz: int, layout: str) -> None:
        self._file = file
        self._layout = layout
        self._rate_hz = rate_hz
        self._channels = AudioLayout(layout).nb_channels
        self._stream = add_sound(file, rate_hz, layout)
        self.written = 0  # samples so far

    @classmethod
    def of(cls, file: OutputContainer, form: TrackForm) -> "SoundLine":
        """The same under the names that the tape gives its track."""
        line = cls(file, form.rate_hz, form.layout)
        name_track(line._stream, form)
        return line

    def put(self, at: int, samples: Samples) -> None:
        """Write samples so that the first lands at `at`; what is already written stays."""
        skip = max(0, self.written - at)
        if skip >= samples.shape[1]:
            return
        self.pad(at)
        self._encode(samples[:, skip:])

    def pad(self, until: int) -> None:
        """Write silence until so many samples stand."""
        while self.written < until:
            count = min(until - self.written, self._rate_hz)
            self._encode(np.zeros((self._channels, count), np.float32))

    def close(self) -> None:
        """Write out what the encoder still holds."""
        self._file.mux(self._stream.encode(None))

    def _encode(self, samples: Samples) -> None:
        # Packed: PyAV cannot take eight channels in planes of their own.
        block = np.ascontiguousarray(samples.T, np.float32).reshape(1, -1)
        frame = AudioFrame.from_ndarray(block, format="flt", layout=self._layout)
        frame.sample_rate = self._rate_hz
        frame.pts, frame.time_base = self.written, Fraction(1, self._rate_hz)
        self.written += samples.shape[1]
        self._file.mux(self._stream.encode(frame))


class ClipWriter:
    """One clip being written; its time 0 is the time of its first frame."""

    def __init__(self, file: OutputContainer, form: ClipForm, settings: ClipSettings) -> None:
        self._file = file
        self._form = form
        self._picture = add_picture(file, form, settings)
        self.encoder = form_encoder(form, settings).name
        self._sounds = [SoundLine.of(file, sound) for sound in form.sounds]
        # Sound ahead of the picture, of each track.
        self._waiting: list[list[SoundBlock]] = [[] for _ in form.sounds]
        self.pts: list[int] = []  # of the tape, of each frame written
        self._last_duration = 0
        self._is_begun = False  # has the encoder given a picture?

    @property
    def zero_s(self) -> Fraction:
        """Stamp of the first frame in seconds, as the tape counts."""
        return self.pts[0] * self._form.time_base

    def picture(self, frame: VideoFrame) -> None:
        """Write the next frame, which is in its written form already."""
        pts = frame.pts
        assert pts is not None, "the door to media yields no frame without a stamp"
        self.pts.append(pts)
        # A frame may be shared with other clips, so its stamp is put back.
        frame.pts = pts - self.pts[0]
        self._mux(self._picture.encode(frame))
        frame.pts = pts
        self._release(pts * self._form.time_base)

    def sound(self, block: SoundBlock) -> None:
        """Take sound."""
        self._waiting[block.track].append(block)

    def close(self, end_pts: int) -> None:
        """End the clip where its last frame ends on the tape; sound ends with it."""
        self._last_duration = max(1, end_pts - self.pts[-1])
        packets = self._picture.encode(None)
        if not self._is_begun:
            set_decode_stamps(packets)
        self._mux(packets)
        self._release(end_pts * self._form.time_base)
        length_s = (end_pts - self.pts[0]) * self._form.time_base
        for line, form in zip(self._sounds, self._form.sounds, strict=True):
            line.pad(round(length_s * form.rate_hz))
            line.close()

    def _release(self, until_s: Fraction) -> None:
        """Write waiting sound up to a time of the tape: what comes later may not belong here."""
        for track, (line, form) in enumerate(zip(self._sounds, self._form.sounds, strict=True)):
            zero = round(self.zero_s * form.rate_hz)
            limit = zero + round((until_s - self.zero_s) * form.rate_hz)
            for block in self._waiting[track]:
                first, last = max(block.at, zero), min(block.end, limit)
                if first < last:
                    line.put(first - zero, block.samples[:, first - block.at : last - block.at])
            self._waiting[track] = [block for block in self._waiting[track] if block.end > limit]

    def _mux(self, packets: "Sequence[Packet[VideoStream]]") -> None:
        for packet in packets:
            self._is_begun = True
            if self._last_duration and packet.pts == self.pts[-1] - self.pts[0]:
                packet.duration = self._last_duration
            self._file.mux(packet)
