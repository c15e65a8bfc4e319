"""NAL units of H.264 and HEVC: taken out of packets, told apart, put back, and their headers read.

Only bytes are looked at; where they come from and what is done with a clip is elsewhere.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

H264_SLICE, H264_IDR, H264_SPS, H264_PPS = 1, 5, 7, 8
# Not stored in a picture of MP4: parameter sets (in front), delimiters, ends, filler.
H264_OUTSIDE = frozenset({H264_SPS, H264_PPS, 9, 10, 11, 12})
HEVC_FIRST_RANDOM, HEVC_LAST_RANDOM = 16, 21  # BLA, IDR, CRA
HEVC_PARAMETERS = frozenset({32, 33, 34})  # VPS, SPS, PPS
HEVC_SLICES = 31  # types up to here hold picture

# Profiles whose parameter sets state chroma and depth.
HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
START_CODE = re.compile(rb"\x00\x00\x01")
LENGTH_SIZE = 4  # bytes of the length before each unit, as written


@dataclass(frozen=True)
class Sps:
    """What an H.264 sequence parameter set states, as far as it matters for cutting."""

    id: int
    profile: int
    constraints: int
    level: int
    chroma: int  # 1: 4:2:0
    luma_bits: int
    chroma_bits: int
    is_progressive: bool


def length_size(extradata: bytes | None, *, is_hevc: bool) -> int | None:
    """Bytes of the length before each unit in a packet; None: units follow start codes."""
    place = 21 if is_hevc else 4
    if not extradata or len(extradata) <= place or extradata[0] != 1:
        return None
    return (extradata[place] & 3) + 1


def units(data: bytes | memoryview, size: int | None) -> Iterator[bytes | memoryview]:
    """The NAL units of a packet, in order; `size` as `length_size` gives it."""
    if size is not None:
        at, end = 0, len(data)
        while at + size <= end:
            begin = at + size
            at = begin + int.from_bytes(data[at:begin], "big")
            if at > end:
                raise ValueError("a NAL unit is longer than its packet")
            yield data[begin:at]
        return
    starts = [match.start() for match in START_CODE.finditer(data)]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        # The zero before a start code belongs to it; no unit ends in zeros.
        yield bytes(data[start + 3 : end]).rstrip(b"\x00")


def joined(parts: Iterable[bytes | memoryview]) -> bytes:
    """Units with their lengths before them, as MP4 stores a picture."""
    return b"".join(len(part).to_bytes(LENGTH_SIZE, "big") + bytes(part) for part in parts)


def h264_type(unit: bytes | memoryview) -> int:
    """The kind of an H.264 unit."""
    return unit[0] & 0x1F


def hevc_type(unit: bytes | memoryview) -> int:
    """The kind of an HEVC unit."""
    return unit[0] >> 1 & 0x3F


def avcc_sets(extradata: bytes) -> list[bytes]:
    """The parameter sets in an H.264 sample description (avcC)."""
    found: list[bytes] = []
    at = 5
    for mask in (0x1F, 0xFF):
        count = extradata[at] & mask
        at += 1
        for _ in range(count):
            size = int.from_bytes(extradata[at : at + 2], "big")
            found.append(extradata[at + 2 : at + 2 + size])
            at += 2 + size
    return found


def avcc(sets: Iterable[bytes]) -> bytes:
    """An H.264 sample description of parameter sets; profile and level of the first one."""
    every = list(sets)
    sequences = [unit for unit in every if h264_type(unit) == H264_SPS]
    pictures = [unit for unit in every if h264_type(unit) == H264_PPS]
    parsed = [read_sps(unit) for unit in sequences]
    first = parsed[0]
    level = max(sps.level for sps in parsed)
    head = bytes([1, first.profile, first.constraints, level, 0xFC | LENGTH_SIZE - 1])
    body = bytes([0xE0 | len(sequences)]) + _listed(sequences)
    body += bytes([len(pictures)]) + _listed(pictures)
    if first.profile in HIGH_PROFILES:
        depths = (0xF8 | first.luma_bits - 8, 0xF8 | first.chroma_bits - 8)
        body += bytes([0xFC | first.chroma, *depths, 0])
    return head + body


def set_key(unit: bytes) -> tuple[int, int]:
    """Kind and id of an H.264 parameter set: a later one of the same key takes its place."""
    kind = h264_type(unit)
    return kind, read_sps(unit).id if kind == H264_SPS else _Bits(unit[1:]).exp_golomb()


def read_sps(unit: bytes) -> Sps:
    """Read an H.264 sequence parameter set (ITU-T H.264, 7.3.2.1.1)."""
    profile, constraints, level = unit[1], unit[2], unit[3]
    bits = _Bits(unit[4:])
    number = bits.exp_golomb()
    chroma, luma_bits, chroma_bits = 1, 8, 8
    if profile in HIGH_PROFILES:
        chroma = bits.exp_golomb()
        if chroma == 3:
            bits.take(1)
        luma_bits, chroma_bits = 8 + bits.exp_golomb(), 8 + bits.exp_golomb()
        bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, 8 if chroma != 3 else 12)
    bits.exp_golomb()  # length of frame numbers
    order = bits.exp_golomb()
    if order == 0:
        bits.exp_golomb()
    elif order == 1:
        bits.take(1)
        bits.exp_golomb()
        bits.exp_golomb()
        for _ in range(bits.exp_golomb()):
            bits.exp_golomb()
    bits.exp_golomb()  # reference frames
    bits.take(1)
    bits.exp_golomb()  # width
    bits.exp_golomb()  # height
    return Sps(
        number, profile, constraints, level, chroma, luma_bits, chroma_bits, bool(bits.take(1))
    )


class _Bits:
    """Reads bits of a unit, without the bytes that keep start codes out of it."""

    def __init__(self, data: bytes) -> None:
        plain = data.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(plain, "big")
        self._left = 8 * len(plain)

    def take(self, count: int) -> int:
        """The next bits as a number."""
        if count > self._left:
            raise ValueError("a parameter set ends too early")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def exp_golomb(self) -> int:
        """The next number of variable length."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


def _skip_scaling(bits: _Bits, lists: int) -> None:
    for number in range(lists):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if number < 6 else 64):
            if following:
                coded = bits.exp_golomb()
                following = (last + (coded + 1 >> 1) * (1 if coded & 1 else -1)) % 256
            last = following or last


def _listed(parts: list[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)
