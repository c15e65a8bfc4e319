"""Writes a proxy: H.264 at a constant rate with close key frames, and AAC.

Which picture belongs to which tick is decided in `proxy`; here they are only encoded.
"""

from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gametape.profile import ProxySettings

SOUND_RATE_HZ = 16_000
SOUND_BITS = 48_000
# One thread: the number of x264's threads changes the bytes, and costs more than it brings here.
ENCODER_THREADS = 1
# Frames are given back at once, and none is analysed ahead: a fifth of the encoder's work.
TUNE = "zerolatency"


class ProxyWriter:
    """One proxy being written; tick 0 is the tape's first displayed frame."""

    def __init__(
        self,
        file: OutputContainer,
        like: VideoFrame,
        rate: Fraction,
        settings: ProxySettings,
        *,
        has_sound: bool,
    ) -> None:
        self._file = file
        self._rate = rate
        self._picture = _add_picture(file, like, rate, settings)
        self._sound = (
            file.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono") if has_sound else None
        )
        if self._sound is not None:
            self._sound.codec_context.bit_rate = SOUND_BITS
            # The default search costs twice as much for no audible gain in a working copy.
            self._sound.codec_context.options = {"aac_coder": "fast"}
        self._samples = 0
        self._waiting: list[VideoFrame] = []
        self.frames = 0

    def picture(self, frame: VideoFrame) -> None:
        """Take the picture of the next tick; it must stay as it is until `encode`."""
        self._waiting.append(frame)

    def encode(self) -> None:
        """Write all pictures taken so far; what they were drawn on may be drawn over afterwards."""
        for frame in self._waiting:
            frame.pts = self.frames
            frame.time_base = 1 / self._rate
            self.frames += 1
            for packet in self._picture.encode(frame):
                self._file.mux(packet)
        self._waiting.clear()

    def sound(self, samples: NDArray[np.int16]) -> None:
        """Write the next samples, 16 kHz mono."""
        if self._sound is None or not len(samples):
            return
        block = samples.astype(np.float32)[None, :] / 32768
        frame = AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate = SOUND_RATE_HZ
        frame.pts, frame.time_base = self._samples, Fraction(1, SOUND_RATE_HZ)
        self._samples += len(samples)
        self._file.mux(self._sound.encode(frame))

    def close(self) -> None:
        """Write out what was taken, and what the encoders still hold."""
        self.encode()
        self._file.mux(self._picture.encode(None))
        if self._sound is not None and self._samples:
            self._file.mux(self._sound.encode(None))


def _add_picture(
    file: OutputContainer, like: VideoFrame, rate: Fraction, settings: ProxySettings
) -> VideoStream:
    stream = file.add_stream("libx264", rate=rate)
    context = stream.codec_context
    stream.width, stream.height, stream.pix_fmt = like.width, like.height, "yuv420p"
    context.time_base = stream.time_base = 1 / rate
    context.gop_size = max(1, int(settings.gop_s * rate))
    context.color_range = like.color_range
    context.color_primaries = like.color_primaries
    context.color_trc = like.color_trc
    context.colorspace = like.colorspace
    context.thread_count = ENCODER_THREADS
    context.options = {
        "preset": settings.preset,
        # For a rate factor x264 would look at every frame once more: a fifth of all its work.
        "qp": str(settings.quantizer),
        "tune": TUNE,
        # Grain is left out sooner: a tenth less work and a fifth fewer bytes. Colours are kept less
        # finely than brightness: a tenth of both again.
        "x264-params": "deadzone-inter=32:deadzone-intra=20:chroma-qp-offset=6",
    }
    return stream
