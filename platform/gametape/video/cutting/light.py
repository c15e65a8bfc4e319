"""What HDR says of its light besides the colours' tags: the mastering display and light levels.

Static numbers are kept; what changes from frame to frame cannot be written here and is named.
"""

import struct
from collections.abc import Mapping
from typing import cast

from av.buffer import Buffer
from av.video.frame import VideoFrame

# x265 counts chromaticity in 1/50,000 and luminance in 1/10,000 cd/m2, as the codec does.
CHROMA_UNIT = 50_000
LUMINANCE_UNIT = 10_000
DYNAMIC = {
    "DOVI_METADATA": "Dolby Vision metadata",
    "DYNAMIC_HDR_PLUS": "HDR10+ metadata",
    "DYNAMIC_HDR_VIVID": "HDR Vivid metadata",
    "AMBIENT_VIEWING_ENVIRONMENT": "the ambient light it was graded for",
}


def light_words(frame: VideoFrame) -> tuple[str, ...]:
    """Mastering display and content light level of a frame as parameters of x265."""
    side = cast(Mapping[str, Buffer], frame.side_data)
    words: list[str] = []
    display = side.get("MASTERING_DISPLAY_METADATA")
    if display is not None and (mastering := _mastering(bytes(display))):
        words.append(mastering)
    level = side.get("CONTENT_LIGHT_LEVEL")
    if level is not None:
        most, average = struct.unpack("=2I", bytes(level)[:8])
        words.append(f"max-cll={most},{average}")
    return tuple(words)


def left_out(frame: VideoFrame) -> list[str]:
    """What a frame says of its light that clips do not keep, in words."""
    side = cast(Mapping[str, Buffer], frame.side_data)
    return [words for name, words in DYNAMIC.items() if name in side]


def _mastering(data: bytes) -> str | None:
    """FFmpeg's AVMasteringDisplayMetadata: ten fractions (red, green, blue and white as x and y,
    least and most luminance), then two flags.
    """
    numbers = struct.unpack("=22i", data[:88])
    if not all(numbers[1:20:2]) or not numbers[20]:
        return None
    units = (CHROMA_UNIT,) * 8 + (LUMINANCE_UNIT,) * 2
    parts = zip(numbers[0:20:2], numbers[1:20:2], units, strict=True)
    rx, ry, gx, gy, bx, by, wx, wy, least, most = (round(n * u / d) for n, d, u in parts)
    places = f"G({gx},{gy})B({bx},{by})R({rx},{ry})WP({wx},{wy})"
    return f"master-display={places}L({most},{least})"
