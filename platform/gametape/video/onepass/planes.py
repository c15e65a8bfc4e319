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
    """Scales decoded pictures of any format to 8-bit 4:2:0 planes, as stored (not yet upright).

    One for all who scale the same frames: half a picture, averaged, is what several of them need.
    """

    def __init__(self) -> None:
        self._bits: dict[str, int | None] = {}
        self._reformatters: dict[tuple[int, int], VideoReformatter] = {}
        self._halved: tuple[VideoFrame | None, NDArray[Any] | None] = (None, None)

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
        if self._bits_of(frame) is None:
            frame, one_field = self._converted(frame, sizes[0]), False
        luma = self.luma(frame, sizes[0], out and out[0], one_field=one_field)
        u, v = self.colours(frame, sizes[1], out and out[1:], one_field=one_field)
        return luma, u, v

    def luma(
        self,
        frame: VideoFrame,
        size: tuple[int, int],
        out: Plane | None = None,
        *,
        one_field: bool = False,
        skips: bool = False,
        picks: bool = False,
    ) -> Plane:
        """The plane y; `skips` leaves out most of the pixels of a large picture.

        `picks` leaves out pixels of half a picture, so that each that stays is the mean of four.
        """
        bits = self._bits_of(frame)
        if bits is None:
            return _scaled(_view(self._converted(frame, size), 0, 8), size, 8, out)
        plane: NDArray[Any] = _view(frame, 0, bits)[:: 2 if one_field else 1]
        if not skips and plane.shape[1] >= 2 * size[0] and plane.shape[0] >= 2 * size[1]:
            plane = self._half(frame, plane)
            return _scaled(plane, size, bits, out, is_picked=picks)
        return _scaled(plane, size, bits, out)

    def colours(
        self,
        frame: VideoFrame,
        size: tuple[int, int],
        out: tuple[Plane, Plane] | None = None,
        *,
        one_field: bool = False,
    ) -> tuple[Plane, Plane]:
        """The planes u and v."""
        bits = self._bits_of(frame)
        if bits is None:
            frame = self._converted(frame, (2 * size[0], 2 * size[1]))
            one_field = False
        step = 2 if one_field else 1
        u, v = (
            _scaled(_view(frame, 1 + index, bits or 8)[::step], size, bits or 8, out and out[index])
            for index in range(2)
        )
        return u, v

    def _half(self, frame: VideoFrame, plane: NDArray[Any]) -> NDArray[Any]:
        """A frame's plane y at half its width and height, made once."""
        import cv2

        known, half = self._halved
        if half is None or known is not frame:
            height, width = plane.shape
            half = cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
            self._halved = (frame, half)
        return half

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


def _scaled(
    plane: NDArray[Any],
    size: tuple[int, int],
    bits: int,
    out: Plane | None,
    *,
    is_picked: bool = False,
) -> Plane:
    """A plane of so many bits a sample in another size and 8 bits, in `out` where given."""
    import cv2

    into = out if bits == 8 else None
    how = cv2.INTER_NEAREST if is_picked else cv2.INTER_LINEAR
    step = _odd_step(plane, size)
    if step > 1 and out is None and not is_picked:
        # Every sample lies on a pixel: OpenCV would find the same ones, in five times the time.
        small: Any = np.ascontiguousarray(plane[step // 2 :: step, step // 2 :: step])
    else:
        small = cv2.resize(plane, size, dst=into, interpolation=how)
    if bits > 8:
        small = (small >> (bits - 8)).astype(np.uint8)
        if out is not None:
            out[...] = small
    return cast(Plane, small)


def _odd_step(plane: NDArray[Any], size: tuple[int, int]) -> int:
    """How many times larger a plane is than a size, where that is odd and the same each way."""
    step = plane.shape[1] // size[0]
    is_whole = plane.shape == (size[1] * step, size[0] * step)
    return step if is_whole and step % 2 else 0


def _view(frame: VideoFrame, index: int, bits: int) -> NDArray[Any]:
    """A plane of a frame as an array over the frame's own memory."""
    plane: Any = frame.planes[index]
    samples: NDArray[Any] = np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16)
    return samples.reshape(plane.height, -1)[:, : plane.width]


class Canvas:
    """One upright picture in the encoder's format, drawn again and again in the same memory."""

    def __init__(
        self, first: VideoFrame, width: int, height: int, turn: Turn, scaler: Scaler
    ) -> None:
        self.frame = VideoFrame(width, height, "yuv420p")
        self.frame.color_range = first.color_range
        self.frame.colorspace = first.colorspace
        self.frame.color_primaries = first.color_primaries
        self.frame.color_trc = first.color_trc
        views = [_view(self.frame, index, 8) for index in range(3)]
        self.planes: Planes = (views[0], views[1], views[2])
        self._turn = turn
        self._scaler = scaler
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
    """Makes very small upright pictures of frames.

    About nine samples stand behind each pixel: a tenth of what averaging all of them would cost.
    """

    def __init__(
        self, first: VideoFrame, width: int, height: int, turn: Turn, scaler: Scaler
    ) -> None:
        self._turn = turn
        self._scaler = scaler
        across = (height, width) if turn.is_transposed else (width, height)
        more = min(OVERSAMPLED, first.width // across[0], first.height // across[1])
        self._more = max(1, more)
        self._size = across

    def luma(self, frame: VideoFrame) -> Plane:
        """The plane y, (height, width)."""
        width, height = self._size
        sampled = (width * self._more, height * self._more)
        plane = self._scaler.luma(frame, sampled, one_field=frame.interlaced_frame, picks=True)
        return self._averaged(plane, self._size)

    def colours(self, frame: VideoFrame) -> tuple[Plane, Plane]:
        """The planes u and v, half as wide and high."""
        half = (self._size[0] // 2, self._size[1] // 2)
        sampled = (half[0] * self._more, half[1] * self._more)
        u, v = self._scaler.colours(frame, sampled, one_field=frame.interlaced_frame)
        return self._averaged(u, half), self._averaged(v, half)

    def _averaged(self, plane: Plane, size: tuple[int, int]) -> Plane:
        import cv2

        if self._more > 1:
            plane = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
        return plane if self._turn.is_nothing else self._turn.apply(plane)
