"""Packets of VP8 and VP9 that hold a picture only for others to refer to, and are never shown.

Other codecs carry such pictures inside the packet of a shown one.
"""

from av.packet import Packet
from av.stream import Stream


def is_hidden(packet: "Packet[Stream]", codec: str) -> bool:
    """Whether a packet's picture is not displayed, by the first bits of its header."""
    if codec not in ("vp8", "vp9") or not packet.size:
        return False
    data = memoryview(packet)
    return not (_shows_vp8(data[0]) if codec == "vp8" else _shows_vp9(data[0], data[-1]))


def _shows_vp8(first: int) -> bool:
    # RFC 6386, 9.1: key frame (1 bit), version (3), show_frame (1), from the lowest bit up.
    return bool(first & 0b1_0000)


def _shows_vp9(first: int, last: int) -> bool:
    # Annex B: a superframe ends with a marker, and one of its pictures is shown.
    if last & 0b1110_0000 == 0b1100_0000:
        return True
    # 6.2: frame marker (2 bits), profile (2), then show_existing_frame, frame_type, show_frame;
    # profile 3 has a reserved bit before them.
    if first >> 6 != 0b10:
        return True
    shift = 1 if first >> 4 & 0b11 == 0b11 else 0
    shows_existing = first >> (3 - shift) & 1
    return bool(shows_existing or first >> (1 - shift) & 1)
