"""Small moving pictures of stretches of a tape, as animated WebP.

They are looked at, never measured: a picture stands for the moment nearest to its own.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from gametape.video.media import Media, open_media
from gametape.video.onepass.planes import turn_of

SIDE = 240  # pixels of the longer side
MOST_FRAMES = 14
RATE_HZ = 5  # pictures shown a second: 14 of them last 2.8 s, whatever the clip's length
MAX_BYTES = 150_000
QUALITIES = (60, 40, 20)  # the first one that keeps within MAX_BYTES is taken
EFFORT = 2  # of WebP's 0 to 6: 4 takes half as long again for 5 % fewer bytes
KEY_EVERY_S = 1  # proxies have a key frame at least so often: wide steps go from one to another


class Footage:
    """Where pictures are taken from: a proxy or a clip that is open."""

    def __init__(self, media: Media, *, has_near_keys: bool) -> None:
        self._media = media
        self._has_near_keys = has_near_keys
        # A clip's key frames are far apart: what no other frame needs is left out of the decoding.
        self._least: Literal["DEFAULT", "NONREF"] = "DEFAULT" if has_near_keys else "NONREF"
        aspect = media.video.sample_aspect_ratio
        self._sample_aspect = Fraction(aspect) if aspect else Fraction(1)

    def preview(self, start_s: float, end_s: float) -> bytes:
        """A stretch of its time as an animated WebP; same pictures, same bytes."""
        times = moments(Fraction(start_s), Fraction(end_s), MOST_FRAMES)
        return webp([self._small(frame) for frame in self._frames(times)])

    def _frames(self, times: Sequence[Fraction]) -> Iterator[VideoFrame]:
        """The first frame at or after each moment, each frame once; the last one if none is."""
        base, codec = self._media.time_base, self._media.video.codec_context
        is_sparse = self._has_near_keys and times[1] - times[0] > KEY_EVERY_S
        codec.skip_frame = "NONKEY" if is_sparse else self._least
        waiting = [time_s / base for time_s in times]
        self._media.seek(int(waiting[0]))
        last: VideoFrame | None = None
        for frame in self._media.decode():
            assert isinstance(frame, VideoFrame)
            last, pts = frame, frame.pts or 0
            if pts >= waiting[0]:
                yield frame
                last = None
                waiting = [ticks for ticks in waiting if ticks > pts]
            if not waiting:
                return
        if last is not None:  # the footage ends before the stretch does
            yield last

    def _small(self, frame: VideoFrame) -> Image.Image:
        """A frame upright, in square pixels, SIDE long."""
        turn = turn_of(frame)
        wide, high = frame.width * self._sample_aspect, Fraction(frame.height)
        scale = SIDE / max(wide, high)
        small = frame.reformat(
            width=max(1, round(wide * scale)),
            height=max(1, round(high * scale)),
            format="rgb24",
            interpolation="AREA",
        ).to_ndarray()
        if not turn.is_nothing:
            small = np.stack([turn.apply(small[..., c].astype(np.uint8)) for c in range(3)], -1)
        return Image.fromarray(small)


@contextmanager
def open_footage(path: Path, *, has_near_keys: bool) -> Iterator[Footage]:
    """Open an analysis proxy, which has near key frames, or a finished clip."""
    with open_media(path) as media:
        yield Footage(media, has_near_keys=has_near_keys)


def moments(start_s: Fraction, end_s: Fraction, count: int) -> list[Fraction]:
    """Moments spread evenly over a stretch, each in the middle of its share."""
    step = (end_s - start_s) / count
    return [start_s + step * (2 * place + 1) / 2 for place in range(count)]


def webp(pictures: Sequence[Image.Image]) -> bytes:
    """Pictures of one size as an animated WebP that runs for ever."""
    content = b""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        pictures[0].save(
            buffer,
            "WEBP",
            save_all=True,
            append_images=pictures[1:],
            duration=1000 // RATE_HZ,
            loop=0,
            quality=quality,
            method=EFFORT,
        )
        content = buffer.getvalue()
        if len(content) <= MAX_BYTES:
            break
    return content
