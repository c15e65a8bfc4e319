"""What a tape's first frames state of themselves: which way up, which colours, which fields.

Values only; their meaning in words is in `findings`.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from av.buffer import Buffer
from av.video.frame import VideoFrame

from gametape.video.media import Media

# Names as in ITU-T H.273, which all codecs share; FFmpeg spells them like this.
PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    11: "smpte431",
    12: "smpte432",
}
TRANSFERS = {
    1: "bt709",
    4: "gamma22",
    5: "gamma28",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    11: "iec61966-2-4",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    18: "arib-std-b67",
}
SPACES = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    14: "ictcp",
}
RANGES = {1: "limited", 2: "full"}
HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
# An aspect beyond this is a broken header: anamorphic film is 2:1.
MAX_ASPECT = 4
# Scalers state 1280:1281 and the like to make up for a width rounded to even.
NEARLY_SQUARE = Fraction(1, 100)


@dataclass(frozen=True)
class Looks:
    """The picture as its first frames state it."""

    width: int  # as coded
    height: int
    display_width: int  # square pixels, upright
    display_height: int
    sample_aspect: Fraction
    rotation_deg: int
    is_mirrored: bool
    pixel_format: str
    depth_bits: int
    is_interlaced: bool
    is_hdr: bool
    has_dolby_vision: bool
    color_range: str | None
    color_primaries: str | None
    color_transfer: str | None
    color_space: str | None


def look(media: Media, frames: Sequence[VideoFrame]) -> Looks:
    """Read the looks of a tape off its first frames (at least one)."""
    frame = frames[0]
    rotation_deg, is_mirrored = orientation(display_matrix(frame))
    aspect = sample_aspect(media)
    width, height = frame.width, frame.height
    shown = (round(width * aspect), height)
    upright = shown if rotation_deg % 180 == 0 else (shown[1], shown[0])
    transfer = TRANSFERS.get(frame.color_trc)
    dolby = any("DOVI_METADATA" in _side_data(f) for f in frames)
    return Looks(
        width=width,
        height=height,
        display_width=upright[0],
        display_height=upright[1],
        sample_aspect=aspect,
        rotation_deg=rotation_deg,
        is_mirrored=is_mirrored,
        pixel_format=frame.format.name,
        depth_bits=max(component.bits for component in frame.format.components),
        is_interlaced=any(f.interlaced_frame for f in frames),
        is_hdr=transfer in HDR_TRANSFERS or dolby,
        has_dolby_vision=dolby,
        color_range=RANGES.get(frame.color_range),
        color_primaries=PRIMARIES.get(frame.color_primaries),
        color_transfer=transfer,
        color_space=SPACES.get(frame.colorspace),
    )


def sample_aspect(media: Media) -> Fraction:
    """Width of a stored pixel over its height; 1 where nothing sensible is stated."""
    aspect = media.video.sample_aspect_ratio
    if not aspect or not Fraction(1, MAX_ASPECT) <= aspect <= MAX_ASPECT:
        return Fraction(1)
    if abs(aspect - 1) < NEARLY_SQUARE:
        return Fraction(1)
    return Fraction(aspect)


def display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    """The nine numbers by which a container turns its picture; None when it does not."""
    side = _side_data(frame).get("DISPLAYMATRIX")
    return None if side is None else struct.unpack("=9i", bytes(side)[:36])


def _side_data(frame: VideoFrame) -> Mapping[str, Buffer]:
    return cast(Mapping[str, Buffer], frame.side_data)


def orientation(matrix: Sequence[int] | None) -> tuple[int, bool]:
    """The clockwise turn (0, 90, 180, 270) that makes a picture upright, and whether it is then to
    be mirrored left to right.

    With y pointing down, the matrix sends (x, y) to (a x + c y, b x + d y); turning by an angle t
    and then mirroring is a = -cos t, c = sin t, b = sin t, d = cos t, and without mirroring
    a = cos t, c = -sin t. So b and d give the angle in both cases.
    """
    if matrix is None:
        return 0, False
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    area = a * d - b * c
    if area == 0:
        return 0, False
    turn = math.degrees(math.atan2(b, d))
    return round(turn / 90) % 4 * 90, area < 0
