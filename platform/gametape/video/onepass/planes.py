"""The three planes of a decoded picture as arrays, made smaller, 8-bit and upright.

Works on the decoder's own memory wherever a pixel format allows it; the rest goes through FFmpeg's
scaler. Nothing here knows about time, files or what the picture shows.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]  # y (h, w); u and v (h/2, w/2)

MIN_SIDE = 16  # the smallest picture that H.264 encoders take
OVERSAMPLED = 3  # samples a pixel and direction of very small pictures


@dataclass(frozen=True)
class Turn:
    """What makes a stored picture upright: first swap rows and columns, then mirror."""

    is_transposed: bool = False
    flips_x: bool = False
    flips_y: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether the picture is stored upright."""
        return not (self.is_transposed or self.flips_x or self.flips_y)

    def apply(self, plane: Plane) -> Plane:
        """One plane, upright."""
        turned = plane.T if self.is_transposed else plane
        turned = turned[:, ::-1] if self.flips_x else turned
        return np.ascontiguousarray(turned[::-1] if self.flips_y else turned)


def turn_of(frame: VideoFrame) -> Turn:
    """The turn that a frame's display matrix asks for, to the nearest quarter."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return Turn()
    # Rows (a, b, u), (c, d, v), (x, y, w): a point (x, y) is shown at (a x + c y, b x + d y).
    a, b, _, c, d = np.frombuffer(bytes(cast(Any, data)), np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Turn(is_transposed=True, flips_x=c < 0, flips_y=b < 0)
    return Turn(flips_x=a < 0, flips_y=d < 0)


def proxy_size(
    frame: VideoFrame, sample_aspect: Fraction, turn: Turn, lines: int
) -> tuple[int, int]:
    """Width and height of the upright picture in square pixels: even, at most so many lines high.

    A picture is never made higher than it is; a portrait one is `lines` high too, and narrow.
    """
    width, height = frame.width * sample_aspect, Fraction(frame.height)
    if turn.is_transposed:
        width, height = height, width
    high = max(MIN_SIDE, min(lines, int(height)) // 2 * 2)
    wide = max(MIN_SIDE, round(width / height * high / 2) * 2)
    return wide, high


class Scaler:
    """Scales decoded pictures of any format to 8-bit 4:2:0 planes, as stored (not yet upright)."""

    def __init__(self) -> None:
        self._bits: dict[str, int | None] = {}
        self._reformatters: dict[tuple[int, int], VideoReformatter] = {}

    def scale(
        self,
        frame: VideoFrame,
        sizes: tuple[tuple[int, int], tuple[int, int]],
        out: Planes | None = None,
        *,
        one_field: bool = False,
    ) -> Planes:
        """Planes of (width, height) `sizes`: that of y, and that of u and v.

        Written into `out` where given. `one_field` takes every second line, so that the two moments
        of an interlaced frame do not show as a comb.
        """
        import cv2

        bits = self._bits_of(frame)
        if bits is None:
            frame, bits = self._converted(frame, sizes[0]), 8
            one_field = False
        scaled: list[Plane] = []
        for index in range(3):
            plane: Any = _view(frame, index, bits)
            if one_field:
                plane = plane[::2]
            size = sizes[min(index, 1)]
            into = out[index] if out is not None and bits == 8 else None
            small: Any = cv2.resize(plane, size, dst=into, interpolation=cv2.INTER_LINEAR)
            if bits > 8:
                small = (small >> (bits - 8)).astype(np.uint8)
                if out is not None:
                    out[index][...] = small
            scaled.append(small)
        return scaled[0], scaled[1], scaled[2]

    def _bits_of(self, frame: VideoFrame) -> int | None:
        """Bits a sample where the planes can be read as they are, else None."""
        name = frame.format.name
        if name not in self._bits:
            self._bits[name] = _plain_bits(frame)
        return self._bits[name]

    def _converted(self, frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
        """The picture through FFmpeg's scaler: packed, RGB, palette and other formats."""
        width, height = (max(MIN_SIDE, side + side % 2) for side in size)
        reformatter = self._reformatters.setdefault((width, height), VideoReformatter())
        return reformatter.reformat(
            frame,
            width,
            height,
            "yuv420p",
            interpolation="FAST_BILINEAR",
            src_color_range=frame.color_range or None,
        )


def _plain_bits(frame: VideoFrame) -> int | None:
    form = frame.format
    parts = form.components
    if form.is_rgb or len(parts) < 3 or len({part.plane for part in parts[:3]}) < 3:
        return None
    bits = int(parts[0].bits)
    if bits == 8:
        return bits
    return bits if 8 < bits <= 16 and form.name.endswith("le") else None


def _view(frame: VideoFrame, index: int, bits: int) -> NDArray[Any]:
    """A plane of a frame as an array over the frame's own memory."""
    plane: Any = frame.planes[index]
    samples: NDArray[Any] = np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16)
    return samples.reshape(plane.height, -1)[:, : plane.width]


class Canvas:
    """One upright picture in the encoder's format, drawn again and again in the same memory."""

    def __init__(self, first: VideoFrame, width: int, height: int, turn: Turn) -> None:
        self.frame = VideoFrame(width, height, "yuv420p")
        self.frame.color_range = first.color_range
        self.frame.colorspace = first.colorspace
        self.frame.color_primaries = first.color_primaries
        self.frame.color_trc = first.color_trc
        views = [_view(self.frame, index, 8) for index in range(3)]
        self.planes: Planes = (views[0], views[1], views[2])
        self._turn = turn
        self._scaler = Scaler()
        across = (height, width) if turn.is_transposed else (width, height)
        self._sizes = (across, (across[0] // 2, across[1] // 2))

    def draw(self, frame: VideoFrame) -> None:
        """Scale a decoded frame into the canvas, upright."""
        field = frame.interlaced_frame
        if self._turn.is_nothing:
            self._scaler.scale(frame, self._sizes, self.planes, one_field=field)
            return
        stored = self._scaler.scale(frame, self._sizes, one_field=field)
        for plane, target in zip(stored, self.planes, strict=True):
            target[...] = self._turn.apply(plane)


class Shrinker:
    """Makes very small upright pictures of frames, straight from the decoder's planes.

    About nine samples stand behind each pixel: a tenth of what averaging all of them would cost.
    """

    def __init__(self, first: VideoFrame, width: int, height: int, turn: Turn) -> None:
        self._turn = turn
        self._scaler = Scaler()
        across = (height, width) if turn.is_transposed else (width, height)
        more = min(OVERSAMPLED, first.width // across[0], first.height // across[1])
        self._more = max(1, more)
        self._small = (across, (across[0] // 2, across[1] // 2))
        (w, h), (half_w, half_h) = self._small
        self._sampled = (
            (w * self._more, h * self._more),
            (half_w * self._more, half_h * self._more),
        )

    def shrink(self, frame: VideoFrame) -> Planes:
        """Planes y (height, width), u and v (half of both)."""
        import cv2

        planes = list(self._scaler.scale(frame, self._sampled, one_field=frame.interlaced_frame))
        for index, plane in enumerate(planes):
            if self._more > 1:
                size = self._small[min(index, 1)]
                plane = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
            planes[index] = plane if self._turn.is_nothing else self._turn.apply(plane)
        return planes[0], planes[1], planes[2]
