"""The map of a tape's packets: which pictures can be copied as they are, found without decoding.

One pass over the packets, once a tape. What a clip makes of the map is decided elsewhere.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from gametape.video.cutting import nals
from gametape.video.door.stamps import WITHOUT_PTS
from gametape.video.media import Media
from gametape.video.timebase import Stamps

H264, HEVC = "h264", "hevc"


@dataclass(frozen=True, eq=False)
class SoundMap:
    """Packets of one sound track in stored order: pts and duration int64[n] in its ticks."""

    index: int  # of the stream in its file
    codec: str
    profile: str | None
    rate_hz: int
    channels: int
    time_base: Fraction
    pts: Stamps
    duration: Stamps


@dataclass(frozen=True, eq=False)
class GopMap:
    """Packets of the picture in stored order, one row each.

    pts, size: int64[n]; is_start: bool[n], a decoder can begin there; is_key: bool[n], so the
    container says; is_bad: bool[n], damaged, or hidden by an edit list.
    """

    codec: str
    time_base: Fraction
    pts: Stamps
    size: Stamps
    is_start: NDArray[np.bool_]
    is_key: NDArray[np.bool_]
    is_bad: NDArray[np.bool_]
    unit_size: int | None  # bytes of the length before each unit; None: start codes
    sets: tuple[bytes, ...]  # parameter sets, in the order in which they came
    flaw: str  # why nothing of this tape can be copied; empty: it can
    sounds: tuple[SoundMap, ...] = ()

    def __len__(self) -> int:
        return len(self.pts)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """int64[n]: rows in the order shown."""
        return np.argsort(self.pts, kind="stable").astype(np.int64)

    @cached_property
    def shown(self) -> Stamps:
        """int64[n]: stamps in the order shown."""
        return np.asarray(self.pts[self.order], np.int64)

    @cached_property
    def is_clean(self) -> NDArray[np.bool_]:
        """bool[n + 1]: everything stored before this row is shown before all that follows.

        So at a clean row as many pictures are stored before it as are shown before it.
        """
        latest = np.maximum.accumulate(self.pts)
        earliest = np.minimum.accumulate(self.pts[::-1])[::-1]
        inner = latest[:-1] < earliest[1:]
        return np.concatenate(([True], inner, [True]))

    def row_of(self, pts: int) -> int | None:
        """The row of a stamp."""
        place = int(np.searchsorted(self.shown, pts))
        if place < len(self) and self.shown[place] == pts:
            return int(self.order[place])
        return None

    def place_at(self, pts: int) -> int:
        """How many pictures are shown before a stamp."""
        return int(np.searchsorted(self.shown, pts))

    def key_before(self, row: int) -> int:
        """The last key packet up to a row: where decoding it must begin."""
        keys = np.flatnonzero(self.is_key[: row + 1])
        return int(keys[-1]) if len(keys) else 0


def scan_gops(media: Media) -> GopMap:
    """Read all packets of a tape, which must stand at its beginning."""
    reader = _Reader(media)
    tracks = {track.index: (array("q"), array("q")) for track in media.audio}
    for packet in media.read((media.video, *media.audio)):
        if packet.stream is media.video:
            reader.hear(packet)
        elif packet.size and packet.pts is not None:
            pts, duration = tracks[packet.stream.index]
            pts.append(packet.pts)
            duration.append(packet.duration or 0)
    if media.losses.read_errors:
        reader.flaw = reader.flaw or "the container is damaged"
    return reader.map(tuple(_sound(track, *tracks[track.index]) for track in media.audio))


@dataclass
class _Reader:
    media: Media
    flaw: str = ""
    pts: "array[int]" = field(default_factory=lambda: array("q"))
    size: "array[int]" = field(default_factory=lambda: array("q"))
    is_start: bytearray = field(default_factory=bytearray)
    is_key: bytearray = field(default_factory=bytearray)
    is_bad: bytearray = field(default_factory=bytearray)
    sets: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        context = self.media.video.codec_context
        self.codec = context.codec.canonical_name
        extradata = context.extradata
        self.unit_size = nals.length_size(extradata, is_hevc=self.codec == HEVC)
        if self.codec not in (H264, HEVC):
            self.flaw = f"{self.codec} is always encoded anew"
        elif self.media.container.format.name in WITHOUT_PTS:
            self.flaw = "its container states no times of display"
        elif extradata and self.codec == H264:
            self._keep(
                nals.avcc_sets(extradata)
                if self.unit_size
                else [bytes(unit) for unit in nals.units(extradata, None)]
            )

    def hear(self, packet: "Packet[Stream]") -> None:
        """Hear of the next packet of the picture."""
        if not packet.size or self.flaw:
            return
        if packet.pts is None:
            self.flaw = "some of its pictures have no time stamp"
            return
        self.pts.append(packet.pts)
        self.size.append(packet.size)
        self.is_key.append(packet.is_keyframe)
        self.is_bad.append(packet.is_corrupt or packet.is_discard)
        self.is_start.append(packet.is_keyframe and self._is_start(packet))

    def map(self, sounds: tuple[SoundMap, ...]) -> GopMap:
        """The map of all that was heard."""
        stamps = np.array(self.pts, np.int64)
        if not self.flaw and len(np.unique(stamps)) < len(stamps):
            self.flaw = "some of its pictures share a time stamp"
        return GopMap(
            self.codec,
            self.media.time_base,
            stamps,
            np.array(self.size, np.int64),
            np.array(self.is_start, np.bool_),
            np.array(self.is_key, np.bool_),
            np.array(self.is_bad, np.bool_),
            self.unit_size,
            tuple(self.sets.values()),
            self.flaw,
            sounds,
        )

    def _is_start(self, packet: "Packet[Stream]") -> bool:
        """Whether a decoder can begin here; parameter sets on the way are kept."""
        try:
            for unit in nals.units(memoryview(packet), self.unit_size):
                if not len(unit):
                    continue
                if self.codec == HEVC:
                    kind = nals.hevc_type(unit)
                    if kind <= nals.HEVC_SLICES:
                        return nals.HEVC_FIRST_RANDOM <= kind <= nals.HEVC_LAST_RANDOM
                elif nals.h264_type(unit) in (nals.H264_SPS, nals.H264_PPS):
                    self._keep([bytes(unit)])
                elif nals.h264_type(unit) <= nals.H264_IDR:
                    return nals.h264_type(unit) == nals.H264_IDR
        except ValueError:
            self.flaw = "a picture is damaged"
        return False

    def _keep(self, sets: Iterable[bytes]) -> None:
        for raw in sets:
            unit = raw.rstrip(b"\x00")
            if not unit or nals.h264_type(unit) not in (nals.H264_SPS, nals.H264_PPS):
                continue
            try:
                key = nals.set_key(unit)
            except (ValueError, IndexError):
                self.flaw = "its parameter sets cannot be read"
                return
            if self.sets.setdefault(key, unit) != unit:
                self.flaw = "its parameter sets change along the tape"


def _sound(track: AudioStream, pts: "array[int]", duration: "array[int]") -> SoundMap:
    context = track.codec_context
    rate_hz = context.sample_rate
    return SoundMap(
        track.index,
        context.codec.canonical_name,
        track.profile,
        rate_hz,
        context.channels,
        track.time_base or Fraction(1, rate_hz),
        np.array(pts, np.int64),
        np.array(duration, np.int64),
    )
