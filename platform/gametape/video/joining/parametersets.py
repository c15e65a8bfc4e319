"""Parameter sets of clips: which can stand in one sample description, and that description.

H.264 tells its sets apart by numbers, so that distinct ones lie side by side; of HEVC and all else
only equal descriptions go together. Nothing is read from files here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from av.packet import Packet
from av.stream import Stream

from gametape.video.cutting import nals

MAX_SPS, MAX_PPS = 31, 255  # as many fit into a description; numbers of the first go to 31


@dataclass(frozen=True)
class Sets:
    """What a decoder must know before the first packet."""

    raw: bytes  # the description as the file holds it
    keyed: tuple[tuple[tuple[int, int], bytes], ...] = ()  # of H.264: kind and number, content
    in_band: frozenset[bytes] = frozenset()  # other than H.264: sets among the packets

    @property
    def sps_numbers(self) -> set[int]:
        """Numbers in use, of sequence and of picture sets."""
        return {number for (_, number), _ in self.keyed}


def sets_of(codec: str, extradata: bytes | None, in_band: Iterable[bytes]) -> Sets | None:
    """The sets of a clip; None where its packets cannot stand beside those of another file."""
    if codec not in ("h264", "hevc"):
        return Sets(extradata or b"")
    if not extradata or nals.length_size(extradata, is_hevc=codec == "hevc") != nals.LENGTH_SIZE:
        return None  # start codes, or lengths of another size than all others have
    if codec == "hevc":
        return Sets(extradata, in_band=frozenset(u for u in in_band if u not in extradata))
    keyed: dict[tuple[int, int], bytes] = {}
    try:
        for unit in (*nals.avcc_sets(extradata), *sorted(in_band)):
            content = unit.rstrip(b"\x00")
            if keyed.setdefault(nals.set_key(content), content) != content:
                return None  # they change along the clip
    except (ValueError, IndexError):
        return None
    return Sets(extradata, tuple(sorted(keyed.items())))


def merged(several: Sequence[Sets]) -> Sets | None:
    """Sets that serve all of these clips; None if there are none."""
    first = several[0]
    if all(sets == first for sets in several):
        return first
    if any(not sets.keyed for sets in several):
        return None
    keyed: dict[tuple[int, int], bytes] = {}
    for sets in several:
        for key, content in sets.keyed:
            if keyed.setdefault(key, content) != content:
                return None
    units = list(keyed.values())
    sequences = sum(kind == nals.H264_SPS for kind, _ in keyed)
    if sequences > MAX_SPS or len(keyed) - sequences > MAX_PPS:
        return None
    return Sets(nals.avcc(units), tuple(sorted(keyed.items())))


def free_number(several: Sequence[Sets]) -> int | None:
    """A number for the sets of an encoder that none of these clips uses; None if all are taken."""
    used = {number for sets in several for number in sets.sps_numbers}
    return next((number for number in range(MAX_SPS) if number not in used), None)


def units_of(
    packet: "Packet[Stream]", codec: str, size: int | None
) -> Iterator[tuple[int, bytes | memoryview]]:
    """Kind and bytes of the units of a packet; a broken rest is left out."""
    kind_of = nals.hevc_type if codec == "hevc" else nals.h264_type
    try:
        for unit in nals.units(memoryview(packet), size):
            if len(unit):
                yield kind_of(unit), unit
    except ValueError:
        return
