"""Copies stored packets of a tape into a clip: found by the map, checked one by one, restamped.

Nothing is decoded here but sound that cannot be copied. Which packets belong to a clip is decided
elsewhere, and the pictures encoded anew come from elsewhere.
"""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from gametape.schema import Source
from gametape.video.cutting import nals
from gametape.video.cutting.choice import Choice
from gametape.video.cutting.sounds import SoundPlan, add_sound
from gametape.video.gops import H264, HEVC, GopMap
from gametape.video.media import Media, open_media

# How far before the wanted packet to land, one after another; at last the tape is read from its
# beginning. Sound may be stored a moment before or after its picture.
BACK_S = (Fraction(1, 4), Fraction(3), Fraction(15))


class CopyError(Exception):
    """What the map promised did not come: the clip has to be encoded. Says why, in words."""


@dataclass(frozen=True)
class Edge:
    """One picture encoded anew: its stamp on the tape, and its units as MP4 stores them."""

    pts: int
    data: bytes
    is_key: bool


class PacketReader:
    """A tape, opened once, from which packets are taken stretch by stretch."""

    def __init__(self, path: Path, gops: GopMap) -> None:
        self._path = path
        self.gops = gops
        self._stack = ExitStack()
        self.media = self._stack.enter_context(open_media(path))

    def close(self) -> None:
        """Close the tape."""
        self._stack.close()

    def reopen(self) -> None:
        """Open the tape anew: a sound decoder keeps a state over a seek, which changes bytes."""
        self._stack.close()
        self.media = self._stack.enter_context(open_media(self._path))

    def tracks(self) -> dict[int, AudioStream]:
        """Sound tracks by the number of their stream."""
        return {track.index: track for track in self.media.audio}

    def stretch(
        self, rows: Sequence[int], sounds: Sequence[SoundPlan]
    ) -> Iterator[tuple["Packet[Stream]", int]]:
        """The packets of some rows and of the sound beside them, as stored, with their rows."""
        for back_s in (*BACK_S, None):
            packets = self._from(rows, sounds, back_s)
            try:
                first = next(packets)
            except (CopyError, StopIteration):
                continue
            yield first
            yield from packets
            return
        raise CopyError("its packets were not found again")

    def _from(
        self, rows: Sequence[int], sounds: Sequence[SoundPlan], back_s: Fraction | None
    ) -> Iterator[tuple["Packet[Stream]", int]]:
        """The same after one seek; CopyError at once if it lands too late."""
        wait = _Wait(self.gops, rows, sounds)
        early: list[tuple[Packet[Stream], int]] = []
        for packet in self._land(int(self.gops.pts[rows[0]]), back_s):
            row = wait.hear(packet)
            if row is None:
                continue
            early.append((packet, row))
            if wait.has_landed:
                yield from early
                early = []
            if wait.is_over:
                return
        raise CopyError("the tape ended too early")

    def _land(self, pts: int, back_s: Fraction | None) -> Iterator["Packet[Stream]"]:
        if back_s is None:
            self.reopen()
        else:
            stamp = pts - round(back_s / self.gops.time_base)
            with suppress(av.FFmpegError):
                self.media.container.seek(stamp, stream=self.media.video)
        streams = (self.media.video, *self.media.audio)
        return (packet for packet in self.media.read(streams) if packet.size)


class _Wait:
    """Which packets are still to come; hears of each one read."""

    def __init__(self, gops: GopMap, rows: Sequence[int], sounds: Sequence[SoundPlan]) -> None:
        self._gops = gops
        self._rows = rows
        self._wanted = frozenset(rows)
        self._count = 0
        self._sounds = {plan.sound.index: plan for plan in sounds}
        self._next = {plan.sound.index: plan.first for plan in sounds}

    @property
    def has_landed(self) -> bool:
        """Whether every track has begun, at its first wanted packet."""
        return self._count > 0 and all(
            self._next[index] > plan.first for index, plan in self._sounds.items()
        )

    @property
    def is_over(self) -> bool:
        """Whether everything wanted has come."""
        return self._count == len(self._rows) and all(
            self._next[index] > plan.last for index, plan in self._sounds.items()
        )

    def hear(self, packet: "Packet[Stream]") -> int | None:
        """The row of a packet if it is wanted; CopyError if one before it did not come."""
        plan = self._sounds.get(packet.stream_index)
        if plan is not None:
            return self._hear_sound(packet, plan)
        if packet.stream.type != "video" or packet.pts is None:
            return None
        row = self._gops.row_of(packet.pts)
        if row is None or row not in self._wanted:
            return None
        if row != self._rows[self._count] or packet.size != self._gops.size[row]:
            raise CopyError("its packets came in another order")
        self._count += 1
        return row

    def _hear_sound(self, packet: "Packet[Stream]", plan: SoundPlan) -> int | None:
        if packet.pts is None:
            return None
        row, wanted = plan.row_of(packet), self._next[plan.sound.index]
        if row < wanted or row > plan.last:
            return None
        if row > wanted:
            raise CopyError("its sound came in another order")
        self._next[plan.sound.index] += 1
        return row


class ClipCopier:
    """Writes one clip of copied packets, with encoded pictures before and after them."""

    def __init__(
        self,
        file: OutputContainer,
        reader: PacketReader,
        source: Source,
        choice: Choice,
        *,
        end_pts: int,
        sounds: Sequence[SoundPlan],
        edge_sets: Sequence[bytes] = (),
    ) -> None:
        self._file = file
        self._gops = gops = reader.gops
        self._choice = choice
        self._reader = reader
        self._plans = sounds
        self._picture = _add_picture(file, reader.media, gops, source, edge_sets)
        self._is_rewritten = gops.codec == H264 and gops.unit_size != nals.LENGTH_SIZE
        copied = tuple(int(pts) for pts in gops.pts[list(choice.rows)])
        self.stored = (*choice.head, *copied, *choice.tail)
        shown = sorted(self.stored)
        self._zero = shown[0]
        self.checksum = 0  # of the pictures as stored
        ends = [*shown[1:], end_pts]
        self._duration = {pts: end - pts for pts, end in zip(shown, ends, strict=True)}
        self._dts = iter(decode_stamps(self.stored))
        tracks = reader.tracks()
        self._sounds = {
            plan.sound.index: add_sound(file, tracks[plan.sound.index], plan) for plan in sounds
        }

    @property
    def changed(self) -> tuple[str, ...]:
        """What differs from the tape, in words."""
        changed: list[str] = []
        if any(plan.at is None for plan in self._plans):
            changed.append("sound encoded anew: it is not AAC throughout, or has gaps")
        if len(self._plans) < len(self._gops.sounds):
            changed.append(f"{len(self._plans)} of {len(self._gops.sounds)} sound tracks kept")
        return tuple(changed)

    def write(self, head: Sequence[Edge], tail: Sequence[Edge]) -> None:
        """Write the whole clip."""
        for edge in head:
            self._put_edge(edge)
        for packet, _ in self._reader.stretch(self._choice.rows, self._plans):
            if packet.stream_index in self._sounds:
                self._sounds[packet.stream_index].take(packet)
            else:
                self._put(packet)
        for edge in tail:
            self._put_edge(edge)
        for sound in self._sounds.values():
            sound.close()

    def _put_edge(self, edge: Edge) -> None:
        packet: Packet[Stream] = Packet(edge.data)
        packet.pts = edge.pts
        packet.is_keyframe = edge.is_key
        self._mux(packet)

    def _put(self, packet: "Packet[Stream]") -> None:
        parts = self._units(packet)
        if not self._is_rewritten:
            self._mux(packet)
            return
        for unit in parts:
            is_set = nals.h264_type(unit) in (nals.H264_SPS, nals.H264_PPS)
            if is_set and bytes(unit) not in self._gops.sets:
                raise CopyError("its parameter sets change within it")
        kept = [u for u in parts if nals.h264_type(u) not in nals.H264_OUTSIDE]
        copy: Packet[Stream] = Packet(nals.joined(kept))
        copy.pts, copy.is_keyframe = packet.pts, packet.is_keyframe
        self._mux(copy)

    def _units(self, packet: "Packet[Stream]") -> list[bytes | memoryview]:
        """The units of a packet where they are looked at; CopyError where no decoder takes them."""
        size = self._gops.unit_size
        if not self._is_rewritten and size is None:
            return []
        try:
            parts = list(nals.units(memoryview(packet), size))
        except ValueError as error:
            raise CopyError(f"a picture is damaged: {error}") from error
        if size is not None and not all(map(len, parts)):
            raise CopyError("a picture is damaged: it holds a NAL unit without a byte")
        return [unit for unit in parts if len(unit)]

    def _mux(self, packet: "Packet[Stream]") -> None:
        pts = packet.pts
        assert pts is not None, "the map holds no packet without a stamp"
        packet.stream = self._picture
        packet.time_base = self._gops.time_base
        packet.pts = pts - self._zero
        packet.dts = next(self._dts) - self._zero
        packet.duration = self._duration[pts]
        self.checksum = zlib.crc32(memoryview(packet), self.checksum)
        self._file.mux(packet)


def decode_stamps(stored: Sequence[int]) -> list[int]:
    """Stamps of decoding for pictures in stored order: the shown order, held back by reordering.

    stored: stamps of display, all different. Each result is at most its picture's stamp.
    """
    shown = np.sort(np.asarray(stored, np.int64))
    rank = np.searchsorted(shown, np.asarray(stored, np.int64))
    delay = int((np.arange(len(shown)) - rank).max(initial=0))
    step = int(shown[1] - shown[0]) if len(shown) > 1 else 1
    early = [int(shown[0]) - (delay - place) * step for place in range(delay)]
    return early + [int(pts) for pts in shown[: len(shown) - delay]]


def _add_picture(
    file: OutputContainer, media: Media, gops: GopMap, source: Source, edge_sets: Sequence[bytes]
) -> VideoStream:
    """A track like the tape's: size, colours, turn and light levels come with its parameters."""
    track = file.add_stream_from_template(media.video, opaque=True)
    track.time_base = gops.time_base
    context = track.codec_context
    context.bit_rate = 0  # the clip's own is worked out
    context.sample_aspect_ratio = source.video.sample_aspect
    if gops.codec == HEVC:
        context.codec_tag = "hvc1"  # what phones and browsers ask for; parameters stand in front
    elif edge_sets or gops.unit_size != nals.LENGTH_SIZE or not context.extradata:
        context.extradata = nals.avcc((*gops.sets, *edge_sets))
    return track
